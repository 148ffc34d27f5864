//! Asking for a revision in an environment. The bytes are brought in meanwhile, so that those who answer
//! see what was found in them.

use std::time::Duration;

use weighbridge_domain::{
    Caller, CheckAnswer, Checked, Environment, Lane, LaneTable, Request, RequestState, Review,
    RiskAnswers, Role, Timestamp,
};
use weighbridge_store::{RequestRow, RevisionRow};

use super::table::lanes;
use super::{RequestError, RequestReport, checked};
use crate::admit::Ask;
use crate::admit::locate::Located;
use crate::event::CheckedRow;
use crate::{Engine, Event};

/// A request to make.
#[derive(Clone, Debug)]
pub struct NewRequest {
    /// For what.
    pub ask: Ask,
    /// Where it is to be used.
    pub environment: Environment,
    /// Why.
    pub because: String,
    /// What can go wrong with this use.
    pub risk: RiskAnswers,
}

impl Engine {
    /// Makes a request.
    pub async fn request_use(
        &self,
        by: &Caller,
        mut new: NewRequest,
    ) -> Result<RequestReport, RequestError> {
        if !by.holds(Role::may_ask) {
            return Err(RequestError::MayNotAsk(by.role));
        }
        if !self.0.settings.environments.iter().any(|known| known.name == new.environment) {
            return Err(RequestError::NoSuchEnvironment(new.environment));
        }
        let because = checked("because", &new.because)?;
        by.acting_on(Role::may_ask, &new.ask.artifact, &new.environment)?;
        if !new.risk.use_case.is_empty() {
            new.risk.use_case = checked("use_case", &new.risk.use_case)?;
        }
        let (located, revision) = self.find_listed(by, &new.ask).await?;
        let in_force = lanes(&mut *self.0.store.read().await?).await?;
        let table = &in_force.table;
        let rows = self.check_rows(&table.rows, &located, &revision, &new.environment).await?;
        let lane = Lane::of(table, located.tier.tier, &new.risk, &rows);
        let now = self.0.settings.clock.now();
        let mut request = Request {
            asked_by: by.name.clone(),
            environment: new.environment,
            reviews: lane.needs.iter().map(|role| part(table, *role, &rows, now)).collect(),
            needs: lane.needs,
            question: None,
            state: RequestState::Open,
            votes: Vec::new(),
        };
        request.begin_approval(now);
        let row = RequestRow {
            id: self.0.settings.ids.ulid(now),
            revision_id: revision.id.clone(),
            request,
            because,
            risk: new.risk,
            lane: lane.name.to_owned(),
            checks: rows,
            table: Some(in_force.digest),
            asked_at: now,
            decided_at: None,
            manifest: None,
            expires_at: None,
            conditions: String::new(),
        };
        let mut change = self.begin().await?;
        let environment = &row.request.environment;
        if let Some(open) = change.tx().find_open_request(&revision.id, environment).await? {
            return Err(RequestError::AlreadyOpen(open.id));
        }
        change.tx().put_lane_table(table).await?;
        change.tx().insert_request(&row).await?;
        let made = made(&row, &located, &revision, in_force.digest.to_string());
        change.commit(made).await?;
        self.bring_in_meanwhile(located, revision);
        self.show_request(by, &row.id).await
    }

    /// Brings in what is missing of a revision, without waiting for it. What fails is tried again when
    /// somebody answers, or asks for the file.
    pub(super) fn bring_in_meanwhile(&self, located: Located, revision: RevisionRow) {
        let engine = self.clone();
        tokio::spawn(async move {
            let artifact = located.artifact.clone();
            if let Err(refused) = engine.bring_in_whole(located, revision).await {
                tracing::warn!(%artifact, why = %refused.message(), "a requested revision is not here whole");
            }
        });
    }
}

/// The part of a role. An approver's time begins when the reviews are there.
fn part(table: &LaneTable, role: Role, rows: &[Checked], now: Timestamp) -> Review {
    let (hours, escalates_to) = table.service(role, rows);
    Review {
        role,
        assignee: None,
        hours,
        due_at: (role != Role::Approver).then(|| now.plus(Duration::from_hours(hours))),
        escalates_to,
        overdue_at: None,
        escalated_at: None,
    }
}

fn made(row: &RequestRow, located: &Located, revision: &RevisionRow, table: String) -> Event {
    Event::RequestMade {
        request: row.id.clone(),
        by: row.request.asked_by.clone(),
        artifact: located.artifact.to_string(),
        commit: revision.commit.to_string(),
        environment: row.request.environment.to_string(),
        because: row.because.clone(),
        use_case: row.risk.use_case.clone(),
        data: row.risk.data.to_string(),
        residency: row.risk.residency.as_ref().map(ToString::to_string),
        user_facing: row.risk.user_facing,
        affects_people: row.risk.affects_people,
        affected: row.risk.affected.map(|circle| circle.to_string()),
        lane: row.lane.clone(),
        needs: row.request.needs.iter().map(ToString::to_string).collect(),
        table,
        rows: row.checks.iter().map(CheckedRow::from).collect(),
    }
}

/// The rows that the yes of a role answers for, because nothing else does.
pub(crate) fn attested(rows: &[Checked], role: Role) -> Vec<String> {
    let open = rows.iter().filter(|row| row.answer != CheckAnswer::Yes && row.row.role == role);
    open.map(|row| row.row.id.clone()).collect()
}
