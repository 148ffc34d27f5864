//! Requests to use a revision in an environment, and the answers to them.

use weighbridge_domain::{
    Digest, Environment, Request, RequestState, RiskAnswers, Role, Timestamp, Vote,
};

use crate::db::{BadColumn, Record, Row, args};
use crate::scans::to_json;
use crate::{Queries, StoreError, WriteTx};

/// One request, with its answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRow {
    /// A ULID.
    pub id: String,
    /// What was asked for.
    pub revision_id: String,
    /// Who asked for which environment, and where it stands.
    pub request: Request,
    /// Why, in the words of whoever asked.
    pub because: String,
    /// What they said about the use.
    pub risk: RiskAnswers,
    /// `short` or `full`.
    pub lane: String,
    /// When it was made.
    pub asked_at: Timestamp,
    /// When it was answered or withdrawn.
    pub decided_at: Option<Timestamp>,
    /// The bytes that were approved.
    pub manifest: Option<Digest>,
    /// When the approval ends.
    pub expires_at: Option<Timestamp>,
    /// What the approval is bound to, in words; empty when nothing.
    pub conditions: String,
}

/// Which requests to list, the newest first.
#[derive(Clone, Debug, Default)]
pub struct RequestPage<'a> {
    /// Only those that stand there.
    pub state: Option<RequestState>,
    /// Only those of this person.
    pub asked_by: Option<&'a str>,
    /// Only those before this one, by its id.
    pub before: Option<&'a str>,
    /// At most so many.
    pub limit: u32,
}

/// One yes that holds now, of an approved request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalRow {
    /// Who said it.
    pub by: String,
    /// In which role.
    pub role: Role,
    /// Until when it holds.
    pub expires_at: Timestamp,
}

impl Record for RequestRow {
    const TABLE: &'static str = "request";
    const KEY: &'static [&'static str] = &["id"];

    fn read(row: Row<'_>) -> Result<RequestRow, BadColumn> {
        let needs: Vec<String> = row.json("needs")?;
        let needs = needs.iter().map(|role| role.parse()).collect::<Result<Vec<Role>, _>>();
        let manifest = row.optional_text("manifest_digest")?;
        let manifest = manifest.map(|text| text.parse()).transpose();
        Ok(RequestRow {
            id: row.text("id")?,
            revision_id: row.text("revision_id")?,
            request: Request {
                asked_by: row.text("asked_by")?,
                environment: row.parsed("environment")?,
                needs: needs.map_err(|error| BadColumn::new("needs", error))?,
                state: row.parsed("state")?,
                votes: Vec::new(),
            },
            because: row.text("because")?,
            risk: RiskAnswers {
                data: row.parsed("data_class")?,
                user_facing: row.flag("user_facing")?,
                affects_people: row.flag("affects_people")?,
            },
            lane: row.text("lane")?,
            asked_at: row.moment("asked_at")?,
            decided_at: row.optional_moment("decided_at")?,
            manifest: manifest.map_err(|error| BadColumn::new("manifest_digest", error))?,
            expires_at: row.optional_moment("expires_at")?,
            conditions: row.text("conditions")?,
        })
    }
}

impl Record for Vote {
    const TABLE: &'static str = "request_vote";
    const KEY: &'static [&'static str] = &["caller"];

    fn read(row: Row<'_>) -> Result<Vote, BadColumn> {
        Ok(Vote {
            by: row.text("caller")?,
            role: row.parsed("role")?,
            is_yes: row.flag("is_yes")?,
            comment: row.text("comment")?,
            at: row.moment("at")?,
        })
    }
}

impl Record for ApprovalRow {
    const TABLE: &'static str = "request_vote";
    const KEY: &'static [&'static str] = &["caller"];

    fn read(row: Row<'_>) -> Result<ApprovalRow, BadColumn> {
        Ok(ApprovalRow {
            by: row.text("caller")?,
            role: row.parsed("role")?,
            expires_at: row.moment("expires_at")?,
        })
    }
}

impl Queries {
    /// The request with that id, and its answers.
    pub async fn find_request(&mut self, id: &str) -> Result<Option<RequestRow>, StoreError> {
        const SQL: &str = "
            SELECT id, revision_id, environment, asked_by, because, data_class, user_facing,
                affects_people, lane, needs, state, asked_at, decided_at, manifest_digest,
                expires_at, conditions
            FROM request
            WHERE id = $1";
        let mut found: Option<RequestRow> = self.db.fetch_optional(SQL, args![id]).await?;
        self.read_votes(found.as_mut_slice()).await?;
        Ok(found)
    }

    /// Reads the answers that requests were read without.
    async fn read_votes(&mut self, rows: &mut [RequestRow]) -> Result<(), StoreError> {
        const SQL: &str = "
            SELECT caller, role, is_yes, comment, at
            FROM request_vote
            WHERE request_id = $1
            ORDER BY at, caller";
        for row in rows {
            row.request.votes = self.db.fetch_all(SQL, args![&row.id]).await?;
        }
        Ok(())
    }

    /// The open request for a revision in an environment.
    pub async fn find_open_request(
        &mut self,
        revision_id: &str,
        environment: &Environment,
    ) -> Result<Option<RequestRow>, StoreError> {
        const SQL: &str = "
            SELECT id, revision_id, environment, asked_by, because, data_class, user_facing,
                affects_people, lane, needs, state, asked_at, decided_at, manifest_digest,
                expires_at, conditions
            FROM request
            WHERE revision_id = $1 AND environment = $2 AND state = 'open'";
        let given = args![revision_id, environment];
        let mut found: Option<RequestRow> = self.db.fetch_optional(SQL, given).await?;
        self.read_votes(found.as_mut_slice()).await?;
        Ok(found)
    }

    /// Requests with their answers.
    pub async fn list_requests(
        &mut self,
        page: &RequestPage<'_>,
    ) -> Result<Vec<RequestRow>, StoreError> {
        const SQL: &str = "
            SELECT id, revision_id, environment, asked_by, because, data_class, user_facing,
                affects_people, lane, needs, state, asked_at, decided_at, manifest_digest,
                expires_at, conditions
            FROM request
            WHERE (state = $1 OR $1 = '') AND (asked_by = $2 OR $2 = '') AND (id < $3 OR $3 = '')
            ORDER BY id DESC
            LIMIT $4";
        let state = page.state.map(RequestState::as_str).unwrap_or_default();
        let (asked_by, before) =
            (page.asked_by.unwrap_or_default(), page.before.unwrap_or_default());
        let given = args![state, asked_by, before, page.limit];
        let mut rows: Vec<RequestRow> = self.db.fetch_all(SQL, given).await?;
        self.read_votes(&mut rows).await?;
        Ok(rows)
    }

    /// Every yes that holds for the bytes of a revision in an environment.
    pub async fn list_approvals(
        &mut self,
        revision_id: &str,
        environment: &Environment,
        now: Timestamp,
    ) -> Result<Vec<ApprovalRow>, StoreError> {
        const SQL: &str = "
            SELECT request_vote.caller, request_vote.role, request.expires_at
            FROM request
            JOIN revision ON revision.id = request.revision_id
            JOIN request_vote ON request_vote.request_id = request.id
            WHERE request.revision_id = $1 AND request.environment = $2
                AND request.state = 'approved' AND request.expires_at > $3
                AND request.manifest_digest = revision.manifest_digest
            ORDER BY request.expires_at, request_vote.caller, request_vote.role";
        self.db.fetch_all(SQL, args![revision_id, environment, now]).await
    }
}

impl WriteTx {
    /// Adds a request. Another open one for the same revision and environment is a conflict.
    pub async fn insert_request(&mut self, row: &RequestRow) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO request (id, revision_id, environment, asked_by, because, data_class,
                user_facing, affects_people, lane, needs, state, asked_at, decided_at,
                manifest_digest, expires_at, conditions)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, NULL, NULL, NULL, '')";
        let needs: Vec<&str> = row.request.needs.iter().map(|role| role.as_str()).collect();
        let given = args![
            &row.id,
            &row.revision_id,
            &row.request.environment,
            &row.request.asked_by,
            &row.because,
            row.risk.data.as_str(),
            row.risk.user_facing,
            row.risk.affects_people,
            &row.lane,
            to_json(&needs)?,
            row.request.state.as_str(),
            row.asked_at,
        ];
        self.db.execute(SQL, given).await.map(drop)
    }

    /// The request with that id, and nobody else changes it until this change is over: two who answer
    /// at once see each other's answers.
    pub async fn lock_request(&mut self, id: &str) -> Result<Option<RequestRow>, StoreError> {
        const SQL: &str = "UPDATE request SET state = state WHERE id = $1";
        if self.db.execute(SQL, args![id]).await? == 0 {
            return Ok(None);
        }
        self.find_request(id).await
    }

    /// Adds an answer.
    pub async fn insert_vote(&mut self, request_id: &str, vote: &Vote) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO request_vote (request_id, caller, role, is_yes, comment, at)
            VALUES ($1, $2, $3, $4, $5, $6)";
        let given = args![request_id, &vote.by, vote.role, vote.is_yes, &vote.comment, vote.at];
        self.db.execute(SQL, given).await.map(drop)
    }

    /// Ends a request, as the row says: where it stands, when, which bytes, until when, on what
    /// conditions.
    pub async fn set_request_outcome(&mut self, row: &RequestRow) -> Result<(), StoreError> {
        const SQL: &str = "
            UPDATE request
            SET state = $2, decided_at = $3, manifest_digest = $4, expires_at = $5, conditions = $6
            WHERE id = $1";
        let given = args![
            &row.id,
            row.request.state.as_str(),
            row.decided_at,
            row.manifest,
            row.expires_at,
            &row.conditions,
        ];
        self.db.execute(SQL, given).await.map(drop)
    }
}
