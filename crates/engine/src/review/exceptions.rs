//! What people have said beside the rules about an artifact in an environment: emergencies, waivers, and
//! the approvals that hold.

use weighbridge_domain::{Artifact, Environment, RequestState};
use weighbridge_store::{BreakGlassRow, RequestRow, StoreError, WaiverRow};

use crate::Engine;

/// What people have said beside the rules.
#[derive(Clone, Debug, Default)]
pub struct Exceptions {
    /// Emergencies that are open, wait for a second person, or that nobody has looked at.
    pub break_glass: Vec<BreakGlassRow>,
    /// Rules that are set aside now.
    pub waivers: Vec<WaiverRow>,
    /// Requests that were approved, as long as that holds.
    pub approvals: Vec<RequestRow>,
}

impl Engine {
    /// What people have said beside the rules about an artifact in an environment; of `requests`, those
    /// whose approval holds.
    pub async fn list_exceptions(
        &self,
        artifact: &Artifact,
        environment: &Environment,
        requests: &[String],
    ) -> Result<Exceptions, StoreError> {
        let now = self.0.settings.clock.now();
        let mut db = self.0.store.read().await?;
        let mut break_glass = db.list_break_glass_unclosed(now).await?;
        break_glass
            .retain(|row| row.glass.environment == *environment && row.pattern.matches(artifact));
        let mut waivers = db.list_waivers_in_force(environment, now).await?;
        waivers.retain(|row| row.pattern.matches(artifact));
        let mut approvals = Vec::new();
        for id in requests {
            let found = db.find_request(id).await?.filter(|row| {
                row.request.state == RequestState::Approved
                    && row.expires_at.is_some_and(|end| end > now)
            });
            approvals.extend(found);
        }
        Ok(Exceptions { break_glass, waivers, approvals })
    }
}
