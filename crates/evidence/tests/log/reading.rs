//! A whole log, read and checked.

use proptest::prelude::*;
use weighbridge_domain::Digest;
use weighbridge_evidence::{
    Broken, Checkpoint, Frontier, LogEntry, Verified, leaf_hash, verify_log,
};

fn log(count: u64) -> Vec<LogEntry> {
    (0..count)
        .map(|position| {
            let body = format!("entry {position}").into_bytes();
            LogEntry { position, leaf: leaf_hash(&body), body }
        })
        .collect()
}

fn checkpoint(entries: &[LogEntry], size: u64) -> Checkpoint {
    let mut frontier = Frontier::new();
    for entry in &entries[..usize::try_from(size).unwrap()] {
        frontier.append(entry.leaf);
    }
    Checkpoint { origin: "ledger".parse().unwrap(), size, root: frontier.root() }
}

fn checkpoints(entries: &[LogEntry]) -> Vec<Checkpoint> {
    [8, 0, 3, 8].map(|size| checkpoint(entries, size)).to_vec()
}

#[test]
fn a_whole_log_verifies() {
    let entries = log(10);
    let verified = verify_log(entries.clone(), checkpoints(&entries)).unwrap();
    let root = checkpoint(&entries, 10).root;
    assert_eq!(verified, Verified { size: 10, root, checkpoints: 4, signed_size: 8 });
    let empty = verify_log(Vec::new(), Vec::new()).unwrap();
    assert_eq!((empty.size, empty.checkpoints), (0, 0));
}

fn broken(entries: Vec<LogEntry>) -> Broken {
    let signed = log(10);
    verify_log(entries, checkpoints(&signed)).unwrap_err()
}

#[test]
fn a_changed_body_is_found_where_it_is() {
    let mut entries = log(10);
    entries[5].body.push(b'!');
    assert_eq!(broken(entries).position, 5);
}

#[test]
fn a_rewritten_entry_with_a_matching_leaf_is_found_at_the_next_checkpoint() {
    let mut entries = log(10);
    entries[5].body = b"something else".to_vec();
    entries[5].leaf = leaf_hash(&entries[5].body);
    let broken = broken(entries);
    assert_eq!(broken.position, 3, "the last checkpoint before it");
    assert!(broken.why.contains("the first 8 entries"), "{}", broken.why);
}

#[test]
fn a_shortened_log_is_found() {
    let broken = broken(log(7));
    assert_eq!(broken.position, 7);
    assert_eq!(
        broken.to_string(),
        "the log is broken at position 7: the log ends here, and a checkpoint covers 8 entries"
    );
}

#[test]
fn a_missing_or_moved_entry_is_found() {
    let mut entries = log(10);
    entries.remove(4);
    assert_eq!(broken(entries).position, 4);
    let mut entries = log(10);
    entries.swap(1, 2);
    assert_eq!(broken(entries).position, 1);
}

#[test]
fn two_roots_for_one_size_are_found() {
    let entries = log(4);
    let mut fork = checkpoint(&entries, 4);
    fork.root = leaf_hash(b"fork");
    assert!(verify_log(entries.clone(), vec![checkpoint(&entries, 4), fork]).is_err());
}

#[test]
fn checkpoints_of_two_logs_are_not_mixed() {
    let entries = log(4);
    let mut other = checkpoint(&entries, 4);
    other.origin = "other".parse().unwrap();
    assert!(verify_log(entries.clone(), vec![checkpoint(&entries, 4), other]).is_err());
}

proptest! {
    #[test]
    fn any_flipped_bit_is_found(
        count in 1_usize..40,
        at in any::<prop::sample::Index>(),
        byte in any::<prop::sample::Index>(),
        bit in 0..8,
        in_leaf in any::<bool>(),
    ) {
        let entries = log(count as u64);
        let signed = vec![checkpoint(&entries, count as u64)];
        let mut changed = entries.clone();
        let entry = &mut changed[at.index(count)];
        if in_leaf {
            let mut bytes = *entry.leaf.as_bytes();
            bytes[byte.index(32)] ^= 1_u8 << bit;
            entry.leaf = Digest::from_bytes(bytes);
        } else {
            let byte = byte.index(entry.body.len());
            entry.body[byte] ^= 1_u8 << bit;
        }
        prop_assert_eq!(verify_log(changed, signed.clone()).unwrap_err().position, at.index(count) as u64);
        prop_assert!(verify_log(entries, signed).is_ok());
    }
}
