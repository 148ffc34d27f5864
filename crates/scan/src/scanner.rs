//! The scanner's side of the worker: starts one fresh process per job, hands it the open files,
//! and turns whatever goes wrong there into findings.

mod worker_process;

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::slice::Chunks;
use std::sync::{Arc, Mutex, PoisonError};

use crate::job::{SandboxSupport, ScanAnswer, ScanInput, ScanJob, ScanOutcome};
use crate::limits::Limits;
use crate::repository;
use crate::tensors::TensorPlace;
use crate::wire::{self, Answer, FILES_PER_MESSAGE, FileWire, LISTED_PER_MESSAGE, Question};
use crate::worker::{crashed, timed_out};

use worker_process::{Death, WorkerProcess};

pub use worker_process::SpareWorker;

/// Messages that wait at a worker, with the one that it works on: it never waits for the next, and what is sent always
/// fits into the socket.
const MESSAGES_AHEAD: usize = 2;

/// Scans files in worker processes.
#[derive(Clone, Debug)]
pub struct Scanner {
    program: PathBuf,
    args: Vec<OsString>,
    limits: Limits,
    is_behind: bool,
    tells_convertible: bool,
    spare: Arc<Mutex<Option<SpareWorker>>>,
}

/// The worker could not be started at all: nothing was scanned.
#[derive(Debug, thiserror::Error)]
pub enum ScannerError {
    /// The operating system refused.
    #[error("cannot start the scan worker `{program}`: {source}")]
    Start {
        /// What was to be started.
        program: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The program started and is not a worker.
    #[error("the scan worker `{program}` did not answer: {why}")]
    NoAnswer {
        /// What was started.
        program: PathBuf,
        /// What happened instead.
        why: String,
    },
}

/// How many workers of one job somebody else may end before the file that they were at takes the blame.
const INTERRUPTIONS: u32 = 3;

/// How far one worker came.
struct Progress {
    outcomes: Vec<Option<ScanOutcome>>,
    interruptions: u32,
    /// A worker died, and nobody knows at which file: the next ones tell each answer at once.
    is_careful: bool,
    repository: Option<Answer>,
}

impl Progress {
    /// Counts an interruption; false when there were too many.
    fn is_interrupted(&mut self) -> bool {
        self.interruptions += 1;
        self.interruptions <= INTERRUPTIONS
    }
}

impl Scanner {
    /// A scanner whose workers run `program` with `args`: the running binary and `scan-worker`.
    pub fn new(program: PathBuf, args: Vec<OsString>, limits: Limits) -> Scanner {
        // The worker runs in another folder: a path has to mean the same there.
        let is_path = program.components().count() > 1;
        let program =
            if is_path { std::path::absolute(&program).unwrap_or(program) } else { program };
        let spare = Arc::default();
        Scanner { program, args, limits, is_behind: false, tells_convertible: false, spare }
    }

    /// The same scanner, whose first worker is one that runs already.
    #[must_use]
    pub fn with_spare(&self, spare: Option<SpareWorker>) -> Scanner {
        Scanner { spare: Arc::new(Mutex::new(spare)), ..self.clone() }
    }

    fn take_spare(&self) -> Option<SpareWorker> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The same scanner, whose workers yield to everything else on the machine.
    #[must_use]
    pub fn behind(&self) -> Scanner {
        Scanner { is_behind: true, ..self.clone() }
    }

    /// The same scanner, which also tells of a checkpoint that its tensors can be written as safetensors.
    #[must_use]
    pub fn telling_convertible(&self) -> Scanner {
        Scanner { tells_convertible: true, ..self.clone() }
    }

    /// Finds the tensors of a checkpoint, or those under one name of it; in words why there is no table. Blocks.
    #[expect(clippy::needless_pass_by_value, reason = "the caller is done with the open file")]
    pub fn tensors(
        &self,
        input: ScanInput,
        under: Option<&str>,
    ) -> Result<Result<Vec<TensorPlace>, String>, ScannerError> {
        let mut worker = WorkerProcess::start(self, 1, true)?;
        let inputs = [&input];
        let Some(file) = describe(&inputs).pop() else { return Ok(Err("no file".to_owned())) };
        let question = Question::Tensors { file, under: under.map(str::to_owned) };
        let sent = worker.ask(&question, &inputs);
        worker.ready(self)?;
        let answer = sent.and_then(|()| worker.answer(self.limits.wall_seconds));
        Ok(match answer {
            Ok(Answer::Tensors(found)) => {
                let read = found.into_iter().map(|tensor| tensor.read(input.size_bytes));
                let tensors: Option<Vec<TensorPlace>> = read.collect();
                tensors.ok_or_else(|| "a tensor is larger than its storage".to_owned())
            }
            Ok(Answer::NoTensors(why)) => Err(why),
            Ok(_) => Err("the worker's answer was out of turn".to_owned()),
            Err(death) => Err(death.to_string()),
        })
    }

    /// The limits every file gets.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Runs one job. Blocks until every input has an outcome.
    ///
    /// A worker that dies takes one file with it: that file is reported as not examined, and the
    /// others go to a fresh worker. Where somebody ended it, as a stop of the service does, that file goes too.
    #[expect(clippy::needless_pass_by_value, reason = "the caller is done with the open files")]
    pub fn scan(&self, job: ScanJob) -> Result<ScanAnswer, ScannerError> {
        let mut progress = Progress {
            outcomes: vec![None; job.inputs.len()],
            interruptions: 0,
            is_careful: false,
            repository: None,
        };
        let mut sandbox: Option<SandboxSupport> = None;
        loop {
            let open = progress.outcomes.iter().filter(|outcome| outcome.is_none()).count();
            if open == 0 && (job.repository.is_none() || progress.repository.is_some()) {
                break;
            }
            let ran = WorkerProcess::start(self, open as u64, progress.is_careful)
                .and_then(|mut worker| self.run(&job, &mut worker, &mut progress));
            match ran {
                // The weakest of several workers is what the evidence has to name.
                Ok(held) => sandbox = Some(sandbox.map_or(held, |before| weaker(before, held))),
                Err(error) if sandbox.is_none() => return Err(error),
                Err(error) => {
                    give_up(&mut progress, &error.to_string());
                    break;
                }
            }
        }
        let (repository, repository_unexamined) = match progress.repository {
            Some(Answer::Repository { findings, unexamined }) => {
                match wire::repository_findings(findings) {
                    Some(findings) => (findings, unexamined),
                    None => (Vec::new(), vec!["the worker's answer was garbled".to_owned()]),
                }
            }
            Some(_) => (Vec::new(), vec!["the worker's answer was out of turn".to_owned()]),
            None => (Vec::new(), Vec::new()),
        };
        let outcomes = progress
            .outcomes
            .into_iter()
            .map(|outcome| {
                outcome.unwrap_or_else(|| ScanOutcome::Report(crashed("the worker did not answer")))
            })
            .collect();
        let sandbox = sandbox.unwrap_or_default();
        Ok(ScanAnswer { outcomes, repository, repository_unexamined, sandbox })
    }

    /// Asks a worker for everything that is open, and says what its sandbox holds. The first files go out before it is
    /// ready, so that it need not wait for them.
    fn run(
        &self,
        job: &ScanJob,
        worker: &mut WorkerProcess,
        progress: &mut Progress,
    ) -> Result<SandboxSupport, ScannerError> {
        let is_open = |(index, outcome): (usize, &Option<_>)| outcome.is_none().then_some(index);
        let open: Vec<usize> = progress.outcomes.iter().enumerate().filter_map(is_open).collect();
        let mut asked =
            Asked { job, left: open.chunks(FILES_PER_MESSAGE), waiting: VecDeque::new() };
        asked.ask_ahead(worker);
        let held = worker.ready(self)?;
        self.listen(worker, progress, asked);
        Ok(held)
    }

    /// Works on until everything is answered or the worker is dead; either way at least one more
    /// thing is answered than before, or one of the interruptions is used up, or the next worker will be careful.
    fn listen(&self, worker: &mut WorkerProcess, progress: &mut Progress, mut asked: Asked<'_>) {
        let job = asked.job;
        while let Some((batch, mut sent)) = asked.next(worker) {
            for index in batch {
                let answer = match std::mem::replace(&mut sent, Ok(())) {
                    Ok(()) => worker.answer(self.limits.wall_seconds),
                    Err(death) => Err(death),
                };
                if matches!(answer, Err(Death::Interrupted(_))) && progress.is_interrupted() {
                    return;
                }
                let (outcome, dead) = read_outcome(answer);
                if dead && batch.len() > 1 && !progress.is_careful {
                    progress.is_careful = true;
                    return;
                }
                if let Some(place) = progress.outcomes.get_mut(*index) {
                    *place = Some(outcome);
                }
                if dead {
                    return;
                }
            }
        }
        if let Some(files) = &job.repository
            && progress.repository.is_none()
        {
            let answer = self.ask_repository(job, files, worker);
            if matches!(answer, Err(Death::Interrupted(_))) && progress.is_interrupted() {
                return;
            }
            progress.repository = Some(answer.unwrap_or_else(|death| Answer::Repository {
                findings: Vec::new(),
                unexamined: vec![format!("repository rules: {death}")],
            }));
        }
    }

    fn ask_repository(
        &self,
        job: &ScanJob,
        files: &[crate::job::RepositoryFile],
        worker: &mut WorkerProcess,
    ) -> Result<Answer, Death> {
        let configs: Vec<&ScanInput> =
            job.inputs.iter().filter(|input| repository::is_config(&input.path)).collect();
        for batch in configs.chunks(FILES_PER_MESSAGE) {
            worker.ask(&Question::Configs(describe(batch)), batch)?;
        }
        for lines in files.chunks(LISTED_PER_MESSAGE) {
            let lines = lines.iter().map(|file| (file.path.to_string(), file.size_bytes)).collect();
            worker.ask(&Question::Listed(lines), &[])?;
        }
        worker.ask(&Question::Repository, &[])?;
        worker.answer(self.limits.wall_seconds)
    }
}

/// What one worker is asked, a few messages ahead of its answers.
struct Asked<'a> {
    job: &'a ScanJob,
    left: Chunks<'a, usize>,
    waiting: VecDeque<(&'a [usize], Result<(), Death>)>,
}

impl<'a> Asked<'a> {
    fn ask_ahead(&mut self, worker: &mut WorkerProcess) {
        while self.waiting.len() < MESSAGES_AHEAD
            && let Some(batch) = self.left.next()
        {
            let inputs: Vec<&ScanInput> =
                batch.iter().filter_map(|index| self.job.inputs.get(*index)).collect();
            let sent = worker.ask(&Question::Files(describe(&inputs)), &inputs);
            self.waiting.push_back((batch, sent));
        }
    }

    /// The files whose answers come next, and whether they could be asked for.
    fn next(&mut self, worker: &mut WorkerProcess) -> Option<(&'a [usize], Result<(), Death>)> {
        self.ask_ahead(worker);
        self.waiting.pop_front()
    }
}

fn describe(inputs: &[&ScanInput]) -> Vec<FileWire> {
    inputs
        .iter()
        .map(|input| FileWire {
            path: input.path.to_string(),
            size_bytes: input.size_bytes,
            available_bytes: input.available_bytes,
        })
        .collect()
}

/// What an answer says about a file, and whether the worker is finished with.
fn read_outcome(answer: Result<Answer, Death>) -> (ScanOutcome, bool) {
    match answer {
        Ok(Answer::Report(report)) => (ScanOutcome::Report(report.into()), false),
        Ok(Answer::NeedsMore(available_bytes)) => {
            (ScanOutcome::NeedsMore { available_bytes }, false)
        }
        Ok(_) => (ScanOutcome::Report(crashed("the worker's answer was out of turn")), true),
        Err(Death::TimedOut(seconds)) => {
            let why = format!("no answer within {seconds} seconds");
            (ScanOutcome::Report(timed_out(&why)), true)
        }
        Err(death) => (ScanOutcome::Report(crashed(&death.to_string())), true),
    }
}

fn give_up(progress: &mut Progress, why: &str) {
    for outcome in &mut progress.outcomes {
        outcome.get_or_insert_with(|| ScanOutcome::Report(crashed(why)));
    }
    progress.repository.get_or_insert_with(|| Answer::Repository {
        findings: Vec::new(),
        unexamined: vec![format!("repository rules: {why}")],
    });
}

fn weaker(one: SandboxSupport, other: SandboxSupport) -> SandboxSupport {
    SandboxSupport {
        landlock_abi: one.landlock_abi.min(other.landlock_abi),
        seccomp: one.seccomp && other.seccomp,
        resource_limits: one.resource_limits && other.resource_limits,
    }
}
