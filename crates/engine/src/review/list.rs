//! What was asked for, and where it stands.

use weighbridge_domain::{Caller, RequestState};
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
    /// Only those the caller made.
    pub mine: bool,
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
        report(&mut db, row).await
    }

    /// Requests that the caller may know of, the newest first, from before `before` on.
    pub async fn list_requests(
        &self,
        caller: &Caller,
        filter: &RequestFilter,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<RequestReport>, RequestError> {
        let own = (filter.mine || !caller.role.reads_everything()).then_some(caller.name.as_str());
        let mut db = self.0.store.read().await?;
        let page = RequestPage { state: filter.state, asked_by: own, before, limit };
        let mut reports = Vec::new();
        for row in db.list_requests(&page).await? {
            reports.push(report(&mut db, row).await?);
        }
        Ok(reports)
    }
}

async fn report(db: &mut Queries, row: RequestRow) -> Result<RequestReport, RequestError> {
    let lost = || Refused::internal(format!("what request {} is about vanished", row.id));
    let revision = db.find_revision_by_id(&row.revision_id).await?.ok_or_else(lost)?;
    let artifact = db.find_artifact_by_id(&revision.artifact_id).await?.ok_or_else(lost)?;
    let files = db.count_files(&revision.id).await?;
    Ok(RequestReport { row, artifact, revision, files })
}
