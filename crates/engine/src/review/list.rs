//! What was asked for, and where it stands.

use std::collections::HashMap;

use weighbridge_domain::{Caller, Environment, RequestState, Role};
use weighbridge_store::{ArtifactRow, FileCount, Queries, RequestPage, RequestRow, RevisionRow};

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
        if row.request.asked_by != caller.name && !caller.role.reads_everything() {
            return Err(no_such());
        }
        let mut found = reports(&mut db, vec![row]).await?;
        found.pop().ok_or_else(no_such)
    }

    /// Requests that the caller may know of, the newest first, from before `before` on.
    pub async fn list_requests(
        &self,
        caller: &Caller,
        filter: &RequestFilter,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<RequestReport>, RequestError> {
        let mut db = self.0.store.read().await?;
        let reads_all = caller.role.reads_everything();
        let page = RequestPage {
            state: filter.state,
            asked_by: (!reads_all).then_some(caller.name.as_str()),
            concerning: filter.mine.then_some((caller.name.as_str(), caller.role)),
            acting_in: (caller.role == Role::Approver).then_some(&caller.environment),
            environment: filter.environment.as_ref(),
            late_by: filter.overdue.then(|| self.0.settings.clock.now()),
            before,
            limit,
        };
        let rows = db.list_requests(&page).await?;
        reports(&mut db, rows).await
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
        Ok(RequestReport { row, artifact, revision, files })
    };
    rows.into_iter().map(report).collect()
}

fn by_id<T>(rows: Vec<T>, id: impl Fn(&T) -> String) -> HashMap<String, T> {
    rows.into_iter().map(|row| (id(&row), row)).collect()
}
