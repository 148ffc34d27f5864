//! Compressed bytes as a source that can be read by position.
//!
//! Small results are kept; of large ones only a window is, and reading backwards starts over. Every
//! byte that comes out is charged to the budget, so starting over cannot be used against us.

use std::cell::RefCell;
use std::io;

use flate2::{Decompress, FlushDecompress, Status};

use crate::limits::Budget;
use crate::source::{ReadAt, read_full};

/// Results up to this size are kept whole.
const KEPT: u64 = 8 << 20;
/// How much is decompressed at once.
const CHUNK: usize = 64 << 10;
/// Below this size a result is no bomb, whatever its ratio.
const HARMLESS: u64 = if cfg!(test) { 16 << 20 } else { 256 << 20 };

/// How the bytes are wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrapping {
    /// Bare deflate.
    Bare,
    /// With zlib's header and checksum.
    Zlib,
}

/// Why something cannot be decompressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It yields far more than went in; so many bytes so far.
    Bomb(u64),
    /// It is broken, or a budget ran out.
    Broken(String),
}

/// The result of decompressing.
pub(crate) struct Inflated<'a> {
    raw: &'a dyn ReadAt,
    wrapping: Wrapping,
    budget: &'a Budget,
    size: u64,
    kept: Option<Vec<u8>>,
    /// The stream, once a result that is not kept is read.
    flow: RefCell<Option<Flow>>,
    /// CRC-32 of everything.
    pub(crate) crc: u32,
    /// How many compressed bytes were used.
    pub(crate) used: u64,
}

struct Flow {
    engine: Decompress,
    /// Where the next compressed byte is read.
    next: u64,
    input: Vec<u8>,
    input_at: usize,
    /// The last piece that came out, and where it belongs.
    chunk: Vec<u8>,
    chunk_start: u64,
    is_finished: bool,
}

impl<'a> Inflated<'a> {
    /// Decompresses everything once, for its size and checksum.
    pub(crate) fn open(
        raw: &'a dyn ReadAt,
        wrapping: Wrapping,
        budget: &'a Budget,
    ) -> Result<Inflated<'a>, Trouble> {
        let broken = |error: io::Error| Trouble::Broken(error.to_string());
        let mut flow = Flow::new(wrapping);
        let mut crc = crc32fast::Hasher::new();
        let mut kept = Some(Vec::new());
        let mut size = 0_u64;
        loop {
            let count = flow.advance(raw, budget).map_err(broken)?;
            if count == 0 {
                break;
            }
            size += count as u64;
            crc.update(&flow.chunk);
            let used = flow.used().max(1);
            if size > HARMLESS && size / used > budget.limits().compression_ratio {
                return Err(Trouble::Bomb(size));
            }
            if size > budget.limits().member_bytes {
                let allowed = budget.limits().member_bytes;
                return Err(Trouble::Broken(format!("it expands to more than {allowed} bytes")));
            }
            if size > KEPT {
                kept = None;
            } else if let Some(kept) = &mut kept {
                kept.extend_from_slice(&flow.chunk);
            }
        }
        let used = flow.used();
        let flow = RefCell::new(None);
        Ok(Inflated { raw, wrapping, budget, size, kept, flow, crc: crc.finalize(), used })
    }
}

impl ReadAt for Inflated<'_> {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if let Some(kept) = &self.kept {
            return kept.read_at(buffer, offset);
        }
        if offset >= self.size {
            return Ok(0);
        }
        let mut flow = self.flow.borrow_mut();
        let flow = flow.get_or_insert_with(|| Flow::new(self.wrapping));
        if offset < flow.chunk_start {
            *flow = Flow::new(self.wrapping);
        }
        while offset >= flow.chunk_start + flow.chunk.len() as u64 {
            if flow.advance(self.raw, self.budget)? == 0 {
                return Ok(0);
            }
        }
        let start = offset - flow.chunk_start;
        flow.chunk.as_slice().read_at(buffer, start)
    }
}

impl Flow {
    fn new(wrapping: Wrapping) -> Flow {
        Flow {
            engine: Decompress::new(wrapping == Wrapping::Zlib),
            next: 0,
            input: Vec::new(),
            input_at: 0,
            chunk: Vec::new(),
            chunk_start: 0,
            is_finished: false,
        }
    }

    fn used(&self) -> u64 {
        self.engine.total_in()
    }

    /// Makes the next piece; its size, or 0 at the end.
    fn advance(&mut self, raw: &dyn ReadAt, budget: &Budget) -> io::Result<usize> {
        self.chunk_start += self.chunk.len() as u64;
        self.chunk.clear();
        self.chunk.reserve(CHUNK);
        while !self.is_finished && self.chunk.is_empty() {
            if self.input_at >= self.input.len() {
                let left = raw.size().saturating_sub(self.next);
                self.input.resize(usize::try_from(left).unwrap_or(CHUNK).min(CHUNK), 0);
                let count = read_full(raw, &mut self.input, self.next)?;
                self.input.truncate(count);
                self.input_at = 0;
                self.next += count as u64;
            }
            let rest = self.input.get(self.input_at..).unwrap_or_default();
            let is_last = rest.is_empty();
            let before = self.engine.total_in();
            let status =
                self.engine
                    .decompress_vec(rest, &mut self.chunk, FlushDecompress::None)
                    .map_err(|error| io::Error::other(format!("broken deflate stream: {error}")))?;
            self.input_at += usize::try_from(self.engine.total_in() - before).unwrap_or(usize::MAX);
            self.is_finished = status == Status::StreamEnd;
            if is_last && !self.is_finished && self.chunk.is_empty() {
                return Err(io::Error::other("the deflate stream is cut off"));
            }
        }
        budget.expand(self.chunk.len() as u64).map_err(io::Error::other)?;
        Ok(self.chunk.len())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::limits::Limits;

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut encoder =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn large_results_read_the_same_forwards_and_backwards() {
        let bytes: Vec<u8> =
            (0..12_u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let raw = deflate(&bytes);
        let budget = Budget::new(&Limits::default());
        let inflated = Inflated::open(&raw, Wrapping::Bare, &budget).unwrap();
        assert_eq!(inflated.size(), bytes.len() as u64);
        for offset in [11_000_000, 5, 8_000_000] {
            let mut buffer = [0; 1000];
            let count = read_full(&inflated, &mut buffer, offset as u64).unwrap();
            assert_eq!(buffer[..count], bytes[offset..offset + count]);
        }
    }

    #[test]
    fn a_bomb_is_called_one() {
        let raw = deflate(&vec![0; 64 << 20]);
        let budget = Budget::new(&Limits { compression_ratio: 100, ..Limits::default() });
        let trouble = Inflated::open(&raw, Wrapping::Bare, &budget).err();
        assert!(matches!(trouble, Some(Trouble::Bomb(_))), "{trouble:?}");
    }

    #[test]
    fn a_cut_stream_is_broken() {
        let mut raw = deflate(b"some text that is compressed");
        raw.truncate(raw.len() - 3);
        let budget = Budget::new(&Limits::default());
        assert!(Inflated::open(&raw, Wrapping::Bare, &budget).is_err());
    }
}
