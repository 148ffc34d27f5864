//! What was asked for, and where it stands.

use std::collections::HashMap;

use weighbridge_domain::{Caller, Environment, RequestState, Role};
use weighbridge_store::{
    ArtifactRow, FileCount, NoteRow, Queries, RequestPage, RequestRow, RevisionRow,
};

use super::RequestError;
use crate::Engine;
use crate::admit::Refused;

/// A request with what it is about.
#[derive(Clone, Debug)]
pub struct RequestReport {
    /// The request and its answers.
    pub row: RequestRow,
    /// Of what.
    pub artifact: ArtifactRow,
    /// At which commit.
    pub revision: RevisionRow,
    /// How many files there are, and how many of them are not here and examined.
    pub files: FileCount,
    /// What was said about it, the oldest first; not read for lists.
    pub notes: Vec<NoteRow>,
}

/// Which requests to list.
#[derive(Clone, Debug, Default)]
pub struct RequestFilter {
    /// Only those that stand there.
    pub state: Option<RequestState>,
    /// Only those that the caller made, or can act on now.
    pub mine: bool,
    /// Only those for this environment.
    pub environment: Option<Environment>,
    /// Only open ones of which a part is late.
    pub overdue: bool,
}

impl Engine {
    /// One request and its answers. A caller who neither asked nor reads everything is told of none.
    pub async fn show_request(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<RequestReport, RequestError> {
        let mut db = self.0.store.read().await?;
        let no_such = || RequestError::NoSuchRequest(id.chars().take(40).collect());
        let row = db.find_request(id).await?.ok_or_else(no_such)?;
        let mut found = reports(&mut db, vec![row]).await?;
        let mut report = found.pop().ok_or_else(no_such)?;
        if !report.is_known_to(caller) {
            return Err(no_such());
        }
        report.notes = db.list_notes(id).await?;
        Ok(report)
    }

    /// Requests that the caller may know of, the newest first, from before `before` on.
    pub async fn list_requests(
        &self,
        caller: &Caller,
        filter: &RequestFilter,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<RequestReport>, RequestError> {
        let reads_more = caller.holds(Role::reads_everything);
        // A bare approver answers for the environment of the token, an account where its grants say.
        let acts_at_home = caller.role == Role::Approver && caller.holder.is_none();
        let now = self.0.settings.clock.now();
        let mut db = self.0.store.read().await?;
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut found: Vec<RequestReport> = Vec::new();
        let mut before = before.map(str::to_owned);
        // What a page holds of other namespaces is left out, and the next one is read.
        loop {
            let page = RequestPage {
                state: filter.state,
                asked_by: (!reads_more).then_some(caller.name.as_str()),
                concerning: filter.mine.then_some((caller.name.as_str(), caller.role)),
                acting_in: acts_at_home.then_some(&caller.environment),
                environment: filter.environment.as_ref(),
                late_by: filter.overdue.then_some(now),
                before: before.as_deref(),
                limit,
            };
            let rows = db.list_requests(&page).await?;
            let is_last = rows.len() < wanted;
            before = rows.last().map(|row| row.id.clone());
            found.extend(reports(&mut db, rows).await?);
            found.retain(|report| report.is_known_to(caller));
            found.truncate(wanted);
            if is_last || found.len() == wanted {
                return Ok(found);
            }
        }
    }
}

impl RequestReport {
    /// Whether the caller may know of it: whoever asked, and whoever reads everything there.
    pub(crate) fn is_known_to(&self, caller: &Caller) -> bool {
        let request = &self.row.request;
        request.asked_by == caller.name
            || caller.reads_about(&self.artifact.artifact, &request.environment)
    }
}

/// What requests are about: a few statements for a whole page of them.
pub(super) async fn reports(
    db: &mut Queries,
    rows: Vec<RequestRow>,
) -> Result<Vec<RequestReport>, RequestError> {
    let ids: Vec<String> = rows.iter().map(|row| row.revision_id.clone()).collect();
    let files = db.count_files_of(&ids).await?;
    let revisions = by_id(db.find_revisions_by_id(&ids).await?, |row| row.id.clone());
    let ids: Vec<String> = revisions.values().map(|row| row.artifact_id.clone()).collect();
    let artifacts = by_id(db.find_artifacts_by_id(&ids).await?, |row| row.id.clone());
    let report = |row: RequestRow| {
        let lost = || Refused::internal(format!("what request {} is about vanished", row.id));
        let revision = revisions.get(&row.revision_id).cloned().ok_or_else(lost)?;
        let artifact = artifacts.get(&revision.artifact_id).cloned().ok_or_else(lost)?;
        let files = files.get(&revision.id).copied().unwrap_or_default();
        Ok(RequestReport { row, artifact, revision, files, notes: Vec::new() })
    };
    rows.into_iter().map(report).collect()
}

fn by_id<T>(rows: Vec<T>, id: impl Fn(&T) -> String) -> HashMap<String, T> {
    rows.into_iter().map(|row| (id(&row), row)).collect()
}
