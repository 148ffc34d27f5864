//! Requests to use a revision in an environment: made, answered, withdrawn.

pub(crate) mod answer;
pub(crate) mod list;
pub(crate) mod make;
pub(crate) mod show;
pub(crate) mod withdraw;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use weighbridge_domain::{RequestState, Vote};
use weighbridge_engine::{RequestError, RequestReport};

use crate::problem::Problem;

pub use answer::AnswerRequest;
pub use make::MakeRequest;

/// Which request.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct RequestPath {
    /// Its id.
    pub(crate) id: String,
}

/// A request and where it stands.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RequestView {
    /// Its id.
    pub id: String,
    /// Of what.
    pub artifact: String,
    /// At which commit.
    pub commit: String,
    /// For which environment.
    pub environment: String,
    /// `open`, `approved`, `rejected` or `withdrawn`.
    pub state: String,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: String,
    /// Why.
    pub because: String,
    /// What they said about the use.
    pub risk: RiskView,
    /// `short` or `full`: how many have to answer.
    pub lane: String,
    /// The roles that have to answer, the approver last.
    pub needs: Vec<String>,
    /// Those of them that have not said yes.
    pub missing: Vec<String>,
    /// How many files the revision has.
    pub files: u64,
    /// How many of them are not here and examined.
    pub missing_files: u64,
    /// The answers, the oldest first.
    pub answers: Vec<AnswerView>,
    /// When it was answered or withdrawn.
    pub decided_at: Option<String>,
    /// The bytes that were approved: SHA-256 of the manifest.
    pub manifest: Option<String>,
    /// When the approval ends.
    pub expires_at: Option<String>,
    /// What the approval is bound to; empty when nothing.
    pub conditions: String,
}

/// What whoever asks says about the use.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RiskView {
    /// The data it will work with: `public`, `internal`, `confidential` or `restricted`.
    #[schema(example = "internal")]
    pub data: String,
    /// People outside the team meet what it says or does.
    pub user_facing: bool,
    /// Decisions about people rest on it.
    pub affects_people: bool,
}

/// One answer to a request.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AnswerView {
    /// Who answered.
    pub by: String,
    /// In which role.
    pub role: String,
    /// `yes` or `no`.
    pub answer: String,
    /// Why.
    pub comment: String,
    /// When.
    pub at: String,
}

impl From<RequestReport> for RequestView {
    fn from(report: RequestReport) -> RequestView {
        let RequestReport { row, artifact, revision, files } = report;
        let missing = match row.request.state {
            RequestState::Open => row.request.missing(),
            _ => Vec::new(),
        };
        let words = |roles: &[weighbridge_domain::Role]| {
            roles.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        RequestView {
            artifact: artifact.artifact.to_string(),
            commit: revision.commit.to_string(),
            environment: row.request.environment.to_string(),
            state: row.request.state.to_string(),
            asked_at: row.asked_at.to_string(),
            because: row.because,
            risk: RiskView {
                data: row.risk.data.to_string(),
                user_facing: row.risk.user_facing,
                affects_people: row.risk.affects_people,
            },
            lane: row.lane,
            needs: words(&row.request.needs),
            missing: words(&missing),
            files: files.files,
            missing_files: files.missing,
            answers: row.request.votes.into_iter().map(AnswerView::from).collect(),
            asked_by: row.request.asked_by,
            decided_at: row.decided_at.map(|moment| moment.to_string()),
            manifest: row.manifest.map(|digest| digest.to_string()),
            expires_at: row.expires_at.map(|moment| moment.to_string()),
            conditions: row.conditions,
            id: row.id,
        }
    }
}

impl From<Vote> for AnswerView {
    fn from(vote: Vote) -> AnswerView {
        AnswerView {
            by: vote.by,
            role: vote.role.to_string(),
            answer: if vote.is_yes { "yes" } else { "no" }.to_owned(),
            comment: vote.comment,
            at: vote.at.to_string(),
        }
    }
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Problem {
        match error {
            RequestError::MayNotAsk(_) => Problem::forbidden("may-not-ask", error),
            RequestError::NoSuchEnvironment(_) => Problem::not_found("no-such-environment", error),
            RequestError::BadText { .. } => Problem::bad_request("bad-text", error),
            RequestError::BadExpiry { .. } => Problem::bad_request("bad-expiry", error),
            RequestError::Refused(refused) => Problem::conflict("refused", refused.message()),
            RequestError::AlreadyOpen(ref id) => {
                let hint = format!("`weighbridge requests {id}` shows where it stands");
                Problem::conflict("request-open", error).hint(hint)
            }
            RequestError::NoSuchRequest(_) => Problem::not_found("no-such-request", error)
                .hint("`weighbridge requests` shows those there are"),
            RequestError::Vote(_) => Problem::conflict("answer-does-not-count", error),
            RequestError::Incomplete { .. } => Problem::conflict("not-here-yet", error)
                .hint("answer again when they are: `weighbridge requests` counts them"),
            RequestError::NotYours(_) => Problem::forbidden("not-yours", error),
            RequestError::Store(error) => Problem::internal(error),
        }
    }
}
