//! What is true of the whole instance: a few keys and values, and the generation.

use crate::db::{BadColumn, Record, Row, args};
use crate::{Queries, StoreError, WriteTx};

struct Value(String);

impl Record for Value {
    const TABLE: &'static str = "instance";
    const KEY: &'static [&'static str] = &["key"];

    fn read(row: Row<'_>) -> Result<Value, BadColumn> {
        Ok(Value(row.text("value")?))
    }
}

struct Generation(u64);

impl Record for Generation {
    const TABLE: &'static str = "instance";
    const KEY: &'static [&'static str] = &["key"];

    fn read(row: Row<'_>) -> Result<Generation, BadColumn> {
        Ok(Generation(row.parsed("value")?))
    }
}

impl Queries {
    /// The value under `key`.
    pub async fn find_instance_value(&mut self, key: &str) -> Result<Option<String>, StoreError> {
        const SQL: &str = "SELECT key, value FROM instance WHERE key = $1";
        let value: Option<Value> = self.db.fetch_optional(SQL, args![key]).await?;
        Ok(value.map(|value| value.0))
    }

    /// Counts up with every change that makes prepared answers stale.
    pub async fn generation(&mut self) -> Result<u64, StoreError> {
        const SQL: &str = "SELECT key, value FROM instance WHERE key = 'generation'";
        let generation: Generation = self.db.fetch_one(SQL, args![]).await?;
        Ok(generation.0)
    }
}

impl WriteTx {
    /// Puts `value` under `key`.
    pub async fn set_instance_value(&mut self, key: &str, value: &str) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO instance (key, value) VALUES ($1, $2)
            ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        self.db.execute(SQL, args![key, value]).await.map(drop)
    }

    /// Says that prepared answers are stale once this change commits; answers the new generation.
    pub async fn bump_generation(&mut self) -> Result<u64, StoreError> {
        const SQL: &str = "
            UPDATE instance SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT)
            WHERE key = 'generation'
            RETURNING key, value";
        let generation: Generation = self.db.fetch_one(SQL, args![]).await?;
        Ok(generation.0)
    }
}
