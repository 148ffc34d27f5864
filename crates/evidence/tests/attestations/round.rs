//! What is written is read back, and only its signer verifies it.

use proptest::prelude::*;
use weighbridge_domain::Digest;
use weighbridge_evidence::predicate::{Shape, check};
use weighbridge_evidence::{
    Envelope, EnvelopeSignature, IN_TOTO_TYPE, PublicKey, Statement, bundle_around,
    envelope_in_bundle,
};

use crate::samples::{TYPE, envelope, signer, written};

proptest! {
    #[test]
    fn pieces_of_any_size_make_one_envelope(piece in 1..400_usize) {
        prop_assert_eq!(written(1, piece), written(1, 1000));
    }
}

#[test]
fn a_statement_is_about_the_revision_first_and_then_its_files() {
    let (text, digests) = written(1, 100);
    assert_eq!(digests.envelope, Digest::of(text.as_bytes()));
    let envelope = Envelope::parse(text.as_bytes()).unwrap();
    assert_eq!(envelope.json(), text, "our own envelopes have one form");
    assert_eq!(digests.payload, Digest::of(&envelope.payload));
    assert_eq!(envelope.payload_type, IN_TOTO_TYPE);
    let statement = Statement::parse(&envelope.payload).unwrap();
    assert_eq!(statement.predicate_type, TYPE);
    assert_eq!(check(TYPE, &statement.predicate), Ok(Shape::Known));
    let names: Vec<&str> = statement.subjects.iter().map(|subject| subject.name.as_str()).collect();
    assert_eq!(names, ["pkg:huggingface/acme/tiny@abc", "config.json", "dir/\"é\".bin"]);
    assert_eq!(statement.subjects[0].sha256(), Some(Digest::of(b"manifest")));
    assert_eq!(statement.subjects[0].digest["gitCommit"], "abc");
    assert_eq!(statement.subjects[2].sha256(), Some(Digest::of(b"2")));
}

#[test]
fn only_whoever_signed_is_a_signer() {
    let keys = [signer(1), signer(2)].map(|signer| signer.public().clone());
    let mut envelope = envelope(1);
    assert_eq!(envelope.signers(&keys), [&keys[0]]);
    assert_eq!(envelope.signers(&keys[1..]), Vec::<&PublicKey>::new());

    // The name of a key is a hint: without it, or under another convention, the key verifies the same.
    for name in ["", "some other convention"] {
        name.clone_into(&mut envelope.signatures[0].keyid);
        assert_eq!(envelope.signers(&keys), [&keys[0]], "{name}");
    }
    // Under the name of another key it does not: nobody's signature counts for somebody else.
    envelope.signatures[0].keyid = keys[1].keyid();
    assert_eq!(envelope.signers(&keys), Vec::<&PublicKey>::new());
}

#[test]
fn two_signatures_are_two_signers_and_the_same_twice_is_one() {
    let keys = [signer(1), signer(2)].map(|signer| signer.public().clone());
    let mut twice = envelope(1);
    twice.signatures.push(twice.signatures[0].clone());
    assert_eq!(twice.signers(&[keys[0].clone(), keys[0].clone()]).len(), 1);
    let mut both = envelope(1);
    let bytes = signer(2).sign(Digest::of(&both.signed_bytes())).unwrap();
    both.signatures.push(EnvelopeSignature { keyid: keys[1].keyid(), bytes });
    assert_eq!(both.signers(&keys), [&keys[0], &keys[1]]);
}

#[test]
fn a_changed_payload_type_or_signature_is_nobodys() {
    let keys = [signer(1).public().clone()];
    let changes: [fn(&mut Envelope); 3] = [
        |envelope| envelope.payload[20] ^= 1,
        |envelope| envelope.payload_type.push('x'),
        |envelope| envelope.signatures[0].bytes[10] ^= 1,
    ];
    for change in changes {
        let mut envelope = envelope(1);
        change(&mut envelope);
        assert!(envelope.signers(&keys).is_empty());
    }
}

#[test]
fn a_key_reads_back_and_the_same_statement_has_the_same_signature() {
    let key = signer(7).public().clone();
    assert_eq!(PublicKey::from_pem(&key.pem()), Ok(key.clone()));
    assert_eq!(key.keyid().len(), 64);
    assert_eq!(envelope(7), envelope(7));
    // Zero is no scalar, and stands for its hash.
    assert_ne!(signer(0).public(), signer(7).public());
}

#[test]
fn a_bundle_holds_the_envelope_as_it_is() {
    let (text, _) = written(3, 10);
    let (before, after) = bundle_around(&signer(3).public().hint());
    let bundle = format!("{before}{text}{after}");
    let inside = envelope_in_bundle(bundle.as_bytes()).unwrap().unwrap();
    assert_eq!(inside, envelope(3));
    let json: serde_json::Value = serde_json::from_str(&bundle).unwrap();
    assert_eq!(json["mediaType"], "application/vnd.dev.sigstore.bundle.v0.3+json");
    assert_eq!(envelope_in_bundle(text.as_bytes()), Ok(None));
}
