//! Bits read from the end, and FSE tables (RFC 8878, sections 4.1 and 4.1.1).

use std::io;

use super::bad;

/// A stream of bits that is read from its end to its start.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// How many bits are left; below zero when more were taken than there were.
    left: i64,
}

impl<'a> Bits<'a> {
    /// The highest bit that is set says where the stream starts.
    pub(super) fn new(bytes: &'a [u8]) -> io::Result<Bits<'a>> {
        let last = bytes.last().copied().filter(|last| *last != 0).ok_or_else(bad)?;
        let padding = i64::from(last.leading_zeros()) + 1;
        let left = i64::try_from(bytes.len()).map_err(|_| bad())? * 8 - padding;
        Ok(Bits { bytes, left })
    }

    /// The next bits without taking them; zeros where there are no more.
    pub(super) fn peek(&self, count: u32) -> u64 {
        if count == 0 || self.left <= 0 {
            return 0;
        }
        let end = usize::try_from(self.left).unwrap_or(0);
        let start = end.saturating_sub(count as usize);
        let first = start / 8;
        let mut value: u128 = 0;
        for (index, byte) in self.bytes.iter().skip(first).take(9).enumerate() {
            value |= u128::from(*byte) << (8 * index);
        }
        let taken = end - start;
        let value = value >> (start % 8) & ((1 << taken) - 1);
        u64::try_from(value << (count as usize - taken)).unwrap_or(0)
    }

    pub(super) fn skip(&mut self, count: u32) {
        self.left -= i64::from(count);
    }

    /// The next bits, at most 56.
    pub(super) fn take(&mut self, count: u32) -> u64 {
        let value = self.peek(count);
        self.skip(count);
        value
    }

    /// How many bits are left; below zero when too many were taken.
    pub(super) fn left(&self) -> i64 {
        self.left
    }
}

/// One entry of a table: a symbol, and how to come to the next entry.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct State {
    pub(super) symbol: u8,
    pub(super) bits: u8,
    pub(super) base: u16,
}

/// An FSE table.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) states: Vec<State>,
    pub(super) log: u32,
}

impl Table {
    /// A table of one symbol.
    pub(super) fn single(symbol: u8) -> Table {
        Table { states: vec![State { symbol, bits: 0, base: 0 }], log: 0 }
    }

    /// A table by how often each symbol comes; -1 stands for less than once.
    pub(super) fn new(counts: &[i16], log: u32) -> io::Result<Table> {
        let size = 1_usize << log;
        let mut states = vec![State::default(); size];
        let mut high = size;
        let mut next: Vec<u32> = Vec::with_capacity(counts.len());
        for (symbol, count) in counts.iter().enumerate() {
            if *count == -1 {
                high = high.checked_sub(1).ok_or_else(bad)?;
                states.get_mut(high).ok_or_else(bad)?.symbol =
                    u8::try_from(symbol).map_err(|_| bad())?;
                next.push(1);
            } else {
                next.push(u32::try_from(*count).map_err(|_| bad())?);
            }
        }
        let step = (size >> 1) + (size >> 3) + 3;
        let mut place = 0;
        for (symbol, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            for _ in 0..*count {
                states.get_mut(place).ok_or_else(bad)?.symbol =
                    u8::try_from(symbol).map_err(|_| bad())?;
                loop {
                    place = (place + step) & (size - 1);
                    if place < high || high == 0 {
                        break;
                    }
                }
            }
        }
        if place != 0 {
            return Err(bad());
        }
        for state in &mut states {
            let next = next.get_mut(usize::from(state.symbol)).ok_or_else(bad)?;
            let value = *next;
            *next += 1;
            let bits = log.checked_sub(value.checked_ilog2().ok_or_else(bad)?).ok_or_else(bad)?;
            state.bits = u8::try_from(bits).map_err(|_| bad())?;
            state.base =
                u16::try_from((u64::from(value) << bits) - size as u64).map_err(|_| bad())?;
        }
        Ok(Table { states, log })
    }

    /// Reads the description of a table: the table, and how many bytes it took.
    pub(super) fn read(bytes: &[u8], longest: u32, symbols: usize) -> io::Result<(Table, usize)> {
        let mut bits = Forward { bytes, at: 0 };
        let log = bits.take(4) + 5;
        if log > longest {
            return Err(bad());
        }
        let mut left = (1_i32 << log) + 1;
        let mut counts: Vec<i16> = Vec::with_capacity(symbols);
        while left > 1 {
            if counts.len() >= symbols {
                return Err(bad());
            }
            let width = 32 - u32::try_from(left).map_err(|_| bad())?.leading_zeros();
            let threshold = 1_u32 << (width - 1);
            let spare = 2 * threshold - 1 - u32::try_from(left).map_err(|_| bad())?;
            let low = bits.peek(width - 1);
            let value = if low < spare {
                bits.at += width as usize - 1;
                low
            } else {
                let value = bits.take(width);
                if value >= threshold { value - spare } else { value }
            };
            let count = i32::try_from(value).map_err(|_| bad())? - 1;
            left -= count.abs();
            counts.push(i16::try_from(count).map_err(|_| bad())?);
            if count == 0 {
                loop {
                    let zeros = bits.take(2);
                    let new = counts.len() + zeros as usize;
                    if new > symbols {
                        return Err(bad());
                    }
                    counts.resize(new, 0);
                    if zeros < 3 {
                        break;
                    }
                }
            }
        }
        let used = bits.at.div_ceil(8);
        if left != 1 || used > bytes.len() {
            return Err(bad());
        }
        Ok((Table::new(&counts, log)?, used))
    }

    pub(super) fn state(&self, at: u64) -> io::Result<State> {
        usize::try_from(at).ok().and_then(|at| self.states.get(at)).copied().ok_or_else(bad)
    }
}

/// Bits read from the start, the lowest first.
struct Forward<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Forward<'_> {
    fn peek(&self, count: u32) -> u32 {
        let mut value: u64 = 0;
        for (index, byte) in self.bytes.iter().skip(self.at / 8).take(5).enumerate() {
            value |= u64::from(*byte) << (8 * index);
        }
        u32::try_from(value >> (self.at % 8) & ((1 << count) - 1)).unwrap_or(0)
    }

    fn take(&mut self, count: u32) -> u32 {
        let value = self.peek(count);
        self.at += count as usize;
        value
    }
}
