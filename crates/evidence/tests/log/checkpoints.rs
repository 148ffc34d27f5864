//! Checkpoints, signed and read back.

use weighbridge_evidence::{
    Checkpoint, CheckpointError, LogSigner, LogVerifier, NoteError, Origin, empty_root, leaf_hash,
};

fn origin(name: &str) -> Origin {
    name.parse().unwrap()
}

fn signer() -> LogSigner {
    LogSigner::from_seed([7; 32], origin("weighbridge.example.org/ledger"))
}

#[test]
fn a_signed_checkpoint_reads_back() {
    let root = leaf_hash(b"entry");
    let note = signer().sign(12, root);
    let verifier = LogVerifier::from_vkey(&signer().verifier().vkey()).unwrap();
    let checkpoint = Checkpoint { origin: signer().origin().clone(), size: 12, root };
    assert_eq!(verifier.verify(&note), Ok(checkpoint));
    assert_eq!(note, signer().sign(12, root), "the signature is deterministic");
    let lines: Vec<_> = note.lines().collect();
    assert_eq!(lines[..2], ["weighbridge.example.org/ledger", "12"]);
    assert!(lines[4].starts_with("\u{2014} weighbridge.example.org/ledger "));
    assert_eq!(lines.len(), 5);
}

#[test]
fn a_note_of_the_go_checksum_database_verifies() {
    // Key and signature from the documentation of golang.org/x/mod/sumdb/note.
    let vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let note = "If you think cryptography is the answer to your problem,\n\
                then you don't know what your problem is.\n\n\
                \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    let verifier = LogVerifier::from_vkey(vkey).unwrap();
    assert_eq!(verifier.vkey(), vkey);
    // The signature holds; what it signs is no checkpoint.
    let not_a_checkpoint = CheckpointError::Malformed("it has fewer than three lines");
    assert_eq!(verifier.verify(note), Err(not_a_checkpoint));
    let changed = note.replace("answer", "Answer");
    let wrong = NoteError::WrongSignature(origin("PeterNeumann"));
    assert_eq!(verifier.verify(&changed), Err(CheckpointError::Note(wrong)));
}

#[test]
fn a_flipped_bit_in_any_byte_and_every_truncation_is_noticed() {
    let note = signer().sign(3, leaf_hash(b"entry"));
    let verifier = signer().verifier();
    for position in 0..note.len() {
        let mut bytes = note.clone().into_bytes();
        bytes[position] ^= 1 << (position % 8);
        if let Ok(text) = String::from_utf8(bytes) {
            assert!(verifier.verify(&text).is_err(), "{text}");
        }
        if note.is_char_boundary(position) {
            assert!(verifier.verify(&note[..position]).is_err());
        }
    }
}

#[test]
fn other_signatures_are_passed_over_and_cannot_stand_in() {
    let other = LogSigner::from_seed([8; 32], origin("witness.example.org"));
    let same_name = LogSigner::from_seed([9; 32], signer().origin().clone());
    let note = signer().sign(1, empty_root());
    let text_end = note.find("\u{2014}").unwrap();
    let signature_by = |signer: &LogSigner| {
        let foreign = signer.sign(1, empty_root());
        foreign[foreign.find("\u{2014}").unwrap()..].to_owned()
    };
    let verifier = signer().verifier();
    let both = format!("{note}{}{}", signature_by(&other), signature_by(&same_name));
    assert!(verifier.verify(&both).is_ok());
    let only_others =
        format!("{}{}{}", &note[..text_end], signature_by(&other), signature_by(&same_name));
    let unsigned = NoteError::NotSigned(signer().origin().clone());
    assert_eq!(verifier.verify(&only_others), Err(CheckpointError::Note(unsigned)));
    let many = format!("{note}{}", signature_by(&other).repeat(100));
    assert!(verifier.verify(&many).is_err());
    let junk = format!("{note}\u{2014} witness.example.org AAAA\n");
    assert!(verifier.verify(&junk).is_err());
    assert!(verifier.verify(&"x\n".repeat(100_000)).is_err());
    assert!(verifier.verify("").is_err());
}

#[test]
fn a_verifier_key_that_does_not_add_up_is_refused() {
    let vkey = signer().verifier().vkey();
    assert!(LogVerifier::from_vkey(&vkey).is_ok());
    assert!(LogVerifier::from_vkey(&format!("{vkey}\n")).is_ok());
    for odd in [
        String::new(),
        "a+b".to_owned(),
        vkey.replacen("weigh", "Weigh", 1),
        vkey.replace("+A", "+B"),
        format!("{vkey}A"),
        vkey.chars().take(vkey.len() - 4).collect(),
    ] {
        assert!(LogVerifier::from_vkey(&odd).is_err(), "{odd}");
    }
}

#[test]
fn names_of_logs_have_no_spaces_and_no_plus() {
    for bad in ["", "a b", "a+b", "a\n", "\u{a0}", &"x".repeat(201)] {
        assert!(bad.parse::<Origin>().is_err(), "{bad:?}");
    }
}

#[test]
fn the_key_is_not_printed() {
    assert_eq!(format!("{:?}", signer()), "LogSigner(weighbridge.example.org/ledger)");
}
