//! `GET /api/{kind}s/{name}/revision/{rev}`: what a repository is, and which commit a revision means.

use serde_json::{Map, Value};
use weighbridge_domain::{ArtifactKind, ArtifactName, CommitId, RevisionSpec, Timestamp};

use super::HubClient;
use crate::Answer;

/// What the Hub says about a repository at a revision. All of it is declared, none verified.
#[derive(Clone, Debug, PartialEq)]
pub struct RepoInfo {
    /// The name the Hub itself uses: letter case, renames and short names settled.
    pub canonical: ArtifactName,
    /// The commit that the revision means now.
    pub commit: CommitId,
    /// Whether only members see it.
    pub private: bool,
    /// Whether its owner grants access one by one.
    pub gated: bool,
    /// Whether the Hub has taken it down.
    pub disabled: bool,
    /// When it last changed.
    pub last_modified: Option<Timestamp>,
    /// Who published it.
    pub author: Option<String>,
    /// The Hub's tags.
    pub tags: Vec<String>,
    /// Licences, from the card and from `license:` tags.
    pub licences: Vec<String>,
    /// What the model is for.
    pub pipeline_tag: Option<String>,
    /// What loads it.
    pub library_name: Option<String>,
    /// Downloads as the Hub counts them.
    pub downloads: Option<u64>,
    /// The metadata block of the card; empty when there is none or when it is over 256 KiB.
    pub card: Map<String, Value>,
    /// Whether the card's metadata was left out for its size.
    pub card_too_large: bool,
}

impl HubClient {
    /// Asks what `name` is and which commit `revision` means. Follows the Hub's own redirects of
    /// renamed repositories.
    pub async fn repo_info(
        &self,
        kind: ArtifactKind,
        name: &ArtifactName,
        revision: &RevisionSpec,
        token: Option<&str>,
    ) -> Answer<RepoInfo> {
        let _ = (kind, name, revision, token);
        super::unbuilt(self)
    }
}
