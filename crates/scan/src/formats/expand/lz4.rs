//! LZ4 frames, one after another, and the frames between them that readers skip (the LZ4 frame format 1.6).

use std::io;

use super::feed::{Feed, broken};
use super::{CHUNK, Engine, Skipped};
use crate::limits::{Budget, Held};

/// The start of a frame.
const MAGIC: u32 = 0x184d_2204;
/// How far a match may reach back.
const WINDOW: usize = 64 << 10;

/// LZ4 at work.
pub(super) struct Lz4<'a> {
    feed: Feed<'a>,
    budget: Budget,
    frame: Option<Frame>,
    members: u64,
    skipped: Skipped,
    is_finished: bool,
}

struct Frame {
    is_linked: bool,
    has_block_sums: bool,
    has_sum: bool,
    block_bytes: usize,
    content: Option<u64>,
    done: u64,
    /// The end of what came out, followed by the block at work.
    work: Vec<u8>,
    block: Vec<u8>,
    held: Held,
}

impl<'a> Lz4<'a> {
    pub(super) fn new(feed: Feed<'a>, budget: &Budget) -> Lz4<'a> {
        Lz4 {
            feed,
            budget: budget.clone(),
            frame: None,
            members: 0,
            skipped: Skipped::default(),
            is_finished: false,
        }
    }

    /// Opens the next frame, or finishes.
    fn open(&mut self) -> io::Result<()> {
        let (magic, count) = self.feed.peek::<4>()?;
        let magic = u32::from_le_bytes(magic);
        if count == 4 && magic & 0xffff_fff0 == 0x184d_2a50 {
            self.feed.skip(4)?;
            let size = u32::from_le_bytes(self.feed.array()?);
            self.skipped.note(self.feed.position(), u64::from(size));
            return self.feed.skip(u64::from(size));
        }
        if count < 4 || magic != MAGIC {
            self.is_finished = true;
            return Ok(());
        }
        self.feed.skip(4)?;
        let [flags, sizes] = self.feed.array()?;
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
        let content =
            if flags & 8 == 0 { None } else { Some(u64::from_le_bytes(self.feed.array()?)) };
        if flags & 1 != 0 {
            return Err(broken("the LZ4 frame needs a dictionary"));
        }
        self.feed.skip(1)?;
        let held =
            self.budget.hold(2 * block_bytes as u64 + WINDOW as u64).map_err(io::Error::other)?;
        self.members += 1;
        self.frame = Some(Frame {
            is_linked: flags & 0x20 == 0,
            has_block_sums: flags & 0x10 != 0,
            has_sum: flags & 4 != 0,
            block_bytes,
            content,
            done: 0,
            work: Vec::new(),
            block: Vec::new(),
            held,
        });
        Ok(())
    }
}

impl Frame {
    /// Makes the next block; whether the frame goes on.
    fn advance(&mut self, feed: &mut Feed<'_>, out: &mut Vec<u8>) -> io::Result<bool> {
        let size = u32::from_le_bytes(feed.array()?);
        if size == 0 {
            if self.has_sum {
                feed.skip(4)?;
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
        result?;
        if self.has_block_sums {
            feed.skip(4)?;
        }
        Ok(true)
    }
}

impl<'a> Engine<'a> for Lz4<'a> {
    fn advance(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let start = out.len();
        while !self.is_finished && out.len() - start < CHUNK {
            let Some(frame) = &mut self.frame else {
                if out.len() > start {
                    break;
                }
                self.open()?;
                continue;
            };
            if !frame.advance(&mut self.feed, out)? {
                self.frame = None;
            }
        }
        Ok(())
    }

    fn used(&self) -> u64 {
        self.feed.position()
    }

    fn members(&self) -> u64 {
        self.members
    }

    fn skipped(&self) -> Option<&Skipped> {
        Some(&self.skipped)
    }

    fn copy(&self) -> Option<Box<dyn Engine<'a> + 'a>> {
        let frame = match &self.frame {
            None => None,
            Some(frame) => {
                let keep = if frame.is_linked { frame.work.len().min(WINDOW) } else { 0 };
                let tail = frame.work.get(frame.work.len() - keep..).unwrap_or_default();
                let held = self.budget.hold(frame.held.bytes()).ok()?;
                Some(Frame { work: tail.to_vec(), block: Vec::new(), held, ..*frame })
            }
        };
        Some(Box::new(Lz4 {
            feed: self.feed.again(),
            budget: self.budget.clone(),
            frame,
            members: self.members,
            skipped: Skipped::default(),
            is_finished: self.is_finished,
        }))
    }

    fn copy_bytes(&self) -> u64 {
        WINDOW as u64
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
