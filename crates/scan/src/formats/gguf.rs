//! GGUF, versions 1 to 3: every count and offset is checked against the file before it is believed.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use weighbridge_domain::Format;

use super::{Reader, template};
use crate::analyse::{Entry, Head, Scan, Stop, shown};
use crate::limits::Budget;
use crate::rules;
use crate::source::read_full;

/// The reader of this format.
pub(crate) static READER: Reader =
    Reader { format: Format::known("gguf"), header_only: true, sniff, read };

/// The longest name of a metadata field.
const KEY_BYTES: u64 = 65_535;
/// How the names of fields with templates start: one text, or a list of them.
const TEMPLATES: &str = "tokenizer.chat_template";
/// The longest template that is read.
const TEMPLATE_BYTES: u64 = 4 << 20;
/// Arrays inside each other.
const ARRAY_DEPTH: u32 = 4;
/// Dimensions of a tensor (`GGML_MAX_DIMS`).
const DIMENSIONS: u32 = 4;
/// How much is read at once.
const WINDOW: usize = 256 << 10;

fn sniff(head: &Head<'_>) -> bool {
    head.starts_with(b"GGUF")
}

/// The header is wrong, or more of it is needed.
enum Trouble {
    Wrong(u64, String),
    Stop(Stop),
}

impl From<Stop> for Trouble {
    fn from(stop: Stop) -> Trouble {
        Trouble::Stop(stop)
    }
}

fn read(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    match Walk::new(entry, scan.budget.clone()).run(scan) {
        Ok(()) => {}
        Err(Trouble::Stop(stop)) => return Err(stop),
        Err(Trouble::Wrong(at, why)) => {
            let message = "the GGUF header does not describe the file";
            scan.report(rules::GGUF_LAYOUT.finding(entry.place(Some(at)), message, why));
        }
    }
    Ok(READER.format.clone())
}

/// A walk through the header.
struct Walk<'a> {
    entry: &'a Entry<'a>,
    at: u64,
    window: Vec<u8>,
    window_start: u64,
    version: u32,
    is_big_endian: bool,
    budget: Budget,
}

impl<'a> Walk<'a> {
    fn new(entry: &'a Entry<'a>, budget: Budget) -> Walk<'a> {
        let window = Vec::new();
        Walk { entry, at: 4, window, window_start: 0, version: 3, is_big_endian: false, budget }
    }

    fn run(&mut self, scan: &mut Scan) -> Result<(), Trouble> {
        let version = self.array::<4>()?;
        self.is_big_endian = version.first() == Some(&0);
        self.version = self.u32_of(version);
        if !(1..=3).contains(&self.version) {
            let why = format!("version {} is not known", self.version);
            return Err(Trouble::Stop(Stop::Unexamined(why)));
        }
        let tensors = self.count()?;
        let fields = self.count()?;
        // A field takes at least 8 bytes, a tensor at least 20: more of them cannot be there.
        let room = self.entry.size / 8;
        if tensors > room || fields > room {
            return Err(self.wrong(&format!("{tensors} tensors and {fields} fields do not fit")));
        }
        let mut alignment = 32;
        for _ in 0..fields {
            let key = self.string(KEY_BYTES)?;
            let kind = self.u32()?;
            if key.starts_with(TEMPLATES) {
                self.templates(scan, kind, 0)?;
            } else if let (Some(number), "general.alignment") = (self.value(kind, 0)?, &*key) {
                alignment = number;
            }
        }
        if alignment == 0 || !alignment.is_power_of_two() || alignment > 1 << 20 {
            return Err(self.wrong(&format!("alignment {alignment}")));
        }
        self.tensors(scan, tensors, alignment)
    }

    fn tensors(&mut self, scan: &mut Scan, count: u64, alignment: u64) -> Result<(), Trouble> {
        let mut extents = Vec::new();
        let (hasher, mut names) = (RandomState::new(), HashSet::new());
        let mut has_unknown = false;
        for _ in 0..count {
            let name = self.string(KEY_BYTES)?;
            let dimensions = self.u32()?;
            if dimensions > DIMENSIONS {
                return Err(self.wrong(&format!("{name} has {dimensions} dimensions")));
            }
            if !names.insert(hasher.hash_one(&*name)) {
                return Err(self.wrong(&format!("{name} is there twice")));
            }
            let mut elements: u64 = 1;
            let mut row = 1;
            for index in 0..dimensions {
                let side = self.count()?;
                if index == 0 {
                    row = side;
                }
                elements = elements
                    .checked_mul(side)
                    .ok_or_else(|| self.wrong(&format!("{name} is too large")))?;
            }
            let kind = self.u32()?;
            let offset = self.u64()?;
            let Some((block, block_bytes)) = block(kind) else {
                let place = self.entry.place(Some(self.at));
                scan.skip(
                    place,
                    format!(
                        "the tensor {} has the unknown type {kind}",
                        shown(name.as_bytes(), 80)
                    ),
                );
                has_unknown = true;
                continue;
            };
            let bytes = (elements / block).checked_mul(block_bytes);
            let (Some(bytes), true) = (bytes, row.is_multiple_of(block)) else {
                return Err(self.wrong(&format!("{name} has an impossible size")));
            };
            if !offset.is_multiple_of(alignment) {
                return Err(self.wrong(&format!("{name} is not aligned")));
            }
            extents.push((offset, bytes, name));
        }
        // What lies between the others cannot be told.
        if has_unknown {
            return Ok(());
        }
        let data = self.at.next_multiple_of(alignment);
        extents.sort_unstable();
        let mut at = 0_u64;
        for (offset, bytes, name) in extents {
            if offset < at {
                return Err(self.wrong(&format!("{name} overlaps another tensor")));
            }
            let gap = offset - at;
            if gap >= alignment {
                return Err(self.wrong(&format!("{gap} bytes before {name} belong to nothing")));
            }
            at = offset
                .checked_add(bytes)
                .filter(|end| data.checked_add(*end).is_some_and(|end| end <= self.entry.size))
                .ok_or_else(|| self.wrong(&format!("{name} reaches beyond the end of the file")))?;
        }
        let rest = self.entry.size.saturating_sub(data.saturating_add(at));
        if rest >= alignment {
            return Err(self.wrong(&format!("{rest} bytes follow the last tensor")));
        }
        if rest > 0 && self.entry.is_whole() {
            let size = usize::try_from(rest).unwrap_or(usize::MAX);
            let padding = self.entry.read(self.entry.size - rest, size).map_err(Trouble::Stop)?;
            if padding.iter().any(|byte| *byte != 0) {
                return Err(self.wrong("the padding behind the last tensor holds something"));
            }
        }
        Ok(())
    }

    /// Reads a value that is a template, or a list of templates: each text of it.
    fn templates(&mut self, scan: &mut Scan, kind: u32, depth: u32) -> Result<(), Trouble> {
        match kind {
            8 => {
                let start = self.at;
                let text = self.string(TEMPLATE_BYTES)?;
                template::check(scan, self.entry, Some(start), &text);
            }
            9 => {
                let (kind, count) = self.list(depth)?;
                match scalar_bytes(kind) {
                    Some(size) => self.skip(count.saturating_mul(size))?,
                    None => {
                        for _ in 0..count {
                            self.templates(scan, kind, depth + 1)?;
                        }
                    }
                }
            }
            _ => {
                self.value(kind, depth)?;
            }
        }
        Ok(())
    }

    /// Reads a value, which is stepped over unless it is a whole number.
    fn value(&mut self, kind: u32, depth: u32) -> Result<Option<u64>, Trouble> {
        let size = match kind {
            4 | 5 => return Ok(Some(u64::from(self.u32()?))),
            8 => self.count()?,
            9 => {
                let (kind, count) = self.list(depth)?;
                if let Some(size) = scalar_bytes(kind) {
                    count.saturating_mul(size)
                } else {
                    for _ in 0..count {
                        self.value(kind, depth + 1)?;
                    }
                    0
                }
            }
            _ => scalar_bytes(kind)
                .ok_or_else(|| self.wrong(&format!("a value has the unknown type {kind}")))?,
        };
        self.skip(size)?;
        Ok(None)
    }

    /// The start of a list: the type of its values, and how many there are.
    fn list(&mut self, depth: u32) -> Result<(u32, u64), Trouble> {
        if depth >= ARRAY_DEPTH {
            return Err(self.wrong("arrays are nested too deeply"));
        }
        let (kind, count) = (self.u32()?, self.count()?);
        if count > self.entry.size {
            return Err(self.wrong(&format!("an array of {count} values does not fit")));
        }
        Ok((kind, count))
    }

    // ---- bytes ----

    fn wrong(&self, why: &str) -> Trouble {
        Trouble::Wrong(self.at, shown(why.as_bytes(), 300))
    }

    fn skip(&mut self, count: u64) -> Result<(), Trouble> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.entry.size);
        self.at = end.ok_or_else(|| self.wrong("the header reaches beyond the file"))?;
        Ok(())
    }

    fn bytes(&mut self, count: usize) -> Result<&[u8], Trouble> {
        let start = self.at;
        self.skip(count as u64)?;
        let held = start
            .checked_sub(self.window_start)
            .and_then(|from| usize::try_from(from).ok())
            .filter(|from| from.saturating_add(count) <= self.window.len());
        let from = if let Some(from) = held {
            from
        } else {
            self.refill(start, count)?;
            0
        };
        let short = || Trouble::Stop(Stop::Unexamined("it is shorter than it was".to_owned()));
        self.window.get(from..from + count).ok_or_else(short)
    }

    fn refill(&mut self, start: u64, count: usize) -> Result<(), Trouble> {
        self.budget.check_time().map_err(Stop::from)?;
        let end = start + count as u64;
        if end > self.entry.source.size() {
            // The size of the header is not known beforehand: ask for twice as much.
            let wanted = end.max(self.entry.source.size().saturating_mul(2));
            return Err(Stop::NeedsMore(wanted.min(self.entry.size)).into());
        }
        let left = usize::try_from(self.entry.source.size() - start).unwrap_or(WINDOW);
        self.window.resize(WINDOW.min(left).max(count), 0);
        let got = read_full(self.entry.source, &mut self.window, start).map_err(Stop::from)?;
        self.window.truncate(got);
        self.window_start = start;
        Ok(())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Trouble> {
        let short = || Trouble::Stop(Stop::Unexamined("it is shorter than it was".to_owned()));
        self.bytes(N)?.try_into().map_err(|_| short())
    }

    fn u32(&mut self) -> Result<u32, Trouble> {
        let bytes = self.array()?;
        Ok(self.u32_of(bytes))
    }

    fn u32_of(&self, bytes: [u8; 4]) -> u32 {
        if self.is_big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }

    fn u64(&mut self) -> Result<u64, Trouble> {
        let bytes = self.array()?;
        Ok(if self.is_big_endian { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) })
    }

    /// Version 1 counts in 32 bits.
    fn count(&mut self) -> Result<u64, Trouble> {
        if self.version == 1 { self.u32().map(u64::from) } else { self.u64() }
    }

    fn string(&mut self, limit: u64) -> Result<String, Trouble> {
        let size = self.count()?;
        if size > limit {
            return Err(self.wrong(&format!("a text of {size} bytes")));
        }
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        Ok(String::from_utf8_lossy(self.bytes(size)?).into_owned())
    }
}

fn scalar_bytes(kind: u32) -> Option<u64> {
    Some(match kind {
        0 | 1 | 7 => 1,
        2 | 3 => 2,
        4..=6 => 4,
        10..=12 => 8,
        _ => return None,
    })
}

/// The types of tensors: number, elements and bytes of one block.
static BLOCKS: &[(u32, u64, u64)] = &[
    (0, 1, 4),
    (1, 1, 2),
    (2, 32, 18),
    (3, 32, 20),
    (6, 32, 22),
    (7, 32, 24),
    (8, 32, 34),
    (9, 32, 36),
    (10, 256, 84),
    (11, 256, 110),
    (12, 256, 144),
    (13, 256, 176),
    (14, 256, 210),
    (15, 256, 292),
    (16, 256, 66),
    (17, 256, 74),
    (18, 256, 98),
    (19, 256, 50),
    (20, 32, 18),
    (21, 256, 110),
    (22, 256, 82),
    (23, 256, 136),
    (24, 1, 1),
    (25, 1, 2),
    (26, 1, 4),
    (27, 1, 8),
    (28, 1, 8),
    (29, 256, 56),
    (30, 1, 2),
    (34, 256, 54),
    (35, 256, 66),
    (39, 32, 17),
    (40, 64, 36),
    (41, 128, 18),
];

fn block(kind: u32) -> Option<(u64, u64)> {
    let (_, elements, bytes) = BLOCKS.iter().find(|(known, ..)| *known == kind)?;
    Some((*elements, *bytes))
}
