//! Approvals: those that hold, those that were the last, and those that end.

use weighbridge_domain::{Digest, Environment, RiskAnswers, Role, Timestamp};

use super::{RequestRow, read_risk, select};
use crate::db::{BadColumn, Record, Row, args};
use crate::{Queries, StoreError, WriteTx};

/// One yes that holds now, of an approved request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalRow {
    /// The request.
    pub request_id: String,
    /// What whoever asked said about the use.
    pub risk: RiskAnswers,
    /// Who said it.
    pub by: String,
    /// In which role.
    pub role: Role,
    /// Until when it holds.
    pub expires_at: Timestamp,
}

/// A revision that was approved for an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedRow {
    /// The request.
    pub request_id: String,
    /// The revision.
    pub revision_id: String,
    /// Its bytes.
    pub manifest: Digest,
    /// When it was approved.
    pub decided_at: Timestamp,
    /// When the approval ends or ended.
    pub expires_at: Timestamp,
}

impl Record for ApprovalRow {
    const TABLE: &'static str = "request_vote";
    const KEY: &'static [&'static str] = &["caller"];

    fn read(row: Row<'_>) -> Result<ApprovalRow, BadColumn> {
        Ok(ApprovalRow {
            request_id: row.text("id")?,
            risk: read_risk(row)?,
            by: row.text("caller")?,
            role: row.parsed("role")?,
            expires_at: row.moment("expires_at")?,
        })
    }
}

impl Record for ApprovedRow {
    const TABLE: &'static str = "request";
    const KEY: &'static [&'static str] = &["id"];

    fn read(row: Row<'_>) -> Result<ApprovedRow, BadColumn> {
        Ok(ApprovedRow {
            request_id: row.text("id")?,
            revision_id: row.text("revision_id")?,
            manifest: row.parsed("manifest_digest")?,
            decided_at: row.moment("decided_at")?,
            expires_at: row.moment("expires_at")?,
        })
    }
}

/// The end of an approval.
struct Ended(Option<Timestamp>);

impl Record for Ended {
    const TABLE: &'static str = "request";
    const KEY: &'static [&'static str] = &["ended_at"];

    fn read(row: Row<'_>) -> Result<Ended, BadColumn> {
        row.optional_moment("ended_at").map(Ended)
    }
}

impl Queries {
    /// When the last approval of the bytes of a revision in an environment ended; `None` when there was none.
    pub async fn find_ended_approval(
        &mut self,
        revision_id: &str,
        environment: &Environment,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        const SQL: &str = "
            SELECT MAX(request.expires_at) AS ended_at
            FROM request
            JOIN revision ON revision.id = request.revision_id
            WHERE request.revision_id = $1 AND request.environment = $2
                AND request.state = 'approved' AND request.expires_at <= $3
                AND request.manifest_digest = revision.manifest_digest";
        let Ended(at) = self.db.fetch_one(SQL, args![revision_id, environment, now]).await?;
        Ok(at)
    }

    /// Every yes that holds for the bytes of a revision in an environment.
    pub async fn list_approvals(
        &mut self,
        revision_id: &str,
        environment: &Environment,
        now: Timestamp,
    ) -> Result<Vec<ApprovalRow>, StoreError> {
        const SQL: &str = "
            SELECT request.id, request.use_case, request.data_class, request.residency,
                request.user_facing, request.affects_people, request.affected,
                request_vote.caller, request_vote.role, request.expires_at
            FROM request
            JOIN revision ON revision.id = request.revision_id
            JOIN request_vote ON request_vote.request_id = request.id
            WHERE request.revision_id = $1 AND request.environment = $2
                AND request.state = 'approved' AND request.expires_at > $3
                AND request.manifest_digest = revision.manifest_digest
            ORDER BY request.expires_at, request.id, request_vote.caller, request_vote.role";
        self.db.fetch_all(SQL, args![revision_id, environment, now]).await
    }

    /// The revisions of an artifact that were approved for an environment, the latest first, without
    /// the one that is asked about. Their approvals may have ended.
    pub async fn list_approved_revisions(
        &mut self,
        artifact_id: &str,
        environment: &Environment,
        but: &str,
        limit: u32,
    ) -> Result<Vec<ApprovedRow>, StoreError> {
        const SQL: &str = "
            SELECT request.id, request.revision_id, request.manifest_digest, request.decided_at,
                request.expires_at
            FROM request
            JOIN revision ON revision.id = request.revision_id
            WHERE revision.artifact_id = $1 AND request.environment = $2
                AND request.state = 'approved' AND request.revision_id <> $3
                AND request.manifest_digest = revision.manifest_digest
            ORDER BY request.decided_at DESC, request.id DESC
            LIMIT $4";
        self.db.fetch_all(SQL, args![artifact_id, environment, but, limit]).await
    }

    /// Approved requests whose approval ends by `soon` with half its time over, or has ended, and nobody was
    /// told so.
    pub async fn list_ending_approvals(
        &mut self,
        now: Timestamp,
        soon: Timestamp,
        limit: u32,
    ) -> Result<Vec<RequestRow>, StoreError> {
        const SQL: &str = select!(
            "WHERE request.state = 'approved' AND request.expired_told_at IS NULL
                AND request.expires_at <= $2
                AND (request.expires_at <= $1 OR (request.expiring_told_at IS NULL
                    AND (COALESCE(request.decided_at, request.asked_at) + request.expires_at) / 2 <= $1))
            ORDER BY request.expires_at, request.id
            LIMIT $3"
        );
        self.db.fetch_all(SQL, args![now, soon, limit]).await
    }
}

impl WriteTx {
    /// Notes that it was told that an approval ends soon; false when it was told before.
    pub async fn set_expiring_told(&mut self, id: &str, at: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str = "
            UPDATE request SET expiring_told_at = $2
            WHERE id = $1 AND expiring_told_at IS NULL AND expired_told_at IS NULL";
        Ok(self.db.execute(SQL, args![id, at]).await? == 1)
    }

    /// Notes that it was told that an approval has ended; false when it was told before.
    pub async fn set_expired_told(&mut self, id: &str, at: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str = "
            UPDATE request SET expired_told_at = $2 WHERE id = $1 AND expired_told_at IS NULL";
        Ok(self.db.execute(SQL, args![id, at]).await? == 1)
    }
}
