//! Scans a folder of samples as production does, in sandboxed workers, and prints one JSON line each.
//! A file is a sample of its own; a folder is a repository, with the rules that join its files.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead as _, Write as _};
use std::path::Path;

use serde_json::json;
use weighbridge_domain::{RepoPath, Severity, Verdict};
use weighbridge_scan::{Limits, RepositoryFile, ScanInput, ScanJob, ScanOutcome, Scanner};

/// Single files that share a worker.
const FILES_PER_WORKER: usize = 500;

/// Reads paths below `root` from standard input, one a line.
pub(crate) fn scan(root: &Path) -> io::Result<()> {
    let scanner =
        Scanner::new(std::env::current_exe()?, vec!["scan-worker".into()], Limits::default());
    let names: Vec<String> = io::stdin().lock().lines().collect::<Result<_, _>>()?;
    let (folders, files): (Vec<_>, Vec<_>) =
        names.into_iter().partition(|name| root.join(name).is_dir());
    for batch in files.chunks(FILES_PER_WORKER) {
        let inputs: Vec<ScanInput> =
            batch.iter().map(|name| input(&root.join(name), None)).collect::<Result<_, _>>()?;
        let answer =
            scanner.scan(ScanJob { inputs, repository: None }).map_err(io::Error::other)?;
        for (name, outcome) in batch.iter().zip(&answer.outcomes) {
            Line::default().with(outcome).print(name)?;
        }
    }
    for name in folders {
        let folder = root.join(&name);
        let mut inputs = Vec::new();
        collect(&folder, &folder, &mut inputs)?;
        let list = inputs
            .iter()
            .map(|file| RepositoryFile { path: file.path.clone(), size_bytes: file.size_bytes })
            .collect();
        let answer =
            scanner.scan(ScanJob { inputs, repository: Some(list) }).map_err(io::Error::other)?;
        let mut line = answer.outcomes.iter().fold(Line::default(), Line::with);
        for found in &answer.repository {
            line.severity = line.severity.max(Some(found.finding.severity));
            line.rules.insert(found.finding.rule.clone());
        }
        line.unexamined.extend(answer.repository_unexamined);
        line.print(&name)?;
    }
    Ok(())
}

fn collect(root: &Path, folder: &Path, inputs: &mut Vec<ScanInput>) -> io::Result<()> {
    let mut paths: Vec<_> =
        folder.read_dir()?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(root, &path, inputs)?;
        } else {
            inputs.push(input(&path, Some(root))?);
        }
    }
    Ok(())
}

fn input(path: &Path, root: Option<&Path>) -> io::Result<ScanInput> {
    let root = root.or_else(|| path.parent()).unwrap_or(path);
    let name = path.strip_prefix(root).unwrap_or(path).to_string_lossy();
    let path_in_repository: RepoPath = name.parse().map_err(io::Error::other)?;
    let file = File::open(path)?;
    let size_bytes = file.metadata()?.len();
    Ok(ScanInput { path: path_in_repository, file, size_bytes, available_bytes: size_bytes })
}

/// What is said about one sample.
#[derive(Default)]
struct Line {
    formats: BTreeSet<String>,
    severity: Option<Severity>,
    rules: BTreeSet<String>,
    unexamined: Vec<String>,
}

impl Line {
    fn with(mut self, outcome: &ScanOutcome) -> Line {
        match outcome {
            ScanOutcome::Report(report) => {
                self.formats.insert(report.format.to_string());
                self.severity =
                    self.severity.max(report.findings.iter().map(|found| found.severity).max());
                self.rules.extend(report.findings.iter().map(|found| found.rule.clone()));
                self.unexamined.extend(
                    report
                        .unexamined
                        .iter()
                        .map(|gap| format!("{}: {}", gap.place.member, gap.why)),
                );
            }
            ScanOutcome::NeedsMore { .. } => {
                self.unexamined.push("it asks for more than there is".to_owned());
            }
        }
        self
    }

    fn print(&self, name: &str) -> io::Result<()> {
        let line = json!({
            "path": name,
            "formats": self.formats,
            "verdict": Verdict::of(self.severity, self.unexamined.is_empty()).as_str(),
            "rules": self.rules,
            "unexamined": self.unexamined,
        });
        writeln!(io::stdout(), "{line}")
    }
}
