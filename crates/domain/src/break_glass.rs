//! Break-glass: rules lifted in an emergency, for hours, by two people or with an alarm; open until somebody
//! else has looked at it.

use std::fmt;

use crate::{Caller, Environment, Role, Timestamp};

/// One break-glass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakGlass {
    /// In which environment.
    pub environment: Environment,
    /// Who opened it.
    pub opened_by: String,
    /// In which role.
    pub opened_role: Role,
    /// When.
    pub opened_at: Timestamp,
    /// Whether it does nothing until a second person confirms it.
    pub needs_second: bool,
    /// Who confirmed it, and when.
    pub confirmed: Option<(String, Timestamp)>,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Who closed it, and when.
    pub closed: Option<(String, Timestamp)>,
}

/// Where a break-glass stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakGlassState {
    /// It does nothing: a second person has to confirm it.
    Waiting,
    /// It lifts rules.
    Open,
    /// It has ended, and nobody has looked at what came through.
    NeedsReview,
    /// It ended before a second person confirmed it: it never did anything.
    Lapsed,
    /// Somebody other than its opener looked at it.
    Closed,
}

impl BreakGlassState {
    /// The word used in the CLI and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            BreakGlassState::Waiting => "waiting",
            BreakGlassState::Open => "open",
            BreakGlassState::NeedsReview => "needs-review",
            BreakGlassState::Lapsed => "lapsed",
            BreakGlassState::Closed => "closed",
        }
    }
}

impl fmt::Display for BreakGlassState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why somebody may not open, confirm or close one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BreakGlassRule {
    /// The role opens none.
    #[error("the role `{0}` opens no break-glass: it takes somebody who may ask")]
    MayNotOpen(Role),
    /// Alone, only those who answer for something may.
    #[error(
        "the role `{0}` opens no break-glass alone: it takes a reviewer, an approver or an administrator"
    )]
    NotAlone(Role),
    /// An approver answers for one environment.
    #[error("an approver of `{own}` does not answer for `{asked}`")]
    OtherEnvironment {
        /// The approver's.
        own: Environment,
        /// The break-glass's.
        asked: Environment,
    },
    /// The second person is the first.
    #[error("you opened it: somebody else has to confirm or close it")]
    Own,
    /// The role confirms and closes none.
    #[error(
        "the role `{0}` confirms and closes no break-glass: it takes a reviewer, an approver or an administrator"
    )]
    NotAnswerable(Role),
    /// It waits for nobody.
    #[error("it is {0}: nothing is left to confirm")]
    NotWaiting(BreakGlassState),
    /// It is over.
    #[error("it is {0} already")]
    Over(BreakGlassState),
}

impl BreakGlass {
    /// Opens one. Who may ask for a revision may open it for two; alone, it takes somebody who answers
    /// for something.
    pub fn open(
        by: &Caller,
        environment: Environment,
        needs_second: bool,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<BreakGlass, BreakGlassRule> {
        if !by.role.may_ask() {
            return Err(BreakGlassRule::MayNotOpen(by.role));
        }
        if !needs_second {
            answers_for(by, &environment).map_err(|rule| match rule {
                BreakGlassRule::NotAnswerable(role) => BreakGlassRule::NotAlone(role),
                other => other,
            })?;
        }
        Ok(BreakGlass {
            environment,
            opened_by: by.name.clone(),
            opened_role: by.role,
            opened_at: now,
            needs_second,
            confirmed: None,
            expires_at,
            closed: None,
        })
    }

    /// Where it stands.
    pub fn state(&self, now: Timestamp) -> BreakGlassState {
        let is_effective = !self.needs_second || self.confirmed.is_some();
        match (&self.closed, is_effective, now < self.expires_at) {
            (Some(_), ..) => BreakGlassState::Closed,
            (None, true, true) => BreakGlassState::Open,
            (None, true, false) => BreakGlassState::NeedsReview,
            (None, false, true) => BreakGlassState::Waiting,
            (None, false, false) => BreakGlassState::Lapsed,
        }
    }

    /// The second person says yes; from now on it lifts rules.
    pub fn confirm(&mut self, by: &Caller, now: Timestamp) -> Result<(), BreakGlassRule> {
        let state = self.state(now);
        if state != BreakGlassState::Waiting {
            return Err(BreakGlassRule::NotWaiting(state));
        }
        if by.name == self.opened_by {
            return Err(BreakGlassRule::Own);
        }
        answers_for(by, &self.environment)?;
        self.confirmed = Some((by.name.clone(), now));
        Ok(())
    }

    /// Somebody other than its opener has looked at it; it lifts nothing any more.
    pub fn close(&mut self, by: &Caller, now: Timestamp) -> Result<(), BreakGlassRule> {
        let state = self.state(now);
        if matches!(state, BreakGlassState::Closed | BreakGlassState::Lapsed) {
            return Err(BreakGlassRule::Over(state));
        }
        if by.name == self.opened_by {
            return Err(BreakGlassRule::Own);
        }
        answers_for(by, &self.environment)?;
        self.closed = Some((by.name.clone(), now));
        Ok(())
    }
}

fn answers_for(by: &Caller, environment: &Environment) -> Result<(), BreakGlassRule> {
    if by.role == Role::Approver && by.environment != *environment {
        let (own, asked) = (by.environment.clone(), environment.clone());
        return Err(BreakGlassRule::OtherEnvironment { own, asked });
    }
    if by.role.reviews() || by.role == Role::Admin {
        return Ok(());
    }
    Err(BreakGlassRule::NotAnswerable(by.role))
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

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_micros(hours * 3_600_000_000)
    }

    fn open(by: &Caller, needs_second: bool) -> Result<BreakGlass, BreakGlassRule> {
        BreakGlass::open(by, "production".parse().unwrap(), needs_second, at(0), at(4))
    }

    #[test]
    fn two_people_open_it_and_another_one_than_its_opener_closes_it() {
        let dana = caller("dana", Role::Developer);
        let mut glass = open(&dana, true).unwrap();
        assert_eq!(glass.state(at(1)), BreakGlassState::Waiting);
        let own = caller("dana", Role::SecurityReviewer);
        assert_eq!(glass.confirm(&own, at(1)), Err(BreakGlassRule::Own));
        let other = caller("dave", Role::Developer);
        let refused = BreakGlassRule::NotAnswerable(Role::Developer);
        assert_eq!(glass.confirm(&other, at(1)), Err(refused));
        let mut ann = caller("ann", Role::Approver);
        ann.environment = "dev".parse().unwrap();
        let refused = glass.confirm(&ann, at(1));
        assert!(matches!(refused, Err(BreakGlassRule::OtherEnvironment { .. })));
        glass.confirm(&caller("sam", Role::SecurityReviewer), at(1)).unwrap();
        assert_eq!(glass.state(at(3)), BreakGlassState::Open);
        assert_eq!(glass.state(at(4)), BreakGlassState::NeedsReview);
        assert_eq!(glass.close(&own, at(5)), Err(BreakGlassRule::Own));
        glass.close(&caller("root", Role::Admin), at(5)).unwrap();
        assert_eq!(glass.state(at(9)), BreakGlassState::Closed);
        let again = glass.close(&caller("root", Role::Admin), at(5));
        assert_eq!(again, Err(BreakGlassRule::Over(BreakGlassState::Closed)));
    }

    #[test]
    fn nobody_confirms_what_has_ended() {
        let mut glass = open(&caller("dana", Role::Developer), true).unwrap();
        assert_eq!(glass.state(at(4)), BreakGlassState::Lapsed);
        let late = glass.confirm(&caller("sam", Role::SecurityReviewer), at(4));
        assert_eq!(late, Err(BreakGlassRule::NotWaiting(BreakGlassState::Lapsed)));
    }

    #[test]
    fn alone_it_takes_somebody_who_answers_for_something() {
        let refused = open(&caller("dana", Role::Developer), false);
        assert_eq!(refused, Err(BreakGlassRule::NotAlone(Role::Developer)));
        for role in [Role::Reader, Role::Auditor] {
            assert_eq!(open(&caller("x", role), true), Err(BreakGlassRule::MayNotOpen(role)));
        }
        let glass = open(&caller("ann", Role::Approver), false).unwrap();
        assert_eq!(glass.state(at(1)), BreakGlassState::Open);
    }
}
