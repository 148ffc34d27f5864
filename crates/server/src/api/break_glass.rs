//! Break-glass: rules lifted in an emergency, for hours, until somebody else has looked at it.

pub(crate) mod close;
pub(crate) mod confirm;
pub(crate) mod list;
pub(crate) mod open;
pub(crate) mod pulls;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use weighbridge_domain::{BreakGlassRule, Timestamp};
use weighbridge_engine::{BreakGlassError, BreakGlassRow};

use crate::problem::Problem;

pub use close::CloseBreakGlass;
pub use open::OpenBreakGlass;
pub use pulls::{PulledUnderView, PulledView};

/// Which break-glass.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct BreakGlassPath {
    /// Its id.
    pub(crate) id: String,
}

/// Rules lifted for some artifacts in one environment, for hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BreakGlassView {
    /// Its id.
    pub id: String,
    /// `waiting` for a second person, `open`, `needs-review` after its end, `closed`, or `lapsed` without
    /// ever having lifted anything.
    pub state: String,
    /// For which artifacts.
    pub pattern: String,
    /// In which environment.
    pub environment: String,
    /// Why.
    pub because: String,
    /// Who opened it.
    pub opened_by: String,
    /// In which role.
    #[schema(example = "developer")]
    pub opened_role: String,
    /// When.
    pub opened_at: String,
    /// Whether one person was enough to open it, which is an alarm.
    pub one_person: bool,
    /// The second person.
    pub confirmed_by: Option<String>,
    /// When they confirmed it.
    pub confirmed_at: Option<String>,
    /// When it ends.
    pub expires_at: String,
    /// Who looked at what came through.
    pub closed_by: Option<String>,
    /// When.
    pub closed_at: Option<String>,
    /// What they found.
    pub review: Option<String>,
}

impl BreakGlassView {
    pub(crate) fn of(row: BreakGlassRow, now: Timestamp) -> BreakGlassView {
        let state = row.glass.state(now);
        let (closed_by, closed_at) = row.glass.closed.unzip();
        let (confirmed_by, confirmed_at) = row.glass.confirmed.unzip();
        BreakGlassView {
            id: row.id,
            state: state.to_string(),
            pattern: row.pattern.to_string(),
            environment: row.glass.environment.to_string(),
            because: row.because,
            opened_by: row.glass.opened_by,
            opened_role: row.glass.opened_role.to_string(),
            opened_at: row.glass.opened_at.to_string(),
            one_person: !row.glass.needs_second,
            confirmed_by,
            confirmed_at: confirmed_at.map(|at| at.to_string()),
            expires_at: row.glass.expires_at.to_string(),
            closed_by,
            closed_at: closed_at.map(|at| at.to_string()),
            review: row.review,
        }
    }
}

impl From<BreakGlassError> for Problem {
    fn from(error: BreakGlassError) -> Problem {
        match error {
            BreakGlassError::NoSuchEnvironment(_) => {
                Problem::not_found("no-such-environment", error)
            }
            BreakGlassError::BadText => Problem::bad_request("bad-text", error),
            BreakGlassError::TooLong { .. } => Problem::bad_request("bad-hours", error)
                .hint("what is needed for longer is asked for with `weighbridge request`"),
            BreakGlassError::NoSuch(_) => Problem::not_found("no-such-break-glass", error)
                .hint("`weighbridge break-glass list` shows those there are"),
            BreakGlassError::OutOfReach(error) => error.into(),
            BreakGlassError::Rule(rule) => Problem::from(rule),
            BreakGlassError::Store(error) => Problem::internal(error),
        }
    }
}

impl From<BreakGlassRule> for Problem {
    fn from(rule: BreakGlassRule) -> Problem {
        match rule {
            BreakGlassRule::MayNotOpen(_) => Problem::forbidden("may-not-open", rule),
            BreakGlassRule::NotAlone(_) => Problem::forbidden("not-alone", rule)
                .hint("ask one of them to open it, or configure `break_glass.two_persons = true`"),
            BreakGlassRule::OtherEnvironment { .. } => {
                Problem::forbidden("other-environment", rule)
            }
            BreakGlassRule::Own => Problem::forbidden("own-break-glass", rule),
            BreakGlassRule::NotAnswerable(_) => Problem::forbidden("not-answerable", rule),
            BreakGlassRule::NotWaiting(_) => Problem::conflict("not-waiting", rule),
            BreakGlassRule::Over(_) => Problem::conflict("over", rule),
        }
    }
}
