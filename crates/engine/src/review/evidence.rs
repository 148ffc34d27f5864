//! What somebody who answers a request has to see: what was found, what differs from the revision that was
//! approved last, what policy would still say, and what was decided about its family.

use weighbridge_domain::{Artifact, Caller, CommitId, Reason, RepoPath, Role, Timestamp};
use weighbridge_policy::{
    ApprovalFact, Facts, FindingCounts, FindingFact, FormatFact, PolicyError, UseFact,
};
use weighbridge_store::{Queries, RequestRow, RevisionRow};

use super::compare::{FileChange, compare_files, compare_texts, is_comparable};
use super::list::reports;
use super::{RequestError, RequestReport};
use crate::Engine;
use crate::admit::locate::Located;
use crate::admit::{Ask, Card, Refused};

/// How many earlier requests of the family, files and findings are told.
const EARLIER: u32 = 20;
const TOLD_FILES: usize = 200;
const TOLD_FINDINGS: usize = 100;
/// The card, as the Hub calls it.
const CARD: &str = "README.md";

/// The evidence about what was asked for.
#[derive(Clone, Debug)]
pub struct RequestEvidence {
    /// The licences it declares.
    pub licences: Vec<String>,
    /// The formats of its files.
    pub formats: Vec<FormatFact>,
    /// What the scanner saw, the worst first.
    pub findings: Vec<FindingFact>,
    /// How much it saw in all.
    pub finding_counts: FindingCounts,
    /// Files that were examined, are waited for, and could not be examined whole.
    pub examined: (u64, u64, u64),
    /// What policy would still object to if everybody said yes; `None` when that could not be found out.
    pub remaining: Option<Vec<Reason>>,
    /// The commit whose approvals hold for this one too, because it differs in nothing that matters.
    pub carried_over_from: Option<CommitId>,
    /// What differs from the revision that was approved last for the environment.
    pub changes: Option<Changes>,
    /// Other requests for artifacts of the same publisher or name, the newest first.
    pub family: Vec<RequestReport>,
}

/// What differs from the revision that was approved last.
#[derive(Clone, Debug)]
pub struct Changes {
    /// Its request.
    pub request_id: String,
    /// Its commit.
    pub commit: String,
    /// When it was approved.
    pub approved_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
    /// The files that differ.
    pub files: Vec<FileChange>,
    /// How many there are in all.
    pub files_in_all: usize,
    /// Its licences, when they differ.
    pub licences_before: Option<Vec<String>>,
    /// What the scanner sees now and did not see then.
    pub new_findings: Vec<FindingFact>,
    /// What it saw then and does not see now.
    pub gone_findings: Vec<FindingFact>,
    /// The difference of the cards.
    pub card: Option<String>,
}

impl Engine {
    /// The evidence about what a request is for.
    pub async fn show_evidence(
        &self,
        report: &RequestReport,
    ) -> Result<RequestEvidence, RequestError> {
        let RequestReport { row, artifact, revision, .. } = report;
        let ask = Ask {
            artifact: artifact.artifact.clone(),
            revision: revision.commit.as_str().parse().map_err(Refused::internal)?,
        };
        let located = self.located(&ask, &artifact.id).await?;
        let environment = &row.request.environment;
        let facts = self.facts_of(&located, revision, row).await?;
        let remaining = match self.would_remain(&facts, row).await {
            Ok(remaining) => Some(remaining),
            Err(error) => {
                tracing::error!(%error, request = %row.id, "what policy would object to is not known");
                None
            }
        };
        let mut db = self.0.store.read().await?;
        let approved =
            db.list_approved_revisions(&artifact.id, environment, &revision.id, 1).await?.pop();
        let family = self.family(&mut db, &artifact.artifact, row).await?;
        let mut changes = None;
        if let Some(approved) = approved {
            let before = db.find_revision_by_id(&approved.revision_id).await?;
            let files = compare_files(&mut db, &approved.revision_id, &revision.id).await?;
            drop(db);
            if let Some(before) = before {
                let then = self.facts_of(&located, &before, row).await?;
                let files_in_all = files.len();
                let card = self.card_difference(&before, revision).await?;
                changes = Some(Changes {
                    request_id: approved.request_id,
                    commit: before.commit.to_string(),
                    approved_at: approved.decided_at,
                    expires_at: approved.expires_at,
                    files: files.into_iter().take(TOLD_FILES).collect(),
                    files_in_all,
                    licences_before: (then.revision.licences != facts.revision.licences)
                        .then(|| then.revision.licences.clone()),
                    new_findings: without(&facts.findings, &then.findings),
                    gone_findings: without(&then.findings, &facts.findings),
                    card,
                });
            }
        }
        let Facts { formats, mut findings, finding_counts, scan, approvals, .. } = facts;
        findings.truncate(TOLD_FINDINGS);
        Ok(RequestEvidence {
            licences: facts.revision.licences,
            formats,
            findings,
            finding_counts,
            examined: (scan.examined, scan.pending, scan.unknown),
            remaining,
            carried_over_from: approvals.into_iter().find_map(|held| held.carried_over_from),
            changes,
            family,
        })
    }

    async fn facts_of(
        &self,
        located: &Located,
        revision: &RevisionRow,
        row: &RequestRow,
    ) -> Result<Facts, RequestError> {
        let card: Card = serde_json::from_str(&revision.card).map_err(Refused::internal)?;
        Ok(self.gather_facts(located, revision, &card, &row.request.environment).await?)
    }

    /// What policy would still object to if everybody who has to said yes to a request.
    pub(crate) async fn would_remain(
        &self,
        facts: &Facts,
        row: &RequestRow,
    ) -> Result<Vec<Reason>, PolicyError> {
        let mut facts = facts.clone();
        // An emergency is over in hours: what it lifts stands in the way of whoever relies on the approval.
        facts.break_glass.clear();
        if facts.uses.iter().all(|used| used.request != row.id) {
            facts.uses.push(UseFact::of(row.id.clone(), row.risk.clone()));
        }
        let given = |role: &Role| ApprovalFact {
            by: format!("somebody as {role}"),
            role: role.to_string(),
            expires_at: None,
            carried_over_from: None,
        };
        facts.approvals.extend(row.request.needs.iter().map(given));
        Ok(self.ask_policy(&self.policy_held().policy, &facts).await?.reasons)
    }

    /// The difference of the cards of two revisions, as far as they are here.
    async fn card_difference(
        &self,
        before: &RevisionRow,
        after: &RevisionRow,
    ) -> Result<Option<String>, RequestError> {
        let (before, after) = (self.card_text(before).await?, self.card_text(after).await?);
        if before.is_none() && after.is_none() {
            return Ok(None);
        }
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        let compared = tokio::task::spawn_blocking(move || compare_texts(&before, &after)).await;
        Ok(compared.unwrap_or_default())
    }

    async fn card_text(&self, revision: &RevisionRow) -> Result<Option<String>, RequestError> {
        let path: RepoPath = CARD.parse().map_err(Refused::internal)?;
        let file = self.0.store.read().await?.find_file(&revision.id, &path).await?;
        let digest =
            file.filter(|file| is_comparable(file.size_bytes)).and_then(|file| file.digest);
        let Some(digest) = digest else { return Ok(None) };
        let blobs = self.0.blobs.clone();
        let read = tokio::task::spawn_blocking(move || {
            use std::io::Read as _;
            let (file, _) = blobs.open_blob(digest).ok()??;
            let mut bytes = Vec::new();
            file.take(1 << 20).read_to_end(&mut bytes).ok()?;
            Some(String::from_utf8_lossy(&bytes).into_owned())
        });
        Ok(read.await.unwrap_or_default())
    }

    async fn family(
        &self,
        db: &mut Queries,
        artifact: &Artifact,
        row: &RequestRow,
    ) -> Result<Vec<RequestReport>, RequestError> {
        let family = db.list_family_requests(artifact, &row.id, EARLIER).await?;
        reports(db, family).await
    }
}

fn without(findings: &[FindingFact], known: &[FindingFact]) -> Vec<FindingFact> {
    let key = |finding: &FindingFact| (finding.rule.clone(), finding.path.clone());
    let known: std::collections::HashSet<_> = known.iter().map(key).collect();
    let new = findings.iter().filter(|finding| !known.contains(&key(finding)));
    new.take(TOLD_FINDINGS).cloned().collect()
}

impl Engine {
    /// One request with its evidence, as far as the caller may know of it.
    pub async fn show_request_whole(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<(RequestReport, Option<RequestEvidence>), RequestError> {
        let report = self.show_request(caller, id).await?;
        let mut evidence = match self.show_evidence(&report).await {
            Ok(evidence) => evidence,
            // A name that is prohibited by now is no reason to hide what was asked for.
            Err(RequestError::Refused(_)) => return Ok((report, None)),
            Err(error) => return Err(error),
        };
        evidence.family.retain(|other| other.is_known_to(caller));
        Ok((report, Some(evidence)))
    }
}
