//! Administration: what an operator changes. Every operation says who did it.

pub(crate) mod credentials;
pub(crate) mod erase;
pub(crate) mod patterns;
pub(crate) mod probe;
pub(crate) mod reserved;
pub(crate) mod retain;
pub(crate) mod sources;
pub(crate) mod tokens;

pub use erase::{EraseError, ErasureReport, ErasureScope};
pub use probe::{ProbeAnswer, ProbeError, ProbeReport};
pub use reserved::ReserveError;
pub use sources::{NewSource, SourceError, SourceReport};
pub use tokens::{NewToken, TokenError};
