//! What the API says when it does not do what was asked: RFC 9457, with a stable code.
//!
//! The rule: internals are logged here, once, and never sent.

use std::fmt::Display;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a request was not answered.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) detail: String,
    pub(crate) hint: Option<String>,
}

/// A problem document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProblemView {
    /// A name for the kind of problem; the code again, as RFC 9457 wants it.
    #[schema(example = "urn:weighbridge:problem:no-such-source")]
    pub r#type: String,
    /// The words of the status.
    #[schema(example = "Not Found")]
    pub title: String,
    /// The status.
    #[schema(example = 404)]
    pub status: u16,
    /// Stable, for programs.
    #[schema(example = "no-such-source")]
    pub code: String,
    /// For people.
    #[schema(example = "there is no source `hub`")]
    pub detail: String,
    /// The next step, where there is one.
    pub hint: Option<String>,
}

impl Problem {
    /// What went wrong and what would help, as a page says it above a form.
    pub(crate) fn sentence(self) -> String {
        match self.hint {
            Some(hint) => format!("{}; {hint}", self.detail),
            None => self.detail,
        }
    }

    /// The request makes no sense.
    pub(crate) fn bad_request(code: &'static str, detail: impl Display) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// Nobody knows who asks.
    pub(crate) fn unauthorized(code: &'static str, detail: impl Display) -> Problem {
        Problem::new(StatusCode::UNAUTHORIZED, code, detail)
    }

    /// The caller is known and may not.
    pub(crate) fn forbidden(code: &'static str, detail: impl Display) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, code, detail)
    }

    /// There is no such thing, or the caller may not know that there is.
    pub(crate) fn not_found(code: &'static str, detail: impl Display) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, code, detail)
    }

    /// It contradicts what is there.
    pub(crate) fn conflict(code: &'static str, detail: impl Display) -> Problem {
        Problem::new(StatusCode::CONFLICT, code, detail)
    }

    /// Something failed here.
    pub(crate) fn internal(error: impl Display) -> Problem {
        tracing::error!(%error, "a request failed");
        let detail = "something failed inside Weighbridge; it was logged";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    /// Says what to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Display) -> Problem {
        Problem { status, code, detail: detail.to_string(), hint: None }
    }

    pub(crate) fn view(&self) -> ProblemView {
        ProblemView {
            r#type: format!("urn:weighbridge:problem:{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            code: self.code.to_owned(),
            detail: self.detail.clone(),
            hint: self.hint.clone(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.view())).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer realm=\"weighbridge\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}
