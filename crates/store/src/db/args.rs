//! Arguments of a statement.

use std::borrow::Cow;

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgTypeInfo};
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments as _, Encode, Postgres, Type};
use weighbridge_domain::{
    ArtifactKind, ArtifactName, CommitId, Custody, DecisionId, Digest, Environment, GitOid, Grade,
    Outcome, RepoPath, RepoPattern, Role, SourceName, Tier, Timestamp, TokenDigest, Verdict,
};

use crate::StoreError;

/// One value on its way into a statement.
pub(crate) enum Arg<'a> {
    Null,
    Text(Cow<'a, str>),
    Int(i64),
    /// A number the column cannot hold: the statement fails instead of storing another number.
    TooLarge(u64),
}

/// The values of a statement, `$1` first.
pub(crate) struct Args<'a>(pub(crate) Vec<Arg<'a>>);

/// Makes [`Args`] from anything that has a place in a column.
macro_rules! args {
    ($($value:expr),* $(,)?) => {
        $crate::db::Args(vec![$($crate::db::Arg::from($value)),*])
    };
}
pub(crate) use args;

/// NULL without a type: `bigint` refuses one that claims to be text.
struct Untyped;

impl Type<Postgres> for Untyped {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(0))
    }
}

impl Encode<'_, Postgres> for Untyped {
    fn encode_by_ref(&self, _: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Ok(IsNull::Yes)
    }
}

impl Args<'_> {
    pub(crate) fn for_sqlite(self) -> Result<SqliteArguments, StoreError> {
        let mut bound = SqliteArguments::default();
        for arg in self.0 {
            match arg {
                Arg::Null => bound.add(None::<i64>),
                Arg::Text(Cow::Borrowed(text)) => bound.add(text),
                Arg::Text(Cow::Owned(text)) => bound.add(text),
                Arg::Int(number) => bound.add(number),
                Arg::TooLarge(number) => return Err(too_large(number)),
            }
            .map_err(sqlx::Error::Encode)?;
        }
        Ok(bound)
    }

    pub(crate) fn for_postgres(self) -> Result<PgArguments, StoreError> {
        let mut bound = PgArguments::default();
        for arg in self.0 {
            match arg {
                Arg::Null => bound.add(Untyped),
                Arg::Text(text) => bound.add(text.as_ref()),
                Arg::Int(number) => bound.add(number),
                Arg::TooLarge(number) => return Err(too_large(number)),
            }
            .map_err(sqlx::Error::Encode)?;
        }
        Ok(bound)
    }
}

fn too_large(number: u64) -> StoreError {
    StoreError::Other(format!("{number} is larger than a column can hold"))
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Arg<'a> {
        Arg::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(text: &'a String) -> Arg<'a> {
        Arg::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Arg<'_> {
    fn from(text: String) -> Self {
        Arg::Text(Cow::Owned(text))
    }
}

impl From<u64> for Arg<'_> {
    fn from(number: u64) -> Self {
        i64::try_from(number).map_or(Arg::TooLarge(number), Arg::Int)
    }
}

impl From<u32> for Arg<'_> {
    fn from(number: u32) -> Self {
        Arg::Int(i64::from(number))
    }
}

impl From<bool> for Arg<'_> {
    fn from(flag: bool) -> Self {
        Arg::Int(i64::from(flag))
    }
}

impl From<Timestamp> for Arg<'_> {
    fn from(moment: Timestamp) -> Self {
        Arg::Int(moment.as_micros())
    }
}

impl From<Tier> for Arg<'_> {
    fn from(tier: Tier) -> Self {
        Arg::Int(i64::from(tier.number()))
    }
}

impl<'a, T> From<Option<T>> for Arg<'a>
where
    Arg<'a>: From<T>,
{
    fn from(value: Option<T>) -> Arg<'a> {
        value.map_or(Arg::Null, Arg::from)
    }
}

macro_rules! borrowed {
    ($($kind:ty),+) => {$(
        impl<'a> From<&'a $kind> for Arg<'a> {
            fn from(value: &'a $kind) -> Arg<'a> {
                Arg::Text(Cow::Borrowed(value.as_str()))
            }
        }
    )+};
}
borrowed!(ArtifactName, CommitId, DecisionId, Environment, RepoPath, RepoPattern, SourceName);

macro_rules! words {
    ($($kind:ty),+) => {$(
        impl From<$kind> for Arg<'_> {
            fn from(value: $kind) -> Self {
                Arg::Text(Cow::Borrowed(value.as_str()))
            }
        }
    )+};
}
words!(ArtifactKind, Custody, Grade, Outcome, Role, Verdict);

macro_rules! printed {
    ($($kind:ty),+) => {$(
        impl From<$kind> for Arg<'_> {
            fn from(value: $kind) -> Self {
                Arg::Text(Cow::Owned(value.to_string()))
            }
        }
    )+};
}
printed!(Digest, GitOid, TokenDigest);
