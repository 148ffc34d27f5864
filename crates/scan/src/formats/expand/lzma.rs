//! LZMA: alone, as LZMA2, and in xz (the .xz file format 1.2). The window is as large as memory allows, whatever
//! the header claims: a match from beyond it ends in an error.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use lzma_rust2::filter::bcj::BcjReader;
use lzma_rust2::filter::delta::DeltaReader;
use lzma_rust2::{Lzma2Reader, LzmaReader};

use crc::{CRC_64_XZ, Crc, Digest, Table};

use super::Engine;
use super::feed::{Feed, broken};
use crate::limits::{Budget, Held};

/// How much is asked for at once.
const PIECE: usize = 32 << 10;
/// The largest window.
const WINDOW: u64 = 32 << 20;
/// The tables of the decoder, whatever the window.
const TABLES: u64 = 256 << 10;

/// A window of a claimed size: what of it can be had, and the memory for it.
fn window(budget: &Budget, claimed: u64) -> io::Result<(u32, Held)> {
    let wanted = claimed.clamp(4096, WINDOW);
    let size = wanted.min(budget.memory_left().saturating_sub(TABLES)) & !15;
    let held = budget.hold(size.max(4096) + TABLES).map_err(io::Error::other)?;
    Ok((u32::try_from(size.max(4096)).unwrap_or(u32::MAX), held))
}

/// What an error means, when the window was smaller than the one that the file asks for.
fn explained(error: &io::Error, claimed: u64, window: u64) -> io::Error {
    if window < claimed && error.kind() != io::ErrorKind::UnexpectedEof {
        let why = format!("the budget of {window} bytes of window ran out; it asks for {claimed}");
        return io::Error::other(why);
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => super::feed::cut_off(),
        _ => io::Error::new(error.kind(), format!("the LZMA stream is broken: {error}")),
    }
}

/// One raw stream.
pub(super) struct Raw<'a> {
    reader: Option<Box<dyn Read + 'a>>,
    spot: Rc<Cell<u64>>,
    claimed: u64,
    window: u64,
    _held: Held,
}

impl<'a> Raw<'a> {
    /// `.lzma` files: properties, window and size stand before the stream.
    pub(super) fn alone(mut feed: Feed<'a>, budget: &Budget) -> io::Result<Raw<'a>> {
        let [properties] = feed.array()?;
        let claimed = u32::from_le_bytes(feed.array()?);
        let size = u64::from_le_bytes(feed.array()?);
        Raw::lzma(feed, properties, claimed, size, budget)
    }

    /// A stream whose properties stand elsewhere.
    pub(super) fn lzma(
        feed: Feed<'a>,
        properties: u8,
        claimed: u32,
        size: u64,
        budget: &Budget,
    ) -> io::Result<Raw<'a>> {
        let (bytes, held) = window(budget, u64::from(claimed).min(size.max(4096)))?;
        let spot = feed.spot();
        let (window, claimed) = (u64::from(bytes), u64::from(claimed).min(size.max(4096)));
        let mut reader = LzmaReader::new_with_props(feed, size, properties, bytes, None)
            .map_err(|error| explained(&error, claimed, window))?;
        reader.set_defer_errors(true);
        let reader: Option<Box<dyn Read + 'a>> =
            Some(Box::new(Counted { reader: Some(reader), spot: Rc::clone(&spot) }));
        Ok(Raw { reader, spot, claimed, window, _held: held })
    }

    /// LZMA2, behind filters.
    pub(super) fn lzma2(
        feed: Feed<'a>,
        claimed: u64,
        filters: &[Filter],
        budget: &Budget,
    ) -> io::Result<Raw<'a>> {
        let (bytes, held) = window(budget, claimed)?;
        let spot = feed.spot();
        let mut reader: Box<dyn Read + 'a> = Box::new(Lzma2Reader::new(feed, bytes, None));
        for filter in filters {
            reader = filter.around(reader);
        }
        Ok(Raw { reader: Some(reader), spot, claimed, window: u64::from(bytes), _held: held })
    }

    /// Puts filters behind the stream.
    pub(super) fn filtered(mut self, filters: &[Filter]) -> Raw<'a> {
        for filter in filters {
            self.reader = self.reader.map(|reader| filter.around(reader));
        }
        self
    }
}

/// The reader takes more from its feed than it uses: at its end it says how much.
struct Counted<'a> {
    reader: Option<LzmaReader<Feed<'a>>>,
    spot: Rc<Cell<u64>>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(reader) = &mut self.reader else { return Ok(0) };
        let count = reader.read(buffer)?;
        if count == 0
            && let Some(reader) = self.reader.take()
        {
            let (_, unused) = reader.into_parts();
            self.spot.set(self.spot.get().saturating_sub(unused.len() as u64));
        }
        Ok(count)
    }
}

impl<'a> Engine<'a> for Raw<'a> {
    fn advance(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let start = out.len();
        let Some(reader) = &mut self.reader else { return Ok(()) };
        out.resize(start + PIECE, 0);
        let count = reader.read(out.get_mut(start..).unwrap_or_default());
        out.truncate(start + count.as_ref().map_or(0, |count| *count));
        match count {
            Ok(0) => self.reader = None,
            Ok(_) => {}
            Err(error) => return Err(explained(&error, self.claimed, self.window)),
        }
        Ok(())
    }

    fn used(&self) -> u64 {
        self.spot.get()
    }
}

/// What stands between LZMA2 and the file: programs and tables are easier to compress so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    Delta(usize),
    X86,
    PowerPc,
    Ia64,
    Arm,
    ArmThumb,
    Sparc,
    Arm64,
    RiscV,
}

impl Filter {
    fn around<'a>(self, inner: Box<dyn Read + 'a>) -> Box<dyn Read + 'a> {
        match self {
            Filter::Delta(distance) => Box::new(DeltaReader::new(inner, distance)),
            Filter::X86 => Box::new(BcjReader::new_x86(inner, 0)),
            Filter::PowerPc => Box::new(BcjReader::new_ppc(inner, 0)),
            Filter::Ia64 => Box::new(BcjReader::new_ia64(inner, 0)),
            Filter::Arm => Box::new(BcjReader::new_arm(inner, 0)),
            Filter::ArmThumb => Box::new(BcjReader::new_arm_thumb(inner, 0)),
            Filter::Sparc => Box::new(BcjReader::new_sparc(inner, 0)),
            Filter::Arm64 => Box::new(BcjReader::new_arm64(inner, 0)),
            Filter::RiscV => Box::new(BcjReader::new_riscv(inner, 0)),
        }
    }
}

/// The size of a window by its code, in LZMA2's properties.
pub(super) fn lzma2_window(code: u8) -> Option<u64> {
    match code {
        0..=39 => Some(u64::from(2 | u32::from(code & 1)) << (code / 2 + 11)),
        40 => Some(u64::from(u32::MAX)),
        _ => None,
    }
}

/// The checksum that xz writes unless it is told otherwise.
static SUMS: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_XZ);

/// xz at work: blocks of LZMA2, an index, and perhaps another stream behind it.
pub(super) struct Xz<'a> {
    raw: &'a dyn crate::source::ReadAt,
    budget: Budget,
    at: u64,
    /// The size of the checksum behind a block, and what it is.
    sum_bytes: u64,
    sum: Sum,
    wrong_sum: Option<u64>,
    block: Option<(Raw<'a>, u64)>,
    blocks: u64,
    members: u64,
    is_finished: bool,
}

impl<'a> Xz<'a> {
    pub(super) fn new(feed: &Feed<'a>, budget: &Budget) -> io::Result<Xz<'a>> {
        let mut engine = Xz {
            raw: feed.raw(),
            budget: budget.clone(),
            at: feed.position(),
            sum_bytes: 0,
            sum: Sum::Other,
            wrong_sum: None,
            block: None,
            blocks: 0,
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
        let mut feed = Feed::new(self.raw, self.at);
        if feed.peek::<6>()? != (*b"\xfd7zXZ\0", 6) {
            return Ok(false);
        }
        feed.skip(6)?;
        let [0, check @ 0..=15] = feed.array()? else { return Err(bad()) };
        feed.skip(4)?;
        self.sum_bytes = match check {
            0 => 0,
            1..=3 => 4,
            4..=6 => 8,
            7..=9 => 16,
            10..=12 => 32,
            _ => 64,
        };
        self.sum = Sum::of(check);
        self.at = feed.position();
        self.blocks = 0;
        self.members += 1;
        Ok(true)
    }

    /// Opens the next block, or reads the index and what follows.
    fn next_block(&mut self) -> io::Result<()> {
        let mut feed = Feed::new(self.raw, self.at);
        let [size] = feed.array()?;
        if size == 0 {
            return self.index(feed);
        }
        let end = self.at + (u64::from(size) + 1) * 4;
        let [flags] = feed.array()?;
        for flag in [0x40, 0x80] {
            if flags & flag != 0 {
                number(&mut feed)?;
            }
        }
        let mut filters = Vec::new();
        let mut claimed = None;
        for _ in 0..=flags & 3 {
            let id = number(&mut feed)?;
            let size = number(&mut feed)?;
            let start = feed.position();
            match (id, size) {
                (0x21, 1) => claimed = lzma2_window(feed.byte()?),
                (3, 1) => filters.push(Filter::Delta(usize::from(feed.byte()?) + 1)),
                (4..=11, 0) => filters.push(match id {
                    4 => Filter::X86,
                    5 => Filter::PowerPc,
                    6 => Filter::Ia64,
                    7 => Filter::Arm,
                    8 => Filter::ArmThumb,
                    9 => Filter::Sparc,
                    10 => Filter::Arm64,
                    _ => Filter::RiscV,
                }),
                _ => return Err(broken("the xz file has a filter that is not known")),
            }
            if feed.position() != start + size || feed.position() > end {
                return Err(bad());
            }
        }
        filters.reverse();
        let claimed = claimed.ok_or_else(bad)?;
        let feed = Feed::new(self.raw, end);
        self.block = Some((Raw::lzma2(feed, claimed, &filters, &self.budget)?, end));
        self.blocks += 1;
        Ok(())
    }

    /// The index has a line a block; a footer and padding follow.
    fn index(&mut self, mut feed: Feed<'a>) -> io::Result<()> {
        let start = self.at;
        let count = number(&mut feed)?;
        if count != self.blocks {
            return Err(broken("the index of the xz file does not fit its blocks"));
        }
        for _ in 0..count {
            number(&mut feed)?;
            number(&mut feed)?;
            self.budget.check_time().map_err(io::Error::other)?;
        }
        let size = feed.position() - start;
        feed.skip((4 - size % 4) % 4 + 4 + 10)?;
        if feed.array()? != *b"YZ" {
            return Err(bad());
        }
        self.at = feed.position();
        // Padding comes in fours.
        while feed.peek::<4>()? == ([0; 4], 4) {
            feed.skip(4)?;
        }
        let padded = feed.position();
        let behind = std::mem::replace(&mut self.at, padded);
        if !self.open()? {
            self.is_finished = true;
            if feed.peek::<1>()?.1 > 0 {
                self.at = behind;
            }
        }
        Ok(())
    }
}

impl<'a> Engine<'a> for Xz<'a> {
    fn advance(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let start = out.len();
        while !self.is_finished && out.len() == start {
            let Some((block, from)) = &mut self.block else {
                self.next_block()?;
                continue;
            };
            let done = block.advance(out);
            self.sum.update(out.get(start..).unwrap_or_default());
            done?;
            if out.len() == start {
                let size = block.used() - *from;
                let sum_at = block.used() + (4 - size % 4) % 4;
                self.at = sum_at + self.sum_bytes;
                self.block = None;
                if !self.sum.fits(&mut Feed::new(self.raw, sum_at))? {
                    self.wrong_sum.get_or_insert(sum_at);
                }
            }
        }
        Ok(())
    }

    fn used(&self) -> u64 {
        self.block.as_ref().map_or(self.at, |(block, _)| block.used())
    }

    fn wrong_sum(&self) -> Option<u64> {
        self.wrong_sum
    }

    fn members(&self) -> u64 {
        self.members
    }
}

/// The checksum of a block.
enum Sum {
    Crc32(crc32fast::Hasher),
    Crc64(Digest<'static, u64, Table<16>>),
    /// None, or one that is not compared.
    Other,
}

impl Sum {
    fn of(check: u8) -> Sum {
        match check {
            1 => Sum::Crc32(crc32fast::Hasher::new()),
            4 => Sum::Crc64(SUMS.digest()),
            _ => Sum::Other,
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Sum::Crc32(sum) => sum.update(bytes),
            Sum::Crc64(sum) => sum.update(bytes),
            Sum::Other => {}
        }
    }

    /// Compares it with what stands behind the block; the next block starts anew.
    fn fits(&mut self, feed: &mut Feed<'_>) -> io::Result<bool> {
        match self {
            Sum::Crc32(sum) => {
                Ok(u32::from_le_bytes(feed.array()?) == std::mem::take(sum).finalize())
            }
            Sum::Crc64(sum) => {
                let sum = std::mem::replace(sum, SUMS.digest()).finalize();
                Ok(u64::from_le_bytes(feed.array()?) == sum)
            }
            Sum::Other => Ok(true),
        }
    }
}

/// A number of xz: seven bits a byte, the lowest first.
fn number(feed: &mut Feed<'_>) -> io::Result<u64> {
    let mut value = 0;
    for shift in (0..63).step_by(7) {
        let byte = feed.byte()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(bad())
}

fn bad() -> io::Error {
    broken("the xz file is broken")
}
