//! Rows on their way out: a column that does not hold what it has to is an error that names it.

use std::fmt::Display;
use std::str::FromStr;

use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use weighbridge_domain::{Tier, Timestamp};

use crate::StoreError;

/// A row of either database.
#[derive(Clone, Copy)]
pub(crate) enum Row<'a> {
    Sqlite(&'a SqliteRow),
    Postgres(&'a PgRow),
}

/// Something that is read from a row.
pub(crate) trait Record: Sized {
    /// The table it comes from, for messages.
    const TABLE: &'static str;
    /// The columns that tell its rows apart, for messages.
    const KEY: &'static [&'static str];

    /// Reads the columns.
    fn read(row: Row<'_>) -> Result<Self, BadColumn>;
}

/// What a query counted as `number`.
pub(crate) struct Number(pub(crate) u64);

impl Record for Number {
    const TABLE: &'static str = "counted";
    const KEY: &'static [&'static str] = &[];

    fn read(row: Row<'_>) -> Result<Number, BadColumn> {
        row.count("number").map(Number)
    }
}

/// A column that cannot be read.
#[derive(Debug)]
pub(crate) struct BadColumn {
    column: &'static str,
    why: String,
}

impl BadColumn {
    pub(crate) fn new(column: &'static str, why: impl Display) -> BadColumn {
        BadColumn { column, why: why.to_string() }
    }
}

impl<'a> From<&'a SqliteRow> for Row<'a> {
    fn from(row: &'a SqliteRow) -> Row<'a> {
        Row::Sqlite(row)
    }
}

impl<'a> From<&'a PgRow> for Row<'a> {
    fn from(row: &'a PgRow) -> Row<'a> {
        Row::Postgres(row)
    }
}

impl<'a> Row<'a> {
    /// Reads the whole row.
    pub(crate) fn record<R: Record>(self) -> Result<R, StoreError> {
        R::read(self).map_err(|bad| StoreError::Corrupt {
            table: R::TABLE,
            row: self.key(R::KEY),
            column: bad.column,
            why: bad.why,
        })
    }

    fn key(self, columns: &[&'static str]) -> String {
        let part = |column: &&'static str| match self.str(column) {
            Ok(text) => text.chars().take(100).collect(),
            Err(_) => self.int(column).map_or_else(|_| "?".to_owned(), |number| number.to_string()),
        };
        columns.iter().map(part).collect::<Vec<_>>().join("/")
    }

    fn optional_str(self, column: &'static str) -> Result<Option<&'a str>, BadColumn> {
        match self {
            Row::Sqlite(row) => row.try_get(column),
            Row::Postgres(row) => row.try_get(column),
        }
        .map_err(|error| BadColumn::new(column, error))
    }

    fn optional_int(self, column: &'static str) -> Result<Option<i64>, BadColumn> {
        match self {
            Row::Sqlite(row) => row.try_get(column),
            Row::Postgres(row) => row.try_get(column),
        }
        .map_err(|error| BadColumn::new(column, error))
    }

    fn str(self, column: &'static str) -> Result<&'a str, BadColumn> {
        self.optional_str(column)?.ok_or_else(|| BadColumn::new(column, "it is empty"))
    }

    pub(crate) fn int(self, column: &'static str) -> Result<i64, BadColumn> {
        self.optional_int(column)?.ok_or_else(|| BadColumn::new(column, "it is empty"))
    }

    pub(crate) fn text(self, column: &'static str) -> Result<String, BadColumn> {
        self.str(column).map(str::to_owned)
    }

    pub(crate) fn optional_text(self, column: &'static str) -> Result<Option<String>, BadColumn> {
        Ok(self.optional_str(column)?.map(str::to_owned))
    }

    pub(crate) fn count(self, column: &'static str) -> Result<u64, BadColumn> {
        u64::try_from(self.int(column)?).map_err(|_| BadColumn::new(column, "it is negative"))
    }

    pub(crate) fn optional_count(self, column: &'static str) -> Result<Option<u64>, BadColumn> {
        let number = self.optional_int(column)?;
        number.map(u64::try_from).transpose().map_err(|_| BadColumn::new(column, "it is negative"))
    }

    pub(crate) fn flag(self, column: &'static str) -> Result<bool, BadColumn> {
        match self.int(column)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(BadColumn::new(column, format!("{other} is neither 0 nor 1"))),
        }
    }

    pub(crate) fn moment(self, column: &'static str) -> Result<Timestamp, BadColumn> {
        self.int(column).map(Timestamp::from_micros)
    }

    pub(crate) fn optional_moment(
        self,
        column: &'static str,
    ) -> Result<Option<Timestamp>, BadColumn> {
        Ok(self.optional_int(column)?.map(Timestamp::from_micros))
    }

    pub(crate) fn tier(self, column: &'static str) -> Result<Tier, BadColumn> {
        self.int(column)?.to_string().parse().map_err(|error| BadColumn::new(column, error))
    }

    pub(crate) fn parsed<T>(self, column: &'static str) -> Result<T, BadColumn>
    where
        T: FromStr<Err: Display>,
    {
        self.str(column)?.parse().map_err(|error| BadColumn::new(column, error))
    }

    pub(crate) fn optional_parsed<T>(self, column: &'static str) -> Result<Option<T>, BadColumn>
    where
        T: FromStr<Err: Display>,
    {
        let text = self.optional_str(column)?;
        text.map(str::parse).transpose().map_err(|error| BadColumn::new(column, error))
    }

    pub(crate) fn json<T: DeserializeOwned>(self, column: &'static str) -> Result<T, BadColumn> {
        serde_json::from_str(self.str(column)?).map_err(|error| BadColumn::new(column, error))
    }
}
