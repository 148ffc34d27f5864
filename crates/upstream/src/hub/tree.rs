//! `GET /api/{kind}s/{name}/tree/{commit}`: the files of a commit, all pages or none.

use weighbridge_domain::{ArtifactKind, ArtifactName, CommitId, Digest, GitOid, RepoPath};

use super::HubClient;
use crate::Answer;

/// One file of a commit, as the Hub promises it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeFile {
    /// Where it lies.
    pub path: RepoPath,
    /// Its size, of the content and not of an LFS pointer.
    pub size_bytes: u64,
    /// What git calls the blob: the file itself, or its LFS pointer.
    pub git_oid: GitOid,
    /// The promised SHA-256, for files in LFS.
    pub lfs: Option<Digest>,
}

impl HubClient {
    /// Lists every file of `commit`. An answer with a strange path, a duplicate or a page that leads
    /// elsewhere is no answer: nothing is silently left out.
    pub async fn tree(
        &self,
        kind: ArtifactKind,
        name: &ArtifactName,
        commit: &CommitId,
        token: Option<&str>,
    ) -> Answer<Vec<TreeFile>> {
        let _ = (kind, name, commit, token);
        super::unbuilt(self)
    }
}
