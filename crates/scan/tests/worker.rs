//! The worker process: what it answers, what it cannot do, and what happens when it fails.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use weighbridge_domain::{RepoPath, ScanReport, Verdict};
use weighbridge_scan::{
    Limits, RepositoryFile, ScanInput, ScanJob, ScanOutcome, Scanner, ScannerError, SpareWorker,
    samples, sandbox_support,
};

const PROBE: &str = env!("CARGO_BIN_EXE_scan-worker-probe");

fn scanner(args: &[&str]) -> Scanner {
    let limits = Limits { wall_seconds: 1, ..Limits::default() };
    Scanner::new(PathBuf::from(PROBE), args.iter().map(OsString::from).collect(), limits)
}

fn input(path: &str, bytes: &[u8]) -> ScanInput {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    let size = bytes.len() as u64;
    ScanInput { path: path.parse().unwrap(), file, size_bytes: size, available_bytes: size }
}

fn reports(scanner: &Scanner, inputs: Vec<ScanInput>) -> Vec<ScanReport> {
    let answer = scanner.scan(ScanJob { inputs, repository: None }).unwrap();
    let report = |outcome| match outcome {
        ScanOutcome::Report(report) => report,
        ScanOutcome::NeedsMore { .. } => panic!("{outcome:?}"),
    };
    answer.outcomes.into_iter().map(report).collect()
}

#[test]
fn a_worker_answers_in_order_and_says_what_holds_it() {
    let inputs: Vec<ScanInput> = samples::all()
        .iter()
        .cycle()
        .take(150)
        .map(|sample| input(sample.path, &sample.bytes))
        .collect();
    let answer = scanner(&["scan-worker"]).scan(ScanJob { inputs, repository: None }).unwrap();
    for (outcome, sample) in answer.outcomes.iter().zip(samples::all().iter().cycle()) {
        let ScanOutcome::Report(report) = outcome else { panic!("{outcome:?}") };
        assert_eq!(report.verdict(), sample.verdict, "{}", sample.path);
    }
    assert_eq!(answer.sandbox, sandbox_support());
}

#[test]
fn a_worker_that_was_started_ahead_is_like_any_other() {
    let spare = SpareWorker::start(PROBE.as_ref(), &["scan-worker".into()]).unwrap();
    // No worker can be started by this one: who answers is the spare, once.
    let scanner = Scanner::new("/no/such/program".into(), Vec::new(), Limits::default());
    let scanner = scanner.with_spare(Some(spare));
    let job = || ScanJob { inputs: vec![input("a.pkl", b"\x80\x04N.")], repository: None };
    let answer = scanner.scan(job()).unwrap();
    assert_eq!(answer.sandbox, sandbox_support());
    let ScanOutcome::Report(report) = &answer.outcomes[0] else { panic!("{answer:?}") };
    assert_eq!(report.verdict(), Verdict::Clean);
    assert!(matches!(scanner.scan(job()), Err(ScannerError::Start { .. })));
}

#[test]
fn a_worker_is_closed_in() {
    let output = Command::new(PROBE).arg("escape").output().unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    let mut lines = report.lines();
    assert_eq!(lines.next(), Some(sandbox_support().to_string().as_str()));
    let rest: Vec<&str> = lines.collect();
    assert_eq!(rest.len(), 15, "{report}");
    assert_eq!(rest.last(), Some(&"read what was open: works"));
    for line in &rest[..14] {
        assert!(line.ends_with(": refused"), "{report}");
    }
}

#[test]
fn a_file_that_kills_the_worker_is_unknown_and_its_neighbours_are_judged() {
    let clean = samples::pickle::plain(2);
    let inputs = ["a.pkl", "killer.pkl", "b.pkl", "killer.pkl", "c.pkl"]
        .map(|name| input(name, &clean))
        .into_iter()
        .collect();
    let reports = reports(&scanner(&["crash-on", "killer.pkl"]), inputs);
    let verdicts: Vec<Verdict> = reports.iter().map(ScanReport::verdict).collect();
    let (clean, unknown) = (Verdict::Clean, Verdict::Unknown);
    assert_eq!(verdicts, [clean, unknown, clean, unknown, clean]);
    assert_eq!(reports[1].findings[0].rule, "WB-WORKER-CRASH");
    assert!(reports[1].unexamined[0].why.contains("exit status: 86"), "{reports:?}");
}

#[test]
fn a_file_that_holds_the_worker_up_is_unknown() {
    let inputs = vec![input("slow.pkl", b"N."), input("quick.pkl", &samples::pickle::plain(2))];
    let reports = reports(&scanner(&["hang-on", "slow.pkl"]), inputs);
    assert_eq!(reports[0].verdict(), Verdict::Unknown);
    assert_eq!(reports[0].findings[0].rule, "WB-WORKER-TIMEOUT");
    assert_eq!(reports[1].verdict(), Verdict::Clean);
}

/// A stop of a service ends every process of it: what the worker was at is no worse for that.
#[test]
#[cfg(target_os = "linux")]
fn a_worker_that_somebody_else_ended_blames_no_file() {
    let inputs = vec![input("a.pkl", b"N."), input("interrupted.pkl", b"N.")];
    let scanning =
        std::thread::spawn(|| reports(&scanner(&["hang-on", "interrupted.pkl"]), inputs));
    let is_ours = |pid: &i32| {
        let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        arguments.ends_with(b"hang-on\0interrupted.pkl\0")
    };
    let worker = loop {
        let processes = std::fs::read_dir("/proc").unwrap();
        let mut names =
            processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        if let Some(found) = names.find(is_ours) {
            break found;
        }
        std::thread::yield_now();
    };
    // Once it holds one of our files, which have no names, it is past its start.
    let holds_a_file = || {
        let open = std::fs::read_dir(format!("/proc/{worker}/fd")).unwrap();
        let mut links = open.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
        links.any(|link| link.to_string_lossy().ends_with(" (deleted)"))
    };
    while !holds_a_file() {
        std::thread::yield_now();
    }
    let worker = rustix::process::Pid::from_raw(worker).unwrap();
    rustix::process::kill_process(worker, rustix::process::Signal::TERM).unwrap();
    let reports = scanning.join().unwrap();
    assert_eq!(reports[0].verdict(), Verdict::Clean);
    // A second worker was given it, which hangs as well.
    assert_eq!(reports[1].findings[0].rule, "WB-WORKER-TIMEOUT");
}

#[test]
fn what_is_no_worker_is_an_error_and_never_a_pass() {
    let job = || ScanJob { inputs: vec![input("a.pkl", b"N.")], repository: None };
    let error = scanner(&["not-a-worker"]).scan(job()).unwrap_err();
    assert!(matches!(error, ScannerError::NoAnswer { .. }), "{error}");
    let missing = Scanner::new("/no/such/program".into(), Vec::new(), Limits::default());
    assert!(matches!(missing.scan(job()).unwrap_err(), ScannerError::Start { .. }));
}

#[test]
fn repository_rules_run_in_the_worker_over_the_whole_list() {
    let config = br#"{"auto_map": {"AutoModel": "modeling_x.Net"}}"#;
    let mut files: Vec<RepositoryFile> = (0..25_000)
        .map(|n| RepositoryFile { path: format!("data/{n}.txt").parse().unwrap(), size_bytes: 1 })
        .collect();
    for name in ["config.json", "modeling_x.py"] {
        files.push(RepositoryFile { path: name.parse().unwrap(), size_bytes: 1 });
    }
    let inputs = vec![input("config.json", config), input("README.md", b"# x\n")];
    let answer =
        scanner(&["scan-worker"]).scan(ScanJob { inputs, repository: Some(files) }).unwrap();
    let rules: Vec<&str> =
        answer.repository.iter().map(|found| found.finding.rule.as_str()).collect();
    assert_eq!(rules, ["WB-REPO-AUTOMAP", "WB-REPO-PYTHON"]);
    let path: RepoPath = "config.json".parse().unwrap();
    assert_eq!(answer.repository[0].path, path);
    assert_eq!(answer.repository_unexamined, ["modeling_x.py: it was not among the scanned files"]);
}

#[test]
fn a_file_that_is_still_arriving_is_read_no_further_than_it_is_there() {
    let tensors: &[(&str, &str, &[u64])] = &[("w", "F32", &[1_000_000])];
    let bytes = samples::safetensors::file(tensors);
    let mut early = input("model.safetensors", &bytes);
    early.available_bytes = 100;
    let mut later = input("model.safetensors", &bytes);
    later.available_bytes = 4096;
    let job = ScanJob { inputs: vec![early, later], repository: None };
    let answer = scanner(&["scan-worker"]).scan(job).unwrap();
    assert_eq!(answer.outcomes[0], ScanOutcome::NeedsMore { available_bytes: 4096 });
    assert!(matches!(&answer.outcomes[1], ScanOutcome::Report(r) if r.verdict() == Verdict::Clean));
}

#[test]
fn a_file_shorter_than_promised_is_not_clean() {
    let mut short = input("model.safetensors", &[0; 100]);
    short.size_bytes = 5000;
    short.available_bytes = 5000;
    let reports = reports(&scanner(&["scan-worker"]), vec![short]);
    assert_eq!(reports[0].verdict(), Verdict::Unknown);
}

#[test]
fn an_empty_job_needs_no_worker() {
    let none = Scanner::new("/no/such/program".into(), Vec::new(), Limits::default());
    let answer = none.scan(ScanJob::default()).unwrap();
    assert!(answer.outcomes.is_empty());
}
