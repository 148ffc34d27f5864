//! What people say to each other about a request, and whose part it is: what is shown, and the forms.

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::super::posted::Posted;
use super::show::{Failed, show};
use crate::ServerState;
use crate::api::extract::{Path, parsed};
use crate::api::requests::{RequestView, SayRequest};
use crate::problem::Problem;

/// One thing that was said: an answer, or a note.
pub(super) struct Said {
    /// The class that shows which it is; the words say it too.
    pub(super) shade: &'static str,
    /// `said yes`, `asked`, `replied` and so on.
    pub(super) verb: &'static str,
    pub(super) by: String,
    pub(super) role: String,
    pub(super) text: String,
    pub(super) at: String,
}

/// Answers and what else was said, the oldest first.
pub(super) fn talk(request: &RequestView) -> Vec<Said> {
    let answers = request.answers.iter().map(|answer| {
        let (shade, verb) =
            if answer.answer == "yes" { ("yes", "said yes") } else { ("deny", "said no") };
        let (by, role) = (answer.by.clone(), answer.role.clone());
        Said { shade, verb, by, role, text: answer.comment.clone(), at: answer.at.clone() }
    });
    let notes = request.notes.iter().map(|note| {
        let (shade, verb) = match note.kind.as_str() {
            "question" => ("hold", "asked a question"),
            "reply" => ("", "replied"),
            "reassigned" => ("", "reassigned"),
            "escalated" => ("hold", "escalated"),
            _ => ("", "commented"),
        };
        let (by, role) = (note.by.clone(), note.role.clone());
        Said { shade, verb, by, role, text: note.text.clone(), at: note.at.clone() }
    });
    let mut talk: Vec<Said> = answers.chain(notes).collect();
    talk.sort_by(|one, other| one.at.cmp(&other.at));
    talk
}

/// What the form to say something says.
#[derive(Deserialize)]
pub(crate) struct Say {
    kind: String,
    text: String,
}

/// What the form to give a part to somebody says.
#[derive(Deserialize)]
pub(crate) struct Reassign {
    role: String,
    #[serde(default)]
    to: String,
    because: String,
}

/// What the form to escalate says.
#[derive(Deserialize)]
pub(crate) struct Escalate {
    role: String,
    because: String,
}

/// `POST /ui/requests/{id}/say`: a comment, a question, or the reply.
pub(crate) async fn say(
    State(state): State<ServerState>,
    Path(id): Path<String>,
    Posted { visitor, form: Say { kind, text } }: Posted<Say>,
) -> Response {
    let written = text.clone();
    let said = async {
        let (say, text) = SayRequest { kind, text }.said()?;
        Ok::<_, Problem>(state.engine.say_on_request(&visitor.caller, &id, say, &text).await?)
    };
    match said.await {
        Ok(_) => back(&id),
        Err(problem) => show(&state, &visitor, &id, Some(Failed { problem, written })).await,
    }
}

/// `POST /ui/requests/{id}/reassign`: gives the part of a role to one person of it.
pub(crate) async fn reassign(
    State(state): State<ServerState>,
    Path(id): Path<String>,
    Posted { visitor, form: Reassign { role, to, because } }: Posted<Reassign>,
) -> Response {
    let done = async {
        let role = parsed("role", &role)?;
        let by = &visitor.caller;
        Ok::<_, Problem>(state.engine.reassign_request(by, &id, role, &to, &because).await?)
    };
    match done.await {
        Ok(_) => back(&id),
        Err(problem) => {
            show(&state, &visitor, &id, Some(Failed { problem, written: because })).await
        }
    }
}

/// `POST /ui/requests/{id}/escalate`: tells those above that nobody answers.
pub(crate) async fn escalate(
    State(state): State<ServerState>,
    Path(id): Path<String>,
    Posted { visitor, form: Escalate { role, because } }: Posted<Escalate>,
) -> Response {
    let done = async {
        let role = Some(parsed("role", &role)?);
        Ok::<_, Problem>(state.engine.escalate_request(&visitor.caller, &id, role, &because).await?)
    };
    match done.await {
        Ok(_) => back(&id),
        Err(problem) => {
            show(&state, &visitor, &id, Some(Failed { problem, written: because })).await
        }
    }
}

fn back(id: &str) -> Response {
    Redirect::to(&format!("/ui/requests/{id}")).into_response()
}
