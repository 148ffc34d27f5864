//! What was asked for, and where it stands.

use std::collections::HashMap;

use weighbridge_domain::{Caller, Concern, Environment, RequestState, Role};
use weighbridge_store::{
    ArtifactRow, FileCount, MinePage, NoteRow, Queries, RequestPage, RequestRow, RevisionRow,
    StoreError,
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
    /// What it has to do with whoever looks.
    pub concern: Option<Concern>,
    /// Its place in the list it was found in: what to go on behind.
    pub place: String,
}

/// Which requests to list.
#[derive(Clone, Debug, Default)]
pub struct RequestFilter {
    /// Only those that stand there.
    pub state: Option<RequestState>,
    /// Only those that the caller made, or whose answer is awaited in any of its roles.
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
        report.note_concern(&whole_person(&mut db, caller).await?);
        // What waits for somebody is theirs to read, in whichever role they look.
        let waits_for_them = matches!(report.concern, Some(Concern::Answer(_)));
        if !waits_for_them && !report.is_known_to(caller) {
            return Err(no_such());
        }
        report.notes = db.list_notes(id).await?;
        Ok(report)
    }

    /// Requests that the caller may know of, the newest first, from behind the place `after` on. Those that
    /// concern the caller come in another order: what is due first, and what is settled last.
    pub async fn list_requests(
        &self,
        caller: &Caller,
        filter: &RequestFilter,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<RequestReport>, RequestError> {
        let mut db = self.0.store.read().await?;
        let person =
            if filter.mine { whole_person(&mut db, caller).await? } else { caller.clone() };
        let caller = &person;
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut found: Vec<RequestReport> = Vec::new();
        let mut after = after.map(str::to_owned);
        // What a page holds of other namespaces is left out, and the next one is read.
        loop {
            let after_now = after.as_deref();
            let (places, rows) = if filter.mine {
                self.page_of_mine(&mut db, caller, filter, after_now, limit).await?
            } else {
                self.page_of_all(&mut db, caller, filter, after_now, limit).await?
            };
            let is_last = rows.len() < wanted;
            after = places.last().cloned();
            for (mut report, place) in reports(&mut db, rows).await?.into_iter().zip(places) {
                report.place = place;
                report.note_concern(caller);
                let is_wanted = !filter.mine || report.concern.is_some();
                if is_wanted && report.is_known_to(caller) {
                    found.push(report);
                }
            }
            found.truncate(wanted);
            if is_last || found.len() == wanted {
                return Ok(found);
            }
        }
    }

    async fn page_of_all(
        &self,
        db: &mut Queries,
        caller: &Caller,
        filter: &RequestFilter,
        before: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<String>, Vec<RequestRow>), RequestError> {
        let reads_more = caller.holds(Role::reads_everything);
        let page = RequestPage {
            state: filter.state,
            asked_by: (!reads_more).then_some(caller.name.as_str()),
            environment: filter.environment.as_ref(),
            late_by: filter.overdue.then(|| self.0.settings.clock.now()),
            before,
            limit,
        };
        let rows = db.list_requests(&page).await?;
        Ok((rows.iter().map(|row| row.id.clone()).collect(), rows))
    }

    async fn page_of_mine(
        &self,
        db: &mut Queries,
        caller: &Caller,
        filter: &RequestFilter,
        after: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<String>, Vec<RequestRow>), RequestError> {
        let after = after.map(str::parse).transpose().map_err(RequestError::NoSuchPlace)?;
        let roles = Role::ALL.into_iter().filter(|role| caller.holds(|held| held == *role));
        let page = MinePage {
            person: &caller.name,
            roles: &roles.collect::<Vec<_>>(),
            state: filter.state,
            environment: filter.environment.as_ref(),
            late_by: filter.overdue.then(|| self.0.settings.clock.now()),
            after: after.as_ref(),
            limit,
        };
        let found = db.list_requests_of(&page).await?;
        Ok(found.into_iter().map(|(place, row)| (place.to_string(), row)).unzip())
    }
}

impl RequestReport {
    fn note_concern(&mut self, caller: &Caller) {
        self.concern = self.row.request.concern(caller, &self.artifact.artifact);
    }

    /// Whether the caller may know of it: whoever asked, and whoever reads everything there.
    pub(crate) fn is_known_to(&self, caller: &Caller) -> bool {
        let request = &self.row.request;
        request.asked_by == caller.name
            || caller.reads_about(&self.artifact.artifact, &request.environment)
    }
}

/// The caller with all that its account holds: a token acts in one of the roles, and what waits for a person
/// waits for them in every one.
async fn whole_person(db: &mut Queries, caller: &Caller) -> Result<Caller, StoreError> {
    let mut person = caller.clone();
    if let Some(holder) = &mut person.holder {
        let grants = db.list_grants(&holder.account_id).await?;
        holder.grants = grants.into_iter().map(|row| row.grant).collect();
    }
    Ok(person)
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
        let place = row.id.clone();
        let (notes, concern) = (Vec::new(), None);
        Ok(RequestReport { row, artifact, revision, files, notes, concern, place })
    };
    rows.into_iter().map(report).collect()
}

fn by_id<T>(rows: Vec<T>, id: impl Fn(&T) -> String) -> HashMap<String, T> {
    rows.into_iter().map(|row| (id(&row), row)).collect()
}
