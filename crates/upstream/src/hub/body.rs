//! `GET /{name}/resolve/{commit}/{path}`: the bytes of a file.

use bytes::Bytes;
use weighbridge_domain::{ArtifactKind, ArtifactName, CommitId, RepoPath};

use super::HubClient;
use crate::{Answer, Trouble};

/// A file that is being received. Its length is checked here; its digest is the receiver's to check.
#[derive(Debug)]
pub struct Body {
    /// The size of the whole file, if anybody said.
    pub total_bytes: Option<u64>,
    /// The place in the file of the first byte that [`Body::chunk`] gives; 0 when the upstream did
    /// not honour the range.
    pub from_byte: u64,
    /// The Hub's own `X-Linked-Etag` or `ETag`, without quotes: SHA-256 for files in LFS, git's id
    /// for others.
    pub promised_etag: Option<String>,
    /// The commit the Hub says the file is from.
    pub commit: Option<CommitId>,
}

impl Body {
    /// The next piece; `None` at the end, and only when every promised byte has come.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Trouble> {
        std::future::ready(Ok(None)).await
    }
}

impl HubClient {
    /// Opens a file of a commit, from `from_byte` on when the upstream can.
    pub async fn open(
        &self,
        kind: ArtifactKind,
        name: &ArtifactName,
        commit: &CommitId,
        path: &RepoPath,
        token: Option<&str>,
        from_byte: u64,
    ) -> Answer<Body> {
        let _ = (kind, name, commit, path, token, from_byte);
        super::unbuilt(self)
    }
}
