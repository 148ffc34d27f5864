//! What people say to each other about a request.

use weighbridge_domain::{Role, Timestamp};

use crate::db::{BadColumn, Record, Row, args};
use crate::{Queries, StoreError, WriteTx};

/// One thing that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteRow {
    /// A ULID.
    pub id: String,
    /// About which request.
    pub request_id: String,
    /// `comment`, `question`, `reply`, `reassigned` or `escalated`.
    pub kind: String,
    /// Who said it.
    pub author: String,
    /// In which role.
    pub role: Role,
    /// The words.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

impl Record for NoteRow {
    const TABLE: &'static str = "request_note";
    const KEY: &'static [&'static str] = &["id"];

    fn read(row: Row<'_>) -> Result<NoteRow, BadColumn> {
        Ok(NoteRow {
            id: row.text("id")?,
            request_id: row.text("request_id")?,
            kind: row.text("kind")?,
            author: row.text("author")?,
            role: row.parsed("role")?,
            text: row.text("text")?,
            at: row.moment("at")?,
        })
    }
}

impl Queries {
    /// What was said about a request, the oldest first.
    pub async fn list_notes(&mut self, request_id: &str) -> Result<Vec<NoteRow>, StoreError> {
        const SQL: &str = "
            SELECT id, request_id, kind, author, role, text, at
            FROM request_note
            WHERE request_id = $1
            ORDER BY at, id";
        self.db.fetch_all(SQL, args![request_id]).await
    }
}

impl WriteTx {
    /// Adds what was said.
    pub async fn insert_note(&mut self, row: &NoteRow) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO request_note (id, request_id, kind, author, role, text, at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let NoteRow { id, request_id, kind, author, role, text, at } = row;
        self.db.execute(SQL, args![id, request_id, kind, author, *role, text, *at]).await.map(drop)
    }
}
