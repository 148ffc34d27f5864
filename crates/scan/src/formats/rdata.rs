//! R's own files: `saveRDS` and `save`, after gzip, bzip2 or xz was undone (R Internals, section 1.8; `serialize.c`).
//!
//! A promise is evaluated when it is looked at: a file that brings one runs code (CVE-2024-27322). Functions and calls
//! are code that runs when they are used.

use weighbridge_domain::Format;

use super::Reader;
use super::bytes::{Bytes, finish};
use crate::analyse::{Entry, Head, Scan, Stop};
use crate::rules;

/// The reader of this format.
pub(crate) static READER: Reader =
    Reader { format: Format::known("rdata"), header_only: false, sniff, read };

/// Values of one file.
const STEPS: u64 = 20_000_000;
/// Values inside each other.
const DEPTH: u32 = 200;
/// Findings of one kind.
const SHOWN: usize = 8;

/// The version follows the letter: 2 or 3, in the order that the letter tells.
fn sniff(head: &Head<'_>) -> bool {
    let start = match head.bytes.get(..5) {
        Some(b"RDX2\n" | b"RDX3\n" | b"RDA2\n" | b"RDA3\n" | b"RDB2\n" | b"RDB3\n") => 5,
        _ => 0,
    };
    let is_version = |at: usize, versions: [&[u8]; 2]| versions.iter().any(|v| head.has(at, v));
    head.has(start, b"X\n") && is_version(start + 2, [b"\0\0\0\x02\0", b"\0\0\0\x03\0"])
        || head.has(start, b"B\n") && is_version(start + 2, [b"\x02\0\0\0", b"\x03\0\0\0"])
        || head.has(start, b"A\n") && is_version(start + 2, [b"2\n", b"3\n"])
        || start > 0
}

fn read(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let format = READER.format.clone();
    let bytes = Bytes::new(entry, 0, entry.size, STEPS, &scan.budget);
    let mut walk = Walk { bytes, is_little: false, code: Vec::new(), promises: Vec::new() };
    let result = walk.file();
    let end = walk.bytes.at();
    for at in walk.promises {
        let message = "the file brings a promise: R evaluates it when it is looked at";
        scan.report(rules::R_PROMISE.finding(entry.place(Some(at)), message, "PROMSXP"));
    }
    for (at, kind) in walk.code {
        let message = format!("the file brings code of R: {kind}");
        scan.report(rules::R_CODE.finding(entry.place(Some(at)), message, kind));
    }
    finish(scan, entry, result, end)?;
    Ok(format)
}

struct Walk<'a> {
    bytes: Bytes<'a>,
    is_little: bool,
    code: Vec<(u64, &'static str)>,
    promises: Vec<u64>,
}

fn bad(why: &str) -> Stop {
    Stop::Unexamined(why.to_owned())
}

impl Walk<'_> {
    fn file(&mut self) -> Result<(), Stop> {
        let mut letter = self.bytes.byte()?;
        if letter == b'R' {
            self.bytes.skip(4)?;
            letter = self.bytes.byte()?;
        }
        self.bytes.skip(1)?;
        match letter {
            b'X' => {}
            b'B' => self.is_little = true,
            _ => return Err(bad("R's files of text are not read")),
        }
        let version = self.int()?;
        self.bytes.skip(8)?;
        if version == 3 {
            let size = self.count()?;
            self.bytes.skip(size)?;
        }
        self.item(0)
    }

    fn int(&mut self) -> Result<i32, Stop> {
        let bytes = self.bytes.array()?;
        Ok(if self.is_little { i32::from_le_bytes(bytes) } else { i32::from_be_bytes(bytes) })
    }

    fn count(&mut self) -> Result<u64, Stop> {
        let low = self.int()?;
        if low == -1 {
            // Long vectors have their length in two parts.
            let (high, low) = (self.int()?, self.int()?);
            let part = |value: i32| u64::from(value.cast_unsigned());
            return Ok(part(high) << 32 | part(low));
        }
        u64::try_from(low).map_err(|_| bad("a size is negative"))
    }

    fn vector(&mut self, each: u64) -> Result<(), Stop> {
        let size = self.count()?.checked_mul(each);
        self.bytes.skip(size.ok_or_else(|| bad("a vector does not fit"))?)
    }

    fn code(&mut self, at: u64, kind: &'static str) {
        if self.code.iter().filter(|(_, known)| *known == kind).count() < SHOWN {
            self.code.push((at, kind));
        }
    }

    /// One value. Recursion ends at [`DEPTH`]; lists are followed without it.
    fn item(&mut self, depth: u32) -> Result<(), Stop> {
        if depth > DEPTH {
            return Err(Stop::Unexamined(format!(
                "the budget of {DEPTH} values inside each other ran out"
            )));
        }
        loop {
            self.bytes.step()?;
            let at = self.bytes.at();
            let flags = self.int()?.cast_unsigned();
            let (has_attributes, has_tag) = (flags & 0x200 != 0, flags & 0x400 != 0);
            match flags & 0xff {
                // Nothing, the environments that every R has, and what was there before.
                254 | 253 | 252 | 251 | 250 | 242 | 241 => return Ok(()),
                255 => {
                    if flags >> 8 == 0 {
                        self.int()?;
                    }
                    return Ok(());
                }
                // Names of packages and namespaces, and of what lies outside.
                247..=249 => {
                    self.bytes.skip(4)?;
                    return self.items(depth);
                }
                1 => return self.item(depth + 1),
                kind @ (2 | 3 | 5 | 6 | 17 | 239 | 240) => {
                    match kind {
                        3 => self.code(at, "a function"),
                        5 if self.promises.len() < SHOWN => self.promises.push(at),
                        6 | 240 => self.code(at, "a call"),
                        _ => {}
                    }
                    if has_attributes || matches!(kind, 239 | 240) {
                        self.item(depth + 1)?;
                    }
                    if has_tag {
                        self.item(depth + 1)?;
                    }
                    self.item(depth + 1)?;
                    // The rest of the list comes next.
                    continue;
                }
                4 => {
                    self.bytes.skip(4)?;
                    for _ in 0..4 {
                        self.item(depth + 1)?;
                    }
                    return Ok(());
                }
                7 | 8 => {
                    self.code(at, "a builtin function");
                    return self.vector(1);
                }
                9 => {
                    let size = self.int()?;
                    self.bytes.skip(u64::try_from(size).unwrap_or(0))?;
                }
                10 | 13 => self.vector(4)?,
                14 => self.vector(8)?,
                15 => self.vector(16)?,
                24 => self.vector(1)?,
                16 | 19 => self.items(depth)?,
                20 => {
                    self.code(at, "an expression");
                    self.items(depth)?;
                }
                21 => {
                    self.code(at, "byte code");
                    return Err(bad("R's byte code is not read"));
                }
                22 => {
                    self.item(depth + 1)?;
                    self.item(depth + 1)?;
                }
                23 | 25 => {}
                238 => {
                    for _ in 0..3 {
                        self.item(depth + 1)?;
                    }
                    return Ok(());
                }
                _ => return Err(bad("a value has an unknown type")),
            }
            if !has_attributes {
                return Ok(());
            }
            // The attributes come next, as a list.
        }
    }

    fn items(&mut self, depth: u32) -> Result<(), Stop> {
        let count = self.count()?;
        if count > self.bytes.left() / 4 {
            return Err(bad("a vector does not fit"));
        }
        for _ in 0..count {
            self.item(depth + 1)?;
        }
        Ok(())
    }
}
