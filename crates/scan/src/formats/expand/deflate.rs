//! Deflate: bare, with zlib's header, and gzip with its members one after another (RFC 1950, 1951, 1952).

use std::io;

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

use super::feed::{Feed, broken, cut_off};
use super::{CHUNK, Engine};

/// Deflate at work.
pub(super) struct Deflate<'a> {
    feed: Feed<'a>,
    state: Box<InflateState>,
    is_gzip: bool,
    is_finished: bool,
    /// Whether another member follows the one that has ended.
    has_next: bool,
    /// The checksum of the member at work.
    crc: crc32fast::Hasher,
    members: u64,
}

/// The longest gzip header: names and comments end somewhere.
const HEADER_BYTES: u64 = 64 << 10;

impl<'a> Deflate<'a> {
    /// Bare deflate, or with zlib's header and checksum.
    pub(super) fn plain(feed: Feed<'a>, is_zlib: bool) -> Deflate<'a> {
        let format = if is_zlib { DataFormat::Zlib } else { DataFormat::Raw };
        let state = InflateState::new_boxed(format);
        let crc = crc32fast::Hasher::new();
        Deflate {
            feed,
            state,
            is_gzip: false,
            is_finished: false,
            has_next: false,
            crc,
            members: 1,
        }
    }

    pub(super) fn gzip(feed: Feed<'a>) -> io::Result<Deflate<'a>> {
        let mut deflate = Deflate::plain(feed, false);
        deflate.is_gzip = true;
        deflate.header()?;
        Ok(deflate)
    }

    /// Steps over the header of a gzip member.
    fn header(&mut self) -> io::Result<()> {
        let start = self.feed.position();
        let bad = || broken("the gzip header cannot be read");
        let [0x1f, 0x8b, 8, flags, _, _, _, _, _, _] = self.feed.array()? else {
            return Err(bad());
        };
        if flags & 0xe0 != 0 {
            return Err(bad());
        }
        if flags & 4 != 0 {
            let size = u16::from_le_bytes(self.feed.array()?);
            self.feed.skip(u64::from(size))?;
        }
        for flag in [8, 16] {
            while flags & flag != 0 && self.feed.byte()? != 0 {
                if self.feed.position() - start > HEADER_BYTES {
                    return Err(bad());
                }
            }
        }
        if flags & 2 != 0 {
            self.feed.skip(2)?;
        }
        Ok(())
    }

    /// The end of a member: its checksum, and whether another one follows.
    fn trailer(&mut self) -> io::Result<()> {
        let crc = u32::from_le_bytes(self.feed.array()?);
        self.feed.skip(4)?;
        let sum = std::mem::take(&mut self.crc).finalize();
        if crc != sum {
            return Err(broken("the checksum of the gzip file is wrong"));
        }
        // Readers step over zeros between members.
        let mut ahead = self.feed.again();
        while ahead.fill()?.first() == Some(&0) {
            ahead.consume(1);
        }
        let (next, count) = ahead.peek::<3>()?;
        if next == [0x1f, 0x8b, 8] {
            self.feed = ahead;
            self.has_next = true;
        } else {
            if count == 0 {
                self.feed = ahead;
            }
            self.is_finished = true;
        }
        Ok(())
    }
}

impl<'a> Engine<'a> for Deflate<'a> {
    fn advance(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let start = out.len();
        while !self.is_finished && out.len() == start {
            if std::mem::take(&mut self.has_next) {
                self.header()?;
                self.state.reset(DataFormat::Raw);
                self.members += 1;
            }
            out.resize(start + CHUNK, 0);
            let input = self.feed.fill()?;
            let is_last = input.is_empty();
            let room = out.get_mut(start..).unwrap_or_default();
            let done = inflate(&mut self.state, input, room, MZFlush::None);
            self.feed.consume(done.bytes_consumed);
            out.truncate(start + done.bytes_written);
            self.crc.update(out.get(start..).unwrap_or_default());
            match done.status {
                Ok(MZStatus::StreamEnd) if self.is_gzip => self.trailer()?,
                Ok(MZStatus::StreamEnd) => self.is_finished = true,
                Ok(_) | Err(MZError::Buf) if !is_last || done.bytes_written > 0 => {}
                Ok(_) | Err(MZError::Buf) => return Err(cut_off()),
                Err(_) => return Err(broken("the deflate stream is broken")),
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

    fn copy(&self) -> Option<Box<dyn Engine<'a> + 'a>> {
        Some(Box::new(Deflate {
            feed: self.feed.again(),
            state: self.state.clone(),
            is_gzip: self.is_gzip,
            is_finished: self.is_finished,
            has_next: self.has_next,
            crc: self.crc.clone(),
            members: self.members,
        }))
    }

    fn copy_bytes(&self) -> u64 {
        48 << 10
    }
}
