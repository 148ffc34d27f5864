//! Statements and envelopes, written in pieces.
//!
//! A revision can have tens of thousands of files, and each statement about it lists them all. The list
//! follows from what is stored about the files, so it is neither kept with each statement nor ever whole
//! in memory: it passes by, page by page, once to sign and once for whoever reads it. What is signed
//! begins with the length of the payload, so that has to be known first.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use weighbridge_domain::{Digest, Hasher};

use super::envelope::{EnvelopeSignature, IN_TOTO_TYPE, pae_hasher};
use super::key::AttestationSigner;
use super::statement::STATEMENT_TYPE;

/// A statement about a revision, without the list of its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementText {
    before: String,
    after: String,
}

#[derive(Serialize)]
struct SubjectJson<'a> {
    name: &'a str,
    digest: DigestsJson<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DigestsJson<'a> {
    sha256: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    git_commit: Option<&'a str>,
}

impl StatementText {
    /// The statement of that type about the revision called `name`, with its manifest and its commit.
    /// `predicate` is JSON.
    pub fn new(
        name: &str,
        manifest: Digest,
        commit: &str,
        predicate_type: &str,
        predicate: &str,
    ) -> StatementText {
        let first = subject(name, manifest, Some(commit));
        let kind = json(predicate_type);
        StatementText {
            before: format!("{{\"_type\":\"{STATEMENT_TYPE}\",\"subject\":[{first}"),
            after: format!("],\"predicateType\":{kind},\"predicate\":{predicate}}}"),
        }
    }

    /// What stands before the files.
    pub fn before(&self) -> &str {
        &self.before
    }

    /// What stands after them.
    pub fn after(&self) -> &str {
        &self.after
    }

    /// How long the statement is, with files whose texts have that length together.
    pub fn length_bytes(&self, files_bytes: u64) -> u64 {
        (self.before.len() as u64)
            .saturating_add(files_bytes)
            .saturating_add(self.after.len() as u64)
    }
}

/// One file in the list of subjects, with the comma before it.
pub fn file_subject(path: &str, digest: Digest) -> String {
    format!(",{}", subject(path, digest, None))
}

/// An envelope on its way out: give it the payload piece by piece.
pub struct EnvelopeText {
    signed: Hasher,
    payload: Hasher,
    written: Hasher,
    /// Fewer than three bytes that wait for the next piece: base64 takes three at a time.
    rest: Vec<u8>,
}

/// What an envelope is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnvelopeDigests {
    /// SHA-256 of the envelope.
    pub envelope: Digest,
    /// SHA-256 of its payload.
    pub payload: Digest,
}

impl EnvelopeText {
    /// Begins an envelope around a statement of that length; answers what to write first.
    pub fn begin(payload_bytes: u64) -> (EnvelopeText, String) {
        let first = "{\"payload\":\"".to_owned();
        let mut written = Hasher::default();
        written.update(first.as_bytes());
        let signed = pae_hasher(IN_TOTO_TYPE, payload_bytes);
        (EnvelopeText { signed, payload: Hasher::default(), written, rest: Vec::new() }, first)
    }

    /// Takes the next piece of the payload; answers what to write for it.
    pub fn push(&mut self, piece: &[u8]) -> String {
        self.signed.update(piece);
        self.payload.update(piece);
        self.rest.extend_from_slice(piece);
        let whole = self.rest.len() / 3 * 3;
        let rest = self.rest.split_off(whole);
        let encoded = STANDARD.encode(&self.rest);
        self.rest = rest;
        self.written.update(encoded.as_bytes());
        encoded
    }

    /// Ends the payload and signs it; answers the last piece, the signature and the digests. `None` only
    /// when the library refuses to sign.
    pub fn sign(
        self,
        signer: &AttestationSigner,
    ) -> Option<(String, EnvelopeSignature, EnvelopeDigests)> {
        let bytes = signer.sign(self.signed.clone().finish())?;
        let signature = EnvelopeSignature { keyid: signer.public().keyid(), bytes };
        let (last, digests) = self.end(std::slice::from_ref(&signature));
        Some((last, signature, digests))
    }

    /// Ends the payload under signatures that are known already.
    pub fn end(mut self, signatures: &[EnvelopeSignature]) -> (String, EnvelopeDigests) {
        let mut last = STANDARD.encode(&self.rest);
        write!(last, "\",\"payloadType\":\"{IN_TOTO_TYPE}\",\"signatures\":[").ok();
        for (at, signature) in signatures.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let (keyid, sig) = (json(&signature.keyid), STANDARD.encode(&signature.bytes));
            write!(last, "{comma}{{\"keyid\":{keyid},\"sig\":\"{sig}\"}}").ok();
        }
        last.push_str("]}");
        self.written.update(last.as_bytes());
        let digests =
            EnvelopeDigests { envelope: self.written.finish(), payload: self.payload.finish() };
        (last, digests)
    }
}

impl std::fmt::Debug for EnvelopeText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EnvelopeText")
    }
}

fn subject(name: &str, digest: Digest, commit: Option<&str>) -> String {
    let digest = digest.to_string();
    json(&SubjectJson { name, digest: DigestsJson { sha256: &digest, git_commit: commit } })
}

/// Our own texts always have a JSON form.
fn json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
