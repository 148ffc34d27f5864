//! `GET /api/{kind}s?search=`: what the Hub has under a word.

use weighbridge_domain::{ArtifactKind, ArtifactName, CommitId, Timestamp};

use super::HubClient;
use crate::Answer;

/// One repository that a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchHit {
    /// Its name.
    pub id: ArtifactName,
    /// The commit of its main branch, if the Hub says.
    pub commit: Option<CommitId>,
    /// Who published it.
    pub author: Option<String>,
    /// When it last changed.
    pub last_modified: Option<Timestamp>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// Whether only members see it.
    pub private: bool,
    /// Whether its owner grants access one by one.
    pub gated: bool,
    /// Downloads as the Hub counts them.
    pub downloads: Option<u64>,
    /// Likes as the Hub counts them.
    pub likes: Option<u64>,
    /// The Hub's tags.
    pub tags: Vec<String>,
    /// What the model is for.
    pub pipeline_tag: Option<String>,
    /// What loads it.
    pub library_name: Option<String>,
}

impl HubClient {
    /// Searches by `query`; at most `limit` hits. A hit whose name nobody could ask for is left out.
    pub async fn search(
        &self,
        kind: ArtifactKind,
        query: &str,
        limit: u16,
        token: Option<&str>,
    ) -> Answer<Vec<SearchHit>> {
        let _ = (kind, query, limit, token);
        super::unbuilt(self)
    }
}
