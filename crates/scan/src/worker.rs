//! The worker: reads jobs from standard input, looks at the files it is handed, answers on standard
//! output. It runs in its own process, closed in before the first file arrives.

use std::fs::File;
use std::io::{self, BufWriter, IoSliceMut, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use weighbridge_domain::{FindingPlace, Format, RepoPath, ScanReport, Unexamined, Verdict};

use crate::analyse;
use crate::job::{RepositoryFile, ScanOutcome};
use crate::limits::Limits;
use crate::repository::{self, Tree};
use crate::rules;
use crate::sandbox::{self, Needs};
use crate::source::FileSource;
use crate::tensors;
use crate::wire::{
    ANSWER_BYTES, Answer, FILES_PER_MESSAGE, FileWire, GRACE_SECONDS, QUESTION_BYTES, Question,
    TensorWire,
};

/// How long answers are kept back for the next ones.
const TOGETHER: Duration = Duration::from_millis(2);
/// How much they have then.
const ANSWERS_BYTES: usize = 16 << 10;
/// Before a file of this size nothing is kept back.
const LONG_BYTES: u64 = 1 << 20;

/// Runs the worker until standard input ends. `weighbridge scan-worker` is nothing but this.
pub fn worker_main() -> ExitCode {
    run_with(&|_| {})
}

/// Runs the worker; `before` sees the path of every file before it is looked at.
pub(crate) fn run_with(before: &dyn Fn(&RepoPath)) -> ExitCode {
    // A panic is answered as a finding; its text must not go where nobody reads it.
    std::panic::set_hook(Box::new(|_| {}));
    match work(before) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn work(before: &dyn Fn(&RepoPath)) -> io::Result<()> {
    let Some((setup, _)) = receive()? else { return Ok(()) };
    let Question::Setup { limits, files, tells_convertible, tells_at_once } = setup else {
        return Err(io::Error::other("the first message has to be the setup"));
    };
    let mut answers = Answers::new(tells_at_once);
    let limits = Limits::from(limits);
    // The scanner's own clock comes first; this one holds when the scanner is gone.
    let per_file = limits.wall_seconds.saturating_add(2 * GRACE_SECONDS);
    let cpu_seconds = per_file.saturating_mul(files.saturating_add(1));
    let held = sandbox::close_in(Needs {
        memory_bytes: limits.memory_bytes,
        cpu_seconds: Some(cpu_seconds),
    });
    answers.tell(&Answer::Ready(held.into()))?;

    let mut tree = Tree::default();
    while let Some((question, descriptors)) = receive()? {
        match question {
            Question::Setup { .. } => return Err(io::Error::other("a second setup")),
            Question::Files(files) => {
                for (wanted, descriptor) in files.into_iter().zip(descriptors) {
                    if wanted.available_bytes > LONG_BYTES {
                        answers.flush()?;
                    }
                    let file = File::from(descriptor);
                    let mut outcome = scan(&wanted, &file, &limits, before)?;
                    if tells_convertible {
                        tell_convertible(&wanted, &file, &limits, &mut outcome);
                    }
                    answers.tell_soon(&outcome.into())?;
                }
                answers.flush()?;
            }
            Question::Configs(files) => {
                for (wanted, descriptor) in files.into_iter().zip(descriptors) {
                    let path = parse(&wanted.path)?;
                    let whole = wanted.available_bytes >= wanted.size_bytes;
                    let file = File::from(descriptor);
                    tree.add_config(path, &FileSource::new(&file, wanted.size_bytes), whole);
                }
            }
            Question::Listed(lines) => {
                for (path, size_bytes) in lines {
                    tree.files.push(RepositoryFile { path: parse(&path)?, size_bytes });
                }
            }
            Question::Tensors { file, under } => {
                let Some(descriptor) = descriptors.into_iter().next() else {
                    return Err(io::Error::other("there is no file to look at"));
                };
                answers.tell(&table(&file, &File::from(descriptor), &limits, under.as_deref()))?;
            }
            Question::Repository => {
                let (findings, unexamined) = repository::judge(&tree, &limits);
                let findings = findings
                    .into_iter()
                    .map(|found| (found.path.to_string(), found.finding.into()))
                    .collect();
                answers.tell(&Answer::Repository { findings, unexamined })?;
                tree = Tree::default();
            }
        }
    }
    Ok(())
}

/// The tensors of a checkpoint, as an answer that fits into a message.
fn table(wanted: &FileWire, file: &File, limits: &Limits, under: Option<&str>) -> Answer {
    let source = FileSource::new(file, wanted.available_bytes.min(wanted.size_bytes));
    let run = || tensors::tensor_table(&source, limits, under);
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(found)) => {
            let answer = Answer::Tensors(found.into_iter().map(TensorWire::from).collect());
            match serde_json::to_vec(&answer) {
                Ok(text) if text.len() <= ANSWER_BYTES => answer,
                _ => Answer::NoTensors("its list of tensors is too long".to_owned()),
            }
        }
        Ok(Err(why)) => Answer::NoTensors(why),
        Err(_) => Answer::NoTensors("its reader failed".to_owned()),
    }
}

/// Says of a clean checkpoint that `weighbridge convert` can write it as safetensors.
fn tell_convertible(wanted: &FileWire, file: &File, limits: &Limits, outcome: &mut ScanOutcome) {
    let ScanOutcome::Report(report) = outcome else { return };
    if report.format.as_str() != "torch" || report.verdict() != Verdict::Clean {
        return;
    }
    if let Answer::Tensors(found) = table(wanted, file, limits, None) {
        let evidence = format!("{} tensors", found.len());
        let message = "it holds tensors alone, which `weighbridge convert` writes as safetensors";
        let place = FindingPlace::default();
        report.findings.push(rules::TORCH_CONVERTIBLE.finding(place, message, evidence));
    }
}

fn scan(
    wanted: &FileWire,
    file: &File,
    limits: &Limits,
    before: &dyn Fn(&RepoPath),
) -> io::Result<ScanOutcome> {
    let path = parse(&wanted.path)?;
    before(&path);
    let available = wanted.available_bytes.min(wanted.size_bytes);
    let source = FileSource::new(file, available);
    let run = || analyse::scan_reader(&path, &source, wanted.size_bytes, limits);
    Ok(catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|payload| {
        let text = payload
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_default();
        ScanOutcome::Report(crashed(&format!("the scanner failed: {text}")))
    }))
}

/// The report about a file that the scanner could not cope with: unknown, never clean.
pub(crate) fn crashed(why: &str) -> ScanReport {
    failed(&rules::WORKER_CRASH, why)
}

/// The report about a file that took too long.
pub(crate) fn timed_out(why: &str) -> ScanReport {
    failed(&rules::WORKER_TIMEOUT, why)
}

fn failed(rule: &rules::Rule, why: &str) -> ScanReport {
    ScanReport {
        format: Format::known("unknown"),
        findings: vec![rule.finding(FindingPlace::default(), rule.title, why)],
        unexamined: vec![Unexamined { place: FindingPlace::default(), why: why.to_owned() }],
    }
}

fn parse(path: &str) -> io::Result<RepoPath> {
    path.parse().map_err(io::Error::other)
}

/// The next message and the descriptors that came with it; `None` at the end of the input.
fn receive() -> io::Result<Option<(Question, Vec<OwnedFd>)>> {
    let stdin = io::stdin();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FILES_PER_MESSAGE))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut length = [0; 4];
    let first = recvmsg(
        stdin.as_fd(),
        &mut [IoSliceMut::new(&mut length)],
        &mut control,
        RecvFlags::CMSG_CLOEXEC,
    )?;
    if first.bytes == 0 {
        return Ok(None);
    }
    let mut descriptors = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            descriptors.extend(received);
        }
    }
    read_exact(length.get_mut(first.bytes..).unwrap_or_default())?;
    let length = usize::try_from(u32::from_le_bytes(length)).map_err(io::Error::other)?;
    if length > QUESTION_BYTES {
        return Err(io::Error::other("the message is too long"));
    }
    let mut body = vec![0; length];
    read_exact(&mut body)?;
    let question = serde_json::from_slice(&body).map_err(io::Error::other)?;
    Ok(Some((question, descriptors)))
}

fn read_exact(mut buffer: &mut [u8]) -> io::Result<()> {
    let stdin = io::stdin();
    while !buffer.is_empty() {
        match rustix::io::read(stdin.as_fd(), &mut *buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => buffer = buffer.get_mut(count..).unwrap_or_default(),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// What is told to the scanner. Answers that come fast go together: to wake it for each takes longer than a small file.
struct Answers {
    out: BufWriter<io::Stdout>,
    told: Instant,
    are_told_at_once: bool,
}

impl Answers {
    fn new(are_told_at_once: bool) -> Answers {
        let out = BufWriter::with_capacity(ANSWERS_BYTES, io::stdout());
        Answers { out, told: Instant::now(), are_told_at_once }
    }

    /// Tells an answer, and those that were kept back.
    fn tell(&mut self, answer: &Answer) -> io::Result<()> {
        self.keep(answer)?;
        self.flush()
    }

    /// Tells an answer now, or with the next ones.
    fn tell_soon(&mut self, answer: &Answer) -> io::Result<()> {
        self.keep(answer)?;
        if self.are_told_at_once || self.told.elapsed() > TOGETHER { self.flush() } else { Ok(()) }
    }

    fn keep(&mut self, answer: &Answer) -> io::Result<()> {
        let body = serde_json::to_vec(answer).map_err(io::Error::other)?;
        let length = u32::try_from(body.len()).map_err(io::Error::other)?;
        self.out.write_all(&length.to_le_bytes())?;
        self.out.write_all(&body)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()?;
        // Standard output keeps lines of its own.
        io::stdout().flush()?;
        self.told = Instant::now();
        Ok(())
    }
}
