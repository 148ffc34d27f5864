//! What people say to each other about a request before it is answered, and who has to act next.

use super::{OpenQuestion, Request, RequestState, Review, VoteError};
use crate::{Caller, Role, Timestamp};

impl Review {
    /// Whether somebody has yet to be told, once it is late.
    fn is_untold(&self) -> bool {
        self.overdue_at.is_none() || self.escalated_at.is_none()
    }
}

impl Request {
    /// Puts a question to whoever asked: the request waits for the reply.
    pub fn ask_back(&mut self, by: &Caller, at: Timestamp) -> Result<(), VoteError> {
        self.has_part(by)?;
        if let Some(question) = &self.question {
            let (by, asker) = (question.by.clone(), self.asked_by.clone());
            return Err(VoteError::QuestionOpen { by, asker });
        }
        self.question = Some(OpenQuestion { by: by.name.clone(), at });
        Ok(())
    }

    /// Takes the reply: from whoever asked for the artifact, or from whoever asked the question. The
    /// time that it took is not the reviewers'.
    pub fn reply(&mut self, by: &Caller, at: Timestamp) -> Result<(), VoteError> {
        self.is_open()?;
        let Some(question) = &self.question else { return Err(VoteError::NoQuestion) };
        if by.name != self.asked_by && by.name != question.by {
            return Err(VoteError::NotYours(format!("`{}` or `{}`", self.asked_by, question.by)));
        }
        let waited = question.at.until(at);
        self.question = None;
        let missing = self.missing();
        for review in self.reviews.iter_mut().filter(|review| missing.contains(&review.role)) {
            review.due_at = review.due_at.map(|due| due.plus(waited));
        }
        Ok(())
    }

    /// Gives a part to one person of its role: somebody else of that role does, an approver, or an
    /// administrator.
    pub fn reassign(&mut self, by: &Caller, role: Role, to: &str) -> Result<(), VoteError> {
        self.is_open()?;
        if !self.missing().contains(&role) {
            let needs = self.missing();
            return Err(VoteError::NotYourRole { role, needs });
        }
        let is_approver = by.role == Role::Approver && by.environment == self.environment;
        if by.name == self.asked_by || !(by.role == role || is_approver || by.role == Role::Admin) {
            let who = format!("a `{role}`, an approver of `{}` or an admin", self.environment);
            return Err(VoteError::NotYours(who));
        }
        if to == self.asked_by {
            return Err(VoteError::Own);
        }
        if self.votes.iter().any(|vote| vote.by == to) {
            return Err(VoteError::Twice(to.to_owned()));
        }
        if let Some(review) = self.review_mut(role) {
            review.assignee = Some(to.to_owned());
        }
        Ok(())
    }

    /// Escalates a part: whoever asked, somebody with a part in it, or an administrator. Then anybody
    /// of the role may answer, and the role that is told sees to it. Answers that role.
    pub fn escalate(&mut self, by: &Caller, role: Role, at: Timestamp) -> Result<Role, VoteError> {
        self.is_open()?;
        if by.name != self.asked_by && !by.role.reviews() && by.role != Role::Admin {
            let who = format!("`{}`, a reviewer or an admin", self.asked_by);
            return Err(VoteError::NotYours(who));
        }
        self.raise(role, at)
    }

    /// Escalates a part because nobody did it in time.
    pub fn raise(&mut self, role: Role, at: Timestamp) -> Result<Role, VoteError> {
        let needs = self.missing();
        let is_missing = needs.contains(&role);
        match self.review_mut(role).filter(|_| is_missing) {
            Some(review) => {
                review.escalated_at = Some(at);
                review.assignee = None;
                Ok(review.escalates_to)
            }
            None => Err(VoteError::NotYourRole { role, needs }),
        }
    }

    /// The parts that are late and were not noticed to be, or not escalated.
    pub fn late(&self, now: Timestamp) -> Vec<Role> {
        let Some(missing) = self.awaited() else { return Vec::new() };
        let late = self.reviews.iter().filter(|review| {
            let is_due = review.due_at.is_some_and(|due| due <= now);
            is_due && review.is_untold() && missing.contains(&review.role)
        });
        late.map(|review| review.role).collect()
    }

    /// Notices that a part is late.
    pub fn notice_late(&mut self, role: Role, at: Timestamp) {
        if let Some(review) = self.review_mut(role) {
            review.overdue_at = Some(at);
        }
    }

    /// The first moment at which a part is or was late; `None` when nothing can become late.
    pub fn due(&self) -> Option<Timestamp> {
        let missing = self.awaited()?;
        let parts = self.reviews.iter().filter(|review| missing.contains(&review.role));
        parts.filter_map(|review| review.due_at).min()
    }

    /// The roles that can answer now: the approver after the others, nobody while a question is open.
    pub fn acting(&self) -> Vec<Role> {
        let mut roles = self.awaited().unwrap_or_default();
        if roles.len() > 1 {
            roles.retain(|role| *role != Role::Approver);
        }
        roles
    }

    /// When somebody has to be told that a part is late; `None` when nothing can become late.
    pub fn next_due(&self) -> Option<Timestamp> {
        let missing = self.awaited()?;
        let parts = self.reviews.iter().filter(|review| missing.contains(&review.role));
        parts.filter(|review| review.is_untold()).filter_map(|review| review.due_at).min()
    }

    /// The roles whose answers are waited for: none while whoever asked has to reply.
    fn awaited(&self) -> Option<Vec<Role>> {
        let waits = self.state == RequestState::Open && self.question.is_none();
        waits.then(|| self.missing())
    }

    fn is_open(&self) -> Result<(), VoteError> {
        match self.state {
            RequestState::Open => Ok(()),
            other => Err(VoteError::NotOpen(other)),
        }
    }

    fn review_mut(&mut self, role: Role) -> Option<&mut Review> {
        self.reviews.iter_mut().find(|review| review.role == role)
    }
}
