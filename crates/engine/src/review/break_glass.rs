//! Break-glass: every rule at gate `use` lifted for some artifacts in one environment, for hours.
//!
//! What stands at gate `admit` is never lifted: files that act on whoever loads them, files that could not
//! be examined, what was rejected or recalled, prohibited sources. An emergency is no reason to run those.

use std::time::Duration;

use weighbridge_domain::{
    BreakGlass, BreakGlassRule, Caller, Environment, OutOfReach, RepoPattern, Role, Timestamp,
};
use weighbridge_store::{BreakGlassRow, StoreError};

use super::{RequestError, checked};
use crate::{Engine, Event};

/// How break-glass is handled.
#[derive(Clone, Copy, Debug)]
pub struct BreakGlassSettings {
    /// Whether a second person has to confirm it; otherwise opening it is an alarm.
    pub two_persons: bool,
    /// The longest it may last.
    pub longest: Duration,
}

impl Default for BreakGlassSettings {
    fn default() -> BreakGlassSettings {
        BreakGlassSettings { two_persons: true, longest: Duration::from_hours(24) }
    }
}

/// A break-glass to open.
#[derive(Clone, Debug)]
pub struct NewBreakGlass {
    /// For which artifacts.
    pub pattern: RepoPattern,
    /// In which environment.
    pub environment: Environment,
    /// Why.
    pub because: String,
    /// For how many hours.
    pub hours: u64,
}

/// What somebody could do about a break-glass now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakGlassSteps {
    /// Confirm it, as the second person.
    pub may_confirm: bool,
    /// Close it, with a review.
    pub may_close: bool,
}

/// Why a break-glass is not opened, confirmed or closed.
#[derive(Debug, thiserror::Error)]
pub enum BreakGlassError {
    /// There is no such environment.
    #[error("there is no environment `{0}` here")]
    NoSuchEnvironment(Environment),
    /// A text is missing or too long.
    #[error("`because` takes 1 to 4000 characters")]
    BadText,
    /// It would last too long, or not at all.
    #[error("break-glass lasts 1 to {longest} hours here")]
    TooLong {
        /// The longest.
        longest: u64,
    },
    /// There is none with that id.
    #[error("there is no break-glass `{0}`")]
    NoSuch(String),
    /// The caller's roles hold elsewhere.
    #[error(transparent)]
    OutOfReach(#[from] OutOfReach),
    /// The caller may not.
    #[error(transparent)]
    Rule(#[from] BreakGlassRule),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<RequestError> for BreakGlassError {
    fn from(_: RequestError) -> BreakGlassError {
        BreakGlassError::BadText
    }
}

impl Engine {
    /// Opens a break-glass. With two persons it does nothing until the second one confirms it; alone it
    /// holds at once, and is an alarm.
    pub async fn open_break_glass(
        &self,
        by: &Caller,
        new: NewBreakGlass,
    ) -> Result<BreakGlassRow, BreakGlassError> {
        let BreakGlassSettings { two_persons, longest } = self.0.settings.break_glass;
        let because = checked("because", &new.because)?;
        if !self.0.settings.environments.iter().any(|known| known.name == new.environment) {
            return Err(BreakGlassError::NoSuchEnvironment(new.environment));
        }
        let lasts = Duration::from_secs(new.hours.saturating_mul(3_600));
        if new.hours == 0 || lasts > longest {
            return Err(BreakGlassError::TooLong { longest: longest.as_secs() / 3_600 });
        }
        let now = self.0.settings.clock.now();
        let by = within(by, &new.pattern, &new.environment, Role::may_ask)?;
        let glass = BreakGlass::open(&by, new.environment, two_persons, now, now.plus(lasts))?;
        let id = self.0.settings.ids.ulid(now);
        let row = BreakGlassRow { id, pattern: new.pattern, because, glass, review: None };
        let event = if two_persons { asked(&row) } else { opened(&row) };
        let mut change = self.begin().await?;
        change.tx().insert_break_glass(&row).await?;
        change.commit(event).await?;
        if !two_persons {
            Engine::log_open(&row);
        }
        Ok(row)
    }

    /// The second person says yes; from now on it lifts rules.
    pub async fn confirm_break_glass(
        &self,
        by: &Caller,
        id: &str,
    ) -> Result<BreakGlassRow, BreakGlassError> {
        let now = self.0.settings.clock.now();
        let mut change = self.begin().await?;
        let mut row = change.tx().find_break_glass(id).await?.ok_or_else(|| no_such(id))?;
        let by = within(by, &row.pattern, &row.glass.environment, answers)?;
        row.glass.confirm(&by, now)?;
        change.tx().save_break_glass(&row).await?;
        change.commit(opened(&row)).await?;
        Engine::log_open(&row);
        Ok(row)
    }

    /// Somebody other than its opener has looked at what came through; it lifts nothing any more.
    pub async fn close_break_glass(
        &self,
        by: &Caller,
        id: &str,
        review: &str,
    ) -> Result<BreakGlassRow, BreakGlassError> {
        let review = checked("because", review)?;
        let now = self.0.settings.clock.now();
        let mut change = self.begin().await?;
        let mut row = change.tx().find_break_glass(id).await?.ok_or_else(|| no_such(id))?;
        let state = row.glass.state(now);
        let by = &within(by, &row.pattern, &row.glass.environment, answers)?;
        row.glass.close(by, now)?;
        row.review = Some(review.clone());
        change.tx().save_break_glass(&row).await?;
        let event = Event::BreakGlassClosed {
            break_glass: row.id.clone(),
            by: by.name.clone(),
            opened_by: row.glass.opened_by.clone(),
            was: state.as_str(),
            review,
        };
        change.commit(event).await?;
        Ok(row)
    }

    /// Every break-glass there ever was, the newest first, from before `before` on.
    pub async fn list_break_glass(
        &self,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<BreakGlassRow>, StoreError> {
        self.0.store.read().await?.list_break_glass(before, limit).await
    }

    /// Those that are open, wait for a second person, or that nobody has looked at, the oldest first.
    pub async fn list_break_glass_unclosed(&self) -> Result<Vec<BreakGlassRow>, StoreError> {
        let now = self.0.settings.clock.now();
        self.0.store.read().await?.list_break_glass_unclosed(now).await
    }

    /// What `by` could do about one now. Doing it has the last word.
    pub fn break_glass_steps(&self, by: &Caller, row: &BreakGlassRow) -> BreakGlassSteps {
        let now = self.0.settings.clock.now();
        let Ok(by) = within(by, &row.pattern, &row.glass.environment, answers) else {
            return BreakGlassSteps { may_confirm: false, may_close: false };
        };
        BreakGlassSteps {
            may_confirm: row.glass.clone().confirm(&by, now).is_ok(),
            may_close: row.glass.clone().close(&by, now).is_ok(),
        }
    }

    /// Tells of those that have ended and that nobody has looked at.
    pub(crate) async fn tell_of_ended_break_glass(&self) -> Result<(), StoreError> {
        let now = self.0.settings.clock.now();
        let ended = self.0.store.read().await?.list_break_glass_ended(now).await?;
        for row in ended {
            let mut change = self.begin().await?;
            if !change.tx().tell_break_glass_ended(&row.id, now).await? {
                continue;
            }
            change.keep_answers();
            let event = Event::BreakGlassExpired {
                break_glass: row.id,
                opened_by: row.glass.opened_by,
                pattern: row.pattern.to_string(),
                environment: row.glass.environment.to_string(),
                expires_at: row.glass.expires_at.to_string(),
            };
            change.commit(event).await?;
        }
        Ok(())
    }

    fn log_open(row: &BreakGlassRow) {
        let BreakGlassRow { id, pattern, glass, .. } = row;
        tracing::error!(
            id,
            "break-glass is open: rules are lifted for `{pattern}` in `{}` until {}",
            glass.environment,
            glass.expires_at
        );
    }
}

/// The caller in a role held for all that is lifted: one that answers for rules, else one that `may`.
pub(super) fn within(
    by: &Caller,
    pattern: &RepoPattern,
    environment: &Environment,
    may: fn(Role) -> bool,
) -> Result<Caller, OutOfReach> {
    if by.holder.is_none() {
        return Ok(by.clone());
    }
    by.acting_on_all(answers, pattern, environment)
        .or_else(|_| by.acting_on_all(may, pattern, environment))
}

pub(super) fn answers(role: Role) -> bool {
    role.reviews() || role == Role::Admin
}

pub(super) fn no_such(id: &str) -> BreakGlassError {
    BreakGlassError::NoSuch(id.chars().take(40).collect())
}

fn moment(at: Timestamp) -> String {
    at.to_string()
}

fn asked(row: &BreakGlassRow) -> Event {
    let BreakGlassRow { id, pattern, because, glass, .. } = row;
    Event::BreakGlassAsked {
        break_glass: id.clone(),
        by: glass.opened_by.clone(),
        role: glass.opened_role.to_string(),
        pattern: pattern.to_string(),
        environment: glass.environment.to_string(),
        because: because.clone(),
        expires_at: moment(glass.expires_at),
    }
}

fn opened(row: &BreakGlassRow) -> Event {
    let BreakGlassRow { id, pattern, because, glass, .. } = row;
    Event::BreakGlassOpened {
        break_glass: id.clone(),
        by: glass.opened_by.clone(),
        role: glass.opened_role.to_string(),
        confirmed_by: glass.confirmed.as_ref().map(|(by, _)| by.clone()),
        pattern: pattern.to_string(),
        environment: glass.environment.to_string(),
        because: because.clone(),
        expires_at: moment(glass.expires_at),
    }
}
