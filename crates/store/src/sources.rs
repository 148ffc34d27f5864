//! Sources, their patterns and credentials, and the names that are ours.

use weighbridge_domain::{RepoPattern, SourceName, Tier, Timestamp};

use crate::db::{BadColumn, Record, Row, args};
use crate::{Queries, StoreError, WriteTx};

/// An upstream registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRow {
    /// Its name.
    pub name: SourceName,
    /// The protocol it speaks: `hub`.
    pub kind: String,
    /// Where it is.
    pub url: String,
    /// How far it is trusted.
    pub tier: Tier,
    /// Its turn when several sources are asked; the lowest is first.
    pub position: u32,
    /// When it was added.
    pub created_at: Timestamp,
}

/// A tier of their own for some repositories of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcePatternRow {
    /// The source.
    pub source: SourceName,
    /// Which of its repositories.
    pub pattern: RepoPattern,
    /// How far they are trusted.
    pub tier: Tier,
}

/// The credential for some repositories of a source.
#[derive(Clone, PartialEq, Eq)]
pub struct SourceCredentialRow {
    /// The source.
    pub source: SourceName,
    /// Which of its repositories; `**` for all.
    pub pattern: RepoPattern,
    /// The sealed secret.
    pub secret: String,
}

/// Names that never fall through to a public source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservedNameRow {
    /// Which names.
    pub pattern: RepoPattern,
    /// Why they are ours.
    pub reason: String,
    /// Since when.
    pub created_at: Timestamp,
}

impl std::fmt::Debug for SourceCredentialRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SourceCredentialRow({} {}, …)", self.source, self.pattern)
    }
}

impl Record for SourceRow {
    const TABLE: &'static str = "source";
    const KEY: &'static [&'static str] = &["name"];

    fn read(row: Row<'_>) -> Result<SourceRow, BadColumn> {
        Ok(SourceRow {
            name: row.parsed("name")?,
            kind: row.text("kind")?,
            url: row.text("url")?,
            tier: row.tier("tier")?,
            position: u32::try_from(row.int("position")?)
                .map_err(|error| BadColumn::new("position", error))?,
            created_at: row.moment("created_at")?,
        })
    }
}

impl Record for SourcePatternRow {
    const TABLE: &'static str = "source_pattern";
    const KEY: &'static [&'static str] = &["source", "pattern"];

    fn read(row: Row<'_>) -> Result<SourcePatternRow, BadColumn> {
        Ok(SourcePatternRow {
            source: row.parsed("source")?,
            pattern: row.parsed("pattern")?,
            tier: row.tier("tier")?,
        })
    }
}

impl Record for SourceCredentialRow {
    const TABLE: &'static str = "source_credential";
    const KEY: &'static [&'static str] = &["source", "pattern"];

    fn read(row: Row<'_>) -> Result<SourceCredentialRow, BadColumn> {
        Ok(SourceCredentialRow {
            source: row.parsed("source")?,
            pattern: row.parsed("pattern")?,
            secret: row.text("secret")?,
        })
    }
}

impl Record for ReservedNameRow {
    const TABLE: &'static str = "reserved_name";
    const KEY: &'static [&'static str] = &["pattern"];

    fn read(row: Row<'_>) -> Result<ReservedNameRow, BadColumn> {
        Ok(ReservedNameRow {
            pattern: row.parsed("pattern")?,
            reason: row.text("reason")?,
            created_at: row.moment("created_at")?,
        })
    }
}

impl Queries {
    /// Every source, in the order in which they are asked.
    pub async fn list_sources(&mut self) -> Result<Vec<SourceRow>, StoreError> {
        const SQL: &str = "
            SELECT name, kind, url, tier, position, created_at
            FROM source
            ORDER BY position, name";
        self.db.fetch_all(SQL, args![]).await
    }

    /// The source of that name.
    pub async fn find_source(
        &mut self,
        name: &SourceName,
    ) -> Result<Option<SourceRow>, StoreError> {
        const SQL: &str = "
            SELECT name, kind, url, tier, position, created_at
            FROM source
            WHERE name = $1";
        self.db.fetch_optional(SQL, args![name]).await
    }

    /// The patterns of every source.
    pub async fn list_source_patterns(&mut self) -> Result<Vec<SourcePatternRow>, StoreError> {
        const SQL: &str =
            "SELECT source, pattern, tier FROM source_pattern ORDER BY source, pattern";
        self.db.fetch_all(SQL, args![]).await
    }

    /// The credentials of every source, sealed.
    pub async fn list_source_credentials(
        &mut self,
    ) -> Result<Vec<SourceCredentialRow>, StoreError> {
        const SQL: &str = "
            SELECT source, pattern, secret FROM source_credential ORDER BY source, pattern";
        self.db.fetch_all(SQL, args![]).await
    }

    /// Every reserved name.
    pub async fn list_reserved_names(&mut self) -> Result<Vec<ReservedNameRow>, StoreError> {
        const SQL: &str = "SELECT pattern, reason, created_at FROM reserved_name ORDER BY pattern";
        self.db.fetch_all(SQL, args![]).await
    }
}

impl WriteTx {
    /// Adds a source. A name that is taken is a conflict.
    pub async fn insert_source(&mut self, source: &SourceRow) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO source (name, kind, url, tier, position, created_at)
            VALUES ($1, $2, $3, $4, $5, $6)";
        let SourceRow { name, kind, url, tier, position, created_at } = source;
        let given = args![name, kind, url, *tier, *position, *created_at];
        self.db.execute(SQL, given).await.map(drop)
    }

    /// Changes how far a source is trusted; false when there is no such source.
    pub async fn set_source_tier(
        &mut self,
        name: &SourceName,
        tier: Tier,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE source SET tier = $2 WHERE name = $1";
        Ok(self.db.execute(SQL, args![name, tier]).await? == 1)
    }

    /// Changes a source's turn; false when there is no such source.
    pub async fn set_source_position(
        &mut self,
        name: &SourceName,
        position: u32,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE source SET position = $2 WHERE name = $1";
        Ok(self.db.execute(SQL, args![name, position]).await? == 1)
    }

    /// Removes a source with its patterns and credentials; false when there is no such source.
    pub async fn delete_source(&mut self, name: &SourceName) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM source WHERE name = $1";
        Ok(self.db.execute(SQL, args![name]).await? == 1)
    }

    /// Gives some repositories of a source a tier of their own.
    pub async fn set_source_pattern(&mut self, row: &SourcePatternRow) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO source_pattern (source, pattern, tier) VALUES ($1, $2, $3)
            ON CONFLICT (source, pattern) DO UPDATE SET tier = excluded.tier";
        let SourcePatternRow { source, pattern, tier } = row;
        self.db.execute(SQL, args![source, pattern, *tier]).await.map(drop)
    }

    /// Takes that tier away; false when there was none.
    pub async fn delete_source_pattern(
        &mut self,
        source: &SourceName,
        pattern: &RepoPattern,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM source_pattern WHERE source = $1 AND pattern = $2";
        Ok(self.db.execute(SQL, args![source, pattern]).await? == 1)
    }

    /// Stores the sealed credential for some repositories of a source.
    pub async fn set_source_credential(
        &mut self,
        row: &SourceCredentialRow,
    ) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO source_credential (source, pattern, secret) VALUES ($1, $2, $3)
            ON CONFLICT (source, pattern) DO UPDATE SET secret = excluded.secret";
        let SourceCredentialRow { source, pattern, secret } = row;
        self.db.execute(SQL, args![source, pattern, secret]).await.map(drop)
    }

    /// Forgets a credential; false when there was none.
    pub async fn delete_source_credential(
        &mut self,
        source: &SourceName,
        pattern: &RepoPattern,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM source_credential WHERE source = $1 AND pattern = $2";
        Ok(self.db.execute(SQL, args![source, pattern]).await? == 1)
    }

    /// Reserves names. A pattern that is reserved already is a conflict.
    pub async fn insert_reserved_name(&mut self, row: &ReservedNameRow) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO reserved_name (pattern, reason, created_at) VALUES ($1, $2, $3)";
        let ReservedNameRow { pattern, reason, created_at } = row;
        self.db.execute(SQL, args![pattern, reason, *created_at]).await.map(drop)
    }

    /// Gives names up; false when they were not reserved.
    pub async fn delete_reserved_name(
        &mut self,
        pattern: &RepoPattern,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM reserved_name WHERE pattern = $1";
        Ok(self.db.execute(SQL, args![pattern]).await? == 1)
    }
}
