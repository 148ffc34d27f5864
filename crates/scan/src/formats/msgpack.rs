//! `MessagePack`, as Flax and others keep weights in it (its specification; `flax.serialization`).
//!
//! It only holds data: values, and extensions whose meaning the reader gives them. Flax's are arrays, complex numbers
//! and scalars. `msgpack_numpy` unpickles arrays of objects: what stands in them is run through the pickle machine,
//! and so is whatever else in the file would act as a pickle.

use weighbridge_domain::Format;

use super::bytes::{Bytes, finish};
use super::{Reader, pickle};
use crate::analyse::{Entry, Head, Scan, Stop, examine};
use crate::limits::Budget;
use crate::rules;
use crate::source::Part;

/// The reader of this format.
pub(crate) static READER: Reader =
    Reader { format: Format::known("msgpack"), header_only: false, sniff, read };

/// Values of one file.
const STEPS: u64 = 50_000_000;
/// Values that are read to know the format, where the name does not say it.
const TRIAL_STEPS: u64 = 200_000;
/// Maps and lists inside each other.
const DEPTH: usize = 128;
/// Byte strings that are tried as pickles.
const TRIALS: u32 = 4096;
/// The longest key that is looked at.
const KEY: usize = 64;

/// A map that starts with a text: there is no magic.
fn sniff(head: &Head<'_>) -> bool {
    let is_named = matches!(head.entry.extension().as_str(), "msgpack" | "mpk" | "flax");
    let [first, second, ..] = head.bytes else { return false };
    let is_map = matches!(first, 0x81..=0x8f | 0xde | 0xdf);
    if is_named {
        return is_map || matches!(first, 0x80 | 0x90..=0x9f | 0xdc | 0xdd);
    }
    let starts_with_key = matches!(first, 0xde | 0xdf) || matches!(second, 0xa1..=0xbf | 0xd9);
    if !is_map || !starts_with_key || !head.entry.is_whole() {
        return false;
    }
    let budget = Budget::new(&crate::limits::Limits { wall_seconds: 5, ..Default::default() });
    let mut walk = Walk::new(head.entry, 0, head.entry.size, TRIAL_STEPS, &budget);
    walk.value(0).is_ok() && walk.bytes.left() == 0 && walk.texts > 0
}

fn read(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let format = READER.format.clone();
    let budget = scan.budget.clone();
    let mut walk = Walk::new(entry, 0, entry.size, STEPS, &budget);
    let result = walk.value(0);
    let end = walk.bytes.at();
    for (start, size, is_pickle) in std::mem::take(&mut walk.loaded) {
        look_at(scan, entry, start, size, is_pickle)?;
    }
    if walk.trials > TRIALS {
        let why = format!("the budget of {TRIALS} byte strings that could be pickles ran out");
        scan.skip(entry.place(None), why);
    }
    finish(scan, entry, result, end)?;
    Ok(format)
}

/// Bytes that a reader unpickles, or that would act if one did.
fn look_at(
    scan: &mut Scan,
    entry: &Entry<'_>,
    start: u64,
    size: u64,
    is_pickle: bool,
) -> Result<(), Stop> {
    let part = Part::new(entry.source, start, size);
    let member = entry.member_path(&format!("bytes at {start}"));
    let inner =
        Entry { source: &part, size, name: "bytes.pkl", member: &member, depth: entry.depth + 1 };
    if is_pickle {
        return match examine(scan, &inner) {
            Ok(_) => Ok(()),
            Err(Stop::Unexamined(why)) => {
                scan.skip(inner.place(None), why);
                Ok(())
            }
            Err(stop) => Err(stop),
        };
    }
    if let Some(evidence) = pickle::acts_at_start(&inner)? {
        let message = "a byte string of the document is a pickle that acts";
        scan.report(rules::PICKLE_HIDDEN.finding(inner.place(Some(0)), message, evidence));
    }
    Ok(())
}

/// A walk over values.
struct Walk<'a> {
    bytes: Bytes<'a>,
    /// Texts that were seen.
    texts: u64,
    /// Byte strings that could be pickles.
    trials: u32,
    /// Bytes to look at: where, how many, and whether a reader unpickles them.
    loaded: Vec<(u64, u64, bool)>,
}

/// What a map says about an array of `msgpack_numpy`.
#[derive(Clone, Copy, Default)]
struct Array {
    is_one: bool,
    holds_objects: bool,
    data: Option<(u64, u64)>,
}

/// One value, as far as the map around it cares.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Value {
    Short([u8; KEY], usize),
    Bytes(u64, u64),
    Other,
}

impl Value {
    fn is(self, wanted: &[u8]) -> bool {
        matches!(self, Value::Short(held, size) if held.get(..size) == Some(wanted))
    }
}

impl<'a> Walk<'a> {
    fn new(entry: &Entry<'a>, start: u64, end: u64, steps: u64, budget: &Budget) -> Walk<'a> {
        let bytes = Bytes::new(entry, start, end, steps, budget);
        Walk { bytes, texts: 0, trials: 0, loaded: Vec::new() }
    }

    fn value(&mut self, depth: usize) -> Result<(), Stop> {
        self.next(depth).map(|_| ())
    }

    /// Recursion ends at [`DEPTH`].
    fn next(&mut self, depth: usize) -> Result<Value, Stop> {
        if depth > DEPTH {
            let why = format!("the budget of {DEPTH} maps and lists inside each other ran out");
            return Err(Stop::Unexamined(why));
        }
        self.bytes.step()?;
        let marker = self.bytes.byte()?;
        match marker {
            0..=0x7f | 0xe0..=0xff | 0xc0 | 0xc2 | 0xc3 => {}
            0x80..=0x8f => return self.map(u64::from(marker & 15), depth),
            0x90..=0x9f => return self.list(u64::from(marker & 15), depth),
            0xa0..=0xbf => return self.text(u64::from(marker & 31)),
            0xc1 => return Err(Stop::Unexamined("a value has no type".to_owned())),
            0xc4..=0xc6 => {
                let size = self.size(marker - 0xc4)?;
                return self.string(size);
            }
            0xc7..=0xc9 => {
                let size = self.size(marker - 0xc7)?;
                self.extension(size, depth)?;
            }
            0xca | 0xce | 0xd2 => self.bytes.skip(4)?,
            0xcb | 0xcf | 0xd3 => self.bytes.skip(8)?,
            0xcc | 0xd0 => self.bytes.skip(1)?,
            0xcd | 0xd1 => self.bytes.skip(2)?,
            0xd4..=0xd8 => self.extension(1 << (marker - 0xd4), depth)?,
            0xd9..=0xdb => {
                let size = self.size(marker - 0xd9)?;
                return self.text(size);
            }
            0xdc | 0xdd => {
                let count = self.size(marker - 0xdb)?;
                return self.list(count, depth);
            }
            0xde | 0xdf => {
                let count = self.size(marker - 0xdd)?;
                return self.map(count, depth);
            }
        }
        Ok(Value::Other)
    }

    /// A number of 1, 2 or 4 bytes.
    fn size(&mut self, width: u8) -> Result<u64, Stop> {
        Ok(match width {
            0 => u64::from(self.bytes.byte()?),
            1 => u64::from(u16::from_be_bytes(self.bytes.array()?)),
            _ => u64::from(u32::from_be_bytes(self.bytes.array()?)),
        })
    }

    fn text(&mut self, size: u64) -> Result<Value, Stop> {
        self.texts += 1;
        self.string(size)
    }

    /// Texts and byte strings: older writers do not tell them apart.
    fn string(&mut self, size: u64) -> Result<Value, Stop> {
        let start = self.bytes.at();
        if size <= KEY as u64 {
            let held = self.bytes.take(usize::try_from(size).unwrap_or(0))?;
            let mut short = [0; KEY];
            for (to, from) in short.iter_mut().zip(held) {
                *to = *from;
            }
            let size = held.len();
            self.note(start, &short, size as u64);
            return Ok(Value::Short(short, size));
        }
        let head = self.bytes.array::<2>()?;
        self.bytes.skip(size - 2)?;
        self.note(start, &head, size);
        Ok(Value::Bytes(start, size))
    }

    /// Remembers bytes that start like a pickle.
    fn note(&mut self, start: u64, head: &[u8], size: u64) {
        let starts = matches!(head, [0x80, 2..=5, ..] | [b'c' | b'(' | b'i', ..]);
        if starts && size >= 8 {
            self.trials += 1;
            if self.trials <= TRIALS {
                self.loaded.push((start, size, false));
            }
        }
    }

    fn list(&mut self, count: u64, depth: usize) -> Result<Value, Stop> {
        self.check(count)?;
        for _ in 0..count {
            self.next(depth + 1)?;
        }
        Ok(Value::Other)
    }

    fn map(&mut self, count: u64, depth: usize) -> Result<Value, Stop> {
        self.check(count)?;
        let mut array = Array::default();
        for _ in 0..count {
            let key = self.next(depth + 1)?;
            let start = self.bytes.at();
            let value = self.next(depth + 1)?;
            array.is_one |= key.is(b"nd");
            array.holds_objects |= key.is(b"kind") && value.is(b"O");
            if key.is(b"data") {
                array.data = match value {
                    Value::Bytes(start, size) => Some((start, size)),
                    Value::Short(_, size) => {
                        let end = self.bytes.at();
                        Some((end.saturating_sub(size as u64).max(start), size as u64))
                    }
                    Value::Other => None,
                };
            }
        }
        if array.is_one
            && array.holds_objects
            && let Some((start, size)) = array.data
        {
            self.loaded.retain(|(at, ..)| *at != start);
            self.loaded.push((start, size, true));
        }
        Ok(Value::Other)
    }

    /// Each value takes at least one byte.
    fn check(&self, count: u64) -> Result<(), Stop> {
        if count <= self.bytes.left() {
            return Ok(());
        }
        Err(Stop::Unexamined(format!("{count} values do not fit into the file")))
    }

    /// Flax keeps arrays, complex numbers and scalars as documents of their own; -1 is a moment.
    fn extension(&mut self, size: u64, depth: usize) -> Result<(), Stop> {
        let kind = self.bytes.byte()?.cast_signed();
        let end = self.bytes.at().checked_add(size).filter(|_| size <= self.bytes.left());
        let end = end.ok_or_else(|| Stop::Unexamined("an extension does not fit".to_owned()))?;
        match kind {
            -1 => self.bytes.skip(size),
            1..=3 => {
                self.next(depth + 1)?;
                if self.bytes.at() == end {
                    return Ok(());
                }
                Err(Stop::Unexamined("an array has another size than it says".to_owned()))
            }
            _ => Err(Stop::Unexamined(format!("what extension {kind} stands for is not known"))),
        }
    }
}
