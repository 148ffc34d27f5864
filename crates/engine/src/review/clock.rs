//! The clock of reviews: notices what is late and escalates it, and tells that approvals and waivers end.
//!
//! Everything it does is in the tables before it is told, one change each: replicas that look at the same
//! moment tell it once, and after a stop the clock tells what it missed.

use std::time::Duration;

use weighbridge_domain::{Caller, Role, Timestamp};
use weighbridge_store::{RequestRow, WaiverRow};

use super::table::lanes;
use super::{RequestError, RequestReport};
use crate::{Engine, Event};

/// How often it looks.
const LOOKS_EVERY: Duration = Duration::from_secs(20);
/// How many things it reads at once.
const READ: u32 = 100;
/// What it is called in the record.
const NAME: &str = "weighbridge";

impl Engine {
    /// Looks at requests and approvals from time to time, while anybody still holds the engine.
    pub fn start_review_clock(&self) {
        self.every(LOOKS_EVERY, |engine| async move {
            if let Err(error) = engine.look_at_the_clock().await {
                tracing::error!(%error, "late requests could not be looked for; it is tried again");
            }
        });
    }

    /// Does what is due by the clock; answers how many things it told.
    pub async fn look_at_the_clock(&self) -> Result<u64, RequestError> {
        let now = self.0.settings.clock.now();
        let mut told = 0;
        loop {
            let late = self.0.store.read().await?.list_late_requests(now, READ).await?;
            let before = told;
            for row in &late {
                let about = self.about(row.clone()).await?;
                for role in row.request.late(now) {
                    told += self.tell_late(&about, role, now).await?;
                }
            }
            // Somebody else may tell the same: what brings nothing is not looked for again at once.
            if told == before {
                break;
            }
        }
        let soon = self.ending_soon(now).await?;
        loop {
            let ending = self.0.store.read().await?.list_ending_approvals(now, soon, READ).await?;
            let before = told;
            for row in ending {
                told += self.tell_ending(self.about(row).await?, now).await?;
            }
            if told == before {
                break;
            }
        }
        loop {
            let ending = self.0.store.read().await?.list_ending_waivers(now, soon, READ).await?;
            let before = told;
            for row in ending {
                told += self.tell_ending_waiver(row, now).await?;
            }
            if told == before {
                return Ok(told);
            }
        }
    }

    /// By when what ends is told beforehand.
    async fn ending_soon(&self, now: Timestamp) -> Result<Timestamp, RequestError> {
        let mut db = self.0.store.read().await?;
        let ahead = Duration::from_hours(lanes(&mut db).await?.table.expiring_hours);
        Ok(now.plus(ahead))
    }

    async fn about(&self, row: RequestRow) -> Result<RequestReport, RequestError> {
        // What is told is told to the record: everybody's requests are looked at.
        let mut itself = Caller::anonymous(row.request.environment.clone());
        itself.role = Role::Admin;
        self.show_request(&itself, &row.id).await
    }

    /// Tells that a part is late, then escalates it; a stop in between loses neither.
    async fn tell_late(
        &self,
        about: &RequestReport,
        role: Role,
        now: Timestamp,
    ) -> Result<u64, RequestError> {
        let mut told = 0;
        let (artifact, part) = (about.artifact.artifact.to_string(), role.to_string());
        let mut change = self.begin().await?;
        let Some(mut row) = change.tx().lock_request(&about.row.id).await? else { return Ok(0) };
        let is_late = row.request.late(now).contains(&role);
        let Some(review) = row.request.review(role).filter(|_| is_late).cloned() else {
            return Ok(0);
        };
        let environment = row.request.environment.to_string();
        if review.overdue_at.is_none() {
            row.request.notice_late(role, now);
            change.tx().save_request(&row).await?;
            change
                .commit(Event::RequestOverdue {
                    request: row.id,
                    artifact: artifact.clone(),
                    environment: environment.clone(),
                    part: part.clone(),
                    assignee: review.assignee,
                    due_at: review.due_at.map(|due| due.to_string()),
                    escalates_to: review.escalates_to.to_string(),
                })
                .await?;
            told += 1;
            change = self.begin().await?;
            match change.tx().lock_request(&about.row.id).await? {
                Some(again) => row = again,
                None => return Ok(told),
            }
        }
        let is_late = row.request.late(now).contains(&role);
        if !is_late || row.request.review(role).is_none_or(|part| part.escalated_at.is_some()) {
            return Ok(told);
        }
        let to = row.request.raise(role, now)?.to_string();
        change.tx().save_request(&row).await?;
        change
            .commit(Event::RequestEscalated {
                request: row.id,
                by: NAME.to_owned(),
                artifact,
                environment,
                part,
                to,
                because: "nobody answered in time".to_owned(),
            })
            .await?;
        Ok(told + 1)
    }

    async fn tell_ending(&self, about: RequestReport, now: Timestamp) -> Result<u64, RequestError> {
        let RequestReport { row, artifact, revision, .. } = about;
        let Some(end) = row.expires_at else { return Ok(0) };
        let mut change = self.begin().await?;
        let has_ended = end <= now;
        let is_news = if has_ended {
            change.tx().set_expired_told(&row.id, now).await?
        } else {
            change.tx().set_expiring_told(&row.id, now).await?
        };
        if !is_news {
            return Ok(0);
        }
        let (request, asked_by) = (row.id, row.request.asked_by);
        let (artifact, commit) = (artifact.artifact.to_string(), revision.commit.to_string());
        let (environment, expires_at) = (row.request.environment.to_string(), end.to_string());
        change
            .commit(if has_ended {
                Event::ApprovalExpired {
                    request,
                    artifact,
                    commit,
                    environment,
                    asked_by,
                    expires_at,
                }
            } else {
                Event::ApprovalExpiring {
                    request,
                    artifact,
                    commit,
                    environment,
                    asked_by,
                    expires_at,
                }
            })
            .await?;
        Ok(1)
    }

    async fn tell_ending_waiver(
        &self,
        row: WaiverRow,
        now: Timestamp,
    ) -> Result<u64, RequestError> {
        let mut change = self.begin().await?;
        let has_ended = row.expires_at <= now;
        let is_news = if has_ended {
            change.tx().set_waiver_expired_told(&row.id, now).await?
        } else {
            change.tx().set_waiver_expiring_told(&row.id, now).await?
        };
        if !is_news {
            return Ok(0);
        }
        let (waiver, rule, granted_by) = (row.id, row.rule, row.granted_by);
        let (pattern, environment) = (row.pattern.to_string(), row.environment.to_string());
        let expires_at = row.expires_at.to_string();
        change
            .commit(if has_ended {
                Event::WaiverExpired {
                    waiver,
                    rule,
                    pattern,
                    environment,
                    granted_by,
                    role: row.role.to_string(),
                    expires_at,
                }
            } else {
                Event::WaiverExpiring {
                    waiver,
                    rule,
                    pattern,
                    environment,
                    granted_by,
                    role: row.role.to_string(),
                    expires_at,
                }
            })
            .await?;
        Ok(1)
    }
}
