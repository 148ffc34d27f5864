//! Requests to use a revision in an environment, and the answers to them.

mod approvals;
mod mine;
mod notes;
mod stored;

pub use approvals::{ApprovalRow, ApprovedRow};
pub use mine::{MinePage, Place};
pub use notes::NoteRow;

use std::collections::HashMap;

use weighbridge_domain::{
    Artifact, Checked, Digest, Environment, OpenQuestion, Request, RequestState, RiskAnswers, Role,
    Timestamp, Vote,
};

pub(crate) use self::stored::StoredRow;
use self::stored::{StoredChecked, StoredReview, awaits, literally};
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
    /// What the rows of the decision table came to when it was made.
    pub checks: Vec<Checked>,
    /// The table under which it was made.
    pub table: Option<Digest>,
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
    /// Only those for this environment.
    pub environment: Option<&'a Environment>,
    /// Only open ones of which a part is late by then.
    pub late_by: Option<Timestamp>,
    /// Only those before this one, by its id.
    pub before: Option<&'a str>,
    /// At most so many.
    pub limit: u32,
}

/// Reads requests without their answers: the columns, and what follows.
macro_rules! select {
    ($rest:expr) => {
        select!("", $rest)
    };
    ($more:expr, $rest:expr) => {
        concat!(
            "SELECT request.id, request.revision_id, request.environment, request.asked_by,
                request.because, request.use_case, request.data_class, request.residency,
                request.user_facing, request.affects_people, request.affected, request.lane,
                request.needs, request.reviews, request.checks, request.table_digest,
                request.question_by, request.question_at, request.state, request.asked_at,
                request.decided_at, request.manifest_digest, request.expires_at,
                request.conditions",
            $more,
            " FROM request ",
            $rest
        )
    };
}
use select;

struct VoteOf(String, Vote);

impl Record for RequestRow {
    const TABLE: &'static str = "request";
    const KEY: &'static [&'static str] = &["id"];

    fn read(row: Row<'_>) -> Result<RequestRow, BadColumn> {
        let needs: Vec<String> = row.json("needs")?;
        let needs = needs.iter().map(|role| role.parse()).collect::<Result<Vec<Role>, _>>();
        let reviews: Vec<StoredReview> = row.json("reviews")?;
        let checks: Vec<StoredChecked> = row.json("checks")?;
        let question = row.optional_text("question_by")?.zip(row.optional_moment("question_at")?);
        Ok(RequestRow {
            id: row.text("id")?,
            revision_id: row.text("revision_id")?,
            request: Request {
                asked_by: row.text("asked_by")?,
                environment: row.parsed("environment")?,
                needs: needs.map_err(|error| BadColumn::new("needs", error))?,
                reviews: reviews.into_iter().map(StoredReview::review).collect::<Result<_, _>>()?,
                question: question.map(|(by, at)| OpenQuestion { by, at }),
                state: row.parsed("state")?,
                votes: Vec::new(),
            },
            because: row.text("because")?,
            risk: read_risk(row)?,
            lane: row.text("lane")?,
            checks: checks.into_iter().map(StoredChecked::checked).collect::<Result<_, _>>()?,
            table: row.optional_parsed("table_digest")?,
            asked_at: row.moment("asked_at")?,
            decided_at: row.optional_moment("decided_at")?,
            manifest: row.optional_parsed("manifest_digest")?,
            expires_at: row.optional_moment("expires_at")?,
            conditions: row.text("conditions")?,
        })
    }
}

/// What whoever asked said about the use.
fn read_risk(row: Row<'_>) -> Result<RiskAnswers, BadColumn> {
    Ok(RiskAnswers {
        use_case: row.text("use_case")?,
        data: row.parsed("data_class")?,
        residency: row.optional_parsed("residency")?,
        user_facing: row.flag("user_facing")?,
        affects_people: row.flag("affects_people")?,
        affected: row.optional_parsed("affected")?,
    })
}

impl Record for VoteOf {
    const TABLE: &'static str = "request_vote";
    const KEY: &'static [&'static str] = &["request_id", "caller"];

    fn read(row: Row<'_>) -> Result<VoteOf, BadColumn> {
        let vote = Vote {
            by: row.text("caller")?,
            role: row.parsed("role")?,
            is_yes: row.flag("is_yes")?,
            comment: row.text("comment")?,
            at: row.moment("at")?,
        };
        Ok(VoteOf(row.text("request_id")?, vote))
    }
}

impl Queries {
    /// The request with that id, and its answers.
    pub async fn find_request(&mut self, id: &str) -> Result<Option<RequestRow>, StoreError> {
        const SQL: &str = select!("WHERE request.id = $1");
        let mut found: Option<RequestRow> = self.db.fetch_optional(SQL, args![id]).await?;
        self.read_votes(found.as_mut_slice()).await?;
        Ok(found)
    }

    /// Reads the answers that requests were read without, those of all in one statement.
    async fn read_votes(&mut self, rows: &mut [RequestRow]) -> Result<(), StoreError> {
        const SQL: &str = "
            SELECT request_id, caller, role, is_yes, comment, at
            FROM request_vote
            WHERE request_id IN (SELECT id FROM wanted)
            ORDER BY at, caller";
        let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
        let mut votes: HashMap<String, Vec<Vote>> = HashMap::new();
        for VoteOf(request, vote) in self.db.fetch_wanted(SQL, &ids).await? {
            votes.entry(request).or_default().push(vote);
        }
        for row in rows {
            row.request.votes = votes.remove(&row.id).unwrap_or_default();
        }
        Ok(())
    }

    /// The open request for a revision in an environment.
    pub async fn find_open_request(
        &mut self,
        revision_id: &str,
        environment: &Environment,
    ) -> Result<Option<RequestRow>, StoreError> {
        const SQL: &str = select!(
            "WHERE request.revision_id = $1 AND request.environment = $2
                AND request.state = 'open'"
        );
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
        const SQL: &str = select!(
            "WHERE (request.state = $1 OR $1 = '') AND (request.asked_by = $2 OR $2 = '')
                AND (request.id < $3 OR $3 = '') AND (request.environment = $4 OR $4 = '')
                AND (CAST($5 AS BIGINT) = 0
                    OR (request.state = 'open' AND request.due_at <= $5))
            ORDER BY request.id DESC
            LIMIT $6"
        );
        let state = page.state.map(RequestState::as_str).unwrap_or_default();
        let (asked_by, before) =
            (page.asked_by.unwrap_or_default(), page.before.unwrap_or_default());
        let environment = page.environment.map(Environment::as_str).unwrap_or_default();
        let late_by = page.late_by.map_or(0, Timestamp::as_micros);
        let given = args![
            state,
            asked_by,
            before,
            environment,
            Timestamp::from_micros(late_by),
            page.limit,
        ];
        let mut rows: Vec<RequestRow> = self.db.fetch_all(SQL, given).await?;
        self.read_votes(&mut rows).await?;
        Ok(rows)
    }

    /// Requests for artifacts of the same publisher or with the same last name, the newest first, without
    /// one of them.
    pub async fn list_family_requests(
        &mut self,
        artifact: &Artifact,
        but: &str,
        limit: u32,
    ) -> Result<Vec<RequestRow>, StoreError> {
        const SQL: &str = select!(
            "JOIN revision ON revision.id = request.revision_id
            JOIN artifact ON artifact.id = revision.artifact_id
            WHERE request.id <> $1 AND ((artifact.folded >= $2 AND artifact.folded < $3)
                OR artifact.folded = $4 OR artifact.folded LIKE $5 ESCAPE '\\')
            ORDER BY request.id DESC
            LIMIT $6"
        );
        let folded = artifact.name.folded();
        let (publisher, last) = folded.rsplit_once('/').unwrap_or(("", &folded));
        // `0` follows `/`: everything between the two is the publisher's.
        let (from, to) = match publisher {
            "" => (String::new(), String::new()),
            publisher => (format!("{publisher}/"), format!("{publisher}0")),
        };
        let ending = format!("%/{}", literally(last));
        let given = args![but, from, to, last, ending, limit];
        let mut rows: Vec<RequestRow> = self.db.fetch_all(SQL, given).await?;
        self.read_votes(&mut rows).await?;
        Ok(rows)
    }

    /// Open requests of which a part is late by now and nobody was told, the latest first.
    pub async fn list_late_requests(
        &mut self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<RequestRow>, StoreError> {
        const SQL: &str = select!(
            "WHERE request.state = 'open' AND request.next_due_at <= $1
            ORDER BY request.next_due_at, request.id
            LIMIT $2"
        );
        let mut rows: Vec<RequestRow> = self.db.fetch_all(SQL, args![now, limit]).await?;
        self.read_votes(&mut rows).await?;
        Ok(rows)
    }
}

impl WriteTx {
    /// Adds a request. Another open one for the same revision and environment is a conflict.
    pub async fn insert_request(&mut self, row: &RequestRow) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO request (id, revision_id, environment, asked_by, because, use_case,
                data_class, residency, user_facing, affects_people, affected, lane, needs, checks,
                table_digest, state, asked_at, conditions)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, '')";
        let needs: Vec<&str> = row.request.needs.iter().map(|role| role.as_str()).collect();
        let checks: Vec<StoredChecked> = row.checks.iter().map(StoredChecked::of).collect();
        let given = args![
            &row.id,
            &row.revision_id,
            &row.request.environment,
            &row.request.asked_by,
            &row.because,
            &row.risk.use_case,
            row.risk.data.as_str(),
            row.risk.residency.as_ref().map(weighbridge_domain::Region::as_str),
            row.risk.user_facing,
            row.risk.affects_people,
            row.risk.affected.map(weighbridge_domain::Affected::as_str),
            &row.lane,
            to_json(&needs)?,
            to_json(&checks)?,
            row.table,
            row.request.state.as_str(),
            row.asked_at,
        ];
        self.db.execute(SQL, given).await?;
        self.save_request(row).await
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

    /// Saves what changes in the life of a request: where it stands, whose part it is and until when,
    /// the question that is open, and what came out. Answers are added by [`WriteTx::insert_vote`].
    pub async fn save_request(&mut self, row: &RequestRow) -> Result<(), StoreError> {
        const SQL: &str = "
            UPDATE request
            SET state = $2, decided_at = $3, manifest_digest = $4, expires_at = $5,
                conditions = $6, reviews = $7, question_by = $8, question_at = $9, awaits = $10,
                due_at = $11, next_due_at = $12
            WHERE id = $1";
        let request = &row.request;
        let reviews: Vec<StoredReview> = request.reviews.iter().map(StoredReview::of).collect();
        let question = request.question.as_ref();
        let given = args![
            &row.id,
            request.state.as_str(),
            row.decided_at,
            row.manifest,
            row.expires_at,
            &row.conditions,
            to_json(&reviews)?,
            question.map(|question| question.by.as_str()),
            question.map(|question| question.at),
            awaits(request),
            request.due(),
            request.next_due(),
        ];
        self.db.execute(SQL, given).await.map(drop)
    }
}
