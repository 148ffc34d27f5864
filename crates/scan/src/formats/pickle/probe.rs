//! Looks for pickles where none should be: at the start of other formats, and in bytes that no reader
//! accounts for.

use super::cursor::Halt;
use super::machine::{End, Machine};
use crate::analyse::{Entry, Scan, Stop};
use crate::limits::{Budget, Limits};
use crate::rules;
use crate::source::read_some;

/// Steps of one trial.
const STEPS: u64 = 20_000;
/// Steps of a trial from the start of a file.
const START_STEPS: u64 = 2_000_000;
/// Trials in one region.
const TRIALS: usize = 4096;
/// Bytes of one region that are searched.
const SEARCHED: u64 = 4 << 20;

/// What one trial saw.
struct Trial {
    /// It called something that it imported, and that is worth a finding.
    acts: bool,
    /// It imported something by its name.
    is_aimed: bool,
    /// It imported something that can act, whatever became of it.
    is_dangerous: bool,
    end: End,
    steps: u64,
    position: u64,
    evidence: Option<String>,
}

fn attempt(entry: &Entry<'_>, offset: u64, steps: u64) -> Trial {
    // A trial has its own small budget: it must not use up that of the file.
    let budget = Budget::new(&Limits { wall_seconds: 10, ..Limits::default() });
    let mut machine = Machine::new(entry.source, offset, &budget);
    machine.is_trial = true;
    let end = machine.run(steps);
    let acts = machine.calls > 0 && machine.imports > 0 && !machine.facts.is_empty();
    let is_dangerous = machine.facts.iter().any(|fact| fact.deed.is_dangerous());
    let evidence = machine
        .facts
        .iter()
        .find(|fact| fact.deed.is_dangerous())
        .or_else(|| machine.facts.first())
        .map(|fact| fact.evidence.clone());
    Trial {
        acts,
        is_aimed: machine.imports > 0,
        is_dangerous,
        end,
        steps: machine.steps,
        position: machine.cursor.position(),
        evidence,
    }
}

/// Whether bytes without a protocol mark are a pickle all the same: protocols 0 and 1 have none.
///
/// While the file is still arriving, "perhaps" counts as yes.
pub(super) fn is_old_pickle(entry: &Entry<'_>) -> bool {
    let trial = attempt(entry, 0, STEPS);
    let is_dangerous = trial.is_dangerous && trial.is_aimed;
    if trial.acts || trial.steps >= STEPS || (is_dangerous && super::has_usual_suffix(entry)) {
        return true;
    }
    match trial.end {
        End::Stopped => {
            let rest = read_some(entry.source, trial.position, 64).unwrap_or_default();
            let is_all = trial.position + rest.len() as u64 >= entry.size
                && rest.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0);
            trial.steps > 0 && (is_all || super::has_usual_suffix(entry))
        }
        End::Halted(_) => {
            (!entry.is_whole() && trial.position >= entry.source.size())
                || (super::has_usual_suffix(entry) && trial.steps >= 16)
        }
    }
}

/// Whether a stream that does not end, and has no protocol mark, is most likely other bytes: values of tensors begin like
/// opcodes often enough, and do nothing without a name.
pub(super) fn is_other_bytes(entry: &Entry<'_>, offset: u64) -> Result<bool, Stop> {
    let head = read_some(entry.source, offset, 2)?;
    Ok(!matches!(head.as_slice(), [0x80, 0..=5]) && !attempt(entry, offset, START_STEPS).is_aimed)
}

/// What a file of another format would do, if somebody unpickled it from its start.
///
/// A run that is not at its end where the file is cut by now asks for more of it.
pub(crate) fn acts_at_start(entry: &Entry<'_>) -> Result<Option<String>, Stop> {
    let trial = attempt(entry, 0, START_STEPS);
    if trial.acts {
        return Ok(Some(trial.evidence.unwrap_or_default()));
    }
    if trial.steps >= START_STEPS {
        return Err(Stop::Unexamined("it could be a pickle that goes on for too long".to_owned()));
    }
    let available = entry.source.size();
    if !entry.is_whole() && trial.end == End::Halted(Halt::CutOff) {
        let wanted = available.saturating_mul(2).max(available + (64 << 10));
        return Err(Stop::NeedsMore(wanted.min(entry.size)));
    }
    Ok(None)
}

/// Reports pickles that call something, anywhere between two offsets.
pub(crate) fn search(scan: &mut Scan, entry: &Entry<'_>, from: u64, to: u64) -> Result<(), Stop> {
    search_for(scan, entry, from, to, Wanted::Anything)
}

/// Reports what is dangerous among what starts between `from` and `to`, where pickles are expected: the calls that
/// any pickle may make are no hidden ones there.
pub(crate) fn search_danger(
    scan: &mut Scan,
    entry: &Entry<'_>,
    from: u64,
    to: u64,
) -> Result<(), Stop> {
    search_for(scan, entry, from, to, Wanted::Danger)
}

/// What a search is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// Whatever calls something.
    Anything,
    /// Only what is dangerous, in what is a pickle anyway: what one trial ran, no other has to.
    Danger,
}

fn search_for(
    scan: &mut Scan,
    entry: &Entry<'_>,
    from: u64,
    to: u64,
    wanted: Wanted,
) -> Result<(), Stop> {
    const WINDOW: usize = 64 << 10;
    const OVERLAP: usize = 512;
    let end = to.min(entry.source.size()).min(from.saturating_add(SEARCHED));
    let mut offset = from;
    let mut tried = from;
    let mut trials = 0;
    while offset < end {
        scan.budget.check_time()?;
        let limit = usize::try_from(end - offset).unwrap_or(WINDOW).min(WINDOW);
        let window = read_some(entry.source, offset, limit + OVERLAP)?;
        let mut at = 0;
        while at < limit && trials < TRIALS {
            let rest = window.get(at..).unwrap_or_default();
            at += 1;
            let start = offset + at as u64 - 1;
            if start < tried || !could_start(rest) {
                continue;
            }
            trials += 1;
            let trial = attempt(entry, start, STEPS);
            if trial.acts && (wanted == Wanted::Anything || trial.is_dangerous) {
                let evidence = trial.evidence.unwrap_or_default();
                let message = "a pickle that acts is hidden in other bytes";
                let place = entry.place(Some(start));
                scan.report(rules::PICKLE_HIDDEN.finding(place, message, evidence));
                return Ok(());
            }
            if wanted == Wanted::Danger && trial.steps >= STEPS {
                tried = trial.position;
            }
        }
        offset += WINDOW as u64;
    }
    Ok(())
}

/// Whether a pickle that acts could start here: with its protocol, a name, or a mark before one.
fn could_start(bytes: &[u8]) -> bool {
    match bytes {
        [0x80, 2..=5, next, ..] => next.is_ascii_graphic() || *next >= 0x80,
        [b'(', b'c' | b'i' | b'S' | b'V' | b'X' | 0x8c, ..] => {
            could_start(bytes.get(1..).unwrap_or_default())
        }
        [b'c' | b'i', rest @ ..] => is_two_names(rest),
        [0x8c, size, rest @ ..] => {
            let name = rest.get(..usize::from(*size)).unwrap_or_default();
            !name.is_empty() && name.iter().all(|byte| is_name(*byte))
        }
        [b'X', size, 0, 0, 0, rest @ ..] => {
            let name = rest.get(..usize::from(*size)).unwrap_or_default();
            !name.is_empty() && name.iter().all(|byte| is_name(*byte))
        }
        _ => false,
    }
}

fn is_two_names(bytes: &[u8]) -> bool {
    let mut lines = bytes.get(..bytes.len().min(300)).unwrap_or_default().split(|b| *b == b'\n');
    // A zero byte may follow the name of a module: see `names::standing`.
    let module = lines.next().unwrap_or_default().split(|b| *b == 0).next().unwrap_or_default();
    [module, lines.next().unwrap_or_default()]
        .iter()
        .all(|line| !line.is_empty() && line.iter().all(|b| is_name(*b)))
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.'
}
