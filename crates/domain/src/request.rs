//! Requests: somebody asks for a revision in an environment; reviews and an approval answer it.
//!
//! Who may do what is decided here, so that no door can forget it: nobody answers their own request,
//! nobody answers one request twice, in whatever roles, and the approval comes last.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::{Caller, Environment, Role, Tier, Timestamp};

const DAY: Duration = Duration::from_hours(24);

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

/// How sensitive the data is that the artifact will work with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the words say it")]
pub enum DataClass {
    Public,
    Internal,
    Confidential,
    Restricted,
}

impl DataClass {
    const ALL: [DataClass; 4] =
        [DataClass::Public, DataClass::Internal, DataClass::Confidential, DataClass::Restricted];

    /// The word used in the CLI, the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            DataClass::Public => "public",
            DataClass::Internal => "internal",
            DataClass::Confidential => "confidential",
            DataClass::Restricted => "restricted",
        }
    }
}

impl fmt::Display for DataClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for DataClass {
    type Err = String;
    fn from_str(text: &str) -> Result<DataClass, String> {
        let found = DataClass::ALL.into_iter().find(|class| class.as_str() == text);
        let wrong =
            || format!("`{text}` is not `public`, `internal`, `confidential` or `restricted`");
        found.ok_or_else(wrong)
    }
}

/// What whoever asks says about the use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RiskAnswers {
    /// How sensitive the data is.
    pub data: DataClass,
    /// People outside the team meet what it says or does.
    pub user_facing: bool,
    /// Decisions about people rest on it.
    pub affects_people: bool,
}

/// Who has to answer a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// `short` or `full`.
    pub name: &'static str,
    /// The roles that have to answer; the approval is the last.
    pub needs: Vec<Role>,
}

impl Lane {
    /// The longest an approval lasts in the lane of that name.
    pub fn longest(name: &str) -> Duration {
        if name == "short" { DAY * 365 } else { DAY * 180 }
    }

    /// A pre-approved source and a harmless use take an approval; anything else takes every review too.
    pub fn of(tier: Tier, risk: &RiskAnswers) -> Lane {
        let is_harmless =
            risk.data <= DataClass::Internal && !risk.user_facing && !risk.affects_people;
        if tier == Tier::PreApproved && is_harmless {
            return Lane { name: "short", needs: vec![Role::Approver] };
        }
        let needs = vec![Role::SecurityReviewer, Role::ComplianceReviewer, Role::Approver];
        Lane { name: "full", needs }
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

/// A request, with the answers so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who asked.
    pub asked_by: String,
    /// For which environment.
    pub environment: Environment,
    /// Who has to answer; the approver is the last.
    pub needs: Vec<Role>,
    /// Where it stands.
    pub state: RequestState,
    /// The answers, the oldest first.
    pub votes: Vec<Vote>,
}

/// Why an answer does not count.
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
        if self.state != RequestState::Open {
            return Err(VoteError::NotOpen(self.state));
        }
        if by.name == self.asked_by {
            return Err(VoteError::Own);
        }
        if !by.role.reviews() || !self.needs.contains(&by.role) {
            return Err(VoteError::NotYourRole { role: by.role, needs: self.needs.clone() });
        }
        if self.votes.iter().any(|vote| vote.by == by.name) {
            return Err(VoteError::Twice(by.name.clone()));
        }
        let missing = self.missing();
        if !missing.contains(&by.role) {
            return Err(VoteError::Answered(by.role));
        }
        if by.role == Role::Approver {
            if by.environment != self.environment {
                let (own, asked) = (by.environment.clone(), self.environment.clone());
                return Err(VoteError::OtherEnvironment { own, asked });
            }
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
}

fn list(roles: &[Role]) -> String {
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(name: &str, role: Role) -> Caller {
        let mut caller = Caller::anonymous("production".parse().unwrap());
        name.clone_into(&mut caller.name);
        caller.role = role;
        caller
    }

    fn request() -> Request {
        let risk =
            RiskAnswers { data: DataClass::Internal, user_facing: false, affects_people: false };
        Request {
            asked_by: "dana".to_owned(),
            environment: "production".parse().unwrap(),
            needs: Lane::of(Tier::Conditional, &risk).needs,
            state: RequestState::Open,
            votes: Vec::new(),
        }
    }

    fn answer(request: &mut Request, by: &Caller, is_yes: bool) -> Result<RequestState, VoteError> {
        let at = Timestamp::from_micros(0);
        let (vote, state) = request.answer(by, is_yes, String::new(), at)?;
        request.votes.push(vote);
        request.state = state;
        Ok(state)
    }

    #[test]
    fn everybody_who_has_to_answers_and_the_approver_last() {
        let mut request = request();
        let approver = caller("ann", Role::Approver);
        let early = answer(&mut request, &approver, true);
        assert!(matches!(early, Err(VoteError::ReviewsMissing(reviews)) if reviews.len() == 2));
        let security = caller("sam", Role::SecurityReviewer);
        assert_eq!(answer(&mut request, &security, true), Ok(RequestState::Open));
        let other = caller("sue", Role::SecurityReviewer);
        let again = answer(&mut request, &other, true);
        assert_eq!(again, Err(VoteError::Answered(Role::SecurityReviewer)));
        let compliance = caller("cleo", Role::ComplianceReviewer);
        assert_eq!(answer(&mut request, &compliance, true), Ok(RequestState::Open));
        assert_eq!(answer(&mut request, &approver, true), Ok(RequestState::Approved));
        let late = answer(&mut request, &caller("al", Role::Approver), false);
        assert_eq!(late, Err(VoteError::NotOpen(RequestState::Approved)));
    }

    #[test]
    fn nobody_answers_for_themselves_or_twice_or_out_of_their_role() {
        let mut request = request();
        let own = caller("dana", Role::SecurityReviewer);
        assert_eq!(answer(&mut request, &own, true), Err(VoteError::Own));
        for role in [Role::Reader, Role::Developer, Role::Auditor, Role::Admin] {
            let refused = answer(&mut request, &caller("x", role), true);
            assert!(matches!(refused, Err(VoteError::NotYourRole { .. })), "{role}");
        }
        answer(&mut request, &caller("sam", Role::SecurityReviewer), true).unwrap();
        let two_hats = answer(&mut request, &caller("sam", Role::ComplianceReviewer), true);
        assert_eq!(two_hats, Err(VoteError::Twice("sam".to_owned())));
        let mut elsewhere = caller("ann", Role::Approver);
        elsewhere.environment = "staging".parse().unwrap();
        let refused = answer(&mut request, &elsewhere, false);
        assert!(matches!(refused, Err(VoteError::OtherEnvironment { .. })));
    }

    #[test]
    fn one_no_ends_it() {
        let mut request = request();
        let compliance = caller("cleo", Role::ComplianceReviewer);
        assert_eq!(answer(&mut request, &compliance, false), Ok(RequestState::Rejected));
    }

    #[test]
    fn what_touches_people_takes_the_full_lane_from_any_source() {
        let mut risk =
            RiskAnswers { data: DataClass::Internal, user_facing: false, affects_people: false };
        assert_eq!(Lane::of(Tier::PreApproved, &risk).name, "short");
        assert_eq!(Lane::of(Tier::Conditional, &risk).name, "full");
        risk.affects_people = true;
        assert_eq!(Lane::of(Tier::PreApproved, &risk).name, "full");
        risk =
            RiskAnswers { data: DataClass::Restricted, user_facing: false, affects_people: false };
        assert_eq!(Lane::of(Tier::PreApproved, &risk).name, "full");
    }

    #[test]
    fn words_read_back() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse::<Role>(), Ok(role));
        }
        for state in RequestState::ALL {
            assert_eq!(state.as_str().parse::<RequestState>(), Ok(state));
        }
        for class in DataClass::ALL {
            assert_eq!(class.as_str().parse::<DataClass>(), Ok(class));
        }
        assert!("root".parse::<Role>().is_err());
    }
}
