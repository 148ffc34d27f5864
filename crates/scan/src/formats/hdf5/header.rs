//! Object headers, versions 1 and 2: the messages of one object, wherever its blocks lie.

use super::bytes::{Bytes, File, Trouble};

/// Blocks of one object.
const BLOCKS: usize = 4096;

/// What a message is about, as far as it is looked at.
pub(super) mod kind {
    pub(in super::super) const LINK_INFO: u16 = 0x02;
    pub(in super::super) const DATATYPE: u16 = 0x03;
    pub(in super::super) const LINK: u16 = 0x06;
    pub(in super::super) const EXTERNAL_FILES: u16 = 0x07;
    pub(in super::super) const LAYOUT: u16 = 0x08;
    pub(in super::super) const ATTRIBUTE: u16 = 0x0c;
    pub(in super::super) const CONTINUATION: u16 = 0x10;
    pub(in super::super) const SYMBOL_TABLE: u16 = 0x11;
    pub(in super::super) const ATTRIBUTE_INFO: u16 = 0x15;
    /// The last one that the specification knows.
    pub(in super::super) const LAST: u16 = 0x18;
}

/// One message of an object.
pub(super) struct Message {
    pub(super) kind: u16,
    pub(super) flags: u8,
    pub(super) body: Bytes,
}

impl Message {
    /// Whether the message only says where it lies.
    pub(super) fn is_shared(&self) -> bool {
        self.flags & 2 != 0
    }
}

/// How the messages of a block are written.
#[derive(Clone, Copy)]
enum Style {
    /// Version 1.
    Aligned,
    /// Version 2; with the order of creation or without.
    Packed { has_order: bool },
}

/// Hands out the messages of an object one by one.
pub(super) struct Header<'a, 'f> {
    file: &'a File<'f>,
    style: Style,
    block: Bytes,
    /// Blocks that are still to be read: address and size.
    next: Vec<(u64, usize)>,
    blocks: usize,
}

impl<'a, 'f> Header<'a, 'f> {
    /// The header at an address.
    pub(super) fn open(file: &'a File<'f>, address: u64) -> Result<Header<'a, 'f>, Trouble> {
        let mut start = file.read(address, 4)?;
        let (style, at, size) = if start.rest() == b"OHDR" {
            let mut bytes = file.read(address.saturating_add(4), 2)?;
            let (version, flags) = (bytes.u8()?, bytes.u8()?);
            if version != 2 {
                return Err(bytes.broken(&format!("an object header of version {version}")));
            }
            let times = if flags & 0x20 != 0 { 16 } else { 0 };
            let phases = if flags & 0x10 != 0 { 4 } else { 0 };
            let width = 1_usize << (flags & 3);
            let at = address.saturating_add(6 + times + phases);
            let size = file.read(at, width)?.number(width)?;
            let style = Style::Packed { has_order: flags & 4 != 0 };
            (style, at.saturating_add(width as u64), size)
        } else {
            let version = start.u8()?;
            if version != 1 {
                return Err(start.broken("there is no object header where one should be"));
            }
            let mut bytes = file.read(address.saturating_add(8), 4)?;
            (Style::Aligned, address.saturating_add(16), u64::from(bytes.u32()?))
        };
        let size = usize::try_from(size).map_err(|_| start.broken("it is too long"))?;
        let block = file.read(at, size)?;
        Ok(Header { file, style, block, next: Vec::new(), blocks: 1 })
    }

    /// The next message, whatever block it lies in.
    pub(super) fn next(&mut self) -> Result<Option<Message>, Trouble> {
        loop {
            let room = match self.style {
                Style::Aligned => 8,
                Style::Packed { has_order: false } => 4,
                Style::Packed { has_order: true } => 6,
            };
            if self.block.rest().len() < room {
                let Some((address, size)) = self.next.pop() else { return Ok(None) };
                self.block = self.continued(address, size)?;
                continue;
            }
            let (kind, size, flags) = match self.style {
                Style::Aligned => {
                    let (kind, size) = (self.block.u16()?, self.block.u16()?);
                    let flags = self.block.u8()?;
                    self.block.skip(3)?;
                    (kind, size, flags)
                }
                Style::Packed { has_order } => {
                    let (kind, size) = (u16::from(self.block.u8()?), self.block.u16()?);
                    let flags = self.block.u8()?;
                    self.block.skip(if has_order { 2 } else { 0 })?;
                    (kind, size, flags)
                }
            };
            let mut body = self.block.part(usize::from(size))?;
            if kind == kind::CONTINUATION {
                if let Some(address) = body.address()? {
                    self.next.push((address, body.size()?));
                }
                continue;
            }
            return Ok(Some(Message { kind, flags, body }));
        }
    }

    fn continued(&mut self, address: u64, size: usize) -> Result<Bytes, Trouble> {
        self.blocks += 1;
        if self.blocks > BLOCKS {
            return Err(self.block.broken("its header is in too many pieces"));
        }
        match self.style {
            Style::Aligned => self.file.read(address, size),
            // Behind the messages stands a checksum.
            Style::Packed { .. } => {
                let mut bytes = self.file.read_signed(address, b"OCHK", size)?;
                let room = bytes.rest().len().saturating_sub(4);
                bytes.part(room)
            }
        }
    }
}
