//! One worker process, seen from outside: what is written to it, what it answers, how it ends.

use std::ffi::OsString;
use std::io::{self, BufReader, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::wire::{self, ANSWER_BYTES, Answer, QUESTION_BYTES, Question};

/// How much of a worker's last words is read.
const LAST_WORDS: u64 = 4_096;

/// What Rust says before it aborts for want of memory.
const NO_MEMORY: &str = "memory allocation of";

/// A running worker. It is killed when this is dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    answers: BufReader<Link>,
}

/// The worker's end of a conversation that had no answer.
#[derive(Debug)]
pub(super) struct End {
    /// What it was at: a rule or a file.
    pub(super) at: Option<String>,
    pub(super) how: How,
}

/// How a worker ended.
#[derive(Debug)]
pub(super) enum How {
    OutOfMemory,
    TooSlow(Duration),
    Ended(String),
}

/// A socket that is read until a moment, and no longer.
#[derive(Debug)]
struct Link {
    stream: UnixStream,
    until: Instant,
}

impl Read for Link {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        self.stream.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut.into(),
            _ => error,
        })
    }
}

impl Process {
    pub(super) fn start(program: &Path, args: &[OsString]) -> io::Result<Process> {
        let (stream, theirs) = UnixStream::pair()?;
        // The socket is its standard input, for both directions: nothing else can get in between.
        let child = Command::new(program)
            .args(args)
            .env_clear()
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let link = Link { stream, until: Instant::now() };
        Ok(Process { child, answers: BufReader::new(link) })
    }

    /// Asks and waits for the answer. After an error the worker is of no use any more.
    pub(super) fn ask(&mut self, question: &Question, limit: Duration) -> Result<Answer, End> {
        let mut at = None;
        self.converse(question, limit, &mut at).map_err(|error| {
            let how = match error.kind() {
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => How::TooSlow(limit),
                io::ErrorKind::InvalidData => {
                    How::Ended(format!("the worker's answer was garbled: {error}"))
                }
                _ => self.end(&error),
            };
            End { at, how }
        })
    }

    fn converse(
        &mut self,
        question: &Question,
        limit: Duration,
        at: &mut Option<String>,
    ) -> io::Result<Answer> {
        let link = self.answers.get_mut();
        link.until = Instant::now() + limit;
        link.stream.set_write_timeout(Some(limit))?;
        wire::send(&mut link.stream, question, QUESTION_BYTES)?;
        loop {
            match wire::receive(&mut self.answers, ANSWER_BYTES)? {
                Some(Answer::At(what)) => *at = Some(what),
                Some(answer) => return Ok(answer),
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
    }

    /// Its output is closed: it is ending or has ended, and must not linger.
    fn end(&mut self, saw: &io::Error) -> How {
        let _ = self.child.kill();
        let status = match self.child.wait() {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        let mut words = Vec::new();
        if let Some(errors) = &mut self.child.stderr {
            let _ = errors.take(LAST_WORDS).read_to_end(&mut words);
        }
        if String::from_utf8_lossy(&words).contains(NO_MEMORY) {
            return How::OutOfMemory;
        }
        How::Ended(format!("the policy worker ended: {saw}, {status}"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
