//! Requests: somebody asks for a revision in an environment; reviews and an approval answer it.
//!
//! Who may do what is decided here, so that no door can forget it: nobody answers their own request,
//! nobody answers one request twice, in whatever roles, and the approval comes last.

mod concern;
mod conversation;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::{Caller, Environment, Role, Timestamp};

pub use concern::Concern;

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestState {
    /// Somebody has to answer.
    Open,
    /// Everybody who had to answer said yes. The approval may have ended since.
    Approved,
    /// Somebody said no.
    Rejected,
    /// Whoever asked took it back.
    Withdrawn,
}

impl RequestState {
    const ALL: [RequestState; 4] = [
        RequestState::Open,
        RequestState::Approved,
        RequestState::Rejected,
        RequestState::Withdrawn,
    ];

    /// The word used in the CLI, the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            RequestState::Open => "open",
            RequestState::Approved => "approved",
            RequestState::Rejected => "rejected",
            RequestState::Withdrawn => "withdrawn",
        }
    }
}

impl fmt::Display for RequestState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RequestState {
    type Err = String;
    fn from_str(text: &str) -> Result<RequestState, String> {
        let found = RequestState::ALL.into_iter().find(|state| state.as_str() == text);
        let wrong = || format!("`{text}` is not `open`, `approved`, `rejected` or `withdrawn`");
        found.ok_or_else(wrong)
    }
}

/// One answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    /// Who answered.
    pub by: String,
    /// In which role.
    pub role: Role,
    /// Yes or no.
    pub is_yes: bool,
    /// Why.
    pub comment: String,
    /// When.
    pub at: Timestamp,
}

/// The part of one role in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// The role.
    pub role: Role,
    /// Who of that role; anybody when it is nobody.
    pub assignee: Option<String>,
    /// How many hours it may take.
    pub hours: u64,
    /// When it has to be answered; an approver's time begins after the reviews.
    pub due_at: Option<Timestamp>,
    /// Who is told when it takes longer.
    pub escalates_to: Role,
    /// When it was noticed that it is overdue.
    pub overdue_at: Option<Timestamp>,
    /// When it was escalated.
    pub escalated_at: Option<Timestamp>,
}

/// A question that whoever asked for the artifact has to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenQuestion {
    /// Who asks.
    pub by: String,
    /// Since when.
    pub at: Timestamp,
}

/// A request, with the answers so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who asked.
    pub asked_by: String,
    /// For which environment.
    pub environment: Environment,
    /// Who has to answer; the approver is the last.
    pub needs: Vec<Role>,
    /// The parts of those roles: who, until when.
    pub reviews: Vec<Review>,
    /// A question that has to be answered first.
    pub question: Option<OpenQuestion>,
    /// Where it stands.
    pub state: RequestState,
    /// The answers, the oldest first.
    pub votes: Vec<Vote>,
}

/// Why an answer, a question or an assignment does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VoteError {
    /// It was answered or withdrawn.
    #[error("the request is {0} already")]
    NotOpen(RequestState),
    /// Whoever asked does not answer.
    #[error("nobody answers their own request: somebody else has to")]
    Own,
    /// The role is not among those that have to answer.
    #[error("the role `{role}` has no part in this request: it needs {}", list(needs))]
    NotYourRole {
        /// The role of whoever tried.
        role: Role,
        /// The roles that have to answer.
        needs: Vec<Role>,
    },
    /// An approver answers for one environment.
    #[error("an approver of `{own}` does not approve for `{asked}`")]
    OtherEnvironment {
        /// The approver's.
        own: Environment,
        /// The request's.
        asked: Environment,
    },
    /// One person, one answer.
    #[error("`{0}` answered already: one person, one answer")]
    Twice(String),
    /// Somebody in the same role answered.
    #[error("somebody in the role `{0}` has said yes already")]
    Answered(Role),
    /// The approval is the last answer.
    #[error("the approval comes last: missing is the review of {}", list(.0))]
    ReviewsMissing(Vec<Role>),
    /// It was given to somebody.
    #[error("the part of `{role}` is assigned to `{to}`; have it reassigned, or escalated")]
    Assigned {
        /// The part.
        role: Role,
        /// Whose it is.
        to: String,
    },
    /// A question is open.
    #[error("`{by}` asked a question that `{asker}` has to answer first")]
    QuestionOpen {
        /// Who asked it.
        by: String,
        /// Who has to answer.
        asker: String,
    },
    /// Nobody asked a question.
    #[error("no question is open")]
    NoQuestion,
    /// Only some people do that.
    #[error("only {0} may do that")]
    NotYours(String),
}

impl Request {
    /// The roles that have not said yes.
    pub fn missing(&self) -> Vec<Role> {
        let has = |role: &Role| self.votes.iter().any(|vote| vote.is_yes && vote.role == *role);
        self.needs.iter().filter(|role| !has(role)).copied().collect()
    }

    /// Takes an answer; tells where the request stands then. Whoever says no ends it.
    pub fn answer(
        &self,
        by: &Caller,
        is_yes: bool,
        comment: String,
        at: Timestamp,
    ) -> Result<(Vote, RequestState), VoteError> {
        self.has_part(by)?;
        if self.votes.iter().any(|vote| vote.by == by.name) {
            return Err(VoteError::Twice(by.name.clone()));
        }
        let missing = self.missing();
        if !missing.contains(&by.role) {
            return Err(VoteError::Answered(by.role));
        }
        if let Some(to) = self.review(by.role).and_then(|review| review.assignee.as_ref())
            && *to != by.name
        {
            return Err(VoteError::Assigned { role: by.role, to: to.clone() });
        }
        if let (true, Some(question)) = (is_yes, &self.question) {
            let (by, asker) = (question.by.clone(), self.asked_by.clone());
            return Err(VoteError::QuestionOpen { by, asker });
        }
        if by.role == Role::Approver {
            let reviews: Vec<Role> =
                missing.iter().filter(|role| **role != Role::Approver).copied().collect();
            if is_yes && !reviews.is_empty() {
                return Err(VoteError::ReviewsMissing(reviews));
            }
        }
        let state = match (is_yes, missing.len()) {
            (false, _) => RequestState::Rejected,
            (true, 1) => RequestState::Approved,
            (true, _) => RequestState::Open,
        };
        Ok((Vote { by: by.name.clone(), role: by.role, is_yes, comment, at }, state))
    }

    /// Takes the vote in; once the approval alone is missing, its time begins.
    pub fn record(&mut self, vote: Vote, state: RequestState) {
        let at = vote.at;
        self.votes.push(vote);
        self.state = state;
        self.begin_approval(at);
    }

    /// Begins the time of the approval when every review is there.
    pub fn begin_approval(&mut self, at: Timestamp) {
        if self.state != RequestState::Open || self.missing() != [Role::Approver] {
            return;
        }
        let approval = self.reviews.iter_mut().find(|review| review.role == Role::Approver);
        if let Some(approval) = approval
            && approval.due_at.is_none()
        {
            approval.due_at = Some(at.plus(Duration::from_hours(approval.hours)));
        }
    }

    /// The part of a role.
    pub fn review(&self, role: Role) -> Option<&Review> {
        self.reviews.iter().find(|review| review.role == role)
    }

    /// Whether the caller has a part in this open request of somebody else.
    fn has_part(&self, by: &Caller) -> Result<(), VoteError> {
        if self.state != RequestState::Open {
            return Err(VoteError::NotOpen(self.state));
        }
        if by.name == self.asked_by {
            return Err(VoteError::Own);
        }
        if !by.role.reviews() || !self.needs.contains(&by.role) {
            return Err(VoteError::NotYourRole { role: by.role, needs: self.needs.clone() });
        }
        if by.role == Role::Approver && by.environment != self.environment {
            let (own, asked) = (by.environment.clone(), self.environment.clone());
            return Err(VoteError::OtherEnvironment { own, asked });
        }
        Ok(())
    }
}

fn list(roles: &[Role]) -> String {
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
