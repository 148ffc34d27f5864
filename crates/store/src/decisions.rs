//! Decisions: what policy said of a revision in an environment, and what it said before.

use serde::{Deserialize, Serialize};
use weighbridge_domain::{Decision, DecisionId, Environment, Outcome, Reason, Timestamp};

use crate::db::{BadColumn, Record, Row, args};
use crate::scans::to_json;
use crate::{Queries, StoreError, WriteTx};

/// A decision about a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionRow {
    /// The revision.
    pub revision_id: String,
    /// What was decided.
    pub decision: Decision,
    /// When another took its place; `None` while it holds.
    pub superseded_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct StoredReason {
    rule: String,
    gate: String,
    mode: String,
    effect: String,
    message: String,
    remedy: String,
    contact: String,
}

impl StoredReason {
    fn of(reason: &Reason) -> StoredReason {
        StoredReason {
            rule: reason.rule.clone(),
            gate: reason.gate.as_str().to_owned(),
            mode: reason.mode.as_str().to_owned(),
            effect: reason.effect.as_str().to_owned(),
            message: reason.message.clone(),
            remedy: reason.remedy.clone(),
            contact: reason.contact.clone(),
        }
    }

    fn reason(self) -> Result<Reason, BadColumn> {
        let bad = |error| BadColumn::new("reasons", error);
        Ok(Reason {
            rule: self.rule,
            gate: self.gate.parse().map_err(bad)?,
            mode: self.mode.parse().map_err(bad)?,
            effect: self.effect.parse().map_err(bad)?,
            message: self.message,
            remedy: self.remedy,
            contact: self.contact,
        })
    }
}

impl Record for DecisionRow {
    const TABLE: &'static str = "decision";
    const KEY: &'static [&'static str] = &["id"];

    fn read(row: Row<'_>) -> Result<DecisionRow, BadColumn> {
        let reasons: Vec<StoredReason> = row.json("reasons")?;
        let decision = Decision {
            id: DecisionId::new(row.text("id")?),
            environment: row.parsed("environment")?,
            outcome: row.parsed("outcome")?,
            reasons: reasons.into_iter().map(StoredReason::reason).collect::<Result<_, _>>()?,
            policy: row.parsed("policy")?,
            facts: row.parsed("facts")?,
            decided_at: row.moment("decided_at")?,
        };
        Ok(DecisionRow {
            revision_id: row.text("revision_id")?,
            decision,
            superseded_at: row.optional_moment("superseded_at")?,
        })
    }
}

impl Queries {
    /// The decision that holds for a revision in an environment.
    pub async fn find_current_decision(
        &mut self,
        revision_id: &str,
        environment: &Environment,
    ) -> Result<Option<DecisionRow>, StoreError> {
        const SQL: &str = "
            SELECT id, revision_id, environment, outcome, reasons, policy, facts, decided_at,
                superseded_at
            FROM decision
            WHERE revision_id = $1 AND environment = $2 AND superseded_at IS NULL";
        self.db.fetch_optional(SQL, args![revision_id, environment]).await
    }

    /// The decision with that id, whether it still holds or not.
    pub async fn find_decision(
        &mut self,
        id: &DecisionId,
    ) -> Result<Option<DecisionRow>, StoreError> {
        const SQL: &str = "
            SELECT id, revision_id, environment, outcome, reasons, policy, facts, decided_at,
                superseded_at
            FROM decision
            WHERE id = $1";
        self.db.fetch_optional(SQL, args![id]).await
    }

    /// Every decision ever made about a revision, the newest first.
    pub async fn list_decisions_of_revision(
        &mut self,
        revision_id: &str,
    ) -> Result<Vec<DecisionRow>, StoreError> {
        const SQL: &str = "
            SELECT id, revision_id, environment, outcome, reasons, policy, facts, decided_at,
                superseded_at
            FROM decision
            WHERE revision_id = $1
            ORDER BY id DESC";
        self.db.fetch_all(SQL, args![revision_id]).await
    }

    /// Decisions, the newest first, `before` excluded.
    pub async fn list_decisions(
        &mut self,
        before: Option<&DecisionId>,
        limit: u32,
    ) -> Result<Vec<DecisionRow>, StoreError> {
        const SQL: &str = "
            SELECT id, revision_id, environment, outcome, reasons, policy, facts, decided_at,
                superseded_at
            FROM decision
            WHERE id < $1
            ORDER BY id DESC
            LIMIT $2";
        self.db.fetch_all(SQL, args![before.map_or("~", DecisionId::as_str), limit]).await
    }

    /// Decisions with that outcome that still hold, the newest first, `before` excluded.
    pub async fn list_current_decisions(
        &mut self,
        outcome: Outcome,
        before: Option<&DecisionId>,
        limit: u32,
    ) -> Result<Vec<DecisionRow>, StoreError> {
        const SQL: &str = "
            SELECT id, revision_id, environment, outcome, reasons, policy, facts, decided_at,
                superseded_at
            FROM decision
            WHERE outcome = $1 AND superseded_at IS NULL AND id < $2
            ORDER BY id DESC
            LIMIT $3";
        let before = before.map_or("~", DecisionId::as_str);
        self.db.fetch_all(SQL, args![outcome, before, limit]).await
    }
}

impl WriteTx {
    /// Records a decision. It takes the place of the one that held for the same revision and
    /// environment. Its policy and its facts have to be documents already: it can be replayed.
    pub async fn insert_decision(
        &mut self,
        revision_id: &str,
        decision: &Decision,
    ) -> Result<(), StoreError> {
        const SUPERSEDE: &str = "
            UPDATE decision SET superseded_at = $3
            WHERE revision_id = $1 AND environment = $2 AND superseded_at IS NULL";
        const INSERT: &str = "
            INSERT INTO decision (id, revision_id, environment, outcome, reasons, policy, facts,
                decided_at, superseded_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL)";
        let Decision { id, environment, outcome, reasons, policy, facts, decided_at } = decision;
        self.db.execute(SUPERSEDE, args![revision_id, environment, *decided_at]).await?;
        let reasons: Vec<StoredReason> = reasons.iter().map(StoredReason::of).collect();
        let given = args![
            id,
            revision_id,
            environment,
            *outcome,
            to_json(&reasons)?,
            *policy,
            *facts,
            *decided_at,
        ];
        self.db.execute(INSERT, given).await.map(drop)
    }
}
