//! The same log in a published implementation of the same formats: each believes the other.

use std::convert::Infallible;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use signed_note::{Note, StandardSigner, StandardVerifier, VerifierList};
use tlog_tiles::tlog;
use weighbridge_domain::Digest;
use weighbridge_evidence::{
    Frontier, LogSigner, LogVerifier, leaf_hash, prove_consistency, prove_inclusion,
    verify_consistency, verify_inclusion,
};

/// Hashes as the other implementation stores them.
#[derive(Default)]
struct Stored(Vec<tlog::Hash>);

impl tlog::HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        Ok(indexes.iter().map(|index| self.0[usize::try_from(*index).unwrap()]).collect())
    }
}

fn theirs(digest: &Digest) -> tlog::Hash {
    tlog::Hash(*digest.as_bytes())
}

fn ours(hashes: &[tlog::Hash]) -> Vec<Digest> {
    hashes.iter().map(|hash| Digest::from_bytes(hash.0)).collect()
}

#[test]
fn roots_and_proofs_are_the_same() {
    let (mut stored, mut frontier, mut leaves) = (Stored::default(), Frontier::new(), Vec::new());
    let mut roots = vec![frontier.root()];
    for size in 1..=150_u64 {
        let body = format!("entry {size}").into_bytes();
        let more = tlog::stored_hashes(size - 1, &body, &stored).unwrap();
        stored.0.extend(more);
        leaves.push(leaf_hash(&body));
        frontier.append(leaf_hash(&body));
        let root = frontier.root();
        assert_eq!(tlog::tree_hash(size, &stored).unwrap(), theirs(&root));
        roots.push(root);

        let mut read = |position| Ok::<_, Infallible>(leaves[usize::try_from(position).unwrap()]);
        for position in [0, size / 3, size / 2, size - 1] {
            let proof = prove_inclusion(position, size, &mut read).unwrap();
            assert_eq!(ours(&tlog::prove_record(size, position, &stored).unwrap()), proof);
            let leaf = &leaves[usize::try_from(position).unwrap()];
            assert_eq!(verify_inclusion(leaf, position, size, &root, &proof), Ok(()));

            let old_size = position + 1;
            let old_root = &roots[usize::try_from(old_size).unwrap()];
            let proof = prove_consistency(old_size, size, &mut read).unwrap();
            assert_eq!(ours(&tlog::prove_tree(size, old_size, &stored).unwrap()), proof);
            assert_eq!(verify_consistency(old_size, size, old_root, &root, &proof), Ok(()));
        }
    }
}

#[test]
fn they_believe_what_we_sign() {
    let signer = LogSigner::from_seed([3; 32], "weighbridge.example.org/ledger".parse().unwrap());
    let root = leaf_hash(b"entry");
    let note = signer.sign(77, root);
    let verifier = StandardVerifier::new(&signer.verifier().vkey()).unwrap();
    let parsed = Note::from_bytes(note.as_bytes()).unwrap();
    let (known, unknown) = parsed.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
    assert_eq!((known.len(), unknown.len()), (1, 0));
    let checkpoint = tlog_tiles::Checkpoint::from_bytes(parsed.text()).unwrap();
    assert_eq!(checkpoint.origin(), "weighbridge.example.org/ledger");
    assert_eq!(checkpoint.size(), 77);
    assert_eq!(*checkpoint.hash(), theirs(&root));
    assert_eq!(checkpoint.extension(), "");
}

#[test]
fn we_believe_what_they_sign() {
    // Their own format for a secret key: the seed behind the byte that stands for Ed25519.
    let seed = [3; 32];
    let vkey = LogSigner::from_seed(seed, "ledger".parse().unwrap()).verifier().vkey();
    let id = vkey.split('+').nth(1).unwrap();
    let secret = STANDARD.encode([&[1][..], &seed].concat());
    let signer = StandardSigner::new(&format!("PRIVATE+KEY+ledger+{id}+{secret}")).ok().unwrap();
    let root = leaf_hash(b"entry");
    let text = format!("ledger\n5\n{}\n", theirs(&root));
    let mut note = Note::new(text.as_bytes(), &[]).unwrap();
    note.add_sigs(&[&signer]).unwrap();
    let note = String::from_utf8(note.to_bytes()).unwrap();
    let checkpoint = LogVerifier::from_vkey(&vkey).unwrap().verify(&note).unwrap();
    assert_eq!((checkpoint.size, checkpoint.root), (5, root));
}
