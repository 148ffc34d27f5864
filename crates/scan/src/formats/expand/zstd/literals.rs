//! The literals of a block, and the Huffman codes they are in (RFC 8878, sections 3.1.1.3.1 and 4.2).

use std::io;

use super::bad;
use super::entropy::{Bits, Table};

/// The largest number of literals: a block.
const LITERALS: usize = 128 << 10;
/// The longest code.
const LONGEST: u32 = 11;

/// The literals of the block at work, and the code of the last one that had one.
#[derive(Default)]
pub(super) struct Literals {
    bytes: Vec<u8>,
    /// Symbol and length, by the next bits.
    code: Vec<(u8, u8)>,
    log: u32,
}

impl Literals {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Reads the literals at the start of a block; how many bytes that took.
    pub(super) fn read(&mut self, block: &[u8]) -> io::Result<usize> {
        self.bytes.clear();
        let mut head = [0; 8];
        for (to, from) in head.iter_mut().zip(block.iter().take(5)) {
            *to = *from;
        }
        let word = u64::from_le_bytes(head);
        let format = word >> 2 & 3;
        let number = |value: u64| usize::try_from(value).map_err(|_| bad());
        if word & 2 == 0 {
            let (header, size) = match format {
                0 | 2 => (1, word >> 3 & 0x1f),
                1 => (2, word >> 4 & 0xfff),
                _ => (3, word >> 4 & 0xf_ffff),
            };
            let size = number(size)?;
            if size > LITERALS {
                return Err(bad());
            }
            if word & 1 == 0 {
                let end = header + size;
                self.bytes.extend_from_slice(block.get(header..end).ok_or_else(bad)?);
                return Ok(end);
            }
            let byte = block.get(header).copied().ok_or_else(bad)?;
            self.bytes.resize(size, byte);
            return Ok(header + 1);
        }
        let (header, bits) = match format {
            0 | 1 => (3, 10),
            2 => (4, 14),
            _ => (5, 18),
        };
        let mask = (1 << bits) - 1;
        let size = number(word >> 4 & mask)?;
        let end = header + number(word >> (4 + bits) & mask)?;
        let mut body = block.get(header..end).ok_or_else(bad)?;
        if size > LITERALS {
            return Err(bad());
        }
        if word & 1 == 0 {
            let used = self.read_code(body)?;
            body = body.get(used..).ok_or_else(bad)?;
        } else if self.code.is_empty() {
            return Err(bad());
        }
        if format == 0 {
            self.stream(body, size)?;
            return Ok(end);
        }
        let each = size.div_ceil(4);
        let (sizes, mut rest) = body.split_at_checked(6).ok_or_else(bad)?;
        for pair in sizes.chunks_exact(2) {
            let pair: [u8; 2] = pair.try_into().map_err(|_| bad())?;
            let (stream, after) =
                rest.split_at_checked(usize::from(u16::from_le_bytes(pair))).ok_or_else(bad)?;
            self.stream(stream, each)?;
            rest = after;
        }
        let last = size.checked_sub(3 * each).ok_or_else(bad)?;
        self.stream(rest, last)?;
        Ok(end)
    }

    fn stream(&mut self, bytes: &[u8], count: usize) -> io::Result<()> {
        let mut bits = Bits::new(bytes)?;
        for _ in 0..count {
            let place = usize::try_from(bits.peek(self.log)).map_err(|_| bad())?;
            let (symbol, length) = self.code.get(place).copied().ok_or_else(bad)?;
            bits.skip(u32::from(length));
            self.bytes.push(symbol);
        }
        if bits.left() == 0 { Ok(()) } else { Err(bad()) }
    }

    /// Reads a code: the weight of each symbol, and the last one from what is missing.
    fn read_code(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let head = usize::from(*bytes.first().ok_or_else(bad)?);
        let (mut weights, used) = if head < 128 {
            let body = bytes.get(1..=head).ok_or_else(bad)?;
            (packed_weights(body)?, head + 1)
        } else {
            let count = head - 127;
            let used = 1 + count.div_ceil(2);
            let body = bytes.get(1..used).ok_or_else(bad)?;
            let mut weights: Vec<u8> =
                body.iter().flat_map(|byte| [byte >> 4, byte & 15]).collect();
            weights.truncate(count);
            (weights, used)
        };
        let total: u32 = weights.iter().filter(|w| **w > 0).map(|w| 1 << (w - 1)).sum();
        let log = total.checked_ilog2().ok_or_else(bad)? + 1;
        let rest = (1_u32 << log) - total;
        if log > LONGEST || !rest.is_power_of_two() || weights.len() > 255 {
            return Err(bad());
        }
        weights.push(u8::try_from(rest.ilog2() + 1).map_err(|_| bad())?);
        self.log = log;
        self.code.clear();
        for weight in 1..=log {
            let length = u8::try_from(log + 1 - weight).map_err(|_| bad())?;
            for (symbol, _) in weights.iter().enumerate().filter(|(_, w)| u32::from(**w) == weight)
            {
                let symbol = u8::try_from(symbol).map_err(|_| bad())?;
                self.code.resize(self.code.len() + (1 << (weight - 1)), (symbol, length));
            }
        }
        if self.code.len() == 1 << log { Ok(used) } else { Err(bad()) }
    }
}

/// Weights that are themselves compressed: two states take turns.
fn packed_weights(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let (table, used) = Table::read(bytes, 6, 13)?;
    let mut bits = Bits::new(bytes.get(used..).ok_or_else(bad)?)?;
    let mut states = [table.state(bits.take(table.log))?, table.state(bits.take(table.log))?];
    if bits.left() < 0 {
        return Err(bad());
    }
    let mut weights = Vec::with_capacity(255);
    loop {
        let [now, other] = states;
        weights.push(now.symbol);
        if weights.len() > 254 {
            return Err(bad());
        }
        let next = u64::from(now.base) + bits.take(u32::from(now.bits));
        if bits.left() < 0 {
            weights.push(other.symbol);
            return Ok(weights);
        }
        states = [other, table.state(next)?];
    }
}
