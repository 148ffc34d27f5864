//! `POST /api/v1/witness/add-checkpoint`: cosigns the checkpoint of another log (C2SP tlog-witness).
//!
//! Nobody signs in here: the signature of a known log is what counts, as the standard says.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use weighbridge_engine::WitnessRefusal;

use crate::ServerState;

/// The cosignature, or why not, with the statuses of the standard.
pub(crate) async fn add_checkpoint(State(state): State<ServerState>, body: String) -> Response {
    let refusal = match state.engine.add_checkpoint(&body).await {
        Ok(line) => return text(StatusCode::OK, "text/plain; charset=utf-8", line),
        Err(refusal) => refusal,
    };
    let status = match &refusal {
        WitnessRefusal::OtherSize(size) => {
            return text(StatusCode::CONFLICT, "text/x.tlog.size", format!("{size}\n"));
        }
        WitnessRefusal::Malformed(_) => StatusCode::BAD_REQUEST,
        WitnessRefusal::UnknownLog => StatusCode::NOT_FOUND,
        WitnessRefusal::NotSigned => StatusCode::FORBIDDEN,
        WitnessRefusal::NotContinued => StatusCode::UNPROCESSABLE_ENTITY,
        WitnessRefusal::Store(error) => {
            tracing::error!(%error, "a checkpoint could not be cosigned");
            let told = "something failed inside Weighbridge; it was logged\n".to_owned();
            return text(StatusCode::INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8", told);
        }
    };
    text(status, "text/plain; charset=utf-8", format!("{refusal}\n"))
}

fn text(status: StatusCode, kind: &'static str, body: String) -> Response {
    let mut response = (status, body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
