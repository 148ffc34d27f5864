//! Scans on all cores: each takes the next few files and hands them to a worker of its own.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::num::NonZero;
use std::os::unix::fs::OpenOptionsExt as _;
use std::str::FromStr as _;
use std::sync::{Mutex, PoisonError};
use std::thread;

use indicatif::{ProgressBar, ProgressStyle};
use rustix::fs::OFlags;
use weighbridge_domain::{FindingPlace, Format, RepoPath, ScanReport, Unexamined};
use weighbridge_scan::{
    RepositoryFile, RepositoryFinding, SandboxSupport, ScanAnswer, ScanInput, ScanJob, ScanOutcome,
    Scanner, is_config, judge_name,
};

use super::targets::{Origin, Target, TargetFile};
use super::verdicts::{FileResult, Scanned, Seen};
use crate::failure::Failure;

/// Files that one worker gets: for fewer its start takes longer than their scan, more would be lost with it.
const FILES_AT_ONCE: std::ops::RangeInclusive<usize> = 128..=1024;
/// Bytes after which a worker gets no more files.
const BYTES_AT_ONCE: u64 = 256 << 20;

/// What one worker gets.
struct Batch {
    /// Which target they belong to.
    target: usize,
    files: Vec<(usize, TargetFile)>,
    /// The whole list, for the rules over repositories.
    listed: Option<Vec<RepositoryFile>>,
}

/// What is known of all targets so far, from all threads.
struct Results {
    files: Vec<Vec<Option<FileResult>>>,
    /// What the rules over repositories found, by target and path.
    repository: HashMap<(usize, String), Vec<Seen>>,
    unexamined: Vec<String>,
    sandbox: Option<SandboxSupport>,
    failure: Option<Failure>,
}

/// Scans every target.
pub(super) fn run(scanner: &Scanner, targets: Vec<Target>) -> Result<Scanned, Failure> {
    let mut batches = Vec::new();
    let mut results = Results {
        files: Vec::new(),
        repository: HashMap::new(),
        unexamined: Vec::new(),
        sandbox: None,
        failure: None,
    };
    let mut inside: Vec<Vec<String>> = Vec::new();
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    for (index, mut target) in targets.into_iter().enumerate() {
        results.unexamined.append(&mut target.unexamined);
        if let Some(found) = resembling(&target) {
            let place = (index, found.path.to_string());
            results.repository.entry(place).or_default().push(Seen::new(found.finding));
        }
        results.files.push(target.files.iter().map(|_| None).collect());
        inside.push(target.files.iter().map(|file| file.inside.clone()).collect());
        let at_once = target.files.len().div_ceil(cores);
        let at_once = at_once.clamp(*FILES_AT_ONCE.start(), *FILES_AT_ONCE.end());
        batches.extend(split(index, target, at_once));
    }
    let count: usize = batches.iter().map(|batch| batch.files.len()).sum();
    let progress = progress_bar(count as u64);
    let workers = cores.min(batches.len());
    let (next, results) = (Mutex::new(batches.into_iter()), Mutex::new(results));
    make_room_for_files(count.min(workers * FILES_AT_ONCE.end()));
    let work = || {
        while let Some(batch) = take(&next) {
            let done = batch.files.len() as u64;
            scan(scanner, batch, &results);
            progress.inc(done);
        }
    };
    thread::scope(|scope| {
        for _ in 1..workers {
            scope.spawn(work);
        }
        // This thread is one of them: a single file needs no other.
        work();
    });
    progress.finish_and_clear();
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    together(results, &inside)
}

/// Grows the table of open files while no thread shares it: afterwards the kernel waits for all cores each time it grows.
fn make_room_for_files(files: usize) {
    let files = i32::try_from(files).unwrap_or(i32::MAX);
    // Where so many are not allowed, it grows later.
    drop(rustix::io::fcntl_dupfd_cloexec(std::io::stdin(), files));
}

/// What the name of a repository alone says.
fn resembling(target: &Target) -> Option<RepositoryFinding> {
    let line = |file: &TargetFile| RepositoryFile {
        path: repo_path(&file.inside),
        size_bytes: file.size_bytes,
    };
    let files: Vec<RepositoryFile> = target.files.iter().map(line).collect();
    judge_name(target.called.as_ref()?, &[], &files)
}

fn take(next: &Mutex<std::vec::IntoIter<Batch>>) -> Option<Batch> {
    next.lock().unwrap_or_else(PoisonError::into_inner).next()
}

/// The batches of a target. What the rules over repositories read comes in the first, with the whole list.
fn split(index: usize, target: Target, at_once: usize) -> Vec<Batch> {
    let batch = |listed| Batch { target: index, files: Vec::new(), listed };
    let mut last = batch(None);
    let mut rest: Vec<(usize, TargetFile)> = Vec::new();
    for (at, file) in target.files.into_iter().enumerate() {
        let mut is_read = false;
        if target.is_repository {
            let path = repo_path(&file.inside);
            is_read = is_config(&path);
            let line = RepositoryFile { path, size_bytes: file.size_bytes };
            last.listed.get_or_insert_default().push(line);
        }
        if is_read { &mut last.files } else { &mut rest }.push((at, file));
    }
    let mut batches = Vec::new();
    let mut bytes = 0_u64;
    for (at, file) in rest {
        if last.files.len() >= at_once || bytes > BYTES_AT_ONCE {
            batches.push(std::mem::replace(&mut last, batch(None)));
            bytes = 0;
        }
        bytes = bytes.saturating_add(file.size_bytes);
        last.files.push((at, file));
    }
    batches.push(last);
    batches
}

fn scan(scanner: &Scanner, batch: Batch, results: &Mutex<Results>) {
    let mut inputs = Vec::new();
    let mut sent: Vec<(usize, String)> = Vec::new();
    let mut done: Vec<(usize, FileResult)> = Vec::new();
    for (at, file) in batch.files {
        match open(file.from) {
            Ok((open, size)) => {
                let path = repo_path(&file.inside);
                inputs.push(ScanInput {
                    path,
                    file: open,
                    size_bytes: size,
                    available_bytes: size,
                });
                sent.push((at, file.shown));
            }
            Err(error) => {
                let report = not_opened(&format!("it cannot be opened: {error}"));
                done.push((at, result(file.shown, report)));
            }
        }
    }
    let answer = scanner.scan(ScanJob { inputs, repository: batch.listed });
    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
    let ScanAnswer { outcomes, repository, repository_unexamined, sandbox } = match answer {
        Ok(answer) => answer,
        Err(error) => {
            let failure = Failure::new("nothing can be scanned").because(error);
            results.failure.get_or_insert(failure);
            return;
        }
    };
    for ((at, shown), outcome) in sent.into_iter().zip(outcomes) {
        let report = match outcome {
            ScanOutcome::Report(report) => report,
            ScanOutcome::NeedsMore { .. } => not_opened("its reader asked for more than there is"),
        };
        done.push((at, result(shown, report)));
    }
    for found in repository {
        let place = (batch.target, found.path.to_string());
        results.repository.entry(place).or_default().push(Seen::new(found.finding));
    }
    results.unexamined.extend(repository_unexamined);
    results.sandbox = Some(sandbox);
    let Some(places) = results.files.get_mut(batch.target) else { return };
    for (at, result) in done {
        if let Some(place) = places.get_mut(at) {
            *place = Some(result);
        }
    }
}

/// A file, and how many bytes it has by now.
fn open(from: Origin) -> std::io::Result<(File, u64)> {
    let file = match from {
        Origin::Open(file) => file,
        Origin::Path(path) => {
            // What is a pipe by now must not keep anybody waiting.
            let nonblocking = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
            OpenOptions::new().read(true).custom_flags(nonblocking).open(path)?
        }
    };
    let about = file.metadata()?;
    if about.is_file() {
        Ok((file, about.len()))
    } else {
        Err(std::io::Error::other("it is no file any more"))
    }
}

/// The path in a repository; what no repository could hold is replaced.
fn repo_path(inside: &str) -> RepoPath {
    let mut tail = inside.len().saturating_sub(1_000);
    while !inside.is_char_boundary(tail) {
        tail += 1;
    }
    let is_odd = |c: char| c.is_control() || c == '\\';
    let plain = inside.get(tail..).unwrap_or_default().replace(is_odd, "_");
    let plain = plain.trim_matches('/');
    let or_unnamed = || RepoPath::from_str("unnamed");
    #[expect(clippy::expect_used, reason = "a path without anything special")]
    inside.parse().or_else(|_| plain.parse()).or_else(|_| or_unnamed()).expect("a plain word")
}

fn result(shown: String, report: ScanReport) -> FileResult {
    let findings = report.findings.into_iter().map(Seen::new).collect();
    FileResult { shown, format: report.format, findings, unexamined: report.unexamined }
}

fn not_opened(why: &str) -> ScanReport {
    let place = FindingPlace::default();
    ScanReport {
        format: Format::known("unknown"),
        findings: Vec::new(),
        unexamined: vec![Unexamined { place, why: why.to_owned() }],
    }
}

/// Puts together what the threads found, in the order in which it was named.
fn together(mut results: Results, inside: &[Vec<String>]) -> Result<Scanned, Failure> {
    if let Some(failure) = results.failure {
        return Err(failure);
    }
    let mut files = Vec::new();
    for (target, (found, inside)) in results.files.into_iter().zip(inside).enumerate() {
        for (file, inside) in found.into_iter().zip(inside) {
            let mut file = file.unwrap_or_else(|| {
                result(inside.clone(), not_opened("the scanner gave no answer"))
            });
            let place = (target, repo_path(inside).to_string());
            file.findings.append(&mut results.repository.remove(&place).unwrap_or_default());
            files.push(file);
        }
    }
    Ok(Scanned { files, unexamined: results.unexamined, sandbox: results.sandbox })
}

/// Shows how far the work is, to people who look, once it is long.
fn progress_bar(files: u64) -> ProgressBar {
    if files < 2 {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(files);
    let style = "{wide_bar} {pos} of {len} files, {eta} left";
    bar.with_style(
        ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()),
    )
}
