//! Accounts and what they are granted.

use weighbridge_domain::{AccountName, Grant, Role, Timestamp};

use crate::db::{BadColumn, Record, Row, args};
use crate::{Queries, Store, StoreError, WriteTx};

/// One account; never its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// A ULID.
    pub id: String,
    /// Who it is in the ledger.
    pub name: AccountName,
    /// What people call them.
    pub display_name: String,
    /// When the password was set; never, for whoever cannot sign in by one.
    pub password_changed_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it opens nothing.
    pub disabled_at: Option<Timestamp>,
}

/// One grant of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantRow {
    /// A ULID.
    pub id: String,
    /// Whose.
    pub account_id: String,
    /// What, and where.
    pub grant: Grant,
    /// By whom.
    pub granted_by: String,
    /// When.
    pub granted_at: Timestamp,
    /// When it ended.
    pub revoked_at: Option<Timestamp>,
}

/// The hash of a password, as a PHC string. Nothing prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

struct Password(Option<String>);

impl Record for Password {
    const TABLE: &'static str = "account";
    const KEY: &'static [&'static str] = &[];

    fn read(row: Row<'_>) -> Result<Password, BadColumn> {
        row.optional_text("password").map(Password)
    }
}

impl Record for AccountRow {
    const TABLE: &'static str = "account";
    const KEY: &'static [&'static str] = &["id"];

    fn read(row: Row<'_>) -> Result<AccountRow, BadColumn> {
        Ok(AccountRow {
            id: row.text("id")?,
            name: row.parsed("name")?,
            display_name: row.text("display_name")?,
            password_changed_at: row.optional_moment("password_changed_at")?,
            created_at: row.moment("created_at")?,
            disabled_at: row.optional_moment("disabled_at")?,
        })
    }
}

/// A grant, and the name of whoever holds it.
struct Held(AccountName, GrantRow);

impl Record for Held {
    const TABLE: &'static str = "account_grant";
    const KEY: &'static [&'static str] = &["id"];

    fn read(row: Row<'_>) -> Result<Held, BadColumn> {
        Ok(Held(row.parsed("name")?, GrantRow::read(row)?))
    }
}

impl Record for GrantRow {
    const TABLE: &'static str = "account_grant";
    const KEY: &'static [&'static str] = &["id"];

    fn read(row: Row<'_>) -> Result<GrantRow, BadColumn> {
        Ok(GrantRow {
            id: row.text("id")?,
            account_id: row.text("account_id")?,
            grant: Grant {
                role: row.parsed("role")?,
                pattern: row.parsed("pattern")?,
                environment: row.optional_parsed("environment")?,
                includes_gated: row.flag("includes_gated")?,
            },
            granted_by: row.text("granted_by")?,
            granted_at: row.moment("granted_at")?,
            revoked_at: row.optional_moment("revoked_at")?,
        })
    }
}

impl Queries {
    /// The account of that name.
    pub async fn find_account(&mut self, name: &str) -> Result<Option<AccountRow>, StoreError> {
        const SQL: &str = "
            SELECT id, name, display_name, password_changed_at, created_at, disabled_at
            FROM account
            WHERE name = $1";
        self.db.fetch_optional(SQL, args![name]).await
    }

    /// The account with that id.
    pub async fn find_account_by_id(&mut self, id: &str) -> Result<Option<AccountRow>, StoreError> {
        const SQL: &str = "
            SELECT id, name, display_name, password_changed_at, created_at, disabled_at
            FROM account
            WHERE id = $1";
        self.db.fetch_optional(SQL, args![id]).await
    }

    /// The hash of an account's password, when it has one.
    pub async fn find_password(&mut self, id: &str) -> Result<Option<PasswordHash>, StoreError> {
        const SQL: &str = "SELECT password FROM account WHERE id = $1";
        let found: Option<Password> = self.db.fetch_optional(SQL, args![id]).await?;
        Ok(found.and_then(|Password(hash)| hash).map(PasswordHash))
    }

    /// Accounts by name, those after `after`.
    pub async fn list_accounts(
        &mut self,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<AccountRow>, StoreError> {
        const SQL: &str = "
            SELECT id, name, display_name, password_changed_at, created_at, disabled_at
            FROM account
            WHERE name > $1
            ORDER BY name
            LIMIT $2";
        self.db.fetch_all(SQL, args![after.unwrap_or_default(), limit]).await
    }

    /// Everybody with an account who holds a role, with the grants of it, by name.
    pub async fn list_holders(
        &mut self,
        role: Role,
    ) -> Result<Vec<(AccountName, Grant)>, StoreError> {
        const SQL: &str = "
            SELECT account.name, account_grant.id, account_grant.account_id, account_grant.role,
                account_grant.pattern, account_grant.environment, account_grant.includes_gated,
                account_grant.granted_by, account_grant.granted_at, account_grant.revoked_at
            FROM account_grant JOIN account ON account.id = account_grant.account_id
            WHERE account_grant.role = $1 AND account_grant.revoked_at IS NULL
                AND account.disabled_at IS NULL
            ORDER BY account.name, account_grant.id";
        let held: Vec<Held> = self.db.fetch_all(SQL, args![role]).await?;
        Ok(held.into_iter().map(|held| (held.0, held.1.grant)).collect())
    }

    /// What an account is granted now, the oldest first.
    pub async fn list_grants(&mut self, account_id: &str) -> Result<Vec<GrantRow>, StoreError> {
        const SQL: &str = "
            SELECT id, account_id, role, pattern, environment, includes_gated, granted_by,
                granted_at, revoked_at
            FROM account_grant
            WHERE account_id = $1 AND revoked_at IS NULL
            ORDER BY id";
        self.db.fetch_all(SQL, args![account_id]).await
    }
}

impl Store {
    /// Keeps another hash of the same password, made at today's cost. Nothing changed that a record could
    /// say; when the password was changed meanwhile, nothing happens.
    pub async fn rehash_password(
        &self,
        id: &str,
        from: &PasswordHash,
        to: &PasswordHash,
    ) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE account SET password = $3 WHERE id = $1 AND password = $2";
        let mut tx = self.write().await?;
        tx.db.execute(SQL, args![id, &from.0, &to.0]).await?;
        tx.commit_unrecorded().await
    }
}

impl WriteTx {
    /// Adds an account. One of the same name is a conflict.
    pub async fn insert_account(&mut self, row: &AccountRow) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO account (id, name, display_name, created_at) VALUES ($1, $2, $3, $4)";
        let given = args![&row.id, row.name.as_str(), &row.display_name, row.created_at];
        self.db.execute(SQL, given).await.map(drop)
    }

    /// Sets the password of an account.
    pub async fn set_password(
        &mut self,
        id: &str,
        hash: &PasswordHash,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        const SQL: &str =
            "UPDATE account SET password = $2, password_changed_at = $3 WHERE id = $1";
        self.db.execute(SQL, args![id, &hash.0, at]).await.map(drop)
    }

    /// Says since when an account opens nothing, or that it does again.
    pub async fn set_account_disabled(
        &mut self,
        id: &str,
        since: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE account SET disabled_at = $2 WHERE id = $1";
        self.db.execute(SQL, args![id, since]).await.map(drop)
    }

    /// Adds a grant.
    pub async fn insert_grant(&mut self, row: &GrantRow) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO account_grant (id, account_id, role, pattern, environment,
                includes_gated, granted_by, granted_at, revoked_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL)";
        let given = args![
            &row.id,
            &row.account_id,
            row.grant.role,
            &row.grant.pattern,
            row.grant.environment.as_ref(),
            row.grant.includes_gated,
            &row.granted_by,
            row.granted_at,
        ];
        self.db.execute(SQL, given).await.map(drop)
    }

    /// Ends a grant; false when there is none or it ended before.
    pub async fn revoke_grant(&mut self, id: &str, at: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str =
            "UPDATE account_grant SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
        Ok(self.db.execute(SQL, args![id, at]).await? == 1)
    }
}
