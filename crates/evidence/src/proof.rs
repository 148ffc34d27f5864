//! Inclusion and consistency proofs (RFC 6962, verified as RFC 9162 describes).
//!
//! A proof is made from a log's hashes, wherever they are kept, and verified from nothing but its
//! own hashes and the roots it is about.

use weighbridge_domain::Digest;

use crate::merkle::{Frontier, MAX_SIZE, empty_root, node_hash};

/// Where the hashes of a log are read from. A closure from a position to a leaf hash is one.
pub trait Nodes {
    /// Why a hash could not be read.
    type Error;

    /// The hash of the entry at `position`.
    fn leaf(&mut self, position: u64) -> Result<Digest, Self::Error>;

    /// The root of the complete subtree of `1 << level` entries that starts at `index << level`.
    ///
    /// As it stands it reads every leaf below. A store that keeps inner nodes answers at once.
    fn subtree(&mut self, level: u32, index: u64) -> Result<Digest, Self::Error> {
        let first = index << level;
        let mut frontier = Frontier::new();
        for position in first..first + (1 << level) {
            frontier.append(self.leaf(position)?);
        }
        Ok(frontier.root())
    }
}

impl<F, E> Nodes for F
where
    F: FnMut(u64) -> Result<Digest, E>,
{
    type Error = E;

    fn leaf(&mut self, position: u64) -> Result<Digest, E> {
        self(position)
    }
}

/// Why no proof could be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError<E> {
    /// There is no such position or size in the tree.
    #[error("a tree of {size} entries has nothing to prove about {asked}")]
    OutOfRange {
        /// The position or the smaller size that was asked about.
        asked: u64,
        /// The size of the tree.
        size: u64,
    },
    /// A hash could not be read.
    #[error(transparent)]
    Nodes(#[from] E),
}

/// A proof that does not prove what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadProof {
    /// The positions or sizes it is about cannot be.
    #[error("no such position or size can be proved")]
    OutOfRange,
    /// It has too few or too many hashes.
    #[error("the proof has {0} hashes, which is not the number it needs")]
    WrongLength(usize),
    /// Its hashes lead to another root.
    #[error("the proof does not lead to the root")]
    WrongRoot,
}

/// The root of the tree of the first `size` entries.
pub fn root_of<N: Nodes>(size: u64, nodes: &mut N) -> Result<Digest, ProofError<N::Error>> {
    if size > MAX_SIZE {
        return Err(ProofError::OutOfRange { asked: size, size });
    }
    if size == 0 {
        return Ok(empty_root());
    }
    Ok(range_root(0, size, nodes)?)
}

/// Proves that the entry at `position` is in the tree of the first `size` entries.
pub fn prove_inclusion<N: Nodes>(
    position: u64,
    size: u64,
    nodes: &mut N,
) -> Result<Vec<Digest>, ProofError<N::Error>> {
    if position >= size || size > MAX_SIZE {
        return Err(ProofError::OutOfRange { asked: position, size });
    }
    let mut proof = Vec::new();
    let (mut start, mut end) = (0, size);
    while end - start > 1 {
        let middle = start + largest_power_below(end - start);
        if position < middle {
            proof.push(range_root(middle, end, nodes)?);
            end = middle;
        } else {
            proof.push(range_root(start, middle, nodes)?);
            start = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// Proves that the tree of the first `old_size` entries is the beginning of the tree of the first
/// `size` entries.
pub fn prove_consistency<N: Nodes>(
    old_size: u64,
    size: u64,
    nodes: &mut N,
) -> Result<Vec<Digest>, ProofError<N::Error>> {
    if old_size > size || size > MAX_SIZE {
        return Err(ProofError::OutOfRange { asked: old_size, size });
    }
    if old_size == 0 || old_size == size {
        return Ok(Vec::new());
    }
    let mut proof = Vec::new();
    let (mut start, mut end) = (0, size);
    // Down to the subtree at which the old tree ends. The old root is known to the verifier, so it
    // is left out when the old tree is that whole subtree from the very start.
    while old_size != end {
        let middle = start + largest_power_below(end - start);
        if old_size <= middle {
            proof.push(range_root(middle, end, nodes)?);
            end = middle;
        } else {
            proof.push(range_root(start, middle, nodes)?);
            start = middle;
        }
    }
    if start != 0 {
        proof.push(range_root(start, end, nodes)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Checks that `proof` leads from `leaf` at `position` to the `root` of a tree of `size` entries.
pub fn verify_inclusion(
    leaf: &Digest,
    position: u64,
    size: u64,
    root: &Digest,
    proof: &[Digest],
) -> Result<(), BadProof> {
    if position >= size || size > MAX_SIZE {
        return Err(BadProof::OutOfRange);
    }
    let wrong_length = BadProof::WrongLength(proof.len());
    let (mut node, mut last) = (position, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(wrong_length);
        }
        if node % 2 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            // A node without a right sibling is the same node one level up.
            while node.is_multiple_of(2) && node != 0 {
                (node, last) = (node / 2, last / 2);
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        (node, last) = (node / 2, last / 2);
    }
    match last {
        0 if hash == *root => Ok(()),
        0 => Err(BadProof::WrongRoot),
        _ => Err(wrong_length),
    }
}

/// Checks that `proof` shows the tree with `old_root` to be the beginning of the tree with `root`.
pub fn verify_consistency(
    old_size: u64,
    size: u64,
    old_root: &Digest,
    root: &Digest,
    proof: &[Digest],
) -> Result<(), BadProof> {
    if old_size > size || size > MAX_SIZE {
        return Err(BadProof::OutOfRange);
    }
    let wrong_length = BadProof::WrongLength(proof.len());
    if old_size == 0 || old_size == size {
        let same = if old_size == 0 { *old_root == empty_root() } else { old_root == root };
        return match (proof.is_empty(), same) {
            (true, true) => Ok(()),
            (true, false) => Err(BadProof::WrongRoot),
            (false, _) => Err(wrong_length),
        };
    }
    let mut rest = proof.iter();
    let (mut node, mut last) = (old_size - 1, size - 1);
    while node % 2 == 1 {
        (node, last) = (node / 2, last / 2);
    }
    // When the old tree is one complete subtree, its root is where both walks begin.
    let first = if node == 0 { Some(old_root) } else { rest.next() };
    let Some(first) = first else {
        return Err(wrong_length);
    };
    let (mut old_hash, mut hash) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return Err(wrong_length);
        }
        if node % 2 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            hash = node_hash(sibling, &hash);
            while node.is_multiple_of(2) && node != 0 {
                (node, last) = (node / 2, last / 2);
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        (node, last) = (node / 2, last / 2);
    }
    match last {
        0 if old_hash == *old_root && hash == *root => Ok(()),
        0 => Err(BadProof::WrongRoot),
        _ => Err(wrong_length),
    }
}

/// The root over the entries from `start` up to `end`. `start` is a multiple of the smallest power
/// of two that is not less than the range, so the range splits into complete subtrees, the largest
/// first, as in a tree of its own.
fn range_root<N: Nodes>(start: u64, end: u64, nodes: &mut N) -> Result<Digest, N::Error> {
    let mut peaks = Vec::new();
    let mut from = start;
    while from < end {
        let level = (end - from).ilog2();
        peaks.push(nodes.subtree(level, from >> level)?);
        from += 1 << level;
    }
    let right_to_left = peaks.into_iter().rev();
    Ok(right_to_left.reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(empty_root))
}

/// The largest power of two that is smaller than `count`, which is at least 2.
fn largest_power_below(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}
