//! The server's side of the processes that run own rules: one is asked at a time by each caller, kept for the
//! next one, and replaced when it died.
//!
//! What somebody wrote may take more memory or time than there is. Then the process is gone, the rule that it
//! was at is to blame, and nobody else notices.

mod process;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use weighbridge_domain::Digest;

use crate::bundle::Found;
use crate::complaint::Complaint;
use crate::error::PolicyError;
use crate::judgement::{Objections, tellable};
use crate::wire::{Answer, Question};
use crate::worker::MEMORY_MIB;

use process::{End, How, Process};

/// How long a worker may take for all own rules of a decision: somewhat more than it allows itself.
const ASK_LIMIT: Duration = Duration::from_secs(10);

/// How long it may take to read a policy: every rule is tried out.
const READ_LIMIT: Duration = Duration::from_mins(1);

/// Where own rules run.
#[derive(Clone, Debug)]
pub enum Place {
    /// In this process: for whoever runs their own rules on their own machine.
    Here,
    /// In processes of their own.
    Apart(Workers),
}

/// Processes that run own rules. Cloning shares them; there are as many as are asked at once.
#[derive(Clone, Debug)]
pub struct Workers(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    program: PathBuf,
    args: Vec<OsString>,
    /// Those that nobody asks, and since when; the last one was asked last.
    idle: Mutex<Vec<(Instant, Process)>>,
}

impl Place {
    /// Ends the workers that nobody has asked for so long.
    pub fn end_idle(&self, for_longer_than: Duration) {
        if let Place::Apart(workers) = self {
            workers.idle().retain(|(since, _)| since.elapsed() <= for_longer_than);
        }
    }
}

impl Workers {
    /// Workers that run `program` with `args`: the running binary and `policy-worker`. None is started
    /// before somebody asks.
    pub fn new(program: PathBuf, args: Vec<OsString>) -> Workers {
        Workers(Arc::new(Pool { program, args, idle: Mutex::default() }))
    }

    /// Asks the own rules of a policy, given by name and document. Blocks.
    pub(crate) fn ask_own_rules(
        &self,
        (name, document): (Digest, &str),
        facts: &str,
        rules: usize,
    ) -> Result<Vec<Objections>, PolicyError> {
        let question = |document: Option<&str>| Question::Ask {
            policy: name.to_string(),
            document: document.map(str::to_owned),
            facts: facts.to_owned(),
        };
        let short = question(None);
        let answer = self.with_worker(|worker| match worker.ask(&short, ASK_LIMIT)? {
            Answer::Unknown => worker.ask(&question(Some(document)), ASK_LIMIT),
            answer => Ok(answer),
        });
        let garbled = || PolicyError::NoAnswer("the worker's answer was garbled".to_owned());
        match answer.map_err(blame)? {
            Answer::Objections(told) if told.len() == rules => {
                told.into_iter().map(|told| told.read().ok_or_else(garbled)).collect()
            }
            Answer::Failed(failure) => Err(failure.into()),
            _ => Err(garbled()),
        }
    }

    /// Reads the Rego among these files. Blocks.
    pub(crate) fn read(&self, files: &BTreeMap<String, String>) -> Found {
        let question = Question::Read(files.clone());
        let complaint = |file: Option<&str>, what: String| {
            let remedy = if file.is_some() {
                "make it look at less: a decision has to come in microseconds"
            } else {
                "try again; `weighbridge doctor` looks for the cause"
            };
            Complaint::error(file.unwrap_or("."), None, what, remedy)
        };
        let found = match self.with_worker(|worker| worker.ask(&question, READ_LIMIT)) {
            Ok(Answer::Read(found)) => found.with(files).map_err(|why| complaint(None, why)),
            Ok(_) => Err(complaint(None, "the worker's answer was garbled".to_owned())),
            Err(End { at, how }) => Err(complaint(at.as_deref(), told(&how))),
        };
        found.unwrap_or_else(|complaint| Found { complaints: vec![complaint], ..Found::default() })
    }

    /// Has one worker for as long as `ask` takes. Where its end need not be the question's doing, a fresh one
    /// is asked once more.
    fn with_worker<T>(&self, ask: impl Fn(&mut Process) -> Result<T, End>) -> Result<T, End> {
        let kept = self.idle().pop();
        let was_kept = kept.is_some();
        let mut worker = kept.map_or_else(|| self.start(), |(_, worker)| Ok(worker))?;
        let mut answer = ask(&mut worker);
        let is_asked_again = match &answer {
            Err(End { how: How::Ended(_), .. }) => true,
            // What it was asked before may have left something behind.
            Err(End { how: How::OutOfMemory, .. }) => was_kept,
            Err(End { how: How::TooSlow(_), .. }) | Ok(_) => false,
        };
        if is_asked_again {
            worker = self.start()?;
            answer = ask(&mut worker);
        }
        // After an error it is dropped, and that ends it.
        if answer.is_ok() {
            self.idle().push((Instant::now(), worker));
        }
        answer
    }

    fn start(&self) -> Result<Process, End> {
        let Pool { program, args, .. } = &*self.0;
        Process::start(program, args).map_err(|error| {
            let why = format!("the policy worker `{}` does not start: {error}", program.display());
            End { at: None, how: How::Ended(why) }
        })
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<(Instant, Process)>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the end of a worker says about a rule.
fn blame(End { at, how }: End) -> PolicyError {
    match (at, how) {
        (Some(rule), How::OutOfMemory) => PolicyError::OutOfMemory { rule, mib: MEMORY_MIB },
        (Some(rule), How::TooSlow(limit)) => PolicyError::RanAway { rule, limit },
        (Some(rule), How::Ended(why)) => PolicyError::RuleFailed { rule, why: tellable(&why) },
        (None, how) => PolicyError::NoAnswer(tellable(&told(&how))),
    }
}

fn told(how: &How) -> String {
    match how {
        How::OutOfMemory => format!("it needed more memory than {MEMORY_MIB} MiB"),
        How::TooSlow(limit) => format!("it was cut off after {} ms", limit.as_millis()),
        How::Ended(why) => why.clone(),
    }
}
