//! Inclusion and consistency.

use std::convert::Infallible;

use proptest::prelude::*;
use weighbridge_domain::Digest;
use weighbridge_evidence::{
    BadProof, MAX_SIZE, Nodes, ProofError, leaf_hash, prove_consistency, prove_inclusion, root_of,
    verify_consistency, verify_inclusion,
};

use crate::tree::{leaves, naive_root};

fn read(leaves: &[Digest]) -> impl FnMut(u64) -> Result<Digest, Infallible> {
    |position| Ok(leaves[usize::try_from(position).unwrap()])
}

fn prefix(leaves: &[Digest], size: u64) -> &[Digest] {
    &leaves[..usize::try_from(size).unwrap()]
}

#[test]
fn every_proof_of_every_small_tree_is_right_and_no_other() {
    let all = leaves(40);
    let foreign = leaf_hash(b"foreign");
    for size in 1..=40 {
        let root = naive_root(prefix(&all, size));
        assert_eq!(root_of(size, &mut read(&all)), Ok(root));
        for position in 0..size {
            let leaf = &all[usize::try_from(position).unwrap()];
            let proof = prove_inclusion(position, size, &mut read(&all)).unwrap();
            assert_eq!(verify_inclusion(leaf, position, size, &root, &proof), Ok(()));
            assert!(verify_inclusion(&foreign, position, size, &root, &proof).is_err());
            assert!(verify_inclusion(leaf, position, size, &foreign, &proof).is_err());
            for other in 0..size {
                if other != position {
                    assert!(verify_inclusion(leaf, other, size, &root, &proof).is_err());
                }
            }
        }
        for old_size in 0..=size {
            let old_root = naive_root(prefix(&all, old_size));
            let proof = prove_consistency(old_size, size, &mut read(&all)).unwrap();
            assert_eq!(verify_consistency(old_size, size, &old_root, &root, &proof), Ok(()));
            let wrong = verify_consistency(old_size, size, &foreign, &root, &proof);
            assert!(wrong.is_err(), "{old_size} of {size}");
            if old_size > 0 {
                let wrong = verify_consistency(old_size, size, &old_root, &foreign, &proof);
                assert!(wrong.is_err(), "{old_size} of {size}");
            }
        }
    }
}

#[test]
fn what_is_out_of_range_is_refused() {
    let all = leaves(3);
    let outside = ProofError::OutOfRange { asked: 3, size: 3 };
    assert_eq!(prove_inclusion(3, 3, &mut read(&all)), Err(outside));
    assert!(prove_consistency(4, 3, &mut read(&all)).is_err());
    assert!(root_of(MAX_SIZE + 1, &mut read(&all)).is_err());
    let root = naive_root(&all);
    let inclusion = |position, size| verify_inclusion(&root, position, size, &root, &[]);
    assert_eq!(inclusion(0, 0), Err(BadProof::OutOfRange));
    assert_eq!(inclusion(u64::MAX, u64::MAX), Err(BadProof::OutOfRange));
    assert_eq!(inclusion(0, MAX_SIZE), Err(BadProof::WrongLength(0)));
    let consistency = |old, new| verify_consistency(old, new, &root, &root, &[]);
    assert_eq!(consistency(4, 3), Err(BadProof::OutOfRange));
    assert_eq!(consistency(1, u64::MAX), Err(BadProof::OutOfRange));
    assert_eq!(consistency(3, 4), Err(BadProof::WrongLength(0)));
    assert_eq!(verify_consistency(3, 3, &root, &root, &[root]), Err(BadProof::WrongLength(1)));
}

/// Inner nodes of a tree so large that reading its leaves would never end.
struct Made;

impl Nodes for Made {
    type Error = String;

    fn leaf(&mut self, position: u64) -> Result<Digest, String> {
        self.subtree(0, position)
    }

    fn subtree(&mut self, level: u32, index: u64) -> Result<Digest, String> {
        if index == 77 && level == 0 {
            return Err("no such row".to_owned());
        }
        Ok(leaf_hash(format!("{level} {index}").as_bytes()))
    }
}

#[test]
fn a_store_of_inner_nodes_answers_for_a_huge_tree_without_reading_its_leaves() {
    let size = (1 << 40) + 12_345;
    let root = root_of(size, &mut Made).unwrap();
    let position = size - 1;
    let proof = prove_inclusion(position, size, &mut Made).unwrap();
    let leaf = Made.leaf(position).unwrap();
    assert_eq!(verify_inclusion(&leaf, position, size, &root, &proof), Ok(()));
    let broken = prove_inclusion(76, size, &mut Made);
    assert_eq!(broken, Err(ProofError::Nodes("no such row".to_owned())));
}

proptest! {
    #[test]
    fn no_changed_proof_is_believed(
        size in 1_u64..300,
        at in any::<prop::sample::Index>(),
        damage in any::<prop::sample::Index>(),
        kind in 0..3,
    ) {
        let all = leaves(size);
        let root = naive_root(&all);
        let position = at.index(usize::try_from(size).unwrap()) as u64;
        let leaf = all[usize::try_from(position).unwrap()];
        let proof = prove_inclusion(position, size, &mut read(&all)).unwrap();
        prop_assert_eq!(verify_inclusion(&leaf, position, size, &root, &proof), Ok(()));
        let damaged = damaged(&proof, damage, kind);
        prop_assert!(verify_inclusion(&leaf, position, size, &root, &damaged).is_err());

        let old_size = position + 1;
        let old_root = naive_root(prefix(&all, old_size));
        let proof = prove_consistency(old_size, size, &mut read(&all)).unwrap();
        let check = |proof: &[Digest]| verify_consistency(old_size, size, &old_root, &root, proof);
        prop_assert_eq!(check(&proof), Ok(()));
        prop_assert!(check(&self::damaged(&proof, damage, kind)).is_err());
    }

    #[test]
    fn no_proof_from_outside_makes_a_panic(
        numbers in any::<(u64, u64)>(),
        small in (0_u64..70, 0_u64..70),
        hashes in prop::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let hashes: Vec<_> = hashes.into_iter().map(Digest::from_bytes).collect();
        let root = leaf_hash(b"root");
        for (one, other) in [numbers, small] {
            prop_assert!(verify_inclusion(&leaf_hash(b""), one, other, &root, &hashes).is_err());
            let other_root = leaf_hash(b"other root");
            prop_assert!(verify_consistency(one, other, &root, &other_root, &hashes).is_err());
        }
    }
}

fn damaged(proof: &[Digest], at: prop::sample::Index, kind: i32) -> Vec<Digest> {
    let mut proof = proof.to_vec();
    if proof.is_empty() || kind == 0 {
        proof.push(leaf_hash(b"one more"));
        return proof;
    }
    let at = at.index(proof.len());
    if kind == 1 {
        proof.remove(at);
    } else {
        let mut bytes = *proof[at].as_bytes();
        bytes[7] ^= 1;
        proof[at] = Digest::from_bytes(bytes);
    }
    proof
}
