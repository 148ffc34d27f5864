//! What a file holds: bytes in memory, or bytes that are made while they are read.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use bytes::Bytes;
use sha1::Digest as _;
use weighbridge_domain::{Digest, GitOid, Hasher};

/// The size of the random block that a synthetic file repeats.
const BLOCK_BYTES: usize = 1 << 20;

/// A large file without the memory: a header, then one random block over and over.
#[derive(Clone, Debug)]
pub struct Synthetic {
    /// Its size, header included.
    pub size_bytes: u64,
    /// What the block is made from.
    pub seed: u64,
    /// Its first bytes.
    pub header: Bytes,
    /// Its digest, where nobody will ever read all of it: a 60 GB file is not hashed for a test.
    pub claimed: Option<Digest>,
}

impl Synthetic {
    /// Random bytes.
    pub fn new(size_bytes: u64, seed: u64) -> Synthetic {
        Synthetic { size_bytes, seed, header: Bytes::new(), claimed: None }
    }

    /// A well-formed safetensors file with one tensor of bytes.
    #[must_use]
    pub fn safetensors(size_bytes: u64, seed: u64) -> Synthetic {
        // The header's own length depends on the digits of the tensor's: pad it to a fixed size.
        const HEADER_BYTES: u64 = 128;
        let data = size_bytes.saturating_sub(8 + HEADER_BYTES);
        let json =
            format!(r#"{{"w":{{"dtype":"U8","shape":[{data}],"data_offsets":[0,{data}]}}}}"#);
        let mut header = HEADER_BYTES.to_le_bytes().to_vec();
        header.extend(format!("{json:<128}").into_bytes());
        Synthetic { header: header.into(), ..Synthetic::new(size_bytes, seed) }
    }

    /// The same file with a digest that is stated, not computed.
    #[must_use]
    pub fn claiming(mut self, digest: Digest) -> Synthetic {
        self.claimed = Some(digest);
        self
    }
}

/// What a file holds.
#[derive(Clone, Debug)]
pub(super) enum Content {
    Memory(Bytes),
    Made { synthetic: Synthetic, block: Bytes },
}

impl Content {
    pub(super) fn made(synthetic: Synthetic) -> Content {
        let block = block(synthetic.seed);
        Content::Made { synthetic, block }
    }

    pub(super) fn size_bytes(&self) -> u64 {
        match self {
            Content::Memory(bytes) => bytes.len() as u64,
            Content::Made { synthetic, .. } => synthetic.size_bytes,
        }
    }

    /// Up to `most` bytes from `at` on, without copying; empty at the end.
    pub(super) fn read(&self, at: u64, most: usize) -> Bytes {
        let left = self.size_bytes().saturating_sub(at);
        let most = most.min(usize::try_from(left).unwrap_or(usize::MAX));
        let (source, start) = match self {
            Content::Memory(bytes) => (bytes, at),
            Content::Made { synthetic, .. } if at < synthetic.header.len() as u64 => {
                (&synthetic.header, at)
            }
            Content::Made { block, .. } => (block, at % BLOCK_BYTES as u64),
        };
        let start = usize::try_from(start).unwrap_or(usize::MAX).min(source.len());
        source.slice(start..source.len().min(start.saturating_add(most)))
    }

    /// The whole content, for small files.
    pub(super) fn to_memory(&self) -> Bytes {
        let mut all = Vec::new();
        loop {
            let piece = self.read(all.len() as u64, BLOCK_BYTES);
            if piece.is_empty() {
                return all.into();
            }
            all.extend_from_slice(&piece);
        }
    }

    /// SHA-256, computed once for the same recipe.
    pub(super) fn digest(&self) -> Digest {
        static KNOWN: LazyLock<Mutex<HashMap<Recipe, Digest>>> = LazyLock::new(Mutex::default);
        let Content::Made { synthetic, .. } = self else {
            return Digest::of(&self.to_memory());
        };
        if let Some(claimed) = synthetic.claimed {
            return claimed;
        }
        let key = (synthetic.size_bytes, synthetic.seed, synthetic.header.clone());
        if let Some(known) = KNOWN.lock().expect("nobody panics in here").get(&key) {
            return *known;
        }
        let mut hasher = Hasher::default();
        let mut at = 0;
        while at < synthetic.size_bytes {
            let piece = self.read(at, BLOCK_BYTES);
            hasher.update(&piece);
            at += piece.len() as u64;
        }
        let digest = hasher.finish();
        KNOWN.lock().expect("nobody panics in here").insert(key, digest);
        digest
    }
}

/// Size, seed and header.
type Recipe = (u64, u64, Bytes);

/// What git calls a file with these bytes.
pub(super) fn git_oid(bytes: &[u8]) -> GitOid {
    let mut hasher = sha1::Sha1::new();
    hasher.update(format!("blob {}\0", bytes.len()));
    hasher.update(bytes);
    GitOid::from_bytes(hasher.finalize().into())
}

/// A random block for each seed (xorshift64*), made once.
fn block(seed: u64) -> Bytes {
    static BLOCKS: LazyLock<Mutex<HashMap<u64, Arc<Bytes>>>> = LazyLock::new(Mutex::default);
    let mut blocks = BLOCKS.lock().expect("nobody panics in here");
    let block = blocks.entry(seed).or_insert_with(|| {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut bytes = Vec::with_capacity(BLOCK_BYTES);
        while bytes.len() < BLOCK_BYTES {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            bytes.extend(state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes());
        }
        Arc::new(bytes.into())
    });
    Bytes::clone(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_synthetic_file_reads_the_same_in_any_pieces() {
        let content = Content::made(Synthetic::safetensors(3 * 1024 * 1024 + 7, 5));
        let whole = content.to_memory();
        assert_eq!(whole.len() as u64, content.size_bytes());
        assert_eq!(Digest::of(&whole), content.digest());
        for at in [0_usize, 1, 135, 136, 137, BLOCK_BYTES - 1, BLOCK_BYTES, whole.len() - 1] {
            let piece = content.read(at as u64, 10);
            assert!(!piece.is_empty() && whole[at..].starts_with(&piece), "{at}");
        }
        assert!(content.read(whole.len() as u64, 10).is_empty());
    }

    #[test]
    fn a_synthetic_safetensors_file_has_a_header_that_fits() {
        let content = Content::made(Synthetic::safetensors(5000, 1)).to_memory();
        let length = u64::from_le_bytes(content[..8].try_into().unwrap());
        let header: serde_json::Value =
            serde_json::from_slice(&content[8..8 + usize::try_from(length).unwrap()]).unwrap();
        assert_eq!(header["w"]["data_offsets"][1], 5000 - 8 - length);
    }

    #[test]
    fn git_ids_are_gits() {
        assert_eq!(git_oid(b"hello\n").to_string(), "ce013625030ba8dba906f756967f9e9ca394464a");
    }
}
