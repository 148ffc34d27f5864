//! What a request has to do with one person: their answer is awaited, or their reply, or they asked for it.

use super::{Request, RequestState};
use crate::{Artifact, Caller, Role};

/// What a request has to do with somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concern {
    /// Their answer is awaited, in this role.
    Answer(Role),
    /// They asked for it, and a question waits for their reply.
    Reply,
    /// They asked for it: others have to act, or it is settled.
    Asked,
}

impl Request {
    /// What the request about `artifact` has to do with the caller, in any role that it holds there.
    pub fn concern(&self, caller: &Caller, artifact: &Artifact) -> Option<Concern> {
        if self.asked_by == caller.name {
            let waits = self.state == RequestState::Open && self.question.is_some();
            return Some(if waits { Concern::Reply } else { Concern::Asked });
        }
        if self.votes.iter().any(|vote| vote.by == caller.name) {
            return None;
        }
        let is_theirs = |role: Role| {
            let acting = caller.acting_on(|held| held == role, artifact, &self.environment);
            let assignee = self.review(role).and_then(|review| review.assignee.as_deref());
            acting.is_ok_and(|acting| self.has_part(&acting).is_ok())
                && assignee.is_none_or(|person| person == caller.name)
        };
        self.acting().into_iter().find(|role| is_theirs(*role)).map(Concern::Answer)
    }
}
