//! Keys of others, each trusted for some predicates about some artifacts.

use weighbridge_domain::{Grade, RepoPattern, Timestamp};

use crate::db::{BadColumn, Record, Row, args};
use crate::scans::to_json;
use crate::{Queries, StoreError, WriteTx};

/// A key of somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedKeyRow {
    /// A ULID.
    pub id: String,
    /// What the operator calls it.
    pub name: String,
    /// SHA-256 of its DER.
    pub keyid: String,
    /// The key.
    pub pem: String,
    /// The predicate types that count; one that ends in `*` is a beginning.
    pub predicates: Vec<String>,
    /// About which artifacts.
    pub patterns: Vec<RepoPattern>,
    /// How well what it says is known.
    pub grade: Grade,
    /// When it was added.
    pub added_at: Timestamp,
}

impl Record for TrustedKeyRow {
    const TABLE: &'static str = "trusted_key";
    const KEY: &'static [&'static str] = &["id"];

    fn read(row: Row<'_>) -> Result<TrustedKeyRow, BadColumn> {
        let patterns: Vec<String> = row.json("patterns")?;
        let patterns = patterns.iter().map(|text| text.parse()).collect::<Result<_, _>>();
        Ok(TrustedKeyRow {
            id: row.text("id")?,
            name: row.text("name")?,
            keyid: row.text("keyid")?,
            pem: row.text("pem")?,
            predicates: row.json("predicates")?,
            patterns: patterns.map_err(|error| BadColumn::new("patterns", error))?,
            grade: row.parsed("grade")?,
            added_at: row.moment("added_at")?,
        })
    }
}

impl Queries {
    /// The keys that are trusted now, by name.
    pub async fn list_trusted_keys(&mut self) -> Result<Vec<TrustedKeyRow>, StoreError> {
        const SQL: &str = "
            SELECT id, name, keyid, pem, predicates, patterns, grade, added_at
            FROM trusted_key
            WHERE removed_at IS NULL
            ORDER BY name";
        self.db.fetch_all(SQL, args![]).await
    }
}

impl WriteTx {
    /// Adds a key. A name or a key that is trusted already is a conflict.
    pub async fn insert_trusted_key(&mut self, row: &TrustedKeyRow) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO trusted_key (id, name, keyid, pem, predicates, patterns, grade, added_at,
                removed_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL)";
        let patterns: Vec<String> = row.patterns.iter().map(ToString::to_string).collect();
        let given = args![
            &row.id,
            &row.name,
            &row.keyid,
            &row.pem,
            to_json(&row.predicates)?,
            to_json(&patterns)?,
            row.grade,
            row.added_at,
        ];
        self.db.execute(SQL, given).await.map(drop)
    }

    /// Trusts a key no longer; false when none of that name is trusted.
    pub async fn remove_trusted_key(
        &mut self,
        name: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        const SQL: &str =
            "UPDATE trusted_key SET removed_at = $2 WHERE name = $1 AND removed_at IS NULL";
        Ok(self.db.execute(SQL, args![name, at]).await? == 1)
    }
}
