//! What people say to each other about a request: comments, a question to whoever asked, the reply.

use weighbridge_domain::{Caller, Role, Timestamp};
use weighbridge_store::{NoteRow, RequestRow, StoreError};

use super::answer::answering;
use super::{RequestError, RequestReport, checked};
use crate::{Change, Engine, Event};

/// What somebody says about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Say {
    /// For everybody who reads it.
    Comment,
    /// A question that whoever asked has to reply to before anybody says yes.
    Question,
    /// The reply.
    Reply,
}

impl Engine {
    /// Says something about a request.
    pub async fn say_on_request(
        &self,
        by: &Caller,
        id: &str,
        say: Say,
        text: &str,
    ) -> Result<RequestReport, RequestError> {
        let text = checked("text", text)?;
        let (mut change, mut row, about, now) = self.lock_known_request(by, id).await?;
        let (request, name) = (row.id.clone(), by.name.clone());
        let role = by.role.to_string();
        let (kind, event) = match say {
            Say::Comment => {
                let text = text.clone();
                ("comment", Event::RequestCommented { request, by: name, role, text })
            }
            Say::Question => {
                row.request.ask_back(&answering(by, &about, &row.request)?, now)?;
                let (asked_by, text) = (row.request.asked_by.clone(), text.clone());
                ("question", Event::RequestQuestioned { request, by: name, role, asked_by, text })
            }
            Say::Reply => {
                row.request.reply(by, now)?;
                let text = text.clone();
                ("reply", Event::RequestReplied { request, by: name, role, text })
            }
        };
        self.note(&mut change, &row, by, kind, text, now).await?;
        change.tx().save_request(&row).await?;
        change.commit(event).await?;
        self.show_request(by, id).await
    }

    /// Locks a request that the caller may know of and has a say in.
    pub(super) async fn lock_known_request(
        &self,
        by: &Caller,
        id: &str,
    ) -> Result<(Change, RequestRow, RequestReport, Timestamp), RequestError> {
        if !by.holds(Role::may_ask) {
            return Err(RequestError::MayNotAsk(by.role));
        }
        let about = self.show_request(by, id).await?;
        let mut change = self.begin().await?;
        let no_such = || RequestError::NoSuchRequest(id.chars().take(40).collect());
        let row = change.tx().lock_request(id).await?.ok_or_else(no_such)?;
        Ok((change, row, about, self.0.settings.clock.now()))
    }

    /// Keeps what was said.
    pub(super) async fn note(
        &self,
        change: &mut Change,
        row: &RequestRow,
        by: &Caller,
        kind: &str,
        text: String,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let note = NoteRow {
            id: self.0.settings.ids.ulid(at),
            request_id: row.id.clone(),
            kind: kind.to_owned(),
            author: by.name.clone(),
            role: by.role,
            text,
            at,
        };
        change.tx().insert_note(&note).await
    }
}
