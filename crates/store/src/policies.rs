//! Versions of the policy, and the decisions that a proposed one is tried out on.

use std::collections::BTreeMap;

use weighbridge_domain::{
    Artifact, CommitId, Digest, Environment, Outcome, PolicyOrigin, Proposal, Timestamp,
};

use crate::db::{BadColumn, Record, Row, args};
use crate::{Queries, StoreError, WriteTx};

/// One version of the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRow {
    /// Its number and where it stands.
    pub proposal: Proposal,
    /// The policy: the digest of a document.
    pub digest: Digest,
    /// What it comes from.
    pub origin: PolicyOrigin,
    /// The earlier version that it brings back.
    pub restores: Option<u64>,
    /// Why.
    pub because: String,
    /// What trying it out showed: a JSON text, empty when it was not tried out.
    pub simulation: String,
    /// What decisions name, environment by environment: a JSON text.
    pub effective: String,
    /// When it was proposed.
    pub proposed_at: Timestamp,
    /// Who confirmed or withdrew it.
    pub settled_by: Option<String>,
    /// When.
    pub settled_at: Option<Timestamp>,
    /// When another one took its place.
    pub ended_at: Option<Timestamp>,
}

/// A decision that holds, with everything it takes to make it again by another policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForReplay {
    /// The decision.
    pub id: String,
    /// About which revision.
    pub revision_id: String,
    /// For which environment.
    pub environment: Environment,
    /// The answer.
    pub outcome: Outcome,
    /// The policy it was made by.
    pub policy: Digest,
    /// The facts it rests on.
    pub facts: Digest,
    /// Their text.
    pub document: String,
    /// What it is about.
    pub artifact: Artifact,
    /// At which commit.
    pub commit: CommitId,
}

/// How much somebody downloaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerCount {
    /// Who.
    pub caller: String,
    /// How many downloads.
    pub downloads: u64,
}

impl PolicyRow {
    /// What decisions in an environment name.
    pub fn effective_in(&self, environment: &Environment) -> Option<Digest> {
        let named: BTreeMap<String, String> = serde_json::from_str(&self.effective).ok()?;
        named.get(environment.as_str())?.parse().ok()
    }
}

impl Record for PolicyRow {
    const TABLE: &'static str = "policy_version";
    const KEY: &'static [&'static str] = &["number"];

    fn read(row: Row<'_>) -> Result<PolicyRow, BadColumn> {
        Ok(PolicyRow {
            proposal: Proposal {
                number: row.count("number")?,
                state: row.parsed("state")?,
                proposed_by: row.text("proposed_by")?,
                base: row.count("base")?,
            },
            digest: row.parsed("digest")?,
            origin: row.parsed("origin")?,
            restores: Some(row.count("restores")?).filter(|number| *number > 0),
            because: row.text("because")?,
            simulation: row.text("simulation")?,
            effective: row.text("effective")?,
            proposed_at: row.moment("proposed_at")?,
            settled_by: row.optional_text("settled_by")?,
            settled_at: row.optional_moment("settled_at")?,
            ended_at: row.optional_moment("ended_at")?,
        })
    }
}

impl Record for ForReplay {
    const TABLE: &'static str = "decision";
    const KEY: &'static [&'static str] = &["id"];

    fn read(row: Row<'_>) -> Result<ForReplay, BadColumn> {
        Ok(ForReplay {
            id: row.text("id")?,
            revision_id: row.text("revision_id")?,
            environment: row.parsed("environment")?,
            outcome: row.parsed("outcome")?,
            policy: row.parsed("policy")?,
            facts: row.parsed("facts")?,
            document: row.text("body")?,
            artifact: Artifact { kind: row.parsed("kind")?, name: row.parsed("name")? },
            commit: row.parsed("commit_id")?,
        })
    }
}

impl Record for CallerCount {
    const TABLE: &'static str = "download";
    const KEY: &'static [&'static str] = &["caller"];

    fn read(row: Row<'_>) -> Result<CallerCount, BadColumn> {
        Ok(CallerCount { caller: row.text("caller")?, downloads: row.count("downloads")? })
    }
}

impl Queries {
    /// The version that decisions are made by.
    pub async fn find_active_policy(&mut self) -> Result<Option<PolicyRow>, StoreError> {
        const SQL: &str = "
            SELECT number, digest, origin, base, restores, state, because, simulation, effective,
                proposed_by, proposed_at, settled_by, settled_at, ended_at
            FROM policy_version
            WHERE state = 'active'";
        self.db.fetch_optional(SQL, args![]).await
    }

    /// The version of that number.
    pub async fn find_policy(&mut self, number: u64) -> Result<Option<PolicyRow>, StoreError> {
        const SQL: &str = "
            SELECT number, digest, origin, base, restores, state, because, simulation, effective,
                proposed_by, proposed_at, settled_by, settled_at, ended_at
            FROM policy_version
            WHERE number = $1";
        self.db.fetch_optional(SQL, args![number]).await
    }

    /// The last version that came from the configuration.
    pub async fn find_last_configured_policy(&mut self) -> Result<Option<PolicyRow>, StoreError> {
        const SQL: &str = "
            SELECT number, digest, origin, base, restores, state, because, simulation, effective,
                proposed_by, proposed_at, settled_by, settled_at, ended_at
            FROM policy_version
            WHERE origin = 'configuration' AND state <> 'withdrawn'
            ORDER BY number DESC
            LIMIT 1";
        self.db.fetch_optional(SQL, args![]).await
    }

    /// The versions there are and were, the newest first, those before `before`.
    pub async fn list_policies(
        &mut self,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<PolicyRow>, StoreError> {
        const SQL: &str = "
            SELECT number, digest, origin, base, restores, state, because, simulation, effective,
                proposed_by, proposed_at, settled_by, settled_at, ended_at
            FROM policy_version
            WHERE number < $1
            ORDER BY number DESC
            LIMIT $2";
        let before = before.unwrap_or(i64::MAX.unsigned_abs());
        self.db.fetch_all(SQL, args![before, limit]).await
    }

    /// Decisions that hold, with their facts, by id from after `after` on.
    pub async fn list_for_replay(
        &mut self,
        after: &str,
        limit: u32,
    ) -> Result<Vec<ForReplay>, StoreError> {
        const SQL: &str = "
            SELECT decision.id AS id, decision.revision_id AS revision_id,
                decision.environment AS environment, decision.outcome AS outcome,
                decision.policy AS policy, decision.facts AS facts, document.body AS body,
                artifact.kind AS kind, artifact.name AS name, revision.commit_id AS commit_id
            FROM decision
            JOIN document ON document.digest = decision.facts
            JOIN revision ON revision.id = decision.revision_id
            JOIN artifact ON artifact.id = revision.artifact_id
            WHERE decision.superseded_at IS NULL AND decision.id > $1
            ORDER BY decision.id
            LIMIT $2";
        self.db.fetch_all(SQL, args![after, limit]).await
    }

    /// Who downloaded something of a revision for an environment since a moment, and how much.
    pub async fn count_downloads_by_caller(
        &mut self,
        revision_id: &str,
        environment: &Environment,
        since: Timestamp,
    ) -> Result<Vec<CallerCount>, StoreError> {
        const SQL: &str = "
            SELECT caller, COUNT(*) AS downloads
            FROM download
            WHERE revision_id = $1 AND environment = $2 AND at >= $3
            GROUP BY caller
            ORDER BY caller";
        self.db.fetch_all(SQL, args![revision_id, environment, since]).await
    }

    /// How many revisions there are, and how many decisions hold.
    pub async fn count_for_replay(&mut self) -> Result<(u64, u64), StoreError> {
        const REVISIONS: &str = "SELECT COUNT(*) AS number FROM revision";
        const DECISIONS: &str =
            "SELECT COUNT(*) AS number FROM decision WHERE superseded_at IS NULL";
        let revisions: crate::db::Number = self.db.fetch_one(REVISIONS, args![]).await?;
        let decisions: crate::db::Number = self.db.fetch_one(DECISIONS, args![]).await?;
        Ok((revisions.0, decisions.0))
    }
}

impl WriteTx {
    /// The number that the next version gets.
    pub async fn next_policy_number(&mut self) -> Result<u64, StoreError> {
        const SQL: &str = "SELECT COALESCE(MAX(number), 0) + 1 AS number FROM policy_version";
        let next: crate::db::Number = self.db.fetch_one(SQL, args![]).await?;
        Ok(next.0)
    }

    /// Adds a version. Its document has to be there.
    pub async fn insert_policy(&mut self, row: &PolicyRow) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO policy_version (number, digest, origin, base, restores, state, because,
                simulation, effective, proposed_by, proposed_at, settled_by, settled_at, ended_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, NULL)";
        let given = args![
            row.proposal.number,
            row.digest,
            row.origin.as_str(),
            row.proposal.base,
            row.restores.unwrap_or(0),
            row.proposal.state.as_str(),
            &row.because,
            &row.simulation,
            &row.effective,
            &row.proposal.proposed_by,
            row.proposed_at,
            row.settled_by.as_deref(),
            row.settled_at,
        ];
        self.db.execute(SQL, given).await.map(drop)
    }

    /// Ends the version that decisions are made by.
    pub async fn supersede_policy(&mut self, at: Timestamp) -> Result<(), StoreError> {
        const SQL: &str = "
            UPDATE policy_version SET state = 'superseded', ended_at = $1 WHERE state = 'active'";
        self.db.execute(SQL, args![at]).await.map(drop)
    }

    /// Records that a proposal was confirmed or withdrawn.
    pub async fn settle_policy(&mut self, row: &PolicyRow) -> Result<(), StoreError> {
        const SQL: &str = "
            UPDATE policy_version SET state = $2, settled_by = $3, settled_at = $4, effective = $5
            WHERE number = $1";
        let given = args![
            row.proposal.number,
            row.proposal.state.as_str(),
            row.settled_by.as_deref(),
            row.settled_at,
            &row.effective,
        ];
        self.db.execute(SQL, given).await.map(drop)
    }

    /// Records what decisions by a version name from now on.
    pub async fn set_policy_effective(
        &mut self,
        number: u64,
        effective: &str,
    ) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE policy_version SET effective = $2 WHERE number = $1";
        self.db.execute(SQL, args![number, effective]).await.map(drop)
    }
}
