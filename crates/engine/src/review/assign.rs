//! Whose part it is: given to one person of the role, or escalated when nobody does it.

use std::collections::BTreeSet;

use weighbridge_domain::{Artifact, Caller, Environment, Role, Timestamp};
use weighbridge_store::{Queries, StoreError};

use super::{RequestError, RequestReport, checked};
use crate::{Engine, Event};

/// How many people of a role are named.
const NAMED: usize = 5;

impl Engine {
    /// Gives the part of a role to one person of it.
    pub async fn reassign_request(
        &self,
        by: &Caller,
        id: &str,
        role: Role,
        to: &str,
        because: &str,
    ) -> Result<RequestReport, RequestError> {
        let because = checked("because", because)?;
        let (mut change, mut row, about, now) = self.lock_known_request(by, id).await?;
        let (artifact, environment) = (&about.artifact.artifact, row.request.environment.clone());
        let gives = |own: Role| own == role || own == Role::Approver || own == Role::Admin;
        let by = &by.acting_on(gives, artifact, &environment)?;
        row.request.reassign(by, role, to)?;
        let people = people(change.tx(), role, artifact, &environment, now).await?;
        if !people.iter().any(|name| name == to) {
            let name = to.chars().take(60).collect();
            return Err(RequestError::NoSuchPerson { name, role });
        }
        let said = format!("{role} to {to}: {because}");
        self.note(&mut change, &row, by, "reassigned", said, now).await?;
        change.tx().save_request(&row).await?;
        let (request, part) = (row.id, role.to_string());
        let (by_name, to) = (by.name.clone(), to.to_owned());
        let event = Event::RequestReassigned { request, by: by_name, part, to, because };
        change.commit(event).await?;
        self.show_request(by, id).await
    }

    /// Escalates the part of a role, or the one that comes next: whoever is told sees to it, and anybody
    /// of the role may answer.
    pub async fn escalate_request(
        &self,
        by: &Caller,
        id: &str,
        role: Option<Role>,
        because: &str,
    ) -> Result<RequestReport, RequestError> {
        let because = checked("because", because)?;
        let (mut change, mut row, about, now) = self.lock_known_request(by, id).await?;
        let next = row.request.acting().first().copied().unwrap_or(Role::Approver);
        let role = role.unwrap_or(next);
        // An account escalates in whichever of its roles has a say there.
        let artifact = &about.artifact.artifact;
        let has_say = |own: Role| own.reviews() || own == Role::Admin;
        let is_own = row.request.asked_by == by.name || by.holder.is_none();
        let acting = if is_own {
            by.clone()
        } else {
            by.acting_on(has_say, artifact, &row.request.environment)?
        };
        let to = row.request.escalate(&acting, role, now)?;
        let said = format!("{role} to {to}: {because}");
        self.note(&mut change, &row, &acting, "escalated", said, now).await?;
        change.tx().save_request(&row).await?;
        change
            .commit(Event::RequestEscalated {
                request: row.id,
                by: by.name.clone(),
                artifact: about.artifact.artifact.to_string(),
                environment: row.request.environment.to_string(),
                part: role.to_string(),
                to: to.to_string(),
                because,
            })
            .await?;
        self.show_request(by, id).await
    }

    /// Everybody to whom the part of a role in a request can be given; whoever asked for it is not among them.
    pub async fn list_assignable(
        &self,
        report: &RequestReport,
        role: Role,
    ) -> Result<Vec<String>, StoreError> {
        let now = self.0.settings.clock.now();
        let request = &report.row.request;
        let mut db = self.0.store.read().await?;
        let artifact = &report.artifact.artifact;
        let mut people = people(&mut db, role, artifact, &request.environment, now).await?;
        let has_said = |name: &String| request.votes.iter().any(|vote| vote.by == *name);
        people.retain(|name| *name != request.asked_by && !has_said(name));
        Ok(people)
    }

    /// A few people who have a role, an approver in that environment; for whoever looks for one.
    pub(crate) async fn people_in(
        &self,
        role: Role,
        artifact: &Artifact,
        environment: &Environment,
        but: Option<&str>,
    ) -> Result<Vec<String>, StoreError> {
        let now = self.0.settings.clock.now();
        let mut db = self.0.store.read().await?;
        let mut people = people(&mut db, role, artifact, environment, now).await?;
        people.retain(|name| Some(name.as_str()) != but);
        people.truncate(NAMED);
        Ok(people)
    }
}

/// Everybody who has a role for an artifact there: people with accounts, and bare tokens.
async fn people(
    db: &mut Queries,
    role: Role,
    artifact: &Artifact,
    environment: &Environment,
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    let mut people = BTreeSet::new();
    for (name, grant) in db.list_holders(role).await? {
        if grant.covers(artifact, environment) {
            people.insert(name.to_string());
        }
    }
    for token in db.list_tokens().await? {
        let is_active = token.revoked_at.is_none() && token.expires_at.is_none_or(|end| end > now);
        let is_person = token.account_id.is_none() && token.service.is_none();
        let is_here = role != Role::Approver || token.environment == *environment;
        if is_active && is_person && is_here && token.role == role {
            people.insert(token.name);
        }
    }
    Ok(people.into_iter().collect())
}
