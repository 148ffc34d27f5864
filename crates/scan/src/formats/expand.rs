//! Compressed bytes as a source that can be read by position.
//!
//! Small results are kept. Of large ones a few pieces are, and marks from which reading can go on, so that a step
//! back costs little where the format allows it and starts over where it does not. Every byte that comes out is
//! charged to the budget, and windows and buffers to the memory that all decoders of a scan share.

mod bzip2;
mod deflate;
mod feed;
mod frames;
mod lz4;
mod lzma;
mod sums;
#[cfg(test)]
mod tests;
mod zstd;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;

use weighbridge_domain::Format;

use self::bzip2::Bzip2;
use self::deflate::Deflate;
use self::feed::Feed;
use self::lz4::Lz4;
pub(crate) use self::lzma::Filter;
use self::lzma::{Raw, Xz};
pub(crate) use self::sums::Sums;
use self::zstd::Zstd;
use crate::analyse::{Entry, Scan};
use crate::limits::{Budget, Held};
use crate::rules;
use crate::source::ReadAt;

/// Results up to this size are kept whole.
const KEPT: u64 = 8 << 20;
/// How much is decompressed at once, about.
const CHUNK: usize = 64 << 10;
/// Below this size a result is no bomb, whatever its ratio.
const HARMLESS: u64 = if cfg!(test) { 16 << 20 } else { 256 << 20 };
/// Below this size what nobody can read is no bomb either.
const UNREADABLE: u64 = 16 << 20;
/// How far marks are apart, at first, and how many there may be before every second one goes.
const SPACING: u64 = 2 << 20;
const MARKS: usize = 96;
/// Pieces that are kept for small steps back.
const RECENT: u64 = 4 << 20;
/// Frames that readers skip, and members, whose places are kept.
const PLACES: usize = 64;

/// How bytes are compressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    /// Bare deflate.
    Deflate,
    /// Deflate with zlib's header and checksum.
    Zlib,
    Gzip,
    Bzip2,
    /// LZMA with the header of `.lzma` files.
    Lzma,
    Xz,
    Zstd,
    Lz4,
    /// LZMA whose properties stand elsewhere, with filters behind it.
    RawLzma {
        properties: u8,
        window: u32,
        size: u64,
        filters: Vec<Filter>,
    },
    /// LZMA2 whose window stands elsewhere, with filters behind it.
    RawLzma2 {
        window: u8,
        filters: Vec<Filter>,
    },
}

impl Codec {
    fn start<'a>(
        &self,
        raw: &'a dyn ReadAt,
        budget: &Budget,
    ) -> io::Result<Box<dyn Engine<'a> + 'a>> {
        let feed = Feed::new(raw, 0);
        Ok(match self {
            Codec::Deflate => Box::new(Deflate::plain(feed, false)),
            Codec::Zlib => Box::new(Deflate::plain(feed, true)),
            Codec::Gzip => Box::new(Deflate::gzip(feed)?),
            Codec::Bzip2 => Box::new(Bzip2::new(feed, budget)?),
            Codec::Lzma => Box::new(Raw::alone(feed, budget)?),
            Codec::Xz => Box::new(Xz::new(&feed, budget)?),
            Codec::Zstd => Box::new(Zstd::new(feed, budget)),
            Codec::Lz4 => Box::new(Lz4::new(feed, budget)),
            Codec::RawLzma { properties, window, size, filters } => {
                Box::new(Raw::lzma(feed, *properties, *window, *size, budget)?.filtered(filters))
            }
            Codec::RawLzma2 { window, filters } => {
                let window = lzma::lzma2_window(*window)
                    .ok_or_else(|| feed::broken("the window of LZMA2 is not known"))?;
                Box::new(Raw::lzma2(feed, window, filters, budget)?)
            }
        })
    }
}

/// One decoder at work.
trait Engine<'a> {
    /// Puts a piece behind what `out` holds, of one member only; nothing means the end. What was put there before
    /// an error counts.
    fn advance(&mut self, out: &mut Vec<u8>) -> io::Result<()>;

    /// Where the next compressed byte is.
    fn used(&self) -> u64;

    /// How many members or frames were begun.
    fn members(&self) -> u64 {
        1
    }

    /// The frames that it stepped over.
    fn skipped(&self) -> Option<&Skipped> {
        None
    }

    /// The first place where a checksum did not fit what had come out.
    fn wrong_sum(&self) -> Option<u64> {
        None
    }

    /// A copy that goes on from here, where one is cheap.
    fn copy(&self) -> Option<Box<dyn Engine<'a> + 'a>> {
        None
    }

    /// What such a copy takes.
    fn copy_bytes(&self) -> u64 {
        0
    }
}

/// Frames between the others that readers step over: where they are, and their size.
#[derive(Clone, Debug, Default)]
struct Skipped(Vec<(u64, u64)>);

impl Skipped {
    fn note(&mut self, start: u64, size: u64) {
        if self.0.len() < PLACES {
            self.0.push((start, size));
        }
    }
}

/// Why decompressing ended before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It yields far more than went in; so many bytes so far.
    Bomb(u64),
    /// It is broken, or a budget ran out.
    Broken(String),
}

/// The result of decompressing: all of it, or what came out before there was trouble.
pub(crate) struct Expanded<'a> {
    raw: &'a dyn ReadAt,
    codec: Codec,
    budget: &'a Budget,
    size: u64,
    kept: Option<(Vec<u8>, Held)>,
    /// The decoder and what it left, once a result that is not kept is read.
    live: RefCell<Live<'a>>,
    /// CRC-32 of everything.
    pub(crate) crc: u32,
    /// Where what was used of the compressed bytes ends.
    pub(crate) used: u64,
    /// Where members behind the first one begin in the result.
    pub(crate) seams: Vec<u64>,
    /// Frames that were stepped over: their place among the compressed bytes, and their size.
    pub(crate) skipped: Vec<(u64, u64)>,
    /// The checksums of its parts.
    pub(crate) part_sums: Sums,
    /// The first place where a checksum inside of it did not fit.
    pub(crate) wrong_sum: Option<u64>,
    /// Why it is not all of it.
    pub(crate) trouble: Option<Trouble>,
}

/// A place in the result from which reading can go on.
struct Mark<'a> {
    at: u64,
    engine: Box<dyn Engine<'a> + 'a>,
    _held: Held,
}

#[derive(Default)]
struct Live<'a> {
    flow: Option<Flow<'a>>,
    marks: Vec<Mark<'a>>,
    /// Pieces that were read last, with their places.
    recent: VecDeque<(u64, Vec<u8>, Held)>,
    recent_bytes: u64,
}

struct Flow<'a> {
    engine: Box<dyn Engine<'a> + 'a>,
    /// The last piece that came out, and where it belongs.
    chunk: Vec<u8>,
    chunk_start: u64,
}

impl<'a> Expanded<'a> {
    /// Decompresses everything once, for its size and checksum.
    pub(crate) fn open(raw: &'a dyn ReadAt, codec: Codec, budget: &'a Budget) -> Expanded<'a> {
        Expanded::open_in_parts(raw, codec, budget, Sums::default())
    }

    /// The same, with the checksums of parts of the result.
    pub(crate) fn open_in_parts(
        raw: &'a dyn ReadAt,
        codec: Codec,
        budget: &'a Budget,
        part_sums: Sums,
    ) -> Expanded<'a> {
        let mut expanded = Expanded {
            raw,
            codec,
            budget,
            size: 0,
            kept: budget.hold(KEPT).ok().map(|held| (Vec::new(), held)),
            live: RefCell::default(),
            crc: 0,
            used: 0,
            seams: Vec::new(),
            skipped: Vec::new(),
            part_sums,
            wrong_sum: None,
            trouble: None,
        };
        expanded.trouble = expanded.run().err();
        if let Some((kept, held)) = &mut expanded.kept {
            held.shrink(kept.len() as u64);
        }
        expanded
    }

    fn run(&mut self) -> Result<(), Trouble> {
        let broken = |error: io::Error| Trouble::Broken(error.to_string());
        let limits = self.budget.limits();
        let mut engine = self.codec.start(self.raw, self.budget).map_err(broken)?;
        let mut crc = crc32fast::Hasher::new();
        let mut chunk = Vec::with_capacity(CHUNK);
        let mut next_mark = SPACING;
        let mut spacing = SPACING;
        loop {
            let members = engine.members();
            chunk.clear();
            let result = engine.advance(&mut chunk);
            if engine.members() > members && self.size > 0 && self.seams.len() < PLACES {
                self.seams.push(self.size);
            }
            self.size += chunk.len() as u64;
            self.used = engine.used();
            self.wrong_sum = engine.wrong_sum();
            crc.update(&chunk);
            self.part_sums.update(&chunk);
            self.crc = crc.clone().finalize();
            if let Some((kept, _)) = &mut self.kept {
                if self.size > KEPT {
                    self.kept = None;
                } else {
                    kept.extend_from_slice(&chunk);
                }
            }
            if let Some(skipped) = engine.skipped() {
                self.skipped.clone_from(&skipped.0);
            }
            result.map_err(broken)?;
            if chunk.is_empty() {
                return Ok(());
            }
            let spent = self.budget.expand(chunk.len() as u64);
            spent.map_err(|spent| Trouble::Broken(spent.to_string()))?;
            if self.size > HARMLESS && self.size / self.used.max(1) > limits.compression_ratio {
                return Err(Trouble::Bomb(self.size));
            }
            if self.size > limits.member_bytes {
                let allowed = limits.member_bytes;
                return Err(Trouble::Broken(format!("it expands to more than {allowed} bytes")));
            }
            if self.kept.is_none() && self.size >= next_mark {
                let live = self.live.get_mut();
                if let Ok(held) = self.budget.hold(engine.copy_bytes())
                    && let Some(engine) = engine.copy()
                {
                    live.marks.push(Mark { at: self.size, engine, _held: held });
                    if live.marks.len() > MARKS {
                        let mut index = 0;
                        live.marks.retain(|_| {
                            index += 1;
                            index % 2 == 0
                        });
                        spacing *= 2;
                    }
                    next_mark = self.size + spacing;
                }
            }
        }
    }
}

impl ReadAt for Expanded<'_> {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if let Some((kept, _)) = &self.kept {
            return kept.read_at(buffer, offset);
        }
        if offset >= self.size {
            return Ok(0);
        }
        let rest = usize::try_from(self.size - offset).unwrap_or(usize::MAX).min(buffer.len());
        let buffer = buffer.get_mut(..rest).unwrap_or_default();
        self.live.borrow_mut().read(self, buffer, offset)
    }
}

impl<'a> Live<'a> {
    fn read(&mut self, of: &Expanded<'a>, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let holds =
            |start: u64, piece: &[u8]| offset >= start && offset - start < piece.len() as u64;
        if let Some((start, piece, _)) =
            self.recent.iter().find(|(start, piece, _)| holds(*start, piece))
        {
            return piece.as_slice().read_at(buffer, offset - start);
        }
        let mark = self.marks.iter().rev().find(|mark| mark.at <= offset);
        let here = self.flow.as_ref().map(|flow| flow.chunk_start).filter(|at| *at <= offset);
        if here.is_none() || mark.is_some_and(|mark| here < Some(mark.at)) {
            // The old decoder goes first: two of them may not fit into memory.
            self.flow = None;
            let copy = mark.and_then(|mark| Some((mark.at, mark.engine.copy()?)));
            let (chunk_start, engine) = match copy {
                Some(copy) => copy,
                None => (0, of.codec.start(of.raw, of.budget)?),
            };
            self.flow = Some(Flow { engine, chunk: Vec::new(), chunk_start });
        }
        loop {
            let Some(flow) = &mut self.flow else { return Ok(0) };
            if holds(flow.chunk_start, &flow.chunk) {
                return flow.chunk.as_slice().read_at(buffer, offset - flow.chunk_start);
            }
            let start = flow.chunk_start;
            let piece = std::mem::take(&mut flow.chunk);
            flow.chunk_start += piece.len() as u64;
            let result = flow.engine.advance(&mut flow.chunk);
            if flow.chunk.is_empty() {
                return result.map(|()| 0);
            }
            of.budget.expand(flow.chunk.len() as u64).map_err(io::Error::other)?;
            self.keep(of.budget, start, piece);
        }
    }

    fn keep(&mut self, budget: &Budget, start: u64, piece: Vec<u8>) {
        let size = piece.len() as u64;
        while self.recent_bytes + size > RECENT
            && let Some((_, old, _)) = self.recent.pop_front()
        {
            self.recent_bytes -= old.len() as u64;
        }
        if size > 0
            && size <= RECENT
            && let Ok(held) = budget.hold(size)
        {
            self.recent_bytes += size;
            self.recent.push_back((start, piece, held));
        }
    }
}

/// Puts `size` bytes behind the others that repeat those `distance` before the end; there are so many.
fn repeat(work: &mut Vec<u8>, distance: usize, size: usize) {
    let from = work.len().saturating_sub(distance);
    let mut left = size;
    while left > 0 && from < work.len() {
        let count = left.min(work.len() - from);
        work.extend_from_within(from..from + count);
        left -= count;
    }
}

/// Says that a file, or a part of an archive, is a decompression bomb.
pub(crate) fn report_bomb(
    scan: &mut Scan,
    entry: &Entry<'_>,
    part: &str,
    packed: u64,
    expanded: &str,
) {
    let message = format!("the {part} is a decompression bomb");
    let evidence = format!("{packed} bytes expand to {expanded}");
    scan.report(rules::ARCHIVE_BOMB.finding(entry.place(None), message, evidence));
}

/// Whether bytes were packed for nothing but their number: much of the same, in no format at all.
pub(super) fn is_padding(format: &Format, packed: u64, expanded: u64) -> bool {
    let ratio = expanded / packed.max(1);
    format.as_str() == "unknown" && expanded >= UNREADABLE && ratio >= 200
}
