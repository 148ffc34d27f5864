//! Frames one after another, and those between them that readers skip: what LZ4 and Zstandard have in common (RFC 8878,
//! section 3.1.2).

use std::io;

use super::feed::Feed;
use super::{CHUNK, Engine, Skipped};
use crate::limits::Budget;

/// How one format's frames are read.
pub(super) trait Frame: Sized {
    /// How a frame starts.
    const MAGIC: u32;
    /// What a copy takes.
    const COPY_BYTES: u64;

    /// Opens a frame behind its magic number.
    fn open(feed: &mut Feed<'_>, budget: &Budget) -> io::Result<Self>;

    /// Makes the next block; whether the frame goes on.
    fn advance(&mut self, feed: &mut Feed<'_>, out: &mut Vec<u8>) -> io::Result<bool>;

    /// Whether a checksum did not fit so far.
    fn has_wrong_sum(&self) -> bool;

    /// A copy that goes on from here, where one is cheap.
    fn copy(&self, budget: &Budget) -> Option<Self>;
}

/// Frames at work.
pub(super) struct Frames<'a, F> {
    feed: Feed<'a>,
    budget: Budget,
    frame: Option<F>,
    members: u64,
    skipped: Skipped,
    wrong_sum: Option<u64>,
    is_finished: bool,
}

impl<'a, F: Frame> Frames<'a, F> {
    pub(super) fn new(feed: Feed<'a>, budget: &Budget) -> Frames<'a, F> {
        let skipped = Skipped::default();
        let budget = budget.clone();
        Frames {
            feed,
            budget,
            frame: None,
            members: 0,
            skipped,
            wrong_sum: None,
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
        if count < 4 || magic != F::MAGIC {
            self.is_finished = true;
            return Ok(());
        }
        self.feed.skip(4)?;
        self.frame = Some(F::open(&mut self.feed, &self.budget)?);
        self.members += 1;
        Ok(())
    }
}

impl<'a, F: Frame + 'a> Engine<'a> for Frames<'a, F> {
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
            let goes_on = frame.advance(&mut self.feed, out)?;
            if frame.has_wrong_sum() {
                self.wrong_sum.get_or_insert(self.feed.position());
            }
            if !goes_on {
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

    fn wrong_sum(&self) -> Option<u64> {
        self.wrong_sum
    }

    fn copy(&self) -> Option<Box<dyn Engine<'a> + 'a>> {
        let frame = match &self.frame {
            None => None,
            Some(frame) => Some(frame.copy(&self.budget)?),
        };
        let mut copy = Frames::new(self.feed.again(), &self.budget);
        (copy.frame, copy.members, copy.is_finished) = (frame, self.members, self.is_finished);
        Some(Box::new(copy))
    }

    fn copy_bytes(&self) -> u64 {
        F::COPY_BYTES
    }
}
