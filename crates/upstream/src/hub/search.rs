//! `GET /api/{kind}s?search=`: what the Hub has under a word.

use serde::Deserialize;
use serde_json::Value;
use weighbridge_domain::{ArtifactKind, ArtifactName, CommitId, Timestamp};

use super::repo_info::is_gated;
use super::{HubClient, encoded, plural};
use crate::{Answer, NotYes, RefusalKind};

const MOST_BYTES: usize = 16 * 1024 * 1024;

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
        self.ask_search(kind, query, limit, token).await.into()
    }

    async fn ask_search(
        &self,
        kind: ArtifactKind,
        query: &str,
        limit: u16,
        token: Option<&str>,
    ) -> Result<Vec<SearchHit>, NotYes> {
        let query = encoded(query);
        let url = self.url(&format!("api/{}?search={query}&limit={limit}", plural(kind)))?;
        let page = self.fetch(&url, token, MOST_BYTES, RefusalKind::RepoNotFound).await?;
        let hits: Vec<HitJson> = page.read()?;
        Ok(hits.into_iter().filter_map(read).take(usize::from(limit)).collect())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HitJson {
    id: String,
    sha: Option<String>,
    author: Option<String>,
    last_modified: Option<String>,
    created_at: Option<String>,
    private: Option<bool>,
    #[serde(default)]
    gated: Value,
    downloads: Option<u64>,
    likes: Option<u64>,
    tags: Option<Vec<String>>,
    #[serde(rename = "pipeline_tag")]
    pipeline_tag: Option<String>,
    #[serde(rename = "library_name")]
    library_name: Option<String>,
}

fn read(json: HitJson) -> Option<SearchHit> {
    Some(SearchHit {
        id: json.id.parse().ok()?,
        commit: json.sha.and_then(|sha| sha.parse().ok()),
        author: json.author,
        last_modified: json.last_modified.as_deref().and_then(Timestamp::from_rfc3339),
        created_at: json.created_at.as_deref().and_then(Timestamp::from_rfc3339),
        private: json.private.unwrap_or(false),
        gated: is_gated(&json.gated),
        downloads: json.downloads,
        likes: json.likes,
        tags: json.tags.unwrap_or_default(),
        pipeline_tag: json.pipeline_tag,
        library_name: json.library_name,
    })
}
