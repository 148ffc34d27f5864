//! `GET /api/{kind}s/{name}/refs`: branches, tags and pull requests.

use weighbridge_domain::{ArtifactKind, ArtifactName, CommitId};

use super::HubClient;
use crate::Answer;

/// The named revisions of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refs {
    /// `refs/heads/*`.
    pub branches: Vec<RefEntry>,
    /// `refs/tags/*`.
    pub tags: Vec<RefEntry>,
    /// `refs/convert/*`.
    pub converts: Vec<RefEntry>,
    /// `refs/pr/*`.
    pub pull_requests: Vec<RefEntry>,
}

/// One named revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefEntry {
    /// The short name: `main`.
    pub name: String,
    /// The full name: `refs/heads/main`.
    pub ref_name: String,
    /// The commit it means now.
    pub target: CommitId,
}

impl HubClient {
    /// Lists the named revisions of `name`, pull requests included.
    pub async fn refs(
        &self,
        kind: ArtifactKind,
        name: &ArtifactName,
        token: Option<&str>,
    ) -> Answer<Refs> {
        let _ = (kind, name, token);
        super::unbuilt(self)
    }
}
