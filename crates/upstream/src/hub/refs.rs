//! `GET /api/{kind}s/{name}/refs`: branches, tags and pull requests.

use serde::Deserialize;
use weighbridge_domain::{ArtifactKind, ArtifactName, CommitId, RevisionSpec};

use super::{HubClient, bad_answer, shown};
use crate::{Answer, NotYes, RefusalKind, Trouble};

const MOST_BYTES: usize = 16 * 1024 * 1024;

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
        self.ask_refs(kind, name, token).await.into()
    }

    async fn ask_refs(
        &self,
        kind: ArtifactKind,
        name: &ArtifactName,
        token: Option<&str>,
    ) -> Result<Refs, NotYes> {
        let url = self.api_url(kind, name, "refs?include_prs=1")?;
        let page = self.fetch(&url, token, MOST_BYTES, RefusalKind::RepoNotFound).await?;
        let json: RefsJson = page.read()?;
        Ok(Refs {
            branches: read(json.branches)?,
            tags: read(json.tags)?,
            converts: read(json.converts)?,
            pull_requests: read(json.pull_requests)?,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RefsJson {
    branches: Option<Vec<RefJson>>,
    tags: Option<Vec<RefJson>>,
    converts: Option<Vec<RefJson>>,
    pull_requests: Option<Vec<RefJson>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RefJson {
    name: String,
    r#ref: String,
    target_commit: String,
}

fn read(entries: Option<Vec<RefJson>>) -> Result<Vec<RefEntry>, Trouble> {
    entries.unwrap_or_default().into_iter().map(read_one).collect()
}

fn read_one(json: RefJson) -> Result<RefEntry, Trouble> {
    let full: Result<RevisionSpec, _> = json.r#ref.parse();
    if full.is_err() || json.name.parse::<RevisionSpec>().is_err() {
        return Err(bad_answer(format!("`{}` names no revision", shown(&json.r#ref))));
    }
    let target = json.target_commit.parse().map_err(|error| bad_answer(format!("{error}")))?;
    Ok(RefEntry { name: json.name, ref_name: json.r#ref, target })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ref_has_to_name_a_revision_and_a_commit() {
        let entry = |name: &str, target: &str| {
            read_one(RefJson {
                name: name.to_owned(),
                r#ref: format!("refs/heads/{name}"),
                target_commit: target.to_owned(),
            })
        };
        let commit = "ab".repeat(20);
        assert_eq!(entry("dev/x", &commit).unwrap().ref_name, "refs/heads/dev/x");
        assert!(entry("a..b", &commit).is_err());
        assert!(entry("main", "main").is_err());
    }
}
