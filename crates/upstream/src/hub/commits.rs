//! `GET /api/{kind}s/{name}/commits/{rev}`: recent history.

use serde::Deserialize;
use weighbridge_domain::{ArtifactKind, ArtifactName, CommitId, RevisionSpec, Timestamp};

use super::{HubClient, bad_answer, encoded};
use crate::{Answer, NotYes, RefusalKind, Trouble};

const MOST_BYTES: usize = 8 * 1024 * 1024;

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
        self.ask_commits(kind, name, revision, token).await.into()
    }

    async fn ask_commits(
        &self,
        kind: ArtifactKind,
        name: &ArtifactName,
        revision: &RevisionSpec,
        token: Option<&str>,
    ) -> Result<Vec<CommitEntry>, NotYes> {
        let rest = format!("commits/{}", encoded(revision.as_str()));
        let url = self.api_url(kind, name, &rest)?;
        let page = self.fetch(&url, token, MOST_BYTES, RefusalKind::RepoNotFound).await?;
        let entries: Vec<CommitJson> = page.read()?;
        Ok(entries.into_iter().map(read).collect::<Result<_, Trouble>>()?)
    }
}

#[derive(Deserialize)]
struct CommitJson {
    id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    message: String,
    date: Option<String>,
    #[serde(default)]
    authors: Vec<AuthorJson>,
}

#[derive(Deserialize)]
struct AuthorJson {
    user: Option<String>,
}

fn read(json: CommitJson) -> Result<CommitEntry, Trouble> {
    Ok(CommitEntry {
        commit: json.id.parse().map_err(|error| bad_answer(format!("in the history, {error}")))?,
        title: json.title,
        message: json.message,
        authored_at: json.date.as_deref().and_then(Timestamp::from_rfc3339),
        authors: json.authors.into_iter().filter_map(|author| author.user).collect(),
    })
}
