//! `POST /ui/break-glass/{id}/close`: somebody else has looked at what came through, from the form.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::super::posted::Posted;
use super::{Written, back, show};
use crate::ServerState;
use crate::api::extract::Path;
use crate::problem::Problem;

/// What the form says.
#[derive(Deserialize)]
pub(crate) struct Form {
    review: String,
}

/// Closes it, and shows the page again.
pub(crate) async fn close(
    State(state): State<ServerState>,
    Path(id): Path<String>,
    Posted { visitor, form: Form { review } }: Posted<Form>,
) -> Response {
    match state.engine.close_break_glass(&visitor.caller, &id, &review).await {
        Ok(_) => back(&id),
        Err(error) => {
            let written = Written { review, about: id, ..Written::default() };
            show(&state, &visitor, None, Some(Problem::from(error)), written).await
        }
    }
}
