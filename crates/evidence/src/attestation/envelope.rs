//! DSSE v1: a payload, what it is, and signatures over both.
//!
//! Format: <https://github.com/secure-systems-lab/dsse>. The name of a key in an envelope is a hint that
//! nobody signed: it may save work, it never decides.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::{Deserialize, Serialize};
use weighbridge_domain::Hasher;

use super::key::PublicKey;
use super::printable;

/// What the payload of every attestation is.
pub const IN_TOTO_TYPE: &str = "application/vnd.in-toto+json";

/// A larger envelope is refused unread.
pub const MAX_ENVELOPE_BYTES: usize = 64 * 1024 * 1024;

/// An envelope with more signatures is refused.
pub const MAX_SIGNATURES: usize = 16;

/// A longer name of a key, or signature, is none.
const MAX_SIGNATURE_CHARS: usize = 4 * 1024;

/// A payload that somebody signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// What the payload is.
    pub payload_type: String,
    /// The payload.
    pub payload: Vec<u8>,
    /// Who signed it, as the envelope claims.
    pub signatures: Vec<EnvelopeSignature>,
}

/// One signature of an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvelopeSignature {
    /// The name of the key, as the envelope claims; may be empty.
    pub keyid: String,
    /// The signature.
    pub bytes: Vec<u8>,
}

/// Why a text is no envelope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is no DSSE envelope: {0}")]
pub struct BadEnvelope(String);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EnvelopeJson {
    pub(super) payload: String,
    pub(super) payload_type: String,
    pub(super) signatures: Vec<SignatureJson>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct SignatureJson {
    #[serde(default)]
    pub(super) keyid: Option<String>,
    pub(super) sig: String,
}

impl Envelope {
    /// Reads an envelope.
    pub fn parse(text: &[u8]) -> Result<Envelope, BadEnvelope> {
        if text.len() > MAX_ENVELOPE_BYTES {
            return Err(bad(&format!("it has more than {MAX_ENVELOPE_BYTES} bytes")));
        }
        serde_json::from_slice::<EnvelopeJson>(text)
            .map_err(|error| bad(&error.to_string()))?
            .read()
    }

    /// The envelope as JSON.
    pub fn json(&self) -> String {
        let signatures = self.signatures.iter().map(|signature| SignatureJson {
            keyid: Some(signature.keyid.clone()),
            sig: STANDARD.encode(&signature.bytes),
        });
        let json = EnvelopeJson {
            payload: STANDARD.encode(&self.payload),
            payload_type: self.payload_type.clone(),
            signatures: signatures.collect(),
        };
        serde_json::to_string(&json).unwrap_or_default()
    }

    /// What is signed: DSSE's pre-authentication encoding.
    pub fn signed_bytes(&self) -> Vec<u8> {
        let mut bytes = pae_head(&self.payload_type, self.payload.len() as u64).into_bytes();
        bytes.extend_from_slice(&self.payload);
        bytes
    }

    /// Those of `keys` that signed it, each once, in their order.
    pub fn signers<'k>(&self, keys: &'k [PublicKey]) -> Vec<&'k PublicKey> {
        let signed = self.signed_bytes();
        let has_signed = |key: &&PublicKey| {
            let keyid = key.keyid();
            // A name that is another key's of ours saves the work; any other name may be another
            // convention's for this key.
            let names_another =
                |name: &str| name != keyid && keys.iter().any(|other| other.keyid() == name);
            self.signatures.iter().any(|signature| {
                !names_another(&signature.keyid) && key.verifies(&signed, &signature.bytes)
            })
        };
        let mut found: Vec<&PublicKey> = Vec::new();
        for key in keys.iter().filter(has_signed) {
            if !found.contains(&key) {
                found.push(key);
            }
        }
        found
    }
}

impl EnvelopeJson {
    pub(super) fn read(self) -> Result<Envelope, BadEnvelope> {
        if self.signatures.is_empty() {
            return Err(bad("nobody signed it"));
        }
        if self.signatures.len() > MAX_SIGNATURES {
            return Err(bad(&format!("it has more than {MAX_SIGNATURES} signatures")));
        }
        let mut signatures = Vec::with_capacity(self.signatures.len());
        for SignatureJson { keyid, sig } in self.signatures {
            let keyid = keyid.unwrap_or_default();
            if keyid.len() > MAX_SIGNATURE_CHARS || sig.len() > MAX_SIGNATURE_CHARS {
                return Err(bad("a signature is too long"));
            }
            let bytes = decode(&sig).ok_or_else(|| bad("a signature is not base64"))?;
            signatures.push(EnvelopeSignature { keyid, bytes });
        }
        let payload = decode(&self.payload).ok_or_else(|| bad("its payload is not base64"))?;
        Ok(Envelope { payload_type: self.payload_type, payload, signatures })
    }
}

/// What stands before the payload in what is signed.
pub(super) fn pae_head(payload_type: &str, payload_bytes: u64) -> String {
    format!("DSSEv1 {} {payload_type} {payload_bytes} ", payload_type.len())
}

/// The SHA-256 of what is signed, for a payload that comes in pieces.
pub(super) fn pae_hasher(payload_type: &str, payload_bytes: u64) -> Hasher {
    let mut hasher = Hasher::default();
    hasher.update(pae_head(payload_type, payload_bytes).as_bytes());
    hasher
}

/// Either alphabet, as DSSE asks.
fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()
}

fn bad(why: &str) -> BadEnvelope {
    BadEnvelope(printable(why))
}
