//! Digests: the only names of bytes that mean anything.

use std::fmt;
use std::str::FromStr;

use sha2::Digest as _;

/// SHA-256 of a file's bytes. Equal digests mean equal files.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

/// The id git gives a file: SHA-1 over `blob <size>\0` and the bytes.
///
/// It is what the Hub promises for files outside LFS. It is compared, never trusted alone: every
/// stored file is also known by its [`Digest`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GitOid([u8; 20]);

/// A text that is not a digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not {expected} lower-case hexadecimal characters")]
pub struct BadDigest {
    given: String,
    expected: usize,
}

impl Digest {
    /// Hashes bytes that are already in memory.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(sha2::Sha256::digest(bytes).into())
    }

    /// Wraps the 32 bytes that a hasher produced.
    pub fn from_bytes(bytes: [u8; 32]) -> Digest {
        Digest(bytes)
    }

    /// The raw 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl GitOid {
    /// Wraps the 20 bytes that a hasher produced.
    pub fn from_bytes(bytes: [u8; 20]) -> GitOid {
        GitOid(bytes)
    }

    /// The raw 20 bytes.
    pub fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }
}

/// Hashes a stream once, for [`Digest`].
#[derive(Clone, Default)]
pub struct Hasher(sha2::Sha256);

impl Hasher {
    /// Takes the next piece of the stream.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Ends the stream.
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

fn parse<const N: usize>(text: &str) -> Result<[u8; N], BadDigest> {
    let bad = || BadDigest { given: text.chars().take(80).collect(), expected: N * 2 };
    // The decoder would take a `0x` before it, and either letter case.
    if text.len() != N * 2 || text.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(bad());
    }
    let mut out = [0; N];
    hex::decode_to_slice(text, &mut out).map_err(|_| bad())?;
    Ok(out)
}

impl FromStr for Digest {
    type Err = BadDigest;
    fn from_str(text: &str) -> Result<Digest, BadDigest> {
        parse(text).map(Digest)
    }
}

impl FromStr for GitOid {
    type Err = BadDigest;
    fn from_str(text: &str) -> Result<GitOid, BadDigest> {
        parse(text).map(GitOid)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(hex::Buffer::<32>::new().format(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl fmt::Display for GitOid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(hex::Buffer::<20>::new().format(&self.0))
    }
}

impl fmt::Debug for GitOid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GitOid({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_reads_back_what_it_prints() {
        let digest = Digest::of(b"weights");
        assert_eq!(digest.to_string().parse(), Ok(digest));
    }

    #[test]
    fn upper_case_and_short_texts_are_refused() {
        assert!("ABC".parse::<Digest>().is_err());
        assert!(Digest::of(b"").to_string().to_uppercase().parse::<Digest>().is_err());
        assert!("00".repeat(20).parse::<GitOid>().is_ok());
        assert!(format!("0x{}", "00".repeat(20)).parse::<GitOid>().is_err());
        assert!(format!("0x{}", "00".repeat(19)).parse::<GitOid>().is_err());
    }
}
