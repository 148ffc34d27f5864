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

/// What becomes of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// It is kept as a value.
    Kept,
    /// It is called.
    Called,
    /// An object of it is made without a call.
    Made,
    /// An object of it is made and filled.
    Filled,
}
