//! `POST /ui/break-glass`: declares an emergency, from the form.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use weighbridge_engine::NewBreakGlass;

use super::super::posted::Posted;
use super::{Written, back, show};
use crate::ServerState;
use crate::api::extract::parsed;
use crate::problem::Problem;

/// What the form says.
#[derive(Clone, Deserialize)]
pub(crate) struct Form {
    pattern: String,
    environment: String,
    because: String,
    hours: String,
}

/// Opens it, and shows the page again.
pub(crate) async fn open(
    State(state): State<ServerState>,
    Posted { visitor, form }: Posted<Form>,
) -> Response {
    let Form { pattern, environment, because, hours } = form.clone();
    let opened = async {
        let new = NewBreakGlass {
            pattern: parsed("pattern", form.pattern.trim())?,
            environment: parsed("environment", &form.environment)?,
            because: form.because,
            hours: parsed("hours", form.hours.trim())?,
        };
        Ok::<_, Problem>(state.engine.open_break_glass(&visitor.caller, new).await?)
    };
    match opened.await {
        Ok(row) => back(&row.id),
        Err(problem) => {
            let written = Written { pattern, environment, because, hours, ..Written::default() };
            show(&state, &visitor, None, Some(problem), written).await
        }
    }
}
