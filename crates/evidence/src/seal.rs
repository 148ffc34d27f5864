//! Sealing small secrets for storage: AES-256-GCM under a key that lies outside the database.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How long a nonce is.
pub const NONCE_BYTES: usize = 12;

/// The key that upstream credentials are sealed with.
pub struct SealKey(LessSafeKey);

/// A text that this key did not seal for this use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret cannot be opened: it was sealed with another key, or changed since")]
pub struct CannotOpen;

impl SealKey {
    /// Takes the 32 bytes of the key. `None` only if the library refuses AES-256.
    pub fn from_bytes(bytes: [u8; 32]) -> Option<SealKey> {
        UnboundKey::new(&AES_256_GCM, &bytes).ok().map(|key| SealKey(LessSafeKey::new(key)))
    }

    /// Seals `secret` for one `purpose`; `nonce` has to be new for every call. The text is base64 of
    /// nonce, ciphertext and tag.
    pub fn seal(&self, nonce: [u8; NONCE_BYTES], purpose: &str, secret: &str) -> Option<String> {
        let mut sealed = secret.as_bytes().to_vec();
        let aad = Aad::from(purpose.as_bytes());
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed)
            .ok()?;
        Some(STANDARD.encode([&nonce, sealed.as_slice()].concat()))
    }

    /// Opens what [`SealKey::seal`] made for the same purpose.
    pub fn open(&self, purpose: &str, sealed: &str) -> Result<String, CannotOpen> {
        let bytes = STANDARD.decode(sealed).map_err(|_| CannotOpen)?;
        let (nonce, rest) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(CannotOpen)?;
        let mut rest = rest.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let secret = self
            .0
            .open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut rest)
            .map_err(|_| CannotOpen)?;
        String::from_utf8(secret.to_vec()).map_err(|_| CannotOpen)
    }
}

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_for_its_own_purpose_and_key_only() {
        let key = SealKey::from_bytes([1; 32]).unwrap();
        let sealed = key.seal([2; 12], "hub/acme", "s3cret").unwrap();
        assert!(!sealed.contains("s3cret"));
        assert_eq!(key.open("hub/acme", &sealed), Ok("s3cret".to_owned()));
        assert_eq!(key.open("hub/other", &sealed), Err(CannotOpen));
        assert_eq!(
            SealKey::from_bytes([3; 32]).unwrap().open("hub/acme", &sealed),
            Err(CannotOpen)
        );
        for cut in 0..sealed.len() {
            assert_eq!(key.open("hub/acme", &sealed[..cut]), Err(CannotOpen));
        }
    }
}
