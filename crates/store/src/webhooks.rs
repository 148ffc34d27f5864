//! Webhooks: whom to tell about what.

use weighbridge_domain::{Timestamp, Topic};

use crate::db::{BadColumn, Record, Row, args};
use crate::scans::to_json;
use crate::{Queries, StoreError, WriteTx};

/// One receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookRow {
    /// A ULID.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// What it is told about.
    pub topics: Vec<Topic>,
    /// The secret that messages are signed with, sealed.
    pub secret: String,
    /// The secret before that, sealed, while both sign.
    pub previous_secret: Option<String>,
    /// Until when both sign.
    pub previous_until: Option<Timestamp>,
    /// Who added it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// Since when it is told nothing.
    pub disabled_at: Option<Timestamp>,
    /// Why not.
    pub disabled_because: Option<String>,
    /// The first entry of the ledger that was not looked at for it.
    pub next_position: u64,
}

impl Record for WebhookRow {
    const TABLE: &'static str = "webhook";
    const KEY: &'static [&'static str] = &["id"];

    fn read(row: Row<'_>) -> Result<WebhookRow, BadColumn> {
        let topics: Vec<String> = row.json("topics")?;
        let topics = topics.iter().map(|topic| topic.parse()).collect::<Result<_, String>>();
        Ok(WebhookRow {
            id: row.text("id")?,
            name: row.text("name")?,
            url: row.text("url")?,
            topics: topics.map_err(|error| BadColumn::new("topics", error))?,
            secret: row.text("secret")?,
            previous_secret: row.optional_text("previous_secret")?,
            previous_until: row.optional_moment("previous_until")?,
            created_by: row.text("created_by")?,
            created_at: row.moment("created_at")?,
            disabled_at: row.optional_moment("disabled_at")?,
            disabled_because: row.optional_text("disabled_because")?,
            next_position: row.count("next_position")?,
        })
    }
}

impl Queries {
    /// Every webhook, by name.
    pub async fn list_webhooks(&mut self) -> Result<Vec<WebhookRow>, StoreError> {
        const SQL: &str = "
            SELECT id, name, url, topics, secret, previous_secret, previous_until, created_by,
                created_at, disabled_at, disabled_because, next_position
            FROM webhook
            ORDER BY name";
        self.db.fetch_all(SQL, args![]).await
    }

    /// The webhook of that name or id.
    pub async fn find_webhook(&mut self, which: &str) -> Result<Option<WebhookRow>, StoreError> {
        const SQL: &str = "
            SELECT id, name, url, topics, secret, previous_secret, previous_until, created_by,
                created_at, disabled_at, disabled_because, next_position
            FROM webhook
            WHERE name = $1 OR id = $1
            ORDER BY id
            LIMIT 1";
        self.db.fetch_optional(SQL, args![which]).await
    }
}

impl WriteTx {
    /// Adds a webhook. One of the same name is a conflict.
    pub async fn insert_webhook(&mut self, row: &WebhookRow) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO webhook (id, name, url, topics, secret, previous_secret, previous_until,
                created_by, created_at, disabled_at, disabled_because, next_position)
            VALUES ($1, $2, $3, $4, $5, NULL, NULL, $6, $7, NULL, NULL, $8)";
        let topics: Vec<&str> = row.topics.iter().map(|topic| topic.as_str()).collect();
        let given = args![
            &row.id,
            &row.name,
            &row.url,
            to_json(&topics)?,
            &row.secret,
            &row.created_by,
            row.created_at,
            row.next_position,
        ];
        self.db.execute(SQL, given).await.map(drop)
    }

    /// Saves what may change about a webhook: its secrets, whether it is told anything, from where on.
    pub async fn save_webhook(&mut self, row: &WebhookRow) -> Result<(), StoreError> {
        const SQL: &str = "
            UPDATE webhook
            SET secret = $2, previous_secret = $3, previous_until = $4, disabled_at = $5,
                disabled_because = $6, next_position = $7
            WHERE id = $1";
        let given = args![
            &row.id,
            &row.secret,
            row.previous_secret.as_ref(),
            row.previous_until,
            row.disabled_at,
            row.disabled_because.as_ref(),
            row.next_position,
        ];
        self.db.execute(SQL, given).await.map(drop)
    }

    /// Removes a webhook, and everything that was on its way to it.
    pub async fn delete_webhook(&mut self, id: &str) -> Result<(), StoreError> {
        const DELIVERIES: &str = "DELETE FROM webhook_delivery WHERE webhook_id = $1";
        const WEBHOOK: &str = "DELETE FROM webhook WHERE id = $1";
        self.db.execute(DELIVERIES, args![id]).await?;
        self.db.execute(WEBHOOK, args![id]).await.map(drop)
    }
}
