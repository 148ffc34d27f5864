//! Sessions of the console: opened by a password or a token, ended by their owner, by time, or with what
//! opened them.

use std::time::Duration;

use weighbridge_domain::{Caller, SessionSecret, Timestamp};
use weighbridge_store::{AccountRow, SessionRow, StoreError};

use super::AccountError;
use super::manage::existing;
use crate::{Engine, Event};

/// The longest a session lasts.
pub(crate) const LONGEST: Duration = Duration::from_hours(12);
/// The longest it lasts without use.
const IDLE: Duration = Duration::from_mins(30);
/// How exactly its last use is kept.
const SEEN_EVERY: Duration = Duration::from_mins(1);
/// How long ended sessions are kept: they say which addresses an account is used from.
const KEPT: Duration = Duration::from_hours(24 * 31);

/// What a session is opened with.
pub enum Opener<'a> {
    /// An account whose password was given.
    Account(&'a AccountRow),
    /// The caller of a token.
    Token(&'a Caller),
}

/// A session that is open.
#[derive(Clone, Debug)]
pub struct Session {
    /// Which one.
    pub id: String,
    /// Who uses it.
    pub caller: Caller,
}

impl Engine {
    /// Opens a session. Its id is new, whatever the visitor brought along.
    pub async fn open_session(
        &self,
        opener: Opener<'_>,
        address: &str,
        client: &str,
    ) -> Result<SessionSecret, StoreError> {
        let now = self.0.settings.clock.now();
        let secret = SessionSecret::generate(&self.0.settings.ids);
        let (by, with, account_id, token_id) = match opener {
            Opener::Account(account) => {
                (account.name.to_string(), "password", Some(account.id.clone()), None)
            }
            Opener::Token(caller) => {
                let account = caller.holder.as_ref().map(|holder| holder.account_id.clone());
                (caller.name.clone(), "token", account, caller.token_id.clone())
            }
        };
        let row = SessionRow {
            id: self.0.settings.ids.ulid(now),
            account_id,
            token_id,
            address: address.chars().take(60).collect(),
            client: client.chars().take(200).collect(),
            created_at: now,
            seen_at: now,
        };
        let mut change = self.begin().await?;
        change.tx().forget_sessions(now.minus(KEPT)).await?;
        change.tx().insert_session(&row, secret.digest()).await?;
        change.commit(Event::SignedIn { by, with }).await?;
        Ok(secret)
    }

    /// The session with that id, when it is open.
    pub async fn find_session(
        &self,
        secret: &SessionSecret,
    ) -> Result<Option<Session>, StoreError> {
        let now = self.0.settings.clock.now();
        let mut db = self.0.store.read().await?;
        let Some(row) = db.find_session(secret.digest()).await? else { return Ok(None) };
        if !is_open(&row, now) {
            return Ok(None);
        }
        let caller = match (&row.account_id, &row.token_id) {
            (Some(account), None) => self.caller_of_account(&mut db, account, None).await?,
            // Never more than the token that opened it, whoever's it is.
            (_, Some(token)) => {
                let token = db.find_token(token).await?.filter(|token| {
                    token.revoked_at.is_none() && token.expires_at.is_none_or(|end| end > now)
                });
                match token {
                    Some(token) => self.caller_of_token(&mut db, token).await?,
                    None => None,
                }
            }
            (None, None) => None,
        };
        drop(db);
        let Some(caller) = caller else { return Ok(None) };
        if row.seen_at.until(now) >= SEEN_EVERY {
            self.0.store.note_session_seen(&row.id, now).await?;
        }
        Ok(Some(Session { id: row.id, caller }))
    }

    /// Ends a session: its id opens nothing any more, wherever it is kept.
    pub async fn end_session(&self, session: &Session) -> Result<(), StoreError> {
        let now = self.0.settings.clock.now();
        let mut change = self.begin().await?;
        if change.tx().end_session(&session.id, now).await? {
            change.commit(Event::SignedOut { by: session.caller.name.clone() }).await?;
        }
        Ok(())
    }

    /// The open sessions of an account, the newest first.
    pub async fn list_sessions(&self, account: &AccountRow) -> Result<Vec<SessionRow>, StoreError> {
        let now = self.0.settings.clock.now();
        let mut db = self.0.store.read().await?;
        let mut rows = db.list_sessions(&account.id, now.minus(LONGEST)).await?;
        rows.retain(|row| is_open(row, now));
        Ok(rows)
    }

    /// Ends every session of an account, which its owner does or an administrator; answers how many there
    /// were.
    pub async fn end_sessions(&self, by: &str, name: &str) -> Result<u64, AccountError> {
        let now = self.0.settings.clock.now();
        let mut change = self.begin().await?;
        let account = existing(&mut change, name).await?;
        let sessions = change.tx().end_sessions(&account.id, now).await?;
        if sessions > 0 {
            let (by, account) = (by.to_owned(), account.name.to_string());
            change.commit(Event::SessionsEnded { by, account, sessions }).await?;
        }
        Ok(sessions)
    }
}

fn is_open(row: &SessionRow, now: Timestamp) -> bool {
    now < row.created_at.plus(LONGEST) && now < row.seen_at.plus(IDLE)
}
