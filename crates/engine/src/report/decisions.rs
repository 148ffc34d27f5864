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
    ) -> Result<Vec<DecisionReport>, StoreError> {
        let mut db = self.0.store.read().await?;
        let wanted = usize::try_from(filter.limit).unwrap_or(usize::MAX);
        let mut before = filter.before.clone();
        let mut reports = Vec::new();
        // The environment is no part of an index: pages are read until enough of them fit.
        loop {
            let page = match filter.outcome {
                Some(outcome) => {
                    db.list_current_decisions(outcome, before.as_ref(), filter.limit).await?
                }
                None => db.list_decisions(before.as_ref(), filter.limit).await?,
            };
            let Some(last) = page.last() else { return Ok(reports) };
            before = Some(last.decision.id.clone());
            for row in page {
                let of_other = |wanted: &Environment| *wanted != row.decision.environment;
                if filter.environment.as_ref().is_some_and(of_other) {
                    continue;
                }
                reports.extend(about(&mut db, row).await?);
                if reports.len() >= wanted {
                    return Ok(reports);
                }
            }
        }
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
