//! One worker process, seen from outside: what is written to it, what it answers, how it ends.

use std::ffi::OsString;
use std::io::{self, BufReader, IoSlice, Read as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use rustix::process::{Pid, Signal};

use super::{Scanner, ScannerError};
use crate::job::{SandboxSupport, ScanInput};
use crate::wire::{ANSWER_BYTES, Answer, FILES_PER_MESSAGE, Question};

/// How long a fresh worker may take to say that it is ready.
const READY_SECONDS: u64 = 20;

/// How far a worker that nobody waits for stands back.
const NICE: i32 = 10;

/// What an answer may take beyond the time the worker allows itself.
const GRACE: Duration = Duration::from_secs(crate::wire::GRACE_SECONDS);

/// Signals that come from outside and say nothing about a file: people and service managers end whole groups of
/// processes, and the kernel ends the largest where memory is short.
const FROM_OUTSIDE: [Signal; 4] = [Signal::HUP, Signal::INT, Signal::TERM, Signal::KILL];

/// A running worker. It is killed when this is dropped.
#[derive(Debug)]
pub(super) struct WorkerProcess {
    child: Child,
    questions: UnixStream,
    answers: BufReader<ChildStdout>,
}

/// A worker that was started before anybody knew what it is for: it loads while arguments are read.
/// [`Scanner::with_spare`] takes it.
#[derive(Debug)]
pub struct SpareWorker(WorkerProcess);

impl SpareWorker {
    /// Starts `program` with `args`: the running binary and `scan-worker`.
    pub fn start(program: &Path, args: &[OsString]) -> io::Result<SpareWorker> {
        WorkerProcess::spawn(program, args).map(SpareWorker)
    }
}

/// How a worker ended before its answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Death {
    #[error("no answer within {0} seconds")]
    TimedOut(u64),
    #[error("the worker ended: {0}")]
    Ended(String),
    #[error("somebody ended the worker: {0}")]
    Interrupted(String),
    #[error("the worker's answer was garbled: {0}")]
    Garbled(String),
}

impl WorkerProcess {
    /// Starts a worker, or takes the spare one, and tells it to close its sandbox: it does before it looks at anything
    /// that it is asked. `tells_at_once`: it keeps no answer back to send it with the next.
    pub(super) fn start(
        scanner: &Scanner,
        files: u64,
        tells_at_once: bool,
    ) -> Result<WorkerProcess, ScannerError> {
        let worker = match scanner.take_spare() {
            Some(spare) => Ok(spare.0),
            None => WorkerProcess::spawn(&scanner.program, &scanner.args),
        };
        let not_started = |source| ScannerError::Start { program: scanner.program.clone(), source };
        let mut worker = worker.map_err(not_started)?;
        if scanner.is_behind {
            // Where that is not allowed it competes with the others, which harms nothing but speed.
            let process = Pid::from_child(&worker.child);
            rustix::process::setpriority_process(Some(process), NICE).ok();
        }
        let setup = Question::Setup {
            limits: (&scanner.limits).into(),
            files,
            tells_convertible: scanner.tells_convertible,
            tells_at_once,
        };
        worker.ask(&setup, &[]).map_err(|death| no_answer(scanner, death.to_string()))?;
        Ok(worker)
    }

    /// Waits for the answer to the setup: what the sandbox holds that the worker closed. It has to be the first that is
    /// waited for; questions may have gone out before.
    pub(super) fn ready(&mut self, scanner: &Scanner) -> Result<SandboxSupport, ScannerError> {
        match self.answer(READY_SECONDS) {
            Ok(Answer::Ready(sandbox)) => Ok(sandbox.into()),
            Ok(_) => Err(no_answer(scanner, "its first answer was out of turn".to_owned())),
            Err(death) => Err(no_answer(scanner, death.to_string())),
        }
    }

    /// Starts a process that nobody has told anything yet.
    fn spawn(program: &Path, args: &[OsString]) -> io::Result<WorkerProcess> {
        let (questions, theirs) = UnixStream::pair()?;
        questions.set_write_timeout(Some(Duration::from_secs(READY_SECONDS)))?;
        let mut child = Command::new(program)
            .args(args)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let Some(answers) = child.stdout.take() else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let answers = BufReader::new(answers);
        Ok(WorkerProcess { child, questions, answers })
    }

    /// Sends one message, and with it the files that it names.
    pub(super) fn ask(&mut self, question: &Question, files: &[&ScanInput]) -> Result<(), Death> {
        let body = serde_json::to_vec(question).map_err(|e| Death::Garbled(e.to_string()))?;
        let length =
            u32::try_from(body.len()).map_err(|e| Death::Garbled(e.to_string()))?.to_le_bytes();
        let descriptors: Vec<BorrowedFd<'_>> = files.iter().map(|f| f.file.as_fd()).collect();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FILES_PER_MESSAGE))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !descriptors.is_empty() {
            control.push(SendAncillaryMessage::ScmRights(&descriptors));
        }
        let mut sent = 0;
        let pieces: [&[u8]; 2] = [&length, &body];
        let total = length.len() + body.len();
        while sent < total {
            let (head, tail) = rest(&pieces, sent);
            match sendmsg(
                &self.questions,
                &[IoSlice::new(head), IoSlice::new(tail)],
                &mut control,
                SendFlags::NOSIGNAL,
            ) {
                Ok(count) => {
                    sent += count;
                    // The descriptors went with the first bytes; they must not go twice.
                    control.clear();
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => return Err(Death::TimedOut(READY_SECONDS)),
                Err(error) => return Err(self.died(&error.to_string())),
            }
        }
        Ok(())
    }

    /// Waits for the next answer.
    pub(super) fn answer(&mut self, seconds: u64) -> Result<Answer, Death> {
        let end = Instant::now() + Duration::from_secs(seconds) + GRACE;
        let mut length = [0; 4];
        self.read(&mut length, end, seconds)?;
        let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
        if length > ANSWER_BYTES {
            return Err(Death::Garbled(format!("{length} bytes long")));
        }
        let mut body = vec![0; length];
        self.read(&mut body, end, seconds)?;
        serde_json::from_slice(&body).map_err(|error| Death::Garbled(error.to_string()))
    }

    fn read(&mut self, mut buffer: &mut [u8], end: Instant, seconds: u64) -> Result<(), Death> {
        while !buffer.is_empty() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Death::TimedOut(seconds));
            }
            if self.answers.buffer().is_empty() {
                let timeout = Timespec::try_from(left).ok();
                let mut ready = [PollFd::new(self.answers.get_ref(), PollFlags::IN)];
                match poll(&mut ready, timeout.as_ref()) {
                    Ok(0) | Err(rustix::io::Errno::INTR) => continue,
                    Ok(_) => {}
                    Err(error) => return Err(self.died(&error.to_string())),
                }
            }
            match self.answers.read(buffer) {
                Ok(0) => return Err(self.died("no answer")),
                Ok(count) => buffer = buffer.get_mut(count..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.died(&error.to_string())),
            }
        }
        Ok(())
    }

    fn died(&mut self, saw: &str) -> Death {
        // Its output is closed: it is ending or has ended, and must not linger.
        let _ = self.child.kill();
        match self.child.wait() {
            Ok(status) if FROM_OUTSIDE.iter().any(|by| status.signal() == Some(by.as_raw())) => {
                Death::Interrupted(format!("{saw}, {status}"))
            }
            Ok(status) => Death::Ended(format!("{saw}, {status}")),
            Err(error) => Death::Ended(format!("{saw}, {error}")),
        }
    }
}

impl Drop for WorkerProcess {
    /// Leaves no process behind: who started this program may not clear away what it leaves, as in a container whose first
    /// process is a gateway.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn no_answer(scanner: &Scanner, why: String) -> ScannerError {
    ScannerError::NoAnswer { program: scanner.program.clone(), why }
}

fn rest<'a>(pieces: &[&'a [u8]; 2], sent: usize) -> (&'a [u8], &'a [u8]) {
    let [head, tail] = *pieces;
    match head.get(sent..) {
        Some(rest) => (rest, tail),
        None => (&[], tail.get(sent - head.len()..).unwrap_or_default()),
    }
}
