//! Decisions, with what they rest on.

use weighbridge_domain::{DecisionId, Environment, Outcome};
use weighbridge_store::{ArtifactRow, DecisionRow, Queries, RevisionRow, StoreError};

use crate::Engine;

/// A decision, and what it is about.
#[derive(Clone, Debug)]
pub struct DecisionReport {
    /// The decision.
    pub decision: DecisionRow,
    /// What it is about.
    pub artifact: ArtifactRow,
    /// At which commit.
    pub revision: RevisionRow,
    /// The facts it rests on: a JSON text. `None` in lists.
    pub facts: Option<String>,
}

/// Which decisions to list, the newest first.
#[derive(Clone, Debug, Default)]
pub struct DecisionFilter {
    /// Only this answer, and only decisions that still hold.
    pub outcome: Option<Outcome>,
    /// Only this environment.
    pub environment: Option<Environment>,
    /// Only those before this one.
    pub before: Option<DecisionId>,
    /// At most so many.
    pub limit: u32,
}

/// Rows that are read at once, and how often in one page.
const READ: u32 = 200;
const MAX_READS: u32 = 25;

/// Some decisions.
#[derive(Clone, Debug)]
pub struct DecisionPage {
    /// The decisions.
    pub reports: Vec<DecisionReport>,
    /// Where to go on; `None` at the end.
    pub next: Option<DecisionId>,
}

impl Engine {
    /// A decision by its id, whether it still holds or not.
    pub async fn show_decision(
        &self,
        id: &DecisionId,
    ) -> Result<Option<DecisionReport>, StoreError> {
        let mut db = self.0.store.read().await?;
        let Some(row) = db.find_decision(id).await? else { return Ok(None) };
        with_facts(&mut db, row).await
    }

    /// Decisions, the newest first.
    pub async fn list_decisions(
        &self,
        filter: &DecisionFilter,
    ) -> Result<DecisionPage, StoreError> {
        let mut db = self.0.store.read().await?;
        let mut page = DecisionPage { reports: Vec::new(), next: filter.before.clone() };
        // The environment is no part of an index: rows of others are passed over, up to a bound.
        for _ in 0..MAX_READS {
            let rows = match filter.outcome {
                Some(outcome) => {
                    db.list_current_decisions(outcome, page.next.as_ref(), READ).await?
                }
                None => db.list_decisions(page.next.as_ref(), READ).await?,
            };
            let is_last = rows.len() < READ as usize;
            for row in rows {
                if page.reports.len() >= filter.limit as usize {
                    return Ok(page);
                }
                page.next = Some(row.decision.id.clone());
                let wanted = filter.environment.as_ref();
                if wanted.is_none_or(|wanted| *wanted == row.decision.environment) {
                    page.reports.extend(about(&mut db, row).await?);
                }
            }
            if is_last {
                return Ok(DecisionPage { next: None, ..page });
            }
        }
        Ok(page)
    }
}

/// What a decision is about.
pub(super) async fn about(
    db: &mut Queries,
    decision: DecisionRow,
) -> Result<Option<DecisionReport>, StoreError> {
    let Some(revision) = db.find_revision_by_id(&decision.revision_id).await? else {
        return Ok(None);
    };
    let Some(artifact) = db.find_artifact_by_id(&revision.artifact_id).await? else {
        return Ok(None);
    };
    Ok(Some(DecisionReport { decision, artifact, revision, facts: None }))
}

/// What a decision is about, with the facts it rests on.
pub(super) async fn with_facts(
    db: &mut Queries,
    decision: DecisionRow,
) -> Result<Option<DecisionReport>, StoreError> {
    let facts = db.find_document(decision.decision.facts).await?;
    Ok(about(db, decision).await?.map(|report| DecisionReport { facts, ..report }))
}
