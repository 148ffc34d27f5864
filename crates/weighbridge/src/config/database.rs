//! `[database]`: where state is kept.

use serde::{Deserialize, Serialize};

use super::{Objection, Secret};

/// Without a URL, SQLite in the data directory.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DatabaseConfig {
    /// `postgres://user:password@host/database`.
    pub(crate) url: Option<Secret>,
}

impl DatabaseConfig {
    pub(crate) fn check(&self) -> Result<(), Objection> {
        let Some(url) = &self.url else { return Ok(()) };
        let known = ["postgres://", "postgresql://"];
        if known.iter().any(|scheme| url.reveal().starts_with(scheme)) {
            return Ok(());
        }
        // The value is a secret: the objection does not repeat it.
        Err(Objection::new("url", "it has to start with `postgres://`; without it SQLite is used"))
    }
}
