//! Answering a request: reviews, and the approval that comes last.

use std::time::Duration;

use weighbridge_domain::{
    Caller, CheckAnswer, LaneRow, OutOfReach, Request, RequestState, RevisionSpec, Role, Timestamp,
};
use weighbridge_store::FileCount;

use super::ask::attested;
use super::table::lanes;
use super::{RequestError, RequestReport, checked};
use crate::admit::{Ask, Refused};
use crate::{Engine, Event};

/// An answer.
#[derive(Clone, Debug)]
pub struct NewAnswer {
    /// Yes or no.
    pub is_yes: bool,
    /// Why.
    pub comment: String,
    /// When the approval ends; as late as the lane allows, when it is left out. Of an approver's yes only.
    pub expires_at: Option<Timestamp>,
    /// What the approval is bound to, in words. Of an approver's yes only.
    pub conditions: String,
}

impl Engine {
    /// Answers a request in the caller's role.
    pub async fn answer_request(
        &self,
        by: &Caller,
        id: &str,
        new: NewAnswer,
    ) -> Result<RequestReport, RequestError> {
        let comment = checked("comment", &new.comment)?;
        let conditions = match new.conditions.trim() {
            "" => String::new(),
            text => checked("conditions", text)?,
        };
        let report = self.show_request(by, id).await?;
        if new.is_yes && report.files.missing > 0 {
            self.bring_in_again(&report).await?;
            let FileCount { files, missing, .. } = report.files;
            return Err(RequestError::Incomplete { missing, files });
        }
        // The last yes is for what holds now, not for what held when it was asked for.
        if new.is_yes && report.row.request.missing().len() == 1 {
            self.check_again(&report).await?;
        }
        let now = self.0.settings.clock.now();
        let mut change = self.begin().await?;
        let no_such = || RequestError::NoSuchRequest(id.chars().take(40).collect());
        let mut row = change.tx().lock_request(id).await?.ok_or_else(no_such)?;
        let by = &answering(by, &report, &row.request)?;
        let (vote, state) = row.request.answer(by, new.is_yes, comment, now)?;
        change.tx().insert_vote(&row.id, &vote).await?;
        let attests = if vote.is_yes { attested(&row.checks, vote.role) } else { Vec::new() };
        row.request.record(vote.clone(), state);
        if state == RequestState::Open {
            change.keep_answers();
        } else {
            row.decided_at = Some(now);
            if state == RequestState::Approved {
                let days = lanes(change.tx()).await?.table.longest_days(&row.lane);
                let latest = now.plus(Duration::from_hours(24 * days));
                let end = new.expires_at.unwrap_or(latest);
                if end <= now || end > latest {
                    return Err(RequestError::BadExpiry { latest });
                }
                let revision = change.tx().find_revision_by_id(&row.revision_id).await?;
                let sealed = revision.and_then(|revision| revision.manifest);
                let Some(manifest) = sealed else {
                    let FileCount { files, missing, .. } = report.files;
                    return Err(RequestError::Incomplete { missing, files });
                };
                row.manifest = Some(manifest);
                row.expires_at = Some(end);
                row.conditions = conditions;
            }
        }
        change.tx().save_request(&row).await?;
        self.attest_answer(&mut change, by, &row, &vote).await?;
        change
            .commit(Event::RequestAnswered {
                request: row.id.clone(),
                by: vote.by,
                role: vote.role.to_string(),
                answer: if vote.is_yes { "yes" } else { "no" },
                comment: vote.comment,
                state: state.as_str(),
                manifest: row.manifest.map(|digest| digest.to_string()),
                expires_at: row.expires_at.map(|end| end.to_string()),
                conditions: row.conditions,
                attests,
            })
            .await?;
        self.show_request(by, id).await
    }

    /// Looks at the rows anew: what was a yes when it was asked for, and was therefore asked of nobody, has to
    /// be one still.
    async fn check_again(&self, report: &RequestReport) -> Result<(), RequestError> {
        let RequestReport { row, artifact, revision, .. } = report;
        let was_yes = row.checks.iter().filter(|checked| checked.answer == CheckAnswer::Yes);
        let rows: Vec<LaneRow> = was_yes.map(|checked| checked.row.clone()).collect();
        if rows.is_empty() || row.request.state != RequestState::Open {
            return Ok(());
        }
        let revision_spec: RevisionSpec =
            revision.commit.to_string().parse().map_err(Refused::internal)?;
        let ask = Ask { artifact: artifact.artifact.clone(), revision: revision_spec };
        let located = self.located(&ask, &artifact.id).await?;
        let now = self.check_rows(&rows, &located, revision, &row.request.environment).await?;
        let changed = now.into_iter().filter(|checked| checked.answer != CheckAnswer::Yes);
        let changed: Vec<String> = changed
            .map(|checked| {
                format!(
                    "`{}` was yes and is {}: {}",
                    checked.row.id, checked.answer, checked.detail
                )
            })
            .collect();
        if changed.is_empty() { Ok(()) } else { Err(RequestError::Changed(changed.join("; "))) }
    }

    /// What was not fetched when it was asked for is tried again.
    async fn bring_in_again(&self, report: &RequestReport) -> Result<(), RequestError> {
        let revision: RevisionSpec =
            report.revision.commit.as_str().parse().map_err(Refused::internal)?;
        let ask = Ask { artifact: report.artifact.artifact.clone(), revision };
        let located = self.located(&ask, &report.artifact.id).await?;
        self.bring_in_meanwhile(located, report.revision.clone());
        Ok(())
    }
}

/// The caller in the role that the request waits for, held for its artifact in its environment; else in
/// another role that answers requests there, and the request says why that one does not count.
pub(super) fn answering(
    by: &Caller,
    report: &RequestReport,
    request: &Request,
) -> Result<Caller, OutOfReach> {
    let (artifact, environment) = (&report.artifact.artifact, &request.environment);
    let missing = request.missing();
    by.acting_on(|role| missing.contains(&role), artifact, environment)
        .or_else(|_| by.acting_on(Role::reviews, artifact, environment))
        .or_else(|out| if by.holder.is_some() { Err(out) } else { Ok(by.clone()) })
}
