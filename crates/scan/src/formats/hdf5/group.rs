//! Groups in the older style: a tree of tables, and a heap with the names.

use super::bytes::{File, Trouble};

/// Bytes of a name that are shown.
const NAME_BYTES: usize = 128;

/// Where names of a group lie.
#[derive(Clone, Copy)]
pub(super) struct Names {
    start: u64,
    size: u64,
}

impl Names {
    /// The heap at an address.
    pub(super) fn open(file: &File<'_>, address: u64) -> Result<Names, Trouble> {
        let size = 8 + 2 * file.length_size + file.offset_size;
        let mut bytes = file.read_signed(address, b"HEAP", size)?;
        bytes.skip(4)?;
        let size = bytes.length()?;
        bytes.length()?;
        let start = bytes.address()?.ok_or_else(|| bytes.broken("a heap without names"))?;
        Ok(Names { start, size })
    }

    /// The name at an offset, as far as it is shown.
    pub(super) fn name(&self, file: &File<'_>, offset: u64) -> Result<Vec<u8>, Trouble> {
        let room = self.size.saturating_sub(offset);
        let start = self.start.saturating_add(offset);
        let left = file.entry.size.saturating_sub(file.base.saturating_add(start));
        let size = usize::try_from(room.min(left)).unwrap_or(NAME_BYTES).min(NAME_BYTES);
        Ok(file.read(start, size)?.text())
    }
}

/// What stands in one node of the tree.
pub(super) enum Node {
    /// Addresses of nodes below it.
    Inner(Vec<u64>),
    /// Where names begin in the heap, and the objects that they stand for; none for links to paths.
    Table(Vec<(u64, Option<u64>)>),
}

/// Reads a node: a part of the tree, or a table at its end.
pub(super) fn node(file: &File<'_>, address: u64) -> Result<Node, Trouble> {
    if file.read(address, 4)?.rest() == b"SNOD" {
        return table(file, address);
    }
    let head = 8 + 2 * file.offset_size;
    let mut bytes = file.read_signed(address, b"TREE", head)?;
    let kind = bytes.u8()?;
    bytes.skip(1)?;
    let count = usize::from(bytes.u16()?);
    if kind != 0 {
        return Err(bytes.broken("a group whose tree is one of data"));
    }
    let line = file.length_size + file.offset_size;
    let mut lines = file.read(address.saturating_add(head as u64), count * line)?;
    let mut below = Vec::with_capacity(count);
    for _ in 0..count {
        lines.length()?;
        below.extend(lines.address()?);
    }
    Ok(Node::Inner(below))
}

fn table(file: &File<'_>, address: u64) -> Result<Node, Trouble> {
    let mut bytes = file.read_signed(address, b"SNOD", 8)?;
    bytes.skip(2)?;
    let count = usize::from(bytes.u16()?);
    let line = 2 * file.offset_size + 24;
    let mut lines = file.read(address.saturating_add(8), count * line)?;
    let mut entries = Vec::with_capacity(count);
    for _ in 0..count {
        let name = lines.number(file.offset_size)?;
        let object = lines.address()?;
        let cached = lines.u32()?;
        lines.skip(20)?;
        entries.push((name, object.filter(|_| cached != 2)));
    }
    Ok(Node::Table(entries))
}
