//! Bytes that can be read by position: an open file, memory, a part of another source.

use std::fs::File;
use std::io;

/// Bytes that can be read by position.
pub trait ReadAt {
    /// How many bytes there are.
    fn size(&self) -> u64;

    /// Reads some bytes from `offset` on; 0 means that there are no more.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
}

/// The first `size` bytes of an open file.
#[derive(Debug)]
pub struct FileSource<'a> {
    file: &'a File,
    size: u64,
}

impl<'a> FileSource<'a> {
    /// Reads no further than `size`, whatever the file holds by then.
    pub fn new(file: &'a File, size: u64) -> FileSource<'a> {
        FileSource { file, size }
    }
}

impl ReadAt for FileSource<'_> {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let buffer = clip(buffer, offset, self.size);
        std::os::unix::fs::FileExt::read_at(self.file, buffer, offset)
    }
}

impl ReadAt for &[u8] {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|start| self.get(start..)).unwrap_or(&[]);
        let count = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        Ok(count)
    }
}

impl ReadAt for Vec<u8> {
    fn size(&self) -> u64 {
        self.as_slice().size()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.as_slice().read_at(buffer, offset)
    }
}

/// A part of another source.
pub(crate) struct Part<'a> {
    whole: &'a dyn ReadAt,
    start: u64,
    size: u64,
}

impl<'a> Part<'a> {
    /// The part from `start` on with `size` bytes, cut at the end of the whole.
    pub(crate) fn new(whole: &'a dyn ReadAt, start: u64, size: u64) -> Part<'a> {
        let rest = whole.size().saturating_sub(start);
        Part { whole, start, size: size.min(rest) }
    }
}

impl ReadAt for Part<'_> {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let buffer = clip(buffer, offset, self.size);
        self.whole.read_at(buffer, self.start.saturating_add(offset))
    }
}

fn clip(buffer: &mut [u8], offset: u64, size: u64) -> &mut [u8] {
    let rest = usize::try_from(size.saturating_sub(offset)).unwrap_or(usize::MAX);
    let count = rest.min(buffer.len());
    buffer.get_mut(..count).unwrap_or_default()
}

/// Reads until `buffer` is full or the source ends; returns how much was read.
pub(crate) fn read_full(source: &dyn ReadAt, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut done = 0;
    while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
        let count = source.read_at(rest, offset.saturating_add(done as u64))?;
        if count == 0 {
            break;
        }
        done += count;
    }
    Ok(done)
}

/// Reads at most `size` bytes from `offset` on: fewer when the source ends before.
pub(crate) fn read_some(source: &dyn ReadAt, offset: u64, size: usize) -> io::Result<Vec<u8>> {
    let rest = usize::try_from(source.size().saturating_sub(offset)).unwrap_or(usize::MAX);
    let mut buffer = vec![0; size.min(rest)];
    let count = read_full(source, &mut buffer, offset)?;
    buffer.truncate(count);
    Ok(buffer)
}
