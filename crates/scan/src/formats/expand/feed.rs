//! Compressed bytes, read in order from a source that is read by position.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use crate::source::{ReadAt, read_full};

/// How much is read at once.
const WINDOW: usize = 64 << 10;

/// Bytes of a source from a place on.
pub(super) struct Feed<'a> {
    raw: &'a dyn ReadAt,
    /// Where the source is read next.
    next: u64,
    buffer: Vec<u8>,
    at: usize,
    /// Where it is, for whoever handed it to somebody else.
    spot: Rc<Cell<u64>>,
}

impl<'a> Feed<'a> {
    pub(super) fn new(raw: &'a dyn ReadAt, start: u64) -> Feed<'a> {
        let spot = Rc::new(Cell::new(start));
        Feed { raw, next: start, buffer: Vec::new(), at: 0, spot }
    }

    /// Another one from the same place.
    pub(super) fn again(&self) -> Feed<'a> {
        Feed::new(self.raw, self.position())
    }

    pub(super) fn raw(&self) -> &'a dyn ReadAt {
        self.raw
    }

    /// Where the next byte is.
    pub(super) fn position(&self) -> u64 {
        self.spot.get()
    }

    /// Its place, to be looked at when the feed itself is out of reach.
    pub(super) fn spot(&self) -> Rc<Cell<u64>> {
        Rc::clone(&self.spot)
    }

    /// What can be had without reading; empty at the end.
    pub(super) fn fill(&mut self) -> io::Result<&[u8]> {
        if self.at >= self.buffer.len() {
            let left = self.raw.size().saturating_sub(self.next);
            self.buffer.resize(usize::try_from(left).unwrap_or(WINDOW).min(WINDOW), 0);
            let count = read_full(self.raw, &mut self.buffer, self.next)?;
            self.buffer.truncate(count);
            self.at = 0;
            self.next += count as u64;
        }
        Ok(self.buffer.get(self.at..).unwrap_or_default())
    }

    /// Steps over what was used of it.
    pub(super) fn consume(&mut self, count: usize) {
        self.at += count;
        self.spot.set(self.spot.get() + count as u64);
    }

    /// The next byte.
    pub(super) fn byte(&mut self) -> io::Result<u8> {
        match self.fill()?.first().copied() {
            Some(byte) => {
                self.consume(1);
                Ok(byte)
            }
            None => Err(cut_off()),
        }
    }

    /// The next bytes.
    pub(super) fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        for byte in &mut bytes {
            *byte = self.byte()?;
        }
        Ok(bytes)
    }

    /// The next bytes, put behind what `out` holds; `out` has what there was when there are fewer.
    pub(super) fn append(&mut self, mut count: usize, out: &mut Vec<u8>) -> io::Result<()> {
        while count > 0 {
            let piece = self.fill()?;
            let size = piece.len().min(count);
            if size == 0 {
                return Err(cut_off());
            }
            out.extend_from_slice(piece.get(..size).unwrap_or_default());
            self.consume(size);
            count -= size;
        }
        Ok(())
    }

    /// Goes on so many bytes further.
    pub(super) fn skip(&mut self, count: u64) -> io::Result<()> {
        let end = self.position().checked_add(count).filter(|end| *end <= self.raw.size());
        let end = end.ok_or_else(cut_off)?;
        self.next = end;
        self.buffer.clear();
        self.at = 0;
        self.spot.set(end);
        Ok(())
    }

    /// What stands at the place, without going on; fewer bytes at the end.
    pub(super) fn peek<const N: usize>(&self) -> io::Result<([u8; N], usize)> {
        let mut bytes = [0; N];
        let count = read_full(self.raw, &mut bytes, self.position())?;
        Ok((bytes, count))
    }
}

impl Read for Feed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let piece = self.fill()?;
        let size = piece.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..size), piece.get(..size)) {
            to.copy_from_slice(from);
        }
        self.consume(size);
        Ok(size)
    }
}

/// The compressed bytes end before the file in them does.
pub(super) fn cut_off() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the compressed file is cut off")
}

/// The compressed bytes are none.
pub(super) fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}
