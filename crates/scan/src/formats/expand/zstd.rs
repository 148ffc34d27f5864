//! Zstandard frames, one after another, and the frames between them that readers skip (RFC 8878).
//!
//! Own code on purpose: the decoders that there are let one block of 128 KiB expand without a bound, and take the
//! window that a header asks for. Here a block has the size that the format allows, and the window is as large as
//! memory allows: a match from beyond it ends in an error.

mod entropy;
mod literals;
mod sequences;

use std::hash::Hasher as _;
use std::io;

use twox_hash::XxHash64;

use self::literals::Literals;
use self::sequences::Sequences;
use super::feed::{Feed, broken};
use super::frames::{Frame, Frames};
use crate::limits::{Budget, Held};

/// The largest block, compressed or not.
const BLOCK: usize = 128 << 10;
/// The largest window.
const WINDOW: u64 = 32 << 20;
/// What the window may grow by before its start is dropped.
const SLACK: usize = 1 << 20;
/// Tables and buffers of a frame.
const TABLES: u64 = 512 << 10;

/// Zstandard at work.
pub(super) type Zstd<'a> = Frames<'a, ZstdFrame>;

pub(super) struct ZstdFrame {
    /// The checksum of what came out, when one is told.
    sum: Option<XxHash64>,
    has_wrong_sum: bool,
    content: Option<u64>,
    done: u64,
    block_bytes: usize,
    claimed: u64,
    window: usize,
    /// The window, and what came out last.
    work: Vec<u8>,
    block: Vec<u8>,
    literals: Literals,
    sequences: Sequences,
    _held: Held,
}

pub(super) fn bad() -> io::Error {
    broken("the Zstandard frame is broken")
}

impl Frame for ZstdFrame {
    const MAGIC: u32 = 0xfd2f_b528;
    const COPY_BYTES: u64 = 1 << 10;

    fn open(feed: &mut Feed<'_>, budget: &Budget) -> io::Result<ZstdFrame> {
        let flags = feed.byte()?;
        if flags & 8 != 0 {
            return Err(bad());
        }
        let is_single = flags & 0x20 != 0;
        let mut claimed = 0;
        if !is_single {
            let window = feed.byte()?;
            let base = 1_u64 << (10 + u32::from(window >> 3));
            claimed = base + base / 8 * u64::from(window & 7);
        }
        let dictionary = match flags & 3 {
            0 => 0,
            1 => u32::from(feed.byte()?),
            2 => u32::from(u16::from_le_bytes(feed.array()?)),
            _ => u32::from_le_bytes(feed.array()?),
        };
        let content = match flags >> 6 {
            0 if !is_single => None,
            0 => Some(u64::from(feed.byte()?)),
            1 => Some(u64::from(u16::from_le_bytes(feed.array()?)) + 256),
            2 => Some(u64::from(u32::from_le_bytes(feed.array()?))),
            _ => Some(u64::from_le_bytes(feed.array()?)),
        };
        if dictionary != 0 {
            return Err(broken("the Zstandard frame needs a dictionary"));
        }
        if is_single {
            claimed = content.unwrap_or(0);
        }
        let block_bytes = usize::try_from(claimed).unwrap_or(BLOCK).min(BLOCK);
        // A window is never larger than what is in it.
        let wanted = claimed.min(content.unwrap_or(u64::MAX)).clamp(1 << 10, WINDOW);
        let room = budget.memory_left().saturating_sub(TABLES + SLACK as u64);
        let window = wanted.min(room).max(1 << 10);
        let cost = window + SLACK as u64 + TABLES;
        let held = budget.hold(cost).map_err(io::Error::other)?;
        Ok(ZstdFrame {
            sum: (flags & 4 != 0).then(|| XxHash64::with_seed(0)),
            has_wrong_sum: false,
            content,
            done: 0,
            block_bytes,
            claimed: wanted.max(claimed.min(content.unwrap_or(u64::MAX))),
            window: usize::try_from(window).unwrap_or(0),
            work: Vec::new(),
            block: Vec::new(),
            literals: Literals::default(),
            sequences: Sequences::new()?,
            _held: held,
        })
    }

    fn advance(&mut self, feed: &mut Feed<'_>, out: &mut Vec<u8>) -> io::Result<bool> {
        let [low, middle, high] = feed.array()?;
        let header = u32::from_le_bytes([low, middle, high, 0]);
        let size = usize::try_from(header >> 3).unwrap_or(usize::MAX);
        if size > self.block_bytes.max(1) {
            return Err(bad());
        }
        self.make_room()?;
        let start = self.work.len();
        let limit = start + self.block_bytes;
        let result = match header >> 1 & 3 {
            0 => feed.append(size, &mut self.work),
            1 => {
                let byte = feed.byte()?;
                self.work.resize(start + size, byte);
                Ok(())
            }
            2 => {
                self.block.clear();
                feed.append(size, &mut self.block).and_then(|()| self.expand(limit))
            }
            _ => Err(bad()),
        };
        let new = self.work.get(start..).unwrap_or_default();
        out.extend_from_slice(new);
        self.done += new.len() as u64;
        if let Some(sum) = &mut self.sum {
            sum.write(new);
        }
        result?;
        if header & 1 == 0 {
            return Ok(true);
        }
        if let Some(sum) = &self.sum {
            // Its lower half.
            let wanted = u32::try_from(sum.finish() & 0xffff_ffff).unwrap_or(0);
            self.has_wrong_sum |= u32::from_le_bytes(feed.array()?) != wanted;
        }
        if self.content.is_some_and(|content| content != self.done) {
            return Err(broken("the Zstandard frame has another size than it says"));
        }
        Ok(false)
    }

    fn has_wrong_sum(&self) -> bool {
        self.has_wrong_sum
    }

    /// Only between two frames there is nothing to keep.
    fn copy(&self, _budget: &Budget) -> Option<ZstdFrame> {
        None
    }
}

impl ZstdFrame {
    /// Grows the window as far as it may, and then drops its start.
    fn make_room(&mut self) -> io::Result<()> {
        let needed = self.work.len() + self.block_bytes;
        if needed <= self.work.capacity() {
            return Ok(());
        }
        let largest = self.window + SLACK;
        if self.work.capacity() < largest {
            let target = (self.work.capacity() * 2).max(SLACK).max(needed).min(largest);
            self.work
                .try_reserve_exact(target.saturating_sub(self.work.len()))
                .map_err(|_| io::Error::other("there is no memory for the window"))?;
        }
        if needed > self.work.capacity() {
            let excess = self.work.len().saturating_sub(self.window);
            self.work.drain(..excess);
        }
        Ok(())
    }

    /// Expands the compressed block behind the window.
    fn expand(&mut self, limit: usize) -> io::Result<()> {
        let rest = self.literals.read(&self.block)?;
        let rest = self.block.get(rest..).unwrap_or_default();
        let literals = self.literals.bytes();
        let mut at = 0;
        let work = &mut self.work;
        let (window, claimed) = (self.window as u64, self.claimed);
        self.sequences.read(rest, |sequence| {
            let end = at + sequence.literals;
            let piece = literals.get(at..end).ok_or_else(bad)?;
            if work.len() + piece.len() + sequence.size > limit {
                return Err(bad());
            }
            work.extend_from_slice(piece);
            at = end;
            if sequence.distance == 0 {
                return Err(bad());
            }
            if sequence.distance > work.len() {
                if window < claimed {
                    let why = format!(
                        "the budget of {window} bytes of window ran out; it asks for {claimed}"
                    );
                    return Err(io::Error::other(why));
                }
                return Err(bad());
            }
            super::repeat(work, sequence.distance, sequence.size);
            Ok(())
        })?;
        let last = literals.get(at..).unwrap_or_default();
        if work.len() + last.len() > limit {
            return Err(bad());
        }
        work.extend_from_slice(last);
        Ok(())
    }
}
