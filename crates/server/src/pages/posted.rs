//! A form that somebody signed in has sent from a page of ours. Every form of the console that changes
//! something comes in through here: an operation that takes [`Posted`] cannot forget the check.

use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::visitor::Visitor;
use super::{sign_in, trouble};
use crate::ServerState;
use crate::problem::Problem;

/// What the form said, and who sent it.
pub(crate) struct Posted<T> {
    pub(crate) visitor: Visitor,
    pub(crate) form: T,
}

/// What the frame puts into every form.
#[derive(Deserialize)]
struct Guarded {
    #[serde(default)]
    form_token: String,
}

impl<T: DeserializeOwned + Send> FromRequest<ServerState> for Posted<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &ServerState) -> Result<Posted<T>, Response> {
        let (parts, body) = request.into_parts();
        let visitor = Visitor::of(&parts.headers, state).await;
        let stranger = || {
            let path = parts.uri.path();
            tracing::warn!(by = %visitor.caller.name, path, "a form that no page of ours sent was refused");
            let detail = "that form came from another site, or from a session that has ended";
            Problem::forbidden("foreign-form", detail).hint("load the page again and send it anew")
        };
        if is_foreign(&parts.headers, state) {
            return Err(trouble(&visitor, stranger(), "/ui"));
        }
        if !visitor.is_signed_in {
            let note = Some("Your session has ended: sign in again".to_owned());
            return Err(sign_in::form(&visitor, StatusCode::UNAUTHORIZED, "/ui", note));
        }
        let bytes = match Bytes::from_request(Request::from_parts(parts.clone(), body), state).await
        {
            Ok(bytes) => bytes,
            Err(rejection) => return Err(rejection.into_response()),
        };
        let Guarded { form_token } = read(&parts, &bytes, state).await?;
        if form_token.is_empty() || form_token != visitor.form_token {
            return Err(trouble(&visitor, stranger(), "/ui"));
        }
        Ok(Posted { form: read(&parts, &bytes, state).await?, visitor })
    }
}

async fn read<T: DeserializeOwned>(
    parts: &http::request::Parts,
    bytes: &Bytes,
    state: &ServerState,
) -> Result<T, Response> {
    let request = Request::from_parts(parts.clone(), bytes.clone().into());
    match axum::Form::from_request(request, state).await {
        Ok(axum::Form(form)) => Ok(form),
        Err(rejection) => Err(rejection.into_response()),
    }
}

/// Whether a browser says that another site sent the form: by its own word, or by its origin.
pub(super) fn is_foreign(headers: &HeaderMap, state: &ServerState) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN.as_str()) else { return false };
    let base = state.base_url(headers);
    // The scheme may have ended at a proxy, so only the host is compared.
    let host = |url: &str| {
        let rest = url.split_once("://").map(|(_, rest)| rest.to_owned());
        rest.map(|rest| rest.split('/').next().unwrap_or_default().to_lowercase())
    };
    host(origin).is_none() || host(origin) != host(&base)
}
