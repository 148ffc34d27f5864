//! bzip2 streams, one after another: Huffman codes, move-to-front, the Burrows-Wheeler transform, runs.
//!
//! Each block stands for itself, so that reading can start again at any of them.

use std::io;

use crc::{CRC_32_BZIP2, Crc, Digest};

use super::feed::{Feed, broken};
use super::{CHUNK, Engine};
use crate::limits::{Budget, Held};

/// What stands before a block, and before the end of a stream.
const BLOCK: u64 = 0x3141_5926_5359;
const END: u64 = 0x1772_4538_5090;
/// Symbols that share a table.
const GROUP: usize = 50;
/// The longest code.
const LONGEST: usize = 20;

/// The checksum of blocks.
static SUMS: Crc<u32, crc::Table<16>> = Crc::<u32, crc::Table<16>>::new(&CRC_32_BZIP2);

/// bzip2 at work.
pub(super) struct Bzip2<'a> {
    bits: Bits<'a>,
    budget: Budget,
    /// The size of a block in this stream.
    level: usize,
    block: Option<Block>,
    /// The checksums of this stream's blocks together.
    sums: u32,
    wrong_sum: Option<u64>,
    members: u64,
    is_finished: bool,
}

/// One block, on its way out.
struct Block {
    /// Links and bytes of the transform: the byte in the low 8 bits, the next place above.
    links: Vec<u32>,
    at: u32,
    left: usize,
    last: Option<u8>,
    run: u32,
    /// How often the last byte comes again.
    again: u32,
    /// The checksum that it says, and that of what came out.
    wanted: u32,
    sum: Digest<'static, u32, crc::Table<16>>,
    _held: Held,
}

struct Bits<'a> {
    feed: Feed<'a>,
    held: u64,
    count: u32,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> io::Result<u32> {
        while self.count < count {
            self.held = self.held << 8 | u64::from(self.feed.byte()?);
            self.count += 8;
        }
        self.count -= count;
        let mask = (1_u64 << count) - 1;
        Ok(u32::try_from(self.held >> self.count & mask).unwrap_or(0))
    }

    fn bit(&mut self) -> io::Result<bool> {
        Ok(self.take(1)? != 0)
    }

    /// Forgets the rest of a byte.
    fn align(&mut self) {
        self.count -= self.count % 8;
    }

    fn position(&self) -> u64 {
        self.feed.position() - u64::from(self.count / 8)
    }
}

/// One Huffman code, decoded length by length.
struct Table {
    limit: [u32; LONGEST + 1],
    /// Where the symbols of a length start, and its first code.
    first: [(usize, u32); LONGEST + 1],
    symbols: Vec<u16>,
}

impl Table {
    fn new(lengths: &[u8]) -> Table {
        let mut table = Table {
            limit: [0; LONGEST + 1],
            first: [(0, 0); LONGEST + 1],
            symbols: Vec::with_capacity(lengths.len()),
        };
        let mut code = 0;
        let places = table.limit.iter_mut().zip(&mut table.first).enumerate().skip(1);
        for (length, (limit, first)) in places {
            *first = (table.symbols.len(), code);
            for (symbol, _) in
                lengths.iter().enumerate().filter(|(_, l)| usize::from(**l) == length)
            {
                table.symbols.push(u16::try_from(symbol).unwrap_or(0));
                code += 1;
            }
            *limit = code;
            code <<= 1;
        }
        table
    }

    fn decode(&self, bits: &mut Bits<'_>) -> io::Result<u16> {
        let mut code = 0;
        for (limit, (start, first)) in self.limit.iter().zip(&self.first).skip(1) {
            code = code << 1 | bits.take(1)?;
            if code < *limit && code >= *first {
                let place = start + (code - first) as usize;
                return self.symbols.get(place).copied().ok_or_else(bad);
            }
        }
        Err(bad())
    }
}

fn bad() -> io::Error {
    broken("the bzip2 stream is broken")
}

impl<'a> Bzip2<'a> {
    pub(super) fn new(feed: Feed<'a>, budget: &Budget) -> io::Result<Bzip2<'a>> {
        let bits = Bits { feed, held: 0, count: 0 };
        let budget = budget.clone();
        let mut engine = Bzip2 {
            bits,
            budget,
            level: 0,
            block: None,
            sums: 0,
            wrong_sum: None,
            members: 0,
            is_finished: false,
        };
        if !engine.open()? {
            return Err(bad());
        }
        Ok(engine)
    }

    /// Opens the next stream, when there is one.
    fn open(&mut self) -> io::Result<bool> {
        let ahead = Feed::new(self.bits.feed.raw(), self.bits.position());
        let ([b'B', b'Z', b'h', level @ b'1'..=b'9'], 4) = ahead.peek::<4>()? else {
            return Ok(false);
        };
        self.bits.feed = ahead;
        self.bits.feed.skip(4)?;
        (self.bits.held, self.bits.count) = (0, 0);
        self.level = usize::from(level - b'0') * 100_000;
        self.members += 1;
        Ok(true)
    }

    /// Reads the next block, or the end of the stream.
    fn next_block(&mut self) -> io::Result<()> {
        let mark = u64::from(self.bits.take(24)?) << 24 | u64::from(self.bits.take(24)?);
        let sum = self.bits.take(32)?;
        match mark {
            BLOCK => {
                let block = self.read_block()?;
                self.block = Some(Block { wanted: sum, ..block });
            }
            END => {
                self.compare(sum, self.sums);
                self.sums = 0;
                self.bits.align();
                self.is_finished = !self.open()?;
            }
            _ => return Err(bad()),
        }
        Ok(())
    }

    fn compare(&mut self, wanted: u32, sum: u32) {
        if wanted != sum {
            self.wrong_sum.get_or_insert(self.bits.position());
        }
    }

    /// Once all of a block came out, its checksum has to fit.
    fn end_block(&mut self) {
        if let Some(block) = self.block.take() {
            self.sums = self.sums.rotate_left(1) ^ block.wanted;
            self.compare(block.wanted, block.sum.finalize());
        }
    }

    fn read_block(&mut self) -> io::Result<Block> {
        let bits = &mut self.bits;
        if bits.bit()? {
            return Err(broken("the bzip2 block is of a kind that is no longer written"));
        }
        let origin = bits.take(24)?;
        let mut used = Vec::with_capacity(256);
        let groups = bits.take(16)?;
        for high in 0..16_u8 {
            if groups >> (15 - high) & 1 == 0 {
                continue;
            }
            let map = bits.take(16)?;
            used.extend(
                (0..16_u8).filter(|low| map >> (15 - low) & 1 != 0).map(|low| high << 4 | low),
            );
        }
        let table_count = usize::try_from(bits.take(3)?).unwrap_or(0);
        let selector_count = bits.take(15)?;
        if used.is_empty() || !(2..=6).contains(&table_count) || selector_count == 0 {
            return Err(bad());
        }
        let mut order: Vec<usize> = (0..table_count).collect();
        let mut selectors = Vec::with_capacity(18_002);
        for _ in 0..selector_count {
            let mut index = 0;
            while bits.bit()? {
                index += 1;
                if index >= table_count {
                    return Err(bad());
                }
            }
            let table = order.remove(index);
            order.insert(0, table);
            selectors.push(table);
        }
        let symbols = used.len() + 2;
        let mut tables = Vec::with_capacity(table_count);
        for _ in 0..table_count {
            let mut length = bits.take(5)?;
            let mut lengths = Vec::with_capacity(symbols);
            for _ in 0..symbols {
                loop {
                    if !(1..=20).contains(&length) {
                        return Err(bad());
                    }
                    if !bits.bit()? {
                        break;
                    }
                    length = if bits.bit()? { length - 1 } else { length + 1 };
                }
                lengths.push(u8::try_from(length).unwrap_or(0));
            }
            tables.push(Table::new(&lengths));
        }
        self.read_symbols(used, &selectors, &tables, origin)
    }

    fn read_symbols(
        &mut self,
        mut recent: Vec<u8>,
        selectors: &[usize],
        tables: &[Table],
        origin: u32,
    ) -> io::Result<Block> {
        let held = self.budget.hold(4 * self.level as u64).map_err(io::Error::other)?;
        let end = recent.len() + 1;
        let mut links: Vec<u32> = Vec::new();
        let mut counts = [0_u32; 256];
        let (mut run, mut weight) = (0_usize, 1_usize);
        'block: for selector in selectors {
            let table = tables.get(*selector).ok_or_else(bad)?;
            for _ in 0..GROUP {
                let symbol = usize::from(table.decode(&mut self.bits)?);
                if symbol < 2 {
                    run += weight << symbol;
                    weight <<= 1;
                    if run > self.level {
                        return Err(bad());
                    }
                    continue;
                }
                if run > 0 {
                    let byte = *recent.first().ok_or_else(bad)?;
                    if links.len() + run > self.level {
                        return Err(bad());
                    }
                    links.resize(links.len() + run, u32::from(byte));
                    if let Some(count) = counts.get_mut(usize::from(byte)) {
                        *count += u32::try_from(run).unwrap_or(0);
                    }
                    (run, weight) = (0, 1);
                }
                if symbol == end {
                    break 'block;
                }
                if links.len() >= self.level || symbol > recent.len() {
                    return Err(bad());
                }
                let byte = recent.remove(symbol - 1);
                recent.insert(0, byte);
                links.push(u32::from(byte));
                if let Some(count) = counts.get_mut(usize::from(byte)) {
                    *count += 1;
                }
            }
        }
        self.budget.check_time().map_err(io::Error::other)?;
        let mut sum = 0;
        for count in &mut counts {
            sum += std::mem::replace(count, sum);
        }
        for place in 0..links.len() {
            let byte = links.get(place).copied().unwrap_or(0) & 0xff;
            let Some(start) = counts.get_mut(byte as usize) else { continue };
            if let Some(link) = links.get_mut(*start as usize) {
                *link |= u32::try_from(place).unwrap_or(0) << 8;
            }
            *start += 1;
        }
        let start = links.get(origin as usize).copied();
        let left = links.len();
        match start {
            Some(start) => {
                let (at, sum) = (start >> 8, SUMS.digest());
                let (last, run, again, wanted) = (None, 0, 0, 0);
                Ok(Block { links, at, left, last, run, again, wanted, sum, _held: held })
            }
            None => Err(bad()),
        }
    }
}

impl Block {
    /// Puts bytes out; whether there are more.
    fn advance(&mut self, out: &mut Vec<u8>, end: usize) -> bool {
        while out.len() < end {
            if self.again > 0 {
                let count = (self.again as usize).min(end - out.len());
                out.resize(out.len() + count, self.last.unwrap_or(0));
                self.again -= u32::try_from(count).unwrap_or(0);
                continue;
            }
            if self.left == 0 {
                return false;
            }
            self.left -= 1;
            let link = self.links.get(self.at as usize).copied().unwrap_or(0);
            self.at = link >> 8;
            let byte = link.to_le_bytes()[0];
            if self.run == 4 {
                self.again = u32::from(byte);
                self.run = 0;
                continue;
            }
            self.run = if self.last == Some(byte) && self.run > 0 { self.run + 1 } else { 1 };
            self.last = Some(byte);
            out.push(byte);
        }
        true
    }
}

impl<'a> Engine<'a> for Bzip2<'a> {
    fn advance(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let start = out.len();
        while !self.is_finished && out.len() == start {
            match &mut self.block {
                None => self.next_block()?,
                Some(block) => {
                    let from = out.len();
                    let goes_on = block.advance(out, start + CHUNK);
                    block.sum.update(out.get(from..).unwrap_or_default());
                    if !goes_on {
                        self.end_block();
                    }
                }
            }
        }
        Ok(())
    }

    fn used(&self) -> u64 {
        self.bits.position()
    }

    fn members(&self) -> u64 {
        self.members
    }

    fn wrong_sum(&self) -> Option<u64> {
        self.wrong_sum
    }

    fn copy(&self) -> Option<Box<dyn Engine<'a> + 'a>> {
        // A block at work is large; between two of them there is nothing to keep.
        if self.block.is_some() {
            return None;
        }
        Some(Box::new(Bzip2 {
            bits: Bits {
                feed: self.bits.feed.again(),
                held: self.bits.held,
                count: self.bits.count,
            },
            budget: self.budget.clone(),
            level: self.level,
            block: None,
            sums: self.sums,
            wrong_sum: self.wrong_sum,
            members: self.members,
            is_finished: self.is_finished,
        }))
    }

    fn copy_bytes(&self) -> u64 {
        1 << 10
    }
}
