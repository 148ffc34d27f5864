//! Torch7's binary files: numbers, texts, tables, tensors, and functions of Lua (`torch7/File.lua`).
//!
//! A serialized function is compiled code: it runs when the model is used, and Lua does not check it.

use weighbridge_domain::Format;

use super::Reader;
use super::bytes::{Bytes, finish};
use crate::analyse::{Entry, Head, Scan, Stop, shown};
use crate::rules;

/// The reader of this format.
pub(crate) static READER: Reader =
    Reader { format: Format::known("torch7"), header_only: false, sniff, read };

/// Values of one file.
const STEPS: u64 = 50_000_000;
/// Values inside each other.
const DEPTH: u32 = 200;
/// The longest name of a class.
const NAME: u32 = 256;
/// Functions that are told one by one.
const SHOWN: usize = 16;

/// An object with a version, or a table under the usual name: there is no magic.
fn sniff(head: &Head<'_>) -> bool {
    let is_object = head.starts_with(b"\x04\0\0\0\x01\0\0\0\x03\0\0\0V 1");
    let is_table = head.starts_with(b"\x03\0\0\0\x01\0\0\0");
    is_object || (is_table && matches!(head.entry.extension().as_str(), "t7" | "th" | "net"))
}

fn read(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let format = READER.format.clone();
    let bytes = Bytes::new(entry, 0, entry.size, STEPS, &scan.budget);
    let mut walk = Walk { bytes, seen: 0, functions: Vec::new() };
    let result = walk.value(0);
    let end = walk.bytes.at();
    for at in &walk.functions {
        let message = "the file brings a function of Lua as compiled code";
        scan.report(rules::LUA_CODE.finding(entry.place(Some(*at)), message, "function"));
    }
    finish(scan, entry, result, end)?;
    Ok(format)
}

struct Walk<'a> {
    bytes: Bytes<'a>,
    /// How many objects were read: they are counted up from 1, and the same number means the same object.
    seen: u32,
    functions: Vec<u64>,
}

fn bad(why: &str) -> Stop {
    Stop::Unexamined(why.to_owned())
}

impl Walk<'_> {
    fn int(&mut self) -> Result<u32, Stop> {
        let value = i32::from_le_bytes(self.bytes.array()?);
        u32::try_from(value).map_err(|_| bad("a number is negative"))
    }

    fn text(&mut self) -> Result<(), Stop> {
        let size = self.int()?;
        self.bytes.skip(u64::from(size))
    }

    fn name(&mut self) -> Result<String, Stop> {
        let size = self.int()?;
        if size > NAME {
            return Err(bad("the name of a class is too long"));
        }
        let bytes = self.bytes.take(usize::try_from(size).unwrap_or(0))?;
        Ok(shown(bytes, 200))
    }

    /// Whether an object was there before.
    fn is_known(&mut self) -> Result<bool, Stop> {
        let index = self.int()?;
        if index == 0 || index - 1 > self.seen {
            return Err(bad("objects are not counted as Torch counts them"));
        }
        let is_known = index <= self.seen;
        self.seen = self.seen.max(index);
        Ok(is_known)
    }

    /// One value. Recursion ends at [`DEPTH`].
    fn value(&mut self, depth: u32) -> Result<(), Stop> {
        if depth > DEPTH {
            return Err(Stop::Unexamined(format!(
                "the budget of {DEPTH} values inside each other ran out"
            )));
        }
        self.bytes.step()?;
        let at = self.bytes.at();
        match self.int()? {
            0 => Ok(()),
            1 => self.bytes.skip(8),
            2 => self.text(),
            3 => {
                if self.is_known()? {
                    return Ok(());
                }
                let count = self.int()?;
                for _ in 0..count {
                    self.value(depth + 1)?;
                    self.value(depth + 1)?;
                }
                Ok(())
            }
            4 => {
                if self.is_known()? {
                    return Ok(());
                }
                let version = self.name()?;
                let class = if version.starts_with("V ") { self.name()? } else { version };
                self.object(&class, depth)
            }
            5 => self.bytes.skip(4),
            kind @ 6..=8 => {
                if self.functions.len() < SHOWN {
                    self.functions.push(at);
                }
                // Functions of the oldest kind are not counted.
                if kind > 6 && self.is_known()? {
                    return Ok(());
                }
                self.text()?;
                self.value(depth + 1)
            }
            _ => Err(bad("a value has an unknown type")),
        }
    }

    /// Tensors and their storages have their own form; all other objects are a table.
    fn object(&mut self, class: &str, depth: u32) -> Result<(), Stop> {
        let kind = class.strip_prefix("torch.").unwrap_or_default();
        if let Some(kind) = kind.strip_suffix("Storage") {
            let each = element(kind).ok_or_else(|| bad("a storage has an unknown type"))?;
            let count = u64::from_le_bytes(self.bytes.array()?);
            let size = count.checked_mul(each).ok_or_else(|| bad("a storage does not fit"))?;
            return self.bytes.skip(size);
        }
        if kind.strip_suffix("Tensor").is_some_and(|kind| element(kind).is_some()) {
            let dimensions = self.int()?;
            self.bytes.skip(u64::from(dimensions) * 16 + 8)?;
        }
        self.value(depth + 1)
    }
}

/// The bytes of an element of a tensor.
fn element(kind: &str) -> Option<u64> {
    Some(match kind {
        "Byte" | "Char" | "CudaByte" | "CudaChar" => 1,
        "Short" | "Half" | "CudaHalf" | "CudaShort" => 2,
        "Int" | "Float" | "Cuda" | "CudaInt" => 4,
        "Long" | "Double" | "CudaDouble" | "CudaLong" => 8,
        _ => return None,
    })
}
