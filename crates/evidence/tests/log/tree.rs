//! Roots and frontiers.

use proptest::prelude::*;
use weighbridge_domain::Digest;
use weighbridge_evidence::{Frontier, empty_root, leaf_hash, node_hash};

/// RFC 6962, section 2.1, word for word.
pub(crate) fn naive_root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let mut middle = 1;
            while middle * 2 < leaves.len() {
                middle *= 2;
            }
            node_hash(&naive_root(&leaves[..middle]), &naive_root(&leaves[middle..]))
        }
    }
}

pub(crate) fn leaves(count: u64) -> Vec<Digest> {
    (0..count).map(|position| leaf_hash(&position.to_be_bytes())).collect()
}

#[test]
fn hashes_are_those_of_certificate_transparency() {
    // The test vectors of the Certificate Transparency reference implementation.
    let inputs: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut frontier = Frontier::new();
    assert_eq!(frontier.root().to_string(), roots[0]);
    for (input, root) in inputs.iter().zip(&roots[1..]) {
        frontier.append(leaf_hash(input));
        assert_eq!(frontier.root().to_string(), *root);
    }
}

#[test]
fn a_frontier_has_as_many_hashes_as_its_size_has_bits() {
    let mut frontier = Frontier::new();
    for (position, leaf) in leaves(70).into_iter().enumerate() {
        assert_eq!(frontier.append(leaf), position as u64);
        assert_eq!(frontier.peaks().len() as u64, u64::from(frontier.size().count_ones()));
        let peaks = frontier.peaks().to_vec();
        assert_eq!(Frontier::from_parts(frontier.size(), peaks.clone()), Ok(frontier.clone()));
        assert!(Frontier::from_parts(frontier.size(), peaks[1..].to_vec()).is_err());
    }
    assert!(Frontier::from_parts(0, vec![empty_root()]).is_err());
    assert!(Frontier::from_parts(1, Vec::new()).is_err());
    assert!(Frontier::from_parts(u64::MAX, vec![empty_root(); 64]).is_err());
}

proptest! {
    #[test]
    fn a_frontier_taken_up_again_goes_on_like_the_naive_tree(
        first in 0_u64..200,
        then in 0_u64..200,
    ) {
        let all = leaves(first + then);
        let mut frontier = Frontier::new();
        for leaf in &all[..usize::try_from(first).unwrap()] {
            frontier.append(*leaf);
        }
        let mut frontier =
            Frontier::from_parts(frontier.size(), frontier.peaks().to_vec()).unwrap();
        for leaf in &all[usize::try_from(first).unwrap()..] {
            frontier.append(*leaf);
        }
        prop_assert_eq!(frontier.root(), naive_root(&all));
        prop_assert_eq!(frontier.size(), first + then);
    }
}
