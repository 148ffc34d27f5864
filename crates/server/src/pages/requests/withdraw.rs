//! `POST /ui/requests/{id}/withdraw`: whoever asked takes it back, from the form.

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::super::account::Nothing;
use super::super::posted::Posted;
use super::show::{Failed, show};
use crate::ServerState;
use crate::api::extract::Path;
use crate::problem::Problem;

/// Withdraws, and shows the request again.
pub(crate) async fn withdraw(
    State(state): State<ServerState>,
    Path(id): Path<String>,
    Posted { visitor, form: Nothing {} }: Posted<Nothing>,
) -> Response {
    match state.engine.withdraw_request(&visitor.caller, &id).await {
        Ok(_) => Redirect::to(&format!("/ui/requests/{id}")).into_response(),
        Err(error) => {
            let failed = Failed { problem: Problem::from(error), written: String::new() };
            show(&state, &visitor, &id, Some(failed)).await
        }
    }
}
