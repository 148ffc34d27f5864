//! Taking a request back.

use weighbridge_domain::{Caller, RequestState, VoteError};

use super::{RequestError, RequestReport};
use crate::{Engine, Event};

impl Engine {
    /// Takes an open request back: whoever asked, or an administrator.
    pub async fn withdraw_request(
        &self,
        by: &Caller,
        id: &str,
    ) -> Result<RequestReport, RequestError> {
        self.show_request(by, id).await?;
        let mut change = self.begin().await?;
        let no_such = || RequestError::NoSuchRequest(id.chars().take(40).collect());
        let mut row = change.tx().lock_request(id).await?.ok_or_else(no_such)?;
        if row.request.asked_by != by.name && !by.is_admin() {
            return Err(RequestError::NotYours(row.request.asked_by));
        }
        if row.request.state != RequestState::Open {
            return Err(VoteError::NotOpen(row.request.state).into());
        }
        row.request.state = RequestState::Withdrawn;
        row.decided_at = Some(self.0.settings.clock.now());
        change.tx().save_request(&row).await?;
        let event = Event::RequestWithdrawn { request: row.id, by: by.name.clone() };
        change.commit(event).await?;
        self.show_request(by, id).await
    }
}
