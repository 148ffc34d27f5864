//! Reads opcodes and their arguments through a window, so that a pickle of any size costs the same.

use crate::limits::Spent;
use crate::source::{ReadAt, read_full};

/// How much is read at once.
const WINDOW: usize = 64 << 10;

/// The longest line that is kept. Names of modules and functions are far shorter.
pub(super) const LINE_BYTES: usize = 64 << 10;

/// Why a machine stopped before its STOP.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Halt {
    /// Every reader raises here.
    #[error("{0}")]
    Broken(&'static str),
    /// A byte that is no opcode.
    #[error("byte {0:#04x} is no opcode")]
    NoOpcode(u8),
    /// The bytes end in the middle of the program.
    #[error("it is cut off")]
    CutOff,
    /// A budget ran out.
    #[error("{0}")]
    Spent(Spent),
    /// Too many objects to keep track of.
    #[error("it makes more objects than can be followed")]
    TooManyObjects,
    /// The source failed.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
}

/// A position in a source and a window around it.
pub(super) struct Cursor<'a> {
    source: &'a dyn ReadAt,
    window: Vec<u8>,
    window_start: u64,
    at: usize,
    line: Vec<u8>,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(source: &'a dyn ReadAt, start: u64) -> Cursor<'a> {
        Cursor { source, window: Vec::new(), window_start: start, at: 0, line: Vec::new() }
    }

    /// Where the next byte comes from.
    #[inline]
    pub(super) fn position(&self) -> u64 {
        self.window_start + self.at as u64
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> u64 {
        self.source.size().saturating_sub(self.position())
    }

    /// The next byte, or `None` at the end.
    #[inline]
    pub(super) fn opcode(&mut self) -> Result<Option<u8>, Halt> {
        if self.at >= self.window.len() {
            self.refill()?;
        }
        let byte = self.window.get(self.at).copied();
        if byte.is_some() {
            self.at += 1;
        }
        Ok(byte)
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Result<u8, Halt> {
        self.opcode()?.ok_or(Halt::CutOff)
    }

    /// The next `N` bytes.
    #[inline]
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Halt> {
        if self.window.len() - self.at < N {
            self.refill()?;
        }
        let bytes = self.window.get(self.at..self.at + N).ok_or(Halt::CutOff)?;
        let array = bytes.try_into().map_err(|_| Halt::CutOff)?;
        self.at += N;
        Ok(array)
    }

    /// Passes over bytes that are there.
    #[inline]
    pub(super) fn skip(&mut self, count: u64) -> Result<(), Halt> {
        let in_window = (self.window.len() - self.at) as u64;
        if count <= in_window {
            self.at += usize::try_from(count).unwrap_or(0);
            return Ok(());
        }
        if count > self.left() {
            return Err(Halt::CutOff);
        }
        self.window_start = self.position() + count;
        self.window.clear();
        self.at = 0;
        Ok(())
    }

    /// The rest of the line without its end, kept up to a limit; and the offset it starts at.
    pub(super) fn line(&mut self) -> Result<(u64, &[u8]), Halt> {
        self.line_within(u64::MAX)
    }

    /// The same for a line that has to end after so many bytes.
    pub(super) fn line_within(&mut self, most: u64) -> Result<(u64, &[u8]), Halt> {
        let start = self.position();
        self.line.clear();
        loop {
            let rest = self.window.get(self.at..).unwrap_or_default();
            let end = rest.iter().position(|byte| *byte == b'\n');
            let piece = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            let room = LINE_BYTES.saturating_sub(self.line.len()).min(piece.len());
            self.line.extend_from_slice(piece.get(..room).unwrap_or_default());
            self.at += piece.len();
            if end.is_some() {
                self.at += 1;
                return Ok((start, &self.line));
            }
            if self.position() - start > most {
                return Err(Halt::Broken("a line is too long"));
            }
            self.refill()?;
            if self.at >= self.window.len() {
                return Err(Halt::CutOff);
            }
        }
    }

    /// What the reader written in Python takes for a line where the bytes end before it does: all but the
    /// last byte. The reader written in C refuses.
    pub(super) fn last_line(&mut self) -> Result<&[u8], Halt> {
        self.line.pop().ok_or(Halt::CutOff)?;
        Ok(&self.line)
    }

    /// Bytes anywhere in the source, from the window when they are in it.
    pub(super) fn read_back(&self, offset: u64, size: usize) -> Option<Vec<u8>> {
        let in_window = offset
            .checked_sub(self.window_start)
            .and_then(|start| usize::try_from(start).ok())
            .and_then(|start| self.window.get(start..start.checked_add(size)?));
        if let Some(bytes) = in_window {
            return Some(bytes.to_vec());
        }
        let mut bytes = vec![0; size];
        let count = read_full(self.source, &mut bytes, offset).ok()?;
        (count == size).then_some(bytes)
    }

    #[cold]
    fn refill(&mut self) -> Result<(), Halt> {
        self.window_start += self.at as u64;
        let kept = self.window.len() - self.at;
        self.window.copy_within(self.at.., 0);
        self.at = 0;
        let left = self.source.size().saturating_sub(self.window_start);
        let size = WINDOW.min(usize::try_from(left).unwrap_or(WINDOW)).max(kept);
        self.window.resize(size, 0);
        let room = self.window.get_mut(kept..).unwrap_or_default();
        let count = read_full(self.source, room, self.window_start + kept as u64)
            .map_err(|error| Halt::Unreadable(error.to_string()))?;
        self.window.truncate(kept + count);
        Ok(())
    }
}
