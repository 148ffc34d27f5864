//! LZ4 frames, one after another, and the frames between them that readers skip (the LZ4 frame format 1.6).

use std::hash::Hasher as _;
use std::io;

use twox_hash::XxHash32;

use super::feed::{Feed, broken};
use super::frames::{Frame, Frames};
use crate::limits::{Budget, Held};

/// How far a match may reach back.
const WINDOW: usize = 64 << 10;

/// LZ4 at work.
pub(super) type Lz4<'a> = Frames<'a, Lz4Frame>;

pub(super) struct Lz4Frame {
    is_linked: bool,
    has_block_sums: bool,
    /// The checksum of what came out, when one is told.
    sum: Option<XxHash32>,
    has_wrong_sum: bool,
    block_bytes: usize,
    content: Option<u64>,
    done: u64,
    /// The end of what came out, followed by the block at work.
    work: Vec<u8>,
    block: Vec<u8>,
    held: Held,
}

impl Frame for Lz4Frame {
    const MAGIC: u32 = 0x184d_2204;
    const COPY_BYTES: u64 = WINDOW as u64;

    fn open(feed: &mut Feed<'_>, budget: &Budget) -> io::Result<Lz4Frame> {
        let [flags, sizes] = feed.array()?;
        let block_bytes = match sizes >> 4 & 7 {
            4 => 64 << 10,
            5 => 256 << 10,
            6 => 1 << 20,
            7 => 4 << 20,
            _ => return Err(broken("the LZ4 frame has no such block size")),
        };
        if flags >> 6 != 1 || flags & 2 != 0 {
            return Err(broken("the LZ4 frame has an unknown version"));
        }
        let mut header = vec![flags, sizes];
        let content = if flags & 8 == 0 {
            None
        } else {
            let content = feed.array()?;
            header.extend(content);
            Some(u64::from_le_bytes(content))
        };
        if flags & 1 != 0 {
            return Err(broken("the LZ4 frame needs a dictionary"));
        }
        let [_, wanted, ..] = XxHash32::oneshot(0, &header).to_le_bytes();
        let has_wrong_sum = feed.byte()? != wanted;
        let held = budget.hold(2 * block_bytes as u64 + WINDOW as u64).map_err(io::Error::other)?;
        Ok(Lz4Frame {
            is_linked: flags & 0x20 == 0,
            has_block_sums: flags & 0x10 != 0,
            sum: (flags & 4 != 0).then(|| XxHash32::with_seed(0)),
            has_wrong_sum,
            block_bytes,
            content,
            done: 0,
            work: Vec::new(),
            block: Vec::new(),
            held,
        })
    }

    fn advance(&mut self, feed: &mut Feed<'_>, out: &mut Vec<u8>) -> io::Result<bool> {
        let size = u32::from_le_bytes(feed.array()?);
        if size == 0 {
            if let Some(sum) = &self.sum {
                self.has_wrong_sum |= u32::from_le_bytes(feed.array()?) != sum.finish_32();
            }
            if self.content.is_some_and(|content| content != self.done) {
                return Err(broken("the LZ4 frame has another size than it says"));
            }
            return Ok(false);
        }
        let is_plain = size >> 31 != 0;
        let size = usize::try_from(size & 0x7fff_ffff).unwrap_or(usize::MAX);
        if size > self.block_bytes {
            return Err(broken("a block of the LZ4 frame is too large"));
        }
        let keep = if self.is_linked { self.work.len().min(WINDOW) } else { 0 };
        self.work.drain(..self.work.len() - keep);
        let result = if is_plain {
            feed.append(size, &mut self.work)
        } else {
            self.block.clear();
            feed.append(size, &mut self.block)
                .and_then(|()| expand(&self.block, &mut self.work, keep + self.block_bytes))
        };
        let new = self.work.get(keep..).unwrap_or_default();
        self.done += new.len() as u64;
        out.extend_from_slice(new);
        if let Some(sum) = &mut self.sum {
            sum.write(new);
        }
        result?;
        if self.has_block_sums {
            let packed = if is_plain { new } else { &self.block };
            let sum = XxHash32::oneshot(0, packed);
            self.has_wrong_sum |= u32::from_le_bytes(feed.array()?) != sum;
        }
        Ok(true)
    }

    fn has_wrong_sum(&self) -> bool {
        self.has_wrong_sum
    }

    fn copy(&self, budget: &Budget) -> Option<Lz4Frame> {
        let keep = if self.is_linked { self.work.len().min(WINDOW) } else { 0 };
        let tail = self.work.get(self.work.len() - keep..).unwrap_or_default();
        let held = budget.hold(self.held.bytes()).ok()?;
        let sum = self.sum.clone();
        Some(Lz4Frame { work: tail.to_vec(), block: Vec::new(), held, sum, ..*self })
    }
}

/// Expands one block behind what `work` holds, to at most `limit` bytes in all.
fn expand(block: &[u8], work: &mut Vec<u8>, limit: usize) -> io::Result<()> {
    let bad = || broken("a block of the LZ4 frame is broken");
    let mut at = 0;
    let take = |at: &mut usize| -> io::Result<u8> {
        let byte = block.get(*at).copied().ok_or_else(bad)?;
        *at += 1;
        Ok(byte)
    };
    let length = |at: &mut usize, start: u8| -> io::Result<usize> {
        let mut size = usize::from(start);
        if start == 15 {
            loop {
                let more = take(at)?;
                size += usize::from(more);
                if more != 255 {
                    break;
                }
            }
        }
        Ok(size)
    };
    while at < block.len() {
        let token = take(&mut at)?;
        let literals = length(&mut at, token >> 4)?;
        let end = at.checked_add(literals).ok_or_else(bad)?;
        if work.len() + literals > limit {
            return Err(bad());
        }
        work.extend_from_slice(block.get(at..end).ok_or_else(bad)?);
        at = end;
        if at == block.len() {
            break;
        }
        let distance = usize::from(u16::from_le_bytes([take(&mut at)?, take(&mut at)?]));
        let size = length(&mut at, token & 15)? + 4;
        if distance == 0 || distance > work.len() || work.len() + size > limit {
            return Err(bad());
        }
        super::repeat(work, distance, size);
    }
    Ok(())
}
