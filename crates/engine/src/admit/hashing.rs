//! Hashing what comes in, as git names it.

use sha1::Digest as _;
use weighbridge_domain::GitOid;

/// Git's id of a file: SHA-1 over a header and the bytes.
pub(crate) fn git_oid_of(bytes: &[u8]) -> GitOid {
    let mut hasher = GitHasher::new(bytes.len() as u64);
    hasher.update(bytes);
    hasher.finish()
}

/// Hashes a file as git does.
pub(crate) struct GitHasher(sha1::Sha1);

impl GitHasher {
    pub(crate) fn new(size_bytes: u64) -> GitHasher {
        GitHasher(sha1::Sha1::new_with_prefix(format!("blob {size_bytes}\0")))
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> GitOid {
        GitOid::from_bytes(self.0.finalize().into())
    }
}

/// Reads a file from its start, for hashing what lies on disk.
pub(crate) fn read_all(
    file: &mut impl std::io::Read,
    mut take: impl FnMut(&[u8]),
) -> std::io::Result<u64> {
    let mut buffer = vec![0; 256 * 1024];
    let mut total = 0;
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(total);
        }
        take(buffer.get(..count).unwrap_or_default());
        total += count as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_ids_are_gits() {
        assert_eq!(git_oid_of(b"").to_string(), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        assert_eq!(git_oid_of(b"hello\n").to_string(), "ce013625030ba8dba906f756967f9e9ca394464a");
    }
}
