//! Bytes of an HDF5 file: addresses, lengths, and what is wrong with them.

use crate::analyse::{Entry, Stop};

/// The most that is read at once.
const PIECE: usize = 16 << 20;

/// Why a structure was not read to its end.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The structure at this offset makes no sense.
    Broken(u64, String),
    /// Nothing more can be examined.
    Stop(Stop),
}

impl From<Stop> for Trouble {
    fn from(stop: Stop) -> Trouble {
        Trouble::Stop(stop)
    }
}

/// An HDF5 file, and how wide its numbers are.
pub(super) struct File<'a> {
    pub(super) entry: &'a Entry<'a>,
    /// Where address 0 is.
    pub(super) base: u64,
    pub(super) offset_size: usize,
    pub(super) length_size: usize,
}

impl File<'_> {
    /// Takes over the widths that the superblock says.
    pub(super) fn set_sizes(&mut self, offset: u8, length: u8) -> Result<(), Trouble> {
        if !matches!(offset, 2 | 4 | 8) || !matches!(length, 2 | 4 | 8) {
            let why = format!("numbers of {offset} and {length} bytes");
            return Err(Trouble::Broken(self.base, why));
        }
        (self.offset_size, self.length_size) = (usize::from(offset), usize::from(length));
        Ok(())
    }

    /// Reads exactly `size` bytes at an address.
    pub(super) fn read(&self, address: u64, size: usize) -> Result<Bytes, Trouble> {
        let at = self.base.saturating_add(address);
        let end = at.saturating_add(size as u64);
        if size > PIECE {
            return Err(Trouble::Broken(at, format!("a structure of {size} bytes")));
        }
        if end > self.entry.size {
            return Err(Trouble::Broken(at, "it reaches beyond the end of the file".to_owned()));
        }
        let held = self.entry.read(at, size)?;
        let (offset_size, length_size) = (self.offset_size, self.length_size);
        Ok(Bytes { held, at: 0, start: at, offset_size, length_size })
    }

    /// Reads what begins with these bytes, and goes behind them.
    pub(super) fn read_signed(
        &self,
        address: u64,
        signature: &[u8],
        size: usize,
    ) -> Result<Bytes, Trouble> {
        let mut bytes = self.read(address, size)?;
        if bytes.take(signature.len())? != signature {
            let name = String::from_utf8_lossy(signature);
            return Err(bytes.broken(&format!("there is no {name} where one should be")));
        }
        Ok(bytes)
    }
}

/// Bytes that are read from their start to their end.
pub(super) struct Bytes {
    held: Vec<u8>,
    at: usize,
    start: u64,
    offset_size: usize,
    length_size: usize,
}

impl Bytes {
    /// Bytes that came out of a heap and lie at `start` in the file.
    pub(super) fn of(held: Vec<u8>, start: u64, file: &File<'_>) -> Bytes {
        let (offset_size, length_size) = (file.offset_size, file.length_size);
        Bytes { held, at: 0, start, offset_size, length_size }
    }

    /// Where in the file the next byte stands.
    pub(super) fn position(&self) -> u64 {
        self.start.saturating_add(self.at as u64)
    }

    pub(super) fn rest(&self) -> &[u8] {
        self.held.get(self.at..).unwrap_or_default()
    }

    pub(super) fn broken(&self, why: &str) -> Trouble {
        Trouble::Broken(self.position(), why.to_owned())
    }

    pub(super) fn take(&mut self, size: usize) -> Result<&[u8], Trouble> {
        let end = self.at.checked_add(size).filter(|end| *end <= self.held.len());
        let Some(end) = end else { return Err(self.broken("it is cut off")) };
        let start = std::mem::replace(&mut self.at, end);
        Ok(self.held.get(start..end).unwrap_or_default())
    }

    /// The next `size` bytes as something to be read by itself.
    pub(super) fn part(&mut self, size: usize) -> Result<Bytes, Trouble> {
        let start = self.position();
        let (offset_size, length_size) = (self.offset_size, self.length_size);
        let held = self.take(size)?.to_vec();
        Ok(Bytes { held, at: 0, start, offset_size, length_size })
    }

    pub(super) fn skip(&mut self, size: usize) -> Result<(), Trouble> {
        self.take(size).map(|_| ())
    }

    /// A number of `width` bytes, at most eight.
    pub(super) fn number(&mut self, width: usize) -> Result<u64, Trouble> {
        let bytes = self.take(width.min(8))?;
        Ok(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    pub(super) fn u8(&mut self) -> Result<u8, Trouble> {
        self.number(1).map(|number| u8::try_from(number).unwrap_or(0))
    }

    pub(super) fn u16(&mut self) -> Result<u16, Trouble> {
        self.number(2).map(|number| u16::try_from(number).unwrap_or(0))
    }

    pub(super) fn u32(&mut self) -> Result<u32, Trouble> {
        self.number(4).map(|number| u32::try_from(number).unwrap_or(0))
    }

    /// A length.
    pub(super) fn length(&mut self) -> Result<u64, Trouble> {
        self.number(self.length_size)
    }

    /// A length of something that is read as a whole.
    pub(super) fn size(&mut self) -> Result<usize, Trouble> {
        let length = self.length()?;
        usize::try_from(length).map_err(|_| self.broken("it is too long"))
    }

    /// An address; `None` where there is nothing.
    pub(super) fn address(&mut self) -> Result<Option<u64>, Trouble> {
        let address = self.number(self.offset_size)?;
        let nothing = u64::MAX >> (64 - 8 * self.offset_size.clamp(1, 8));
        Ok((address != nothing).then_some(address))
    }

    /// Bytes up to the next zero, without it; all of them where there is none.
    pub(super) fn text(&mut self) -> Vec<u8> {
        let rest = self.rest();
        let size = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
        let text = rest.get(..size).unwrap_or_default().to_vec();
        self.at = self.at.saturating_add(size + 1).min(self.held.len());
        text
    }
}
