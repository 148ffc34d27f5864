//! `tokenizer.model` and `.spm`: a protocol buffer of text pieces with scores.
//!
//! The whole file has to be a `ModelProto`: known fields, pieces that are UTF-8, nothing left over.

use weighbridge_domain::Format;

use super::Reader;
use crate::analyse::{Entry, Head, Scan, Stop};

/// The reader of this format.
pub(crate) static READER: Reader =
    Reader { format: Format::known("sentencepiece"), header_only: false, sniff, read };

/// The longest file that is read.
const FILE_BYTES: u64 = 64 << 20;

fn sniff(head: &Head<'_>) -> bool {
    // The first field is a piece, and the first field of a piece is its text.
    let name = head.entry.extension();
    matches!(head.bytes, [0x0a, size, 0x0a, ..] if *size < 0x80)
        && ["model", "spm", "vocab", "spiece", ""].contains(&name.as_str())
}

fn read(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    if entry.size > FILE_BYTES {
        scan.skip(entry.place(None), "the tokenizer is too long");
        return Ok(READER.format.clone());
    }
    let bytes = entry.read(0, usize::try_from(entry.size).unwrap_or(usize::MAX))?;
    let mut reader = Wire { rest: &bytes };
    while !reader.rest.is_empty() {
        let at = (bytes.len() - reader.rest.len()) as u64;
        if reader.model_field().is_none() {
            scan.skip(
                entry.place(Some(at)),
                "the tokenizer is no SentencePiece model from here on",
            );
            break;
        }
    }
    Ok(READER.format.clone())
}

struct Wire<'a> {
    rest: &'a [u8],
}

/// The value of one field.
enum Value<'a> {
    Number,
    Bytes(&'a [u8]),
}

impl<'a> Wire<'a> {
    /// One field of the model: pieces, and specifications of trainer, normalizer, tests, denormalizer.
    fn model_field(&mut self) -> Option<()> {
        let (number, Value::Bytes(body)) = self.field()? else { return None };
        let mut inner = Wire { rest: body };
        match number {
            1 => {
                while !inner.rest.is_empty() {
                    match inner.field()? {
                        (1, Value::Bytes(piece)) => {
                            std::str::from_utf8(piece).ok()?;
                        }
                        (2 | 3, Value::Number) => {}
                        _ => return None,
                    }
                }
            }
            2..=5 => {
                while !inner.rest.is_empty() {
                    inner.field()?;
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn field(&mut self) -> Option<(u64, Value<'a>)> {
        let key = self.varint()?;
        let value = match key & 7 {
            0 => {
                self.varint()?;
                Value::Number
            }
            1 => {
                self.take(8)?;
                Value::Number
            }
            2 => {
                let size = usize::try_from(self.varint()?).ok()?;
                Value::Bytes(self.take(size)?)
            }
            5 => {
                self.take(4)?;
                Value::Number
            }
            _ => return None,
        };
        Some((key >> 3, value))
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = *self.take(1)? else { return None };
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, size: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(size)?;
        self.rest = rest;
        Some(taken)
    }
}
