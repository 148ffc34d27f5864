//! UBJSON, as `XGBoost` keeps its models in it (the Universal Binary JSON specification, draft 12; `xgboost/src/common/json.cc`).
//!
//! It only holds data: every length is checked against the file, and what would act as a pickle is told.

use weighbridge_domain::Format;

use super::Reader;
use super::bytes::{Bytes, finish};
use crate::analyse::{Entry, Head, Scan, Stop};
use crate::source::read_some;

/// The reader of this format.
pub(crate) static READER: Reader =
    Reader { format: Format::known("ubjson"), header_only: false, sniff, read };

/// Values of one file.
const STEPS: u64 = 100_000_000;
/// Objects and lists inside each other.
const DEPTH: usize = 128;

/// An object whose first key fits: JSON in text has neither these bytes nor such a length.
fn sniff(head: &Head<'_>) -> bool {
    let Some((b'{', rest)) = head.bytes.split_first() else { return false };
    let Some((marker, rest)) = rest.split_first() else { return false };
    let width = match marker {
        b'i' | b'U' => 1,
        b'I' => 2,
        b'l' => 4,
        b'L' => 8,
        b'#' | b'$' => return head.entry.extension() == "ubj",
        _ => return false,
    };
    let Some((size, rest)) = rest.split_at_checked(width) else { return false };
    let size = size.iter().fold(0_u64, |size, byte| size << 8 | u64::from(*byte));
    let Some(key) = usize::try_from(size).ok().and_then(|size| rest.get(..size)) else {
        return false;
    };
    let next = rest.get(key.len()).copied().unwrap_or(0);
    size < 256
        && !key.is_empty()
        && key.iter().all(u8::is_ascii_graphic)
        && b"{[SZTFiUIlLdDHC".contains(&next)
        && (width > 1 || head.bytes.contains(&0))
}

fn read(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let format = READER.format.clone();
    let mut walk = Walk { bytes: Bytes::new(entry, 0, entry.size, STEPS, &scan.budget) };
    let result = walk.bytes.byte().and_then(|marker| walk.value(marker, 0));
    let end = walk.bytes.at();
    if result.is_ok() && end < entry.size {
        let rest = read_some(entry.source, end, 4096)?;
        let is_padding = rest.len() as u64 == entry.size - end
            && rest.iter().all(|byte| matches!(byte, 0 | b'N' | b'\n'));
        if is_padding {
            return Ok(format);
        }
    }
    finish(scan, entry, result, end)?;
    Ok(format)
}

struct Walk<'a> {
    bytes: Bytes<'a>,
}

fn bad(why: &str) -> Stop {
    Stop::Unexamined(why.to_owned())
}

impl Walk<'_> {
    /// Recursion ends at [`DEPTH`].
    fn value(&mut self, marker: u8, depth: usize) -> Result<(), Stop> {
        if depth > DEPTH {
            let why = format!("the budget of {DEPTH} objects and lists inside each other ran out");
            return Err(Stop::Unexamined(why));
        }
        self.bytes.step()?;
        if let Some(size) = fixed(marker) {
            return self.bytes.skip(size);
        }
        match marker {
            b'S' | b'H' => {
                let size = self.size()?;
                self.bytes.skip(size)
            }
            b'[' => self.container(false, depth),
            b'{' => self.container(true, depth),
            _ => Err(bad("a value has no type")),
        }
    }

    fn container(&mut self, is_object: bool, depth: usize) -> Result<(), Stop> {
        let mut marker = self.bytes.byte()?;
        let mut kind = None;
        if marker == b'$' {
            kind = Some(self.bytes.byte()?);
            marker = self.bytes.byte()?;
            if marker != b'#' {
                return Err(bad("a list of one type has no size"));
            }
        }
        if marker == b'#' {
            let count = self.size()?;
            return self.counted(count, kind, is_object, depth);
        }
        let end = if is_object { b'}' } else { b']' };
        while marker != end {
            if marker == b'N' && !is_object {
                marker = self.bytes.byte()?;
                continue;
            }
            if is_object {
                let size = self.number(marker)?;
                self.bytes.skip(size)?;
                marker = self.bytes.byte()?;
            }
            self.value(marker, depth + 1)?;
            marker = self.bytes.byte()?;
        }
        Ok(())
    }

    /// So many values, perhaps all of one type.
    fn counted(
        &mut self,
        count: u64,
        kind: Option<u8>,
        is_object: bool,
        depth: usize,
    ) -> Result<(), Stop> {
        let each = kind.and_then(fixed);
        if let (Some(each), false) = (each, is_object) {
            let size = count.checked_mul(each).ok_or_else(|| bad("a list does not fit"))?;
            return self.bytes.skip(size);
        }
        if count > self.bytes.left() {
            return Err(Stop::Unexamined(format!("{count} values do not fit into the file")));
        }
        for _ in 0..count {
            if is_object {
                let size = self.size()?;
                self.bytes.skip(size)?;
            }
            let marker = match kind {
                Some(kind) => kind,
                None => self.bytes.byte()?,
            };
            self.value(marker, depth + 1)?;
        }
        Ok(())
    }

    fn size(&mut self) -> Result<u64, Stop> {
        let marker = self.bytes.byte()?;
        self.number(marker)
    }

    fn number(&mut self, marker: u8) -> Result<u64, Stop> {
        let value = match marker {
            b'i' => i64::from(self.bytes.byte()?.cast_signed()),
            b'U' => i64::from(self.bytes.byte()?),
            b'I' => i64::from(i16::from_be_bytes(self.bytes.array()?)),
            b'l' => i64::from(i32::from_be_bytes(self.bytes.array()?)),
            b'L' => i64::from_be_bytes(self.bytes.array()?),
            _ => return Err(bad("a size is no number")),
        };
        u64::try_from(value).map_err(|_| bad("a size is negative"))
    }
}

/// The bytes of a value whose type says how many.
fn fixed(marker: u8) -> Option<u64> {
    Some(match marker {
        b'Z' | b'N' | b'T' | b'F' => 0,
        b'i' | b'U' | b'C' => 1,
        b'I' => 2,
        b'l' | b'd' => 4,
        b'L' | b'D' => 8,
        _ => return None,
    })
}
