//! The RFC 6962 Merkle tree: leaf and node hashes, and the frontier a log grows from.

use weighbridge_domain::{Digest, Hasher};

/// No tree is larger: positions and sizes leave room for arithmetic.
pub const MAX_SIZE: u64 = 1 << 62;

/// The hash of an entry: SHA-256 over a zero byte and the entry.
pub fn leaf_hash(entry: &[u8]) -> Digest {
    let mut hasher = Hasher::default();
    hasher.update(&[0]);
    hasher.update(entry);
    hasher.finish()
}

/// The hash of an inner node: SHA-256 over a one byte and its two children.
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut hasher = Hasher::default();
    hasher.update(&[1]);
    hasher.update(left.as_bytes());
    hasher.update(right.as_bytes());
    hasher.finish()
}

/// The root of a tree without entries.
pub fn empty_root() -> Digest {
    Digest::of(b"")
}

/// The right edge of a tree: the roots of its complete subtrees, the largest first.
///
/// It has one hash for every bit that is set in the tree's size, and is all that appending needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Digest>,
}

/// Hashes that cannot be the frontier of a tree of that size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a tree of {size} entries has no frontier of {peaks} hashes")]
pub struct BadFrontier {
    size: u64,
    peaks: usize,
}

impl Frontier {
    /// The frontier of an empty tree.
    pub fn new() -> Frontier {
        Frontier::default()
    }

    /// Takes up what [`Frontier::size`] and [`Frontier::peaks`] gave.
    pub fn from_parts(size: u64, peaks: Vec<Digest>) -> Result<Frontier, BadFrontier> {
        if size > MAX_SIZE || u32::try_from(peaks.len()) != Ok(size.count_ones()) {
            return Err(BadFrontier { size, peaks: peaks.len() });
        }
        Ok(Frontier { size, peaks })
    }

    /// The frontier of the tree over these leaves, or over the roots of equal subtrees.
    pub fn over(hashes: &[Digest]) -> Frontier {
        let mut frontier = Frontier::new();
        for hash in hashes {
            frontier.append(*hash);
        }
        frontier
    }

    /// How many entries the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of its complete subtrees, the largest first.
    pub fn peaks(&self) -> &[Digest] {
        &self.peaks
    }

    /// Adds the hash of the next entry, and tells the position it got.
    pub fn append(&mut self, leaf: Digest) -> u64 {
        self.append_telling(leaf, |_, _| {})
    }

    /// The same; `told` gets every subtree that this completes, as how many levels it is above the
    /// leaves and its root, the lowest first.
    pub fn append_telling(&mut self, leaf: Digest, mut told: impl FnMut(u32, Digest)) -> u64 {
        let position = self.size;
        // Each set bit at the low end is a complete subtree that the new one completes a pair with.
        let mut merged = leaf;
        for level in 1..=position.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                merged = node_hash(&left, &merged);
                told(level, merged);
            }
        }
        self.peaks.push(merged);
        self.size += 1;
        position
    }

    /// The root of the tree.
    pub fn root(&self) -> Digest {
        let mut peaks = self.peaks.iter().rev().copied();
        let Some(smallest) = peaks.next() else {
            return empty_root();
        };
        peaks.fold(smallest, |right, left| node_hash(&left, &right))
    }
}
