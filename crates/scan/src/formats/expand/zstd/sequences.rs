//! The sequences of a block: literals to copy, and matches to repeat (RFC 8878, section 3.1.1.3.2).

use std::io;

use super::bad;
use super::entropy::{Bits, Table};

/// One sequence.
pub(super) struct Sequence {
    pub(super) literals: usize,
    pub(super) distance: usize,
    pub(super) size: usize,
}

/// The tables of the last block, and the last three distances.
pub(super) struct Sequences {
    literals: Option<Table>,
    distances: Option<Table>,
    sizes: Option<Table>,
    recent: [u64; 3],
}

/// Start and further bits of each code of a number of literals, from 16 on.
static LITERALS: [(u32, u32); 20] = [
    (16, 1),
    (18, 1),
    (20, 1),
    (22, 1),
    (24, 2),
    (28, 2),
    (32, 3),
    (40, 3),
    (48, 4),
    (64, 6),
    (128, 7),
    (256, 8),
    (512, 9),
    (1024, 10),
    (2048, 11),
    (4096, 12),
    (8192, 13),
    (16384, 14),
    (32768, 15),
    (65536, 16),
];

/// Start and further bits of each code of a match's size, from 32 on.
static SIZES: [(u32, u32); 21] = [
    (35, 1),
    (37, 1),
    (39, 1),
    (41, 1),
    (43, 2),
    (47, 2),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 5),
    (131, 7),
    (259, 8),
    (515, 9),
    (1027, 10),
    (2051, 11),
    (4099, 12),
    (8195, 13),
    (16387, 14),
    (32771, 15),
    (65539, 16),
];

static USUAL_LITERALS: [i16; 36] = [
    4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1,
    -1, -1, -1, -1,
];
static USUAL_DISTANCES: [i16; 29] =
    [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1];
static USUAL_SIZES: [i16; 53] = [
    1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
];

/// How one kind of table is given.
struct Kind {
    usual: &'static [i16],
    usual_log: u32,
    longest: u32,
    symbols: usize,
}

static LITERALS_KIND: Kind = Kind { usual: &USUAL_LITERALS, usual_log: 6, longest: 9, symbols: 36 };
static DISTANCES_KIND: Kind =
    Kind { usual: &USUAL_DISTANCES, usual_log: 5, longest: 8, symbols: 32 };
static SIZES_KIND: Kind = Kind { usual: &USUAL_SIZES, usual_log: 6, longest: 9, symbols: 53 };

impl Kind {
    /// Reads a table in one of the four ways; what is left of the bytes.
    fn read<'b>(
        &self,
        mode: u8,
        bytes: &'b [u8],
        table: &mut Option<Table>,
    ) -> io::Result<&'b [u8]> {
        let used = match mode & 3 {
            0 => {
                *table = Some(Table::new(self.usual, self.usual_log)?);
                0
            }
            1 => {
                let symbol = *bytes.first().ok_or_else(bad)?;
                if usize::from(symbol) >= self.symbols {
                    return Err(bad());
                }
                *table = Some(Table::single(symbol));
                1
            }
            2 => {
                let (read, used) = Table::read(bytes, self.longest, self.symbols)?;
                *table = Some(read);
                used
            }
            _ => 0,
        };
        bytes.get(used..).ok_or_else(bad)
    }
}

impl Sequences {
    #[expect(clippy::unnecessary_wraps, reason = "what makes a frame can fail")]
    pub(super) fn new() -> io::Result<Sequences> {
        Ok(Sequences { literals: None, distances: None, sizes: None, recent: [1, 4, 8] })
    }

    /// Reads the sequences of a block and hands each of them on.
    pub(super) fn read(
        &mut self,
        bytes: &[u8],
        mut each: impl FnMut(Sequence) -> io::Result<()>,
    ) -> io::Result<()> {
        let (count, rest) = match bytes {
            [0, rest @ ..] => (0, rest),
            [255, low, high, rest @ ..] => {
                (usize::from(u16::from_le_bytes([*low, *high])) + 0x7f00, rest)
            }
            [high @ 128..=254, low, rest @ ..] => {
                (usize::from(high - 128) << 8 | usize::from(*low), rest)
            }
            [count @ 1..=127, rest @ ..] => (usize::from(*count), rest),
            _ => return Err(bad()),
        };
        if count == 0 {
            return if rest.is_empty() { Ok(()) } else { Err(bad()) };
        }
        let (modes, rest) = rest.split_first().ok_or_else(bad)?;
        if modes & 3 != 0 {
            return Err(bad());
        }
        let rest = LITERALS_KIND.read(modes >> 6, rest, &mut self.literals)?;
        let rest = DISTANCES_KIND.read(modes >> 4, rest, &mut self.distances)?;
        let rest = SIZES_KIND.read(modes >> 2, rest, &mut self.sizes)?;
        let (Some(literals), Some(distances), Some(sizes)) =
            (&self.literals, &self.distances, &self.sizes)
        else {
            return Err(bad());
        };
        let mut bits = Bits::new(rest)?;
        let mut literal = literals.state(bits.take(literals.log))?;
        let mut distance = distances.state(bits.take(distances.log))?;
        let mut size = sizes.state(bits.take(sizes.log))?;
        for index in 0..count {
            let code = u32::from(distance.symbol);
            let value = (1_u64 << code) + bits.take(code);
            let match_size = coded(size.symbol, 32, 3, &SIZES, &mut bits)?;
            let literal_count = coded(literal.symbol, 16, 0, &LITERALS, &mut bits)?;
            let reach = distance_of(&mut self.recent, value, literal_count > 0);
            if index + 1 < count {
                literal =
                    literals.state(u64::from(literal.base) + bits.take(u32::from(literal.bits)))?;
                size = sizes.state(u64::from(size.base) + bits.take(u32::from(size.bits)))?;
                distance = distances
                    .state(u64::from(distance.base) + bits.take(u32::from(distance.bits)))?;
            }
            if bits.left() < 0 {
                return Err(bad());
            }
            let distance = usize::try_from(reach).map_err(|_| bad())?;
            each(Sequence { literals: literal_count, distance, size: match_size })?;
        }
        if bits.left() == 0 { Ok(()) } else { Err(bad()) }
    }
}

/// A number by its code: small ones stand for themselves.
fn coded(
    code: u8,
    direct: u8,
    offset: usize,
    table: &[(u32, u32)],
    bits: &mut Bits<'_>,
) -> io::Result<usize> {
    let Some(index) = code.checked_sub(direct) else { return Ok(usize::from(code) + offset) };
    let (start, more) = table.get(usize::from(index)).copied().ok_or_else(bad)?;
    usize::try_from(u64::from(start) + bits.take(more)).map_err(|_| bad())
}

/// The distance that a value stands for: a new one, or one of the last three.
fn distance_of(recent: &mut [u64; 3], value: u64, has_literals: bool) -> u64 {
    let [first, second, third] = *recent;
    if value > 3 {
        *recent = [value - 3, first, second];
        return value - 3;
    }
    match value + u64::from(!has_literals) {
        1 => first,
        2 => {
            *recent = [second, first, third];
            second
        }
        3 => {
            *recent = [third, first, second];
            third
        }
        _ => {
            let before = first.saturating_sub(1);
            *recent = [before, first, second];
            before
        }
    }
}
