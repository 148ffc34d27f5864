//! Keys and envelopes to try.

use weighbridge_domain::Digest;
use weighbridge_evidence::{
    AttestationSigner, Envelope, EnvelopeDigests, EnvelopeText, StatementText, file_subject,
};

pub(crate) const TYPE: &str = "https://in-toto.io/attestation/svr/v0.2";

pub(crate) fn signer(seed: u8) -> AttestationSigner {
    AttestationSigner::from_seed([seed; 32])
}

/// An envelope about two files, written in pieces of `piece` bytes.
pub(crate) fn written(seed: u8, piece: usize) -> (String, EnvelopeDigests) {
    let predicate = r#"{"verifier":{"id":"v","policies":[]},"timeCreated":"t","properties":["P"]}"#;
    let manifest = Digest::of(b"manifest");
    let statement =
        StatementText::new("pkg:huggingface/acme/tiny@abc", manifest, "abc", TYPE, predicate);
    let files = [("config.json", b"1"), ("dir/\"é\".bin", b"2")]
        .map(|(path, bytes)| file_subject(path, Digest::of(bytes)))
        .concat();
    let payload = [statement.before(), &files, statement.after()].concat();
    assert_eq!(payload.len() as u64, statement.length_bytes(files.len() as u64));
    let (mut text, mut out) = EnvelopeText::begin(payload.len() as u64);
    for piece in payload.as_bytes().chunks(piece) {
        out.push_str(&text.push(piece));
    }
    let (last, _, digests) = text.sign(&signer(seed)).unwrap();
    (out + &last, digests)
}

pub(crate) fn envelope(seed: u8) -> Envelope {
    Envelope::parse(written(seed, 1000).0.as_bytes()).unwrap()
}
