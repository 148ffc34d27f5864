//! Asking for a revision in an environment. The bytes are brought in meanwhile, so that those who answer
//! see what was found in them.

use weighbridge_domain::{Caller, Environment, Lane, Request, RequestState, RiskAnswers};
use weighbridge_store::{RequestRow, RevisionRow};

use super::{RequestError, RequestReport, checked};
use crate::admit::Ask;
use crate::admit::locate::Located;
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
        new: NewRequest,
    ) -> Result<RequestReport, RequestError> {
        if !by.role.may_ask() {
            return Err(RequestError::MayNotAsk(by.role));
        }
        if !self.0.settings.environments.iter().any(|known| known.name == new.environment) {
            return Err(RequestError::NoSuchEnvironment(new.environment));
        }
        let because = checked("because", &new.because)?;
        let (located, revision) = self.find_listed(by, &new.ask).await?;
        let lane = Lane::of(located.tier.tier, &new.risk);
        let now = self.0.settings.clock.now();
        let row = RequestRow {
            id: self.0.settings.ids.ulid(now),
            revision_id: revision.id.clone(),
            request: Request {
                asked_by: by.name.clone(),
                environment: new.environment,
                needs: lane.needs,
                state: RequestState::Open,
                votes: Vec::new(),
            },
            because,
            risk: new.risk,
            lane: lane.name.to_owned(),
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
        change.tx().insert_request(&row).await?;
        change
            .commit(Event::RequestMade {
                request: row.id.clone(),
                by: by.name.clone(),
                artifact: located.artifact.to_string(),
                commit: revision.commit.to_string(),
                environment: environment.to_string(),
                because: row.because.clone(),
                lane: row.lane.clone(),
                needs: row.request.needs.iter().map(ToString::to_string).collect(),
            })
            .await?;
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
