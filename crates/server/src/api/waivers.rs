//! Waivers: rules set aside for some artifacts, for a while.

pub(crate) mod grant;
pub(crate) mod list;
pub(crate) mod revoke;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_engine::{WaiverError, WaiverRow};

use crate::problem::Problem;

pub use grant::GrantWaiver;

/// A rule set aside for some artifacts in one environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WaiverView {
    /// Its id.
    pub id: String,
    /// The rule.
    pub rule: String,
    /// For which artifacts.
    pub pattern: String,
    /// In which environment.
    pub environment: String,
    /// Why.
    pub because: String,
    /// Who answers for it.
    pub granted_by: String,
    /// In which role: the one that the rule names.
    pub role: String,
    /// When it was granted.
    pub granted_at: String,
    /// When it ends.
    pub expires_at: String,
    /// When it was revoked.
    pub revoked_at: Option<String>,
}

impl From<WaiverRow> for WaiverView {
    fn from(row: WaiverRow) -> WaiverView {
        WaiverView {
            id: row.id,
            rule: row.rule,
            pattern: row.pattern.to_string(),
            environment: row.environment.to_string(),
            because: row.because,
            granted_by: row.granted_by,
            role: row.role.to_string(),
            granted_at: row.granted_at.to_string(),
            expires_at: row.expires_at.to_string(),
            revoked_at: row.revoked_at.map(|moment| moment.to_string()),
        }
    }
}

impl From<WaiverError> for Problem {
    fn from(error: WaiverError) -> Problem {
        match error {
            WaiverError::NotWaivable(_) => Problem::bad_request("not-waivable", error).hint(
                "docs/policy-rules.md lists the rules; those at gate `admit` are never set aside",
            ),
            WaiverError::NotYourRule { .. } => Problem::forbidden("not-your-rule", error),
            WaiverError::OutOfReach(error) => error.into(),
            WaiverError::NoSuchEnvironment(_) => Problem::not_found("no-such-environment", error),
            WaiverError::BadText => Problem::bad_request("bad-text", error),
            WaiverError::BadExpiry { .. } => Problem::bad_request("bad-expiry", error),
            WaiverError::NoSuchWaiver(_) => Problem::not_found("no-such-waiver", error)
                .hint("`weighbridge waiver list` shows those there are"),
            WaiverError::Store(error) => Problem::internal(error),
        }
    }
}
