//! Names that something else than a pickle imports and calls: configurations of every kind.

/// What a name stands for, by the tables that pickles are judged by (`pickle/names.rs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// It is harmless in some role.
    Vetted,
    /// It can act; the text says how.
    Acts(&'static str),
    /// Nobody knows.
    Unlisted,
}
