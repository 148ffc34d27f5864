//! `GET /api/{kind}s/{name}/commits/{rev}`: recent history.

use weighbridge_domain::{ArtifactKind, ArtifactName, CommitId, RevisionSpec, Timestamp};

use super::HubClient;
use crate::Answer;

/// One commit in a repository's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitEntry {
    /// Its id.
    pub commit: CommitId,
    /// The first line of its message.
    pub title: String,
    /// The rest of its message.
    pub message: String,
    /// When it was made, as its author says.
    pub authored_at: Option<Timestamp>,
    /// User names.
    pub authors: Vec<String>,
}

impl HubClient {
    /// Lists the newest commits that `revision` leads to: the first page.
    pub async fn commits(
        &self,
        kind: ArtifactKind,
        name: &ArtifactName,
        revision: &RevisionSpec,
        token: Option<&str>,
    ) -> Answer<Vec<CommitEntry>> {
        let _ = (kind, name, revision, token);
        super::unbuilt(self)
    }
}
