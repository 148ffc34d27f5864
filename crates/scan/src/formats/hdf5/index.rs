//! Groups with many links and objects with many attributes: a tree of ids, and a heap that they lead into.

use super::bytes::{Bytes, File, Trouble};

/// The largest node of a tree.
const NODE_BYTES: usize = 1 << 20;
/// Nodes of the tree of large objects.
const LARGE_NODES: u32 = 1000;
/// Blocks inside each other.
const HEAP_DEPTH: u32 = 64;

/// A heap whose blocks double in size.
pub(super) struct Heap {
    id_size: usize,
    offset_size: usize,
    length_size: usize,
    width: u64,
    start: u64,
    largest: u64,
    root: u64,
    rows: u64,
    /// The tree of objects that are too large for a block.
    large: Option<u64>,
}

impl Heap {
    pub(super) fn open(file: &File<'_>, address: u64) -> Result<Heap, Trouble> {
        let size = 22 + 12 * file.length_size + 3 * file.offset_size;
        let mut bytes = file.read_signed(address, b"FRHP", size)?;
        bytes.skip(1)?;
        let id_size = usize::from(bytes.u16()?);
        if bytes.u16()? != 0 {
            return Err(bytes.broken("a heap that is compressed"));
        }
        bytes.skip(1)?;
        let longest = u64::from(bytes.u32()?);
        bytes.skip(file.length_size)?;
        let large = bytes.address()?;
        bytes.skip(9 * file.length_size + file.offset_size)?;
        let width = u64::from(bytes.u16()?);
        let (start, largest) = (bytes.length()?, bytes.length()?);
        let offset_bits = u32::from(bytes.u16()?);
        bytes.skip(2)?;
        let root = bytes.address()?.ok_or_else(|| bytes.broken("a heap without blocks"))?;
        let rows = u64::from(bytes.u16()?);
        let is_sound = start.is_power_of_two() && largest.is_power_of_two() && start <= largest;
        if !is_sound || id_size == 0 || width == 0 || largest > 1 << 40 || offset_bits > 64 {
            return Err(bytes.broken("a heap of an impossible shape"));
        }
        let offset_size = usize::try_from(offset_bits.div_ceil(8)).unwrap_or(8);
        let length_size = width_of(largest, 7).min(width_of(longest, 8));
        Ok(Heap { id_size, offset_size, length_size, width, start, largest, root, rows, large })
    }

    /// What an id leads to.
    pub(super) fn object(&self, file: &File<'_>, id: &mut Bytes) -> Result<Bytes, Trouble> {
        let flags = id.u8()?;
        match flags >> 4 & 3 {
            0 => {
                let offset = id.number(self.offset_size)?;
                let length = id.number(self.length_size)?;
                let address = self.locate(file, offset)?;
                file.read(address, usize::try_from(length).unwrap_or(usize::MAX))
            }
            1 => self.large_object(file, id),
            // The object is in the id itself.
            2 if self.id_size <= 17 => {
                let size = usize::from(flags & 0x0f) + 1;
                let start = id.position();
                Ok(Bytes::of(id.take(size)?.to_vec(), start, file))
            }
            _ => Err(id.broken("an object that lies outside of its heap")),
        }
    }

    /// An object too large for a block, found by its number.
    fn large_object(&self, file: &File<'_>, id: &mut Bytes) -> Result<Bytes, Trouble> {
        let is_direct = self.id_size > file.offset_size + file.length_size;
        let Some(tree) = self.large.filter(|_| !is_direct) else {
            let address = id.address()?.ok_or_else(|| id.broken("an object without an address"))?;
            let size = id.size()?;
            return file.read(address, size);
        };
        let wanted = id.number((self.id_size - 1).min(file.length_size))?;
        let tree = Tree::open(file, tree)?;
        if tree.kind != 1 {
            return Err(id.broken("large objects in an index of another kind"));
        }
        let mut nodes: Vec<_> = tree.root.into_iter().collect();
        for _ in 0..LARGE_NODES {
            let Some(place) = nodes.pop() else { break };
            let (records, below) = tree.node(file, place)?;
            nodes.extend(below);
            for mut record in records {
                let (address, size, number) = (record.address()?, record.size()?, record.length()?);
                if let Some(address) = address.filter(|_| number == wanted) {
                    return file.read(address, size);
                }
            }
        }
        Err(id.broken("a large object is not where it should be"))
    }

    /// The address of an offset in the heap.
    fn locate(&self, file: &File<'_>, offset: u64) -> Result<u64, Trouble> {
        let broken = || Trouble::Broken(file.base, "an offset leads out of its heap".to_owned());
        if self.rows == 0 {
            let address = self.root.checked_add(offset).filter(|_| offset < self.start);
            return address.ok_or_else(broken);
        }
        let (mut block, mut rows, mut offset) = (self.root, self.rows, offset);
        let first = self.start.checked_mul(self.width).ok_or_else(broken)?;
        for _ in 0..HEAP_DEPTH {
            // Two rows of blocks of the first size; from then on, each row doubles it.
            let doublings = u64::from((offset / first).checked_ilog2().map_or(0, |log| log + 1));
            let power = u32::try_from(doublings.saturating_sub(1)).unwrap_or(64);
            let factor = 1_u64.checked_shl(power).ok_or_else(broken)?;
            let size = self.start.checked_mul(factor).ok_or_else(broken)?;
            let before =
                if doublings == 0 { 0 } else { size.checked_mul(self.width).ok_or_else(broken)? };
            let inside = offset.checked_sub(before).ok_or_else(broken)?;
            let column = inside / size;
            if doublings >= rows || column >= self.width {
                return Err(broken());
            }
            let head = 5 + file.offset_size + self.offset_size;
            let index = doublings * self.width + column;
            let at = block
                .saturating_add(head as u64)
                .saturating_add(index.saturating_mul(file.offset_size as u64));
            file.read_signed(block, b"FHIB", 4)?;
            let child = file.read(at, file.offset_size)?.address()?.ok_or_else(broken)?;
            let rest = inside % size;
            if size <= self.largest {
                return child.checked_add(rest).ok_or_else(broken);
            }
            rows = u64::from((size / first).checked_ilog2().ok_or_else(broken)?) + 1;
            (block, offset) = (child, rest);
        }
        Err(broken())
    }
}

/// How many bytes a number up to `limit` takes, as the library counts them.
fn width_of(limit: u64, round: u32) -> usize {
    usize::try_from((limit.checked_ilog2().unwrap_or(0) + round) / 8).unwrap_or(8).clamp(1, 8)
}

/// A tree of records, as far as it is needed to visit all of them.
pub(super) struct Tree {
    /// What the records are: 5 for links by name, 8 for attributes by name.
    pub(super) kind: u8,
    node_size: usize,
    record_size: usize,
    /// For each depth, how wide the count of all records below is written.
    widths: Vec<usize>,
    count_width: usize,
    pub(super) root: Option<Place>,
}

/// Where a node lies, how many records it has, and how many levels are below it.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) address: u64,
    records: usize,
    depth: usize,
}

impl Tree {
    pub(super) fn open(file: &File<'_>, address: u64) -> Result<Tree, Trouble> {
        let size = 18 + file.offset_size + file.length_size;
        let mut bytes = file.read_signed(address, b"BTHD", size)?;
        bytes.skip(1)?;
        let kind = bytes.u8()?;
        let node_size = usize::try_from(bytes.u32()?).unwrap_or(usize::MAX);
        let record_size = usize::from(bytes.u16()?);
        let depth = usize::from(bytes.u16()?);
        bytes.skip(2)?;
        let root = bytes.address()?;
        let records = usize::from(bytes.u16()?);
        if !(32..=NODE_BYTES).contains(&node_size) || record_size == 0 || depth > 16 {
            return Err(bytes.broken("a tree of an impossible shape"));
        }
        let most = (node_size - 10) / record_size;
        let count_width = width_of(most as u64, 8);
        let (mut widths, mut below) = (vec![0], most as u64);
        for _ in 0..depth {
            let pointer = file.offset_size + count_width + widths.last().copied().unwrap_or(0);
            let most = node_size.saturating_sub(10 + pointer) / (record_size + pointer);
            let most = most as u64;
            below = most.saturating_add(1).saturating_mul(below).saturating_add(most);
            widths.push(width_of(below, 8));
        }
        let root = root.map(|address| Place { address, records, depth });
        Ok(Tree { kind, node_size, record_size, widths, count_width, root })
    }

    /// The records of a node, and the nodes below it.
    pub(super) fn node(
        &self,
        file: &File<'_>,
        place: Place,
    ) -> Result<(Vec<Bytes>, Vec<Place>), Trouble> {
        let signature: &[u8] = if place.depth == 0 { b"BTLF" } else { b"BTIN" };
        let mut bytes = file.read_signed(place.address, signature, self.node_size)?;
        bytes.skip(2)?;
        let mut records = Vec::new();
        for _ in 0..place.records {
            records.push(bytes.part(self.record_size)?);
        }
        let mut below = Vec::new();
        if let Some(depth) = place.depth.checked_sub(1) {
            for _ in 0..=place.records {
                let address = bytes.address()?;
                let records =
                    usize::try_from(bytes.number(self.count_width)?).unwrap_or(usize::MAX);
                bytes.skip(self.widths.get(depth).copied().unwrap_or(0))?;
                below.extend(address.map(|address| Place { address, records, depth }));
            }
        }
        Ok((records, below))
    }
}
