//! Sigstore bundles v0.3 around our envelopes: what npm's `@sigstore/verify` and cosign read.
//!
//! A bundle adds the hint by which a verifier finds the key, and nothing that is signed. There is no entry
//! of a public transparency log in it: the ledger of the instance is the log.

use serde::Deserialize;

use super::envelope::{BadEnvelope, Envelope, EnvelopeJson, MAX_ENVELOPE_BYTES};

/// The type of a bundle.
pub const SIGSTORE_BUNDLE_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BundleJson {
    dsse_envelope: EnvelopeJson,
}

/// What stands before and after an envelope to make it a bundle, for the key with that hint.
pub fn bundle_around(hint: &str) -> (String, &'static str) {
    let before = format!(
        "{{\"mediaType\":\"{SIGSTORE_BUNDLE_TYPE}\",\"verificationMaterial\":{{\"publicKey\":\
         {{\"hint\":\"{hint}\"}},\"tlogEntries\":[]}},\"dsseEnvelope\":"
    );
    (before, "}")
}

/// The envelope in a bundle. Who signed it is found out by the keys one trusts, not by the hint.
pub fn envelope_in_bundle(text: &[u8]) -> Result<Option<Envelope>, BadEnvelope> {
    if text.len() > MAX_ENVELOPE_BYTES {
        return Ok(None);
    }
    match serde_json::from_slice::<BundleJson>(text) {
        Ok(bundle) => bundle.dsse_envelope.read().map(Some),
        Err(_) => Ok(None),
    }
}
