//! Deliveries: entries of the ledger on their way to receivers.
//!
//! How far a delivery is says nothing that the ledger does not say, so these writes have no record. What
//! has to be told stands in the ledger already: nothing here can lose it, only tell it once more.

use weighbridge_domain::Timestamp;

use crate::db::{BadColumn, Record, Row, args};
use crate::{Queries, Store, StoreError};

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is due, now or later.
    Waiting,
    /// The receiver took it.
    Delivered,
    /// It is given up.
    Dead,
}

impl DeliveryState {
    /// The word used in the CLI, the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            DeliveryState::Waiting => "waiting",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Dead => "dead",
        }
    }
}

impl std::str::FromStr for DeliveryState {
    type Err = String;
    fn from_str(text: &str) -> Result<DeliveryState, String> {
        let all = [DeliveryState::Waiting, DeliveryState::Delivered, DeliveryState::Dead];
        let found = all.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| format!("`{text}` is no state of a delivery"))
    }
}

/// One entry on its way to one receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    /// To whom.
    pub webhook_id: String,
    /// The entry.
    pub position: u64,
    /// How far it is.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u64,
    /// When it is tried next.
    pub due_at: Timestamp,
    /// Until when somebody else is at it.
    pub leased_until: Timestamp,
    /// What the receiver answered last.
    pub status: Option<u64>,
    /// What went wrong last.
    pub trouble: Option<String>,
    /// When it was taken or given up.
    pub settled_at: Option<Timestamp>,
}

/// How one attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// How far the delivery is now.
    pub state: DeliveryState,
    /// When it is tried next, if it is.
    pub due_at: Timestamp,
    /// What the receiver answered.
    pub status: Option<u64>,
    /// What went wrong.
    pub trouble: Option<String>,
    /// When it was taken or given up.
    pub settled_at: Option<Timestamp>,
}

/// How many deliveries to one receiver are in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryCount {
    /// To whom.
    pub webhook_id: String,
    /// How far they are.
    pub state: DeliveryState,
    /// How many.
    pub count: u64,
}

impl Record for DeliveryRow {
    const TABLE: &'static str = "webhook_delivery";
    const KEY: &'static [&'static str] = &["webhook_id", "position"];

    fn read(row: Row<'_>) -> Result<DeliveryRow, BadColumn> {
        Ok(DeliveryRow {
            webhook_id: row.text("webhook_id")?,
            position: row.count("position")?,
            state: row.parsed("state")?,
            attempts: row.count("attempts")?,
            due_at: row.moment("due_at")?,
            leased_until: row.moment("leased_until")?,
            status: row.optional_count("status")?,
            trouble: row.optional_text("trouble")?,
            settled_at: row.optional_moment("settled_at")?,
        })
    }
}

impl Record for DeliveryCount {
    const TABLE: &'static str = "webhook_delivery";
    const KEY: &'static [&'static str] = &["webhook_id", "state"];

    fn read(row: Row<'_>) -> Result<DeliveryCount, BadColumn> {
        Ok(DeliveryCount {
            webhook_id: row.text("webhook_id")?,
            state: row.parsed("state")?,
            count: row.count("number")?,
        })
    }
}

impl Queries {
    /// The last deliveries to a receiver, the newest entry first, from before `before` on.
    pub async fn list_deliveries(
        &mut self,
        webhook_id: &str,
        before: u64,
        limit: u32,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        const SQL: &str = "
            SELECT webhook_id, position, state, attempts, due_at, leased_until, status, trouble,
                settled_at
            FROM webhook_delivery
            WHERE webhook_id = $1 AND position < $2
            ORDER BY position DESC
            LIMIT $3";
        let before = before.min(i64::MAX.unsigned_abs());
        self.db.fetch_all(SQL, args![webhook_id, before, limit]).await
    }

    /// How many deliveries there are, by receiver and state.
    pub async fn count_deliveries(&mut self) -> Result<Vec<DeliveryCount>, StoreError> {
        const SQL: &str = "
            SELECT webhook_id, state, COUNT(*) AS number
            FROM webhook_delivery
            GROUP BY webhook_id, state
            ORDER BY webhook_id, state";
        self.db.fetch_all(SQL, args![]).await
    }

    /// Deliveries to a receiver that are due and that nobody is at, the oldest entry first.
    async fn list_due(
        &mut self,
        webhook_id: &str,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        const SQL: &str = "
            SELECT webhook_id, position, state, attempts, due_at, leased_until, status, trouble,
                settled_at
            FROM webhook_delivery
            WHERE webhook_id = $1 AND state = 'waiting' AND due_at <= $2 AND leased_until <= $2
            ORDER BY position
            LIMIT $3";
        self.db.fetch_all(SQL, args![webhook_id, now, limit]).await
    }
}

impl Store {
    /// Plans the deliveries of some entries and goes on to `next`; false when another replica was
    /// faster. Settled ones of before `forget_before` are forgotten.
    pub async fn plan_deliveries(
        &self,
        webhook_id: &str,
        (from, next): (u64, u64),
        entries: &[u64],
        (now, forget_before): (Timestamp, Timestamp),
    ) -> Result<bool, StoreError> {
        const ADVANCE: &str = "
            UPDATE webhook SET next_position = $2
            WHERE id = $1 AND next_position = $3 AND disabled_at IS NULL";
        const PLAN: &str = "
            INSERT INTO webhook_delivery (webhook_id, position, state, attempts, due_at,
                leased_until, status, trouble, settled_at)
            VALUES ($1, $2, 'waiting', 0, $3, 0, NULL, NULL, NULL)
            ON CONFLICT (webhook_id, position) DO NOTHING";
        const FORGET: &str =
            "DELETE FROM webhook_delivery WHERE webhook_id = $1 AND settled_at < $2";
        let mut tx = self.write().await?;
        if tx.db.execute(ADVANCE, args![webhook_id, next, from]).await? != 1 {
            return Ok(false);
        }
        for position in entries {
            tx.db.execute(PLAN, args![webhook_id, *position, now]).await?;
        }
        tx.db.execute(FORGET, args![webhook_id, forget_before]).await?;
        tx.commit_unrecorded().await?;
        Ok(true)
    }

    /// Takes deliveries that are due until `until`: no other replica tries them before that.
    pub async fn claim_deliveries(
        &self,
        webhook_id: &str,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        const CLAIM: &str = "
            UPDATE webhook_delivery SET leased_until = $3, attempts = attempts + 1
            WHERE webhook_id = $1 AND position = $2 AND state = 'waiting' AND leased_until <= $4";
        // Asked for reading first: most of the time nothing is due, and nobody has to wait for that.
        if self.read().await?.list_due(webhook_id, now, 1).await?.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.write().await?;
        let mut claimed = Vec::new();
        for mut due in tx.list_due(webhook_id, now, limit).await? {
            let given = args![webhook_id, due.position, until, now];
            if tx.db.execute(CLAIM, given).await? == 1 {
                due.attempts += 1;
                due.leased_until = until;
                claimed.push(due);
            }
        }
        tx.commit_unrecorded().await?;
        Ok(claimed)
    }

    /// Writes down how an attempt ended. One whose lease was taken over meanwhile counts only when
    /// the receiver took the message.
    pub async fn settle_delivery(
        &self,
        claimed: &DeliveryRow,
        settled: &Settled,
    ) -> Result<(), StoreError> {
        const SQL: &str = "
            UPDATE webhook_delivery
            SET state = $3, due_at = $4, leased_until = 0, status = $5, trouble = $6,
                settled_at = $7
            WHERE webhook_id = $1 AND position = $2 AND state <> 'delivered'
                AND (leased_until = $8 OR $3 = 'delivered')";
        let given = args![
            &claimed.webhook_id,
            claimed.position,
            settled.state.as_str(),
            settled.due_at,
            settled.status,
            settled.trouble.as_ref(),
            settled.settled_at,
            claimed.leased_until,
        ];
        let mut tx = self.write().await?;
        tx.db.execute(SQL, given).await?;
        tx.commit_unrecorded().await
    }

    /// Gives up every lease: right after a start, when nobody else can have one.
    pub async fn release_deliveries(&self) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE webhook_delivery SET leased_until = 0 WHERE leased_until <> 0";
        let mut tx = self.write().await?;
        tx.db.execute(SQL, args![]).await?;
        tx.commit_unrecorded().await
    }
}
