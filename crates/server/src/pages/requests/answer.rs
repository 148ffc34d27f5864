//! `POST /ui/requests/{id}/answer`: a reviewer's yes or no, from the form.

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use weighbridge_engine::NewAnswer;

use super::super::posted::Posted;
use super::show::{Failed, show};
use crate::ServerState;
use crate::api::extract::{Path, moment};
use crate::problem::Problem;

/// What the form says.
#[derive(Deserialize)]
pub(crate) struct Form {
    answer: String,
    comment: String,
    /// A day, as `2027-01-31`: the approval lasts through it.
    #[serde(default)]
    until: String,
    #[serde(default)]
    conditions: String,
}

/// Answers, and shows the request again.
pub(crate) async fn answer(
    State(state): State<ServerState>,
    Path(id): Path<String>,
    Posted { visitor, form }: Posted<Form>,
) -> Response {
    let written = form.comment.clone();
    let answered = async {
        let new = NewAnswer {
            is_yes: form.answer == "yes",
            comment: form.comment,
            expires_at: match form.until.trim() {
                "" => None,
                day => Some(moment("until", &format!("{day}T23:59:59Z"))?),
            },
            conditions: form.conditions,
        };
        Ok::<_, Problem>(state.engine.answer_request(&visitor.caller, &id, new).await?)
    };
    match answered.await {
        Ok(_) => Redirect::to(&format!("/ui/requests/{id}")).into_response(),
        Err(problem) => show(&state, &visitor, &id, Some(Failed { problem, written })).await,
    }
}
