//! The keys of attestations.
//!
//! Ours is ECDSA P-256 with SHA-256: what every verifier of DSSE and of Sigstore bundles reads. Its
//! nonces are derived (RFC 6979), so that the same statement has the same signature wherever it is made.
//! Others' are P-256, P-384, P-521 or Ed25519.
//!
//! A key is named by the SHA-256 of its DER (SubjectPublicKeyInfo): in lower-case hexadecimal as `keyid`,
//! in base64 as the hint of a Sigstore bundle, as cosign does.

use std::fmt;

use aws_lc_rs::digest;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ED25519,
    ParsedPublicKey, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::ecdsa::{Signature, SigningKey};
use weighbridge_domain::Digest;

use super::pem;

const LABEL: &str = "PUBLIC KEY";

/// The kinds of keys, each with the one beginning that DER gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    P256,
    P384,
    P521,
    Ed25519,
}

const KINDS: [(Kind, &str, usize); 4] = [
    (Kind::P256, "3059301306072a8648ce3d020106082a8648ce3d030107034200", 65),
    (Kind::P384, "3076301006072a8648ce3d020106052b81040022036200", 97),
    (Kind::P521, "30819b301006072a8648ce3d020106052b8104002303818600", 133),
    (Kind::Ed25519, "302a300506032b6570032100", 32),
];

/// A text that is not a public key for attestations.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is not a public key of ECDSA P-256, P-384, P-521 or Ed25519 in PEM (`BEGIN PUBLIC KEY`)"
)]
pub struct BadPublicKey;

/// A public key that attestations are checked with.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    kind: Kind,
    der: Vec<u8>,
}

/// Signs attestations.
#[derive(Clone)]
pub struct AttestationSigner {
    key: SigningKey,
    public: PublicKey,
}

impl PublicKey {
    /// Reads PEM.
    pub fn from_pem(text: &str) -> Result<PublicKey, BadPublicKey> {
        let der = pem::read(LABEL, text).ok_or(BadPublicKey)?;
        for (kind, beginning, rest) in KINDS {
            let beginning = hex::decode(beginning).map_err(|_| BadPublicKey)?;
            if der.starts_with(&beginning) && der.len() == beginning.len() + rest {
                let key = PublicKey { kind, der };
                // Not every point is on its curve.
                key.parsed().ok_or(BadPublicKey)?;
                return Ok(key);
            }
        }
        Err(BadPublicKey)
    }

    /// The key as PEM.
    pub fn pem(&self) -> String {
        pem::write(LABEL, &self.der)
    }

    /// What it is called in envelopes.
    pub fn keyid(&self) -> String {
        Digest::of(&self.der).to_string()
    }

    /// What it is called in Sigstore bundles.
    pub fn hint(&self) -> String {
        PublicKey::hint_of(Digest::of(&self.der))
    }

    /// The same, from the digest in a `keyid`.
    pub fn hint_of(keyid: Digest) -> String {
        STANDARD.encode(keyid.as_bytes())
    }

    /// Its algorithm, for people.
    pub fn algorithm(&self) -> &'static str {
        match self.kind {
            Kind::P256 => "ECDSA P-256, SHA-256",
            Kind::P384 => "ECDSA P-384, SHA-384",
            Kind::P521 => "ECDSA P-521, SHA-512",
            Kind::Ed25519 => "Ed25519",
        }
    }

    /// Whether it signed `message`.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let Some(key) = self.parsed() else { return false };
        match self.kind {
            Kind::Ed25519 => key.verify_sig(message, signature).is_ok(),
            Kind::P256 => {
                key.verify_digest_sig(&digest::digest(&digest::SHA256, message), signature).is_ok()
            }
            Kind::P384 => {
                key.verify_digest_sig(&digest::digest(&digest::SHA384, message), signature).is_ok()
            }
            Kind::P521 => {
                key.verify_digest_sig(&digest::digest(&digest::SHA512, message), signature).is_ok()
            }
        }
    }

    fn parsed(&self) -> Option<ParsedPublicKey> {
        let algorithm: &'static dyn VerificationAlgorithm = match self.kind {
            Kind::P256 => &ECDSA_P256_SHA256_ASN1,
            Kind::P384 => &ECDSA_P384_SHA384_ASN1,
            Kind::P521 => &ECDSA_P521_SHA512_ASN1,
            Kind::Ed25519 => &ED25519,
        };
        ParsedPublicKey::new(algorithm, &self.der).ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.keyid())
    }
}

impl AttestationSigner {
    /// The signer whose secret is `seed`. Two seeds in about 2³² are no scalar of the curve; they stand
    /// for their hash.
    pub fn from_seed(seed: [u8; 32]) -> AttestationSigner {
        let mut scalar = seed;
        let key = loop {
            match SigningKey::from_slice(&scalar) {
                Ok(key) => break key,
                Err(_) => scalar = *Digest::of(&scalar).as_bytes(),
            }
        };
        let (_, beginning, _) = KINDS[0];
        let mut der = hex::decode(beginning).unwrap_or_default();
        der.extend_from_slice(key.verifying_key().to_sec1_point(false).as_bytes());
        AttestationSigner { key, public: PublicKey { kind: Kind::P256, der } }
    }

    /// Who can check what this signs.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs a message by its SHA-256; the signature is DER.
    pub fn sign(&self, message: Digest) -> Option<Vec<u8>> {
        let signature: Signature = self.key.sign_prehash(message.as_bytes()).ok()?;
        Some(signature.to_der().as_bytes().to_vec())
    }
}

impl fmt::Debug for AttestationSigner {
    /// Tells who it is and never the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AttestationSigner({})", self.public.keyid())
    }
}
