//! The ledger as lines of JSON, written to a file or to standard output as it grows.
//!
//! Nothing is lost: the place is kept behind what was written, and in a file the last line itself tells how far
//! it is. What was written and not yet noted when everything stopped comes again on standard output; whoever
//! reads it knows it by its `position`.

mod file;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use tokio::runtime::Handle;
use weighbridge_domain::Digest;
use weighbridge_engine::{Engine, entry_line};

use self::file::LineFile;
use crate::config::{Config, STDOUT};
use crate::failure::Failure;

/// Entries that are read and written at once: a body may be long.
const BATCH: u32 = 64;
/// How often it is looked whether there are more.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// The pause after trouble, such as a full disk.
const AFTER_TROUBLE: Duration = Duration::from_secs(5);
/// How long the end waits for what is being written.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Writes the ledger somewhere, in a thread of its own: a reader that stalls holds up nothing else.
pub(super) struct Sink {
    is_over: Arc<AtomicBool>,
    thread: std::thread::Thread,
    done: mpsc::Receiver<()>,
}

/// Where lines go.
enum Place {
    Stdout,
    File(LineFile),
}

/// What is written where, and how far that is.
struct Writing {
    engine: Engine,
    place: Place,
    /// Where it is kept how far it is.
    note: PathBuf,
    /// The first entry that was not written.
    next: u64,
}

impl Sink {
    /// Starts when the configuration says where to.
    pub(super) fn start(config: &Config, engine: &Engine) -> Result<Option<Sink>, Failure> {
        let Some(target) = &config.ledger.stream_to else { return Ok(None) };
        let cannot = |error: io::Error| {
            Failure::new(format!("the ledger cannot be written to `{target}`")).because(error)
        };
        let writing = Writing::open(target, &config.data, engine.clone()).map_err(cannot)?;
        let is_over = Arc::new(AtomicBool::new(false));
        let (said, done) = mpsc::channel();
        let (over, runtime) = (Arc::clone(&is_over), Handle::current());
        let run = move || {
            writing.run(&runtime, &over);
            said.send(()).ok();
        };
        let thread = std::thread::Builder::new()
            .name("ledger-stream".to_owned())
            .spawn(run)
            .map_err(cannot)?;
        Ok(Some(Sink { is_over, thread: thread.thread().clone(), done }))
    }

    /// Ends behind what is being written. The rest is written after the next start.
    pub(super) fn stop(self) {
        self.is_over.store(true, Ordering::Release);
        self.thread.unpark();
        self.done.recv_timeout(LAST_WORDS).ok();
    }
}

impl Writing {
    fn open(target: &str, data: &Path, engine: Engine) -> io::Result<Writing> {
        // Another target begins at the beginning.
        let name = Digest::of(target.as_bytes()).to_string();
        let note = data.join(format!("stream-{}.next", name.get(..16).unwrap_or_default()));
        let noted = match std::fs::read_to_string(&note) {
            Ok(text) => text.trim().parse().unwrap_or(0),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        let place = match target {
            STDOUT => Place::Stdout,
            path => Place::File(LineFile::open(Path::new(path))?),
        };
        // What the file holds counts, and the note only when it holds nothing.
        let held = match &place {
            Place::File(file) => file.last_position().map(|last| last.saturating_add(1)),
            Place::Stdout => None,
        };
        Ok(Writing { engine, place, note, next: held.unwrap_or(noted) })
    }

    fn run(mut self, runtime: &Handle, is_over: &AtomicBool) {
        let mut is_in_trouble = false;
        while !is_over.load(Ordering::Acquire) {
            let pause = match self.write_more(runtime) {
                Ok(true) => {
                    is_in_trouble = false;
                    continue;
                }
                Ok(false) => LOOK_EVERY,
                Err(error) if matches!(self.place, Place::Stdout) && is_gone(&error) => {
                    tracing::error!(
                        "nobody reads standard output: the ledger is not written there any more"
                    );
                    return;
                }
                Err(error) => {
                    if !is_in_trouble {
                        tracing::error!(%error, "the ledger cannot be written to its stream; it is tried again");
                    }
                    is_in_trouble = true;
                    AFTER_TROUBLE
                }
            };
            std::thread::park_timeout(pause);
        }
    }

    /// Writes what there is, up to a batch; tells whether there was any.
    fn write_more(&mut self, runtime: &Handle) -> io::Result<bool> {
        let entries = runtime
            .block_on(self.engine.list_entries(self.next, BATCH))
            .map_err(io::Error::other)?;
        let Some(last) = entries.last() else { return Ok(false) };
        let next = last.position.saturating_add(1);
        let lines: Vec<(u64, String)> =
            entries.iter().map(|entry| (entry.position, entry_line(entry))).collect();
        match &mut self.place {
            Place::Stdout => {
                let mut stdout = io::stdout().lock();
                for (_, line) in &lines {
                    writeln!(stdout, "{line}")?;
                }
                stdout.flush()?;
            }
            Place::File(file) => file.append(&lines)?,
        }
        self.next = next;
        // The place is noted behind the lines: in between, a line can come twice, and none is left out.
        let beside = self.note.with_extension("new");
        let mut file = std::fs::File::create(&beside)?;
        file.write_all(next.to_string().as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, &self.note)?;
        Ok(true)
    }
}

fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}
