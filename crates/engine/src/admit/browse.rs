//! What upstream tells about a repository beyond its files: branches, history, search.

use std::collections::HashSet;

use weighbridge_domain::{Artifact, ArtifactKind, Caller, CommitId, RevisionSpec, Tier};
use weighbridge_upstream::{Answer, CommitEntry, RefEntry, RefusalKind, SearchHit};

use crate::Engine;
use crate::admit::{Ask, Refused, RevisionView};

/// A branch or tag.
#[derive(Clone, Debug)]
pub struct NamedRevision {
    /// `main`.
    pub name: String,
    /// `refs/heads/main`.
    pub reference: String,
    /// The commit it means now.
    pub commit: CommitId,
}

/// The named revisions of an artifact.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the Hub's own words")]
pub struct RefList {
    pub branches: Vec<NamedRevision>,
    pub tags: Vec<NamedRevision>,
    pub converts: Vec<NamedRevision>,
    pub pull_requests: Vec<NamedRevision>,
}

impl Engine {
    /// Branches and tags: upstream's, or the ones we know while upstream is down.
    pub async fn list_refs(&self, view: &RevisionView) -> Result<RefList, Refused> {
        let mut db = self.0.store.read().await?;
        let sources = self.read_sources(&mut db).await?;
        let known = db.list_refs(&view.artifact_id).await?;
        drop(db);
        let source = sources.iter().find(|source| source.name == view.source);
        let Some(source) = source else { return Ok(RefList::default()) };
        let token = source.credential(&view.artifact);
        let answer = source.client(self).refs(view.artifact.kind, &view.artifact.name, token).await;
        match answer {
            Answer::Yes(refs) => Ok(RefList {
                branches: refs.branches.into_iter().map(NamedRevision::from).collect(),
                tags: refs.tags.into_iter().map(NamedRevision::from).collect(),
                converts: refs.converts.into_iter().map(NamedRevision::from).collect(),
                pull_requests: refs.pull_requests.into_iter().map(NamedRevision::from).collect(),
            }),
            Answer::No(refusal) => Err(Refused::UpstreamForbids {
                artifact: view.artifact.clone(),
                source: view.source.clone(),
                message: refusal.message,
            }),
            Answer::Unknown(_) => Ok(RefList {
                branches: known
                    .into_iter()
                    .filter(|row| !row.name.as_str().starts_with("refs/"))
                    .map(|row| NamedRevision {
                        reference: format!("refs/heads/{}", row.name),
                        name: row.name.to_string(),
                        commit: row.commit,
                    })
                    .collect(),
                ..RefList::default()
            }),
        }
    }

    /// The newest commits upstream tells of.
    pub async fn list_commits(
        &self,
        view: &RevisionView,
        revision: &RevisionSpec,
    ) -> Result<Vec<CommitEntry>, Refused> {
        let mut db = self.0.store.read().await?;
        let sources = self.read_sources(&mut db).await?;
        drop(db);
        let Some(source) = sources.iter().find(|source| source.name == view.source) else {
            return Ok(Vec::new());
        };
        let token = source.credential(&view.artifact);
        let (kind, name) = (view.artifact.kind, &view.artifact.name);
        match source.client(self).commits(kind, name, revision, token).await {
            Answer::Yes(commits) => Ok(commits),
            Answer::No(refusal) if refusal.kind == RefusalKind::RevisionNotFound => {
                let (artifact, revision) = (view.artifact.clone(), revision.clone());
                Err(Refused::NoSuchRevision(Ask { artifact, revision }))
            }
            Answer::No(refusal) => Err(Refused::UpstreamForbids {
                artifact: view.artifact.clone(),
                source: view.source.clone(),
                message: refusal.message,
            }),
            Answer::Unknown(trouble) => {
                Err(Refused::UpstreamUnknown { source: view.source.clone(), what: trouble.what })
            }
        }
    }

    /// Searches the sources in their order; what tier 3 covers is left out, and so are names that are
    /// ours. A name that several sources have is told once.
    pub async fn search(
        &self,
        _caller: &Caller,
        kind: ArtifactKind,
        query: &str,
        limit: u16,
    ) -> Result<Vec<SearchHit>, Refused> {
        let mut db = self.0.store.read().await?;
        let sources = self.read_sources(&mut db).await?;
        drop(db);
        let reserved = self.reserved_names().await?;
        let (mut hits, mut names) = (Vec::new(), HashSet::new());
        let mut trouble = None;
        for source in sources.into_iter().filter(|source| !source.is_prohibited()) {
            match source.client(self).search(kind, query, limit, None).await {
                Answer::Yes(found) => hits.extend(found.into_iter().filter(|hit| {
                    let artifact = Artifact { kind, name: hit.id.clone() };
                    source.tier_of(&artifact).tier != Tier::Prohibited
                        && !reserved.iter().any(|row| row.pattern.matches(&artifact))
                        && names.insert(hit.id.folded())
                })),
                Answer::No(_) => {}
                Answer::Unknown(what) => {
                    trouble.get_or_insert(Refused::UpstreamUnknown {
                        source: source.name.clone(),
                        what: what.what,
                    });
                }
            }
        }
        hits.truncate(usize::from(limit));
        match trouble {
            Some(trouble) if hits.is_empty() => Err(trouble),
            _ => Ok(hits),
        }
    }
}

impl From<RefEntry> for NamedRevision {
    fn from(entry: RefEntry) -> NamedRevision {
        NamedRevision { name: entry.name, reference: entry.ref_name, commit: entry.target }
    }
}
