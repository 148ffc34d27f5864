//! `POST /ui/break-glass/{id}/confirm`: the second person says yes, from the form.

use axum::extract::State;
use axum::response::Response;

use super::super::account::Nothing;
use super::super::posted::Posted;
use super::{Written, back, show};
use crate::ServerState;
use crate::api::extract::Path;
use crate::problem::Problem;

/// Confirms it, and shows the page again.
pub(crate) async fn confirm(
    State(state): State<ServerState>,
    Path(id): Path<String>,
    Posted { visitor, form: Nothing {} }: Posted<Nothing>,
) -> Response {
    match state.engine.confirm_break_glass(&visitor.caller, &id).await {
        Ok(_) => back(&id),
        Err(error) => {
            let problem = Problem::from(error);
            show(&state, &visitor, None, Some(problem), Written::default()).await
        }
    }
}
