//! Numbers, text and bytes, as the opcodes write them.

use super::super::escapes;
use super::super::facts::Nested;
use super::{Halt, Machine, TEXT_BYTES, Value};

/// Digits of a number that Python still reads (`sys.int_info.default_max_str_digits`), and its sign.
const DIGITS: usize = 4_301;
/// The least bytes of a pickle that acts.
const LEAST: u64 = 12;
/// Constants that are remembered.
const CONSTANTS: usize = 10_000;

impl Machine<'_> {
    pub(super) fn size_4(&mut self) -> Result<u64, Halt> {
        Ok(u64::from(u32::from_le_bytes(self.cursor.array()?)))
    }

    pub(super) fn size_8(&mut self) -> Result<u64, Halt> {
        Ok(u64::from_le_bytes(self.cursor.array()?))
    }

    pub(super) fn signed_size(&mut self) -> Result<u64, Halt> {
        let size = i32::from_le_bytes(self.cursor.array()?);
        u64::try_from(size).map_err(|_| Halt::Broken("a length is negative"))
    }

    pub(super) fn long(&mut self, size: u64) -> Result<(), Halt> {
        if size > 8 {
            self.cursor.skip(size)?;
            self.push(Value::BigInt);
            return Ok(());
        }
        let mut number = [0; 8];
        let mut last = 0;
        for place in number.iter_mut().take(usize::try_from(size).unwrap_or(8)) {
            *place = self.cursor.byte()?;
            last = *place;
        }
        if last & 0x80 != 0 {
            for place in number.iter_mut().skip(usize::try_from(size).unwrap_or(8)) {
                *place = 0xff;
            }
        }
        self.push(Value::int(i64::from_le_bytes(number)));
        Ok(())
    }

    /// A line that is a number: for the reader written in C it ends at a zero byte, the one written in Python refuses
    /// such a line.
    pub(super) fn digits_line(&mut self) -> Result<String, Halt> {
        let (_, line) = self.cursor.line()?;
        let digits = line.split(|byte| *byte == 0).next().unwrap_or_default();
        let is_cut = digits.len() < line.len();
        let text = std::str::from_utf8(digits).unwrap_or_default().to_owned();
        if is_cut {
            self.disagree("a number ends at a zero byte");
            // What has no digits at all is 0 for `strtol`.
            return Ok(if text.is_empty() { "0".to_owned() } else { text });
        }
        Ok(text)
    }

    pub(super) fn number_line(&mut self, opcode: u8) -> Result<(), Halt> {
        let text = self.digits_line()?;
        let text = text.trim();
        let text = if opcode == b'L' { text.strip_suffix('L').unwrap_or(text) } else { text };
        let value = match (opcode, text) {
            (b'I', "00") => Value::Bool(false),
            (b'I', "01") => Value::Bool(true),
            (b'F', _) => Value::float(text.parse().unwrap_or(f64::NAN)),
            _ => text.parse().map_or(Value::BigInt, Value::int),
        };
        let plausible = !text.is_empty()
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-._".contains(&b));
        if !plausible {
            return Err(Halt::Broken("a number cannot be read"));
        }
        // Python from 3.11 on refuses them; before, the time that one takes grows with its square.
        if opcode != b'F' && text.len() > DIGITS {
            self.disagree("a number has more digits than newer readers take");
        }
        self.push(value);
        Ok(())
    }

    #[inline]
    pub(super) fn text_of(&mut self, size: u64) -> Result<(), Halt> {
        let offset = self.cursor.position();
        self.cursor.skip(size)?;
        let span = self.heap.span(offset, size)?;
        self.push(Value::Text(span));
        Ok(())
    }

    pub(super) fn bytes_of(&mut self, size: u64) -> Result<(), Halt> {
        let offset = self.cursor.position();
        self.cursor.skip(size)?;
        if size >= LEAST && !self.is_trial && self.constants.len() < CONSTANTS {
            self.constants.push(Nested { offset, size });
        }
        let span = self.heap.span(offset, size)?;
        self.push(Value::Bytes(span));
        Ok(())
    }

    pub(super) fn text_line(&mut self, opcode: u8) -> Result<(), Halt> {
        let (offset, line) = self.cursor.line()?;
        let text = if opcode == b'S' {
            escapes::quoted(line).ok_or(Halt::Broken("a string has no quotes"))?
        } else {
            escapes::raw_unicode(line)
        };
        let size = text.len() as u64;
        if text.as_bytes() != line {
            self.keep_text(offset, text);
        }
        let span = self.heap.span(offset, size)?;
        self.push(Value::Text(span));
        Ok(())
    }

    pub(super) fn keep_text(&mut self, offset: u64, text: String) {
        self.kept_bytes += text.len() + 64;
        self.decoded.insert(offset, text);
    }

    /// What a text says, when it can be known.
    pub(in crate::formats::pickle) fn text(&self, value: Value) -> Option<String> {
        let Value::Text(span) = value else { return None };
        if let Some(text) = self.decoded.get(&span.offset()) {
            return Some(text.clone());
        }
        let size = usize::try_from(self.heap.span_size(span)).unwrap_or(TEXT_BYTES);
        let bytes = self.cursor.read_back(span.offset(), size.min(TEXT_BYTES))?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}
