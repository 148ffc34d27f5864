//! Pickle, protocols 0 to 5, one stream after another, and what `PyTorch` appends to them.
//!
//! Default deny: only what the tables of vetted names cover is clean. The verdict of what ran before
//! a stream breaks stands; the rest is reported as not examined.

mod calls;
mod checks;
mod cursor;
mod escapes;
mod evidence;
mod facts;
mod folding;
mod growth;
mod joblib;
mod machine;
mod names;
mod outside;
mod packed;
mod probe;
mod restoring;
mod state;
mod table;
mod value;

use weighbridge_domain::{Format, Hasher};

use self::cursor::Halt;
use self::facts::{Fact, Nested};
use self::machine::{End, Machine};
pub(crate) use self::probe::{acts_at_start, search, search_danger};
pub(crate) use self::table::{Described, describe, skip_stream, storages_of, texts};
pub(crate) use self::value::Storage;
use super::Reader;
use super::torch;
use crate::analyse::{Entry, Head, Scan, Stop, examine};
use crate::rules;
use crate::source::{Part, ReadAt, read_some};

/// The reader of this format.
pub(crate) static READER: Reader =
    Reader { format: Format::known("pickle"), header_only: false, sniff, read };

/// Names under which people keep pickles.
const SUFFIXES: &[&str] =
    &["pkl", "pickle", "p", "dat", "bin", "pt", "pth", "ckpt", "joblib", "dill", "npy_pickle"];

/// Arrays between opcodes that are searched for hidden pickles.
const RAW_ARRAYS: usize = 64;

/// Bytes of constants that are searched.
const CONSTANT_BYTES: u64 = 8 << 20;

/// What a stack of streams left behind.
#[derive(Default)]
pub(crate) struct Streams {
    /// Whether values of arrays stood between the opcodes, as joblib writes them.
    pub(crate) has_raw_arrays: bool,
    /// How many streams came to their end.
    pub(crate) complete: u32,
    /// Every storage that they refer to.
    pub(crate) storages: Vec<Storage>,
}

/// Feeds the tables of names into the rule set's digest.
pub(crate) fn tables(hasher: &mut Hasher) {
    names::tables(hasher);
}

/// What is known about a name that something other than a pickle refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// It is harmless in this role.
    Vetted,
    /// It can act; the text says how.
    Acts(&'static str),
    /// It leads somewhere else; the text says how.
    Escapes(&'static str),
    /// Nobody has vetted it.
    Unlisted,
}

/// What is done with such a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameUse {
    /// It is imported, and kept.
    Named,
    /// An object of it is made without a call, and given its state.
    Made,
    /// It is called with whatever the file says.
    Called,
}

/// Judges a name by the tables of vetted names and of sinks.
pub(crate) fn known(module: &str, name: &str, how: NameUse) -> Known {
    match names::standing(module, name) {
        names::Standing::Vetted(vetted) => {
            let fits = match how {
                NameUse::Named => vetted.roles.has(names::Roles::VALUE),
                NameUse::Made => {
                    vetted.roles.has(names::Roles::NEW) || vetted.roles.has(names::Roles::CALL)
                }
                NameUse::Called => {
                    let is_plain =
                        vetted.check.is_harmless() || vetted.check == names::Check::Factory;
                    vetted.roles.has(names::Roles::CALL) && is_plain
                }
            };
            if fits { Known::Vetted } else { Known::Unlisted }
        }
        names::Standing::Sink(deed) => Known::Acts(deed),
        names::Standing::Escape(way) => Known::Escapes(way),
        names::Standing::TorchScript | names::Standing::Unlisted => Known::Unlisted,
    }
}

/// Whether a name is one that pickles usually have.
pub(crate) fn has_usual_suffix(entry: &Entry<'_>) -> bool {
    SUFFIXES.contains(&entry.extension().as_str())
}

fn sniff(head: &Head<'_>) -> bool {
    match head.bytes {
        [0x80, 0..=5, ..] => true,
        [] => false,
        _ => probe::is_old_pickle(head.entry),
    }
}

fn read(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    if torch::is_legacy(entry) {
        return torch::read_legacy(scan, entry);
    }
    let mut streams = Streams::default();
    read_streams(scan, entry, 0, u32::MAX, &mut streams)?;
    scan.storages.extend(streams.storages);
    let is_joblib = streams.has_raw_arrays;
    Ok(if is_joblib { Format::known("joblib") } else { READER.format.clone() })
}

/// Reads streams from `start` on, at most `limit` of them; returns where they end.
pub(crate) fn read_streams(
    scan: &mut Scan,
    entry: &Entry<'_>,
    start: u64,
    limit: u32,
    streams: &mut Streams,
) -> Result<u64, Stop> {
    let mut offset = start;
    while offset < entry.size && streams.complete < limit {
        if offset > start && rest_is_zero(entry, offset)? {
            return Ok(entry.size);
        }
        let mut run = run(scan, entry, offset);
        if matches!(run.end, End::Halted(Halt::Broken(_) | Halt::NoOpcode(_) | Halt::CutOff))
            && !run.facts.is_empty()
            && probe::is_other_bytes(entry, offset)?
        {
            run.facts.clear();
        }
        let is_junk = offset > start && run.steps < 16 && run.facts.is_empty();
        streams.storages.extend(run.storages);
        for fact in run.facts {
            let place = entry.place(Some(fact.offset));
            scan.report(fact.deed.rule().finding(place, fact.message(), fact.evidence.clone()));
        }
        if run.overflowed {
            scan.skip(entry.place(Some(offset)), "the pickle does more than can be listed");
        }
        for nested in run.nested {
            read_nested(scan, entry, nested)?;
        }
        for (offset, bytes) in run.handed {
            match bytes {
                Some(bytes) => read_handed(scan, entry, offset, &bytes)?,
                None => scan.skip(entry.place(Some(offset)), "a pickle in a text is too large"),
            }
        }
        search_constants(scan, entry, &run.constants)?;
        if !run.raw.is_empty() {
            streams.has_raw_arrays = true;
            read_plainly(scan, entry, offset);
            for (from, to) in run.raw.into_iter().take(RAW_ARRAYS) {
                search(scan, entry, from, to)?;
            }
        }
        match run.end {
            End::Stopped => {
                streams.complete += 1;
                offset = run.position;
                let unpaid = run.steps % machine::STEPS + 16;
                scan.budget.pickle_steps(unpaid)?;
            }
            End::Halted(halt) => {
                let why = if is_junk {
                    format!("{} bytes after the pickle are no pickle", entry.size - offset)
                } else {
                    format!("the pickle cannot be followed beyond this byte: {halt}")
                };
                let from = if is_junk { offset } else { run.position };
                scan.skip(entry.place(Some(from)), why);
                match halt {
                    Halt::TooManyObjects | Halt::Spent(_) => {
                        search_danger(scan, entry, from, entry.size)?;
                    }
                    _ => search(scan, entry, from, entry.size)?,
                }
                return Ok(entry.size);
            }
        }
    }
    Ok(offset)
}

struct Run {
    end: End,
    position: u64,
    steps: u64,
    facts: Vec<Fact>,
    overflowed: bool,
    nested: Vec<Nested>,
    handed: Vec<(u64, Option<Vec<u8>>)>,
    constants: Vec<Nested>,
    raw: Vec<(u64, u64)>,
    storages: Vec<Storage>,
}

fn run(scan: &Scan, entry: &Entry<'_>, offset: u64) -> Run {
    let mut machine = Machine::new(entry.source, offset, &scan.budget);
    let end = machine.run(u64::MAX);
    Run {
        position: if end == End::Stopped { machine.cursor.position() } else { machine.at() },
        end,
        steps: machine.steps,
        overflowed: machine.overflowed(),
        storages: machine.storages(),
        facts: machine.facts,
        nested: machine.nested,
        handed: machine.handed,
        constants: machine.constants,
        raw: machine.raw,
    }
}

/// Runs a stream of joblib's as every other loader runs it, and reports what acts.
fn read_plainly(scan: &mut Scan, entry: &Entry<'_>, offset: u64) {
    let budget = scan.budget.clone();
    let mut machine = Machine::new(entry.source, offset, &budget);
    machine.is_plain = true;
    machine.run(u64::MAX);
    for fact in machine.facts.into_iter().filter(|fact| fact.deed.is_dangerous()) {
        let place = entry.place(Some(fact.offset));
        scan.report(fact.deed.rule().finding(place, fact.message(), fact.evidence));
    }
}

/// Bytes that the stream hands to `torch.load`.
fn read_nested(scan: &mut Scan, entry: &Entry<'_>, nested: Nested) -> Result<(), Stop> {
    let part = Part::new(entry.source, nested.offset, nested.size);
    read_handed(scan, entry, nested.offset, &part)
}

fn read_handed(
    scan: &mut Scan,
    entry: &Entry<'_>,
    offset: u64,
    bytes: &dyn ReadAt,
) -> Result<(), Stop> {
    let member = entry.member_path(&format!("bytes at {offset}"));
    let inner = inside(entry, bytes, &member);
    let format = examine(scan, &inner)?;
    if !matches!(format.as_str(), "pickle" | "torch" | "unknown") {
        let place = inner.place(None);
        let message = format!("pickle hands {format} to torch.load");
        scan.report(rules::PICKLE_NESTED.finding(place, message, format.as_str()));
    }
    Ok(())
}

/// Looks for what acts in constants: whoever unpickles them later runs it. Of large ones the first byte counts.
fn search_constants(scan: &mut Scan, entry: &Entry<'_>, constants: &[Nested]) -> Result<(), Stop> {
    let mut left = CONSTANT_BYTES;
    for constant in constants {
        let searched = if constant.size <= left { constant.size } else { 1 };
        left = left.saturating_sub(searched);
        let part = Part::new(entry.source, constant.offset, constant.size);
        let member = entry.member_path(&format!("bytes at {}", constant.offset));
        let inner = inside(entry, &part, &member);
        search_danger(scan, &inner, 0, searched)?;
    }
    Ok(())
}

/// Bytes of a pickle as a file in it.
fn inside<'a>(entry: &Entry<'_>, bytes: &'a dyn ReadAt, member: &'a str) -> Entry<'a> {
    Entry { source: bytes, size: bytes.size(), name: "nested", member, depth: entry.depth + 1 }
}

/// Whether nothing but zeros follows: padding, not content.
fn rest_is_zero(entry: &Entry<'_>, offset: u64) -> Result<bool, Stop> {
    let rest = read_some(entry.source, offset, 4096)?;
    let size = entry.size.saturating_sub(offset);
    Ok(rest.len() as u64 == size && rest.iter().all(|byte| *byte == 0))
}
