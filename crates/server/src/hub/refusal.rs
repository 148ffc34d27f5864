//! How a refusal reaches a person through clients that were never told about Weighbridge.
//!
//! Measured: the `hf` CLI shows a plain 403, transformers shows only `GatedRepo`, and all of them
//! print `X-HF-Warning`. A warm cache is respected unless the answer is 404 `RevisionNotFound`.

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use weighbridge_domain::{Caller, Outcome};
use weighbridge_engine::{Ask, Refused};

const ERROR_CODE: HeaderName = HeaderName::from_static("x-error-code");
const ERROR_MESSAGE: HeaderName = HeaderName::from_static("x-error-message");
pub(super) const WARNING: HeaderName = HeaderName::from_static("x-hf-warning");
const COMMIT: HeaderName = HeaderName::from_static("x-repo-commit");

/// What the value of a query may carry as it is.
const QUERY: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/').remove(b'@');

/// A refusal on its way to a client.
pub(crate) struct Refusal<'a> {
    pub(crate) refused: &'a Refused,
    pub(crate) ask: &'a Ask,
    pub(crate) console_url: &'a str,
    pub(crate) caller: &'a Caller,
}

impl Refusal<'_> {
    /// The caller is not known or may not be here.
    pub(crate) fn not_known(status: StatusCode, message: &str) -> Response {
        let mut response = error(status, Some("GatedRepo"), message);
        put(&mut response, WARNING, &format!("weighbridge-sign-in; {message}"));
        response
    }

    /// Where a person reads everything about this refusal.
    fn link(&self) -> String {
        if let Refused::ByPolicy { decision, .. } = self.refused {
            return format!("{}/ui/decisions/{}", self.console_url, decision.id);
        }
        let subject = format!("{}@{}", self.ask.artifact, self.ask.revision);
        let subject = utf8_percent_encode(&subject, QUERY);
        let environment = &self.caller.environment;
        format!("{}/ui/why?ref={subject}&environment={environment}", self.console_url)
    }

    fn sentence(&self) -> String {
        let verb = match self.refused {
            Refused::ByPolicy { decision, .. } if decision.outcome == Outcome::Hold => "held",
            Refused::NoScanner => "held",
            Refused::Pending { .. } => "waiting",
            Refused::UpstreamUnknown { .. } | Refused::NoRoom { .. } | Refused::Internal(_) => {
                "unavailable"
            }
            _ => "refused",
        };
        let subject = format!("{}@{}", self.ask.artifact, self.ask.revision);
        let message = self.refused.message();
        format!(
            "Weighbridge: {subject} is {verb} for `{}`: {message}. Why and what to do: {}",
            self.caller.environment,
            self.link()
        )
    }

    /// Clients print a warning once a topic and process, so the topic names artifact and rule.
    fn topic(&self) -> String {
        let rule = match self.refused {
            Refused::ByPolicy { decision, .. } => {
                decision.enforced().next().map_or("policy", |reason| reason.rule.as_str())
            }
            Refused::ByName { reason, .. } => reason.rule.as_str(),
            Refused::NotEntitled(_) => "not-entitled",
            Refused::UpstreamForbids { .. } => "upstream-credential",
            Refused::Mismatch { .. } => "integrity-mismatch",
            Refused::NoScanner => "scanner-unavailable",
            _ => "weighbridge",
        };
        format!("weighbridge {} {rule}", self.ask.artifact).replace(['/', ';'], "-")
    }
}

impl IntoResponse for Refusal<'_> {
    fn into_response(self) -> Response {
        let sentence = self.sentence();
        let revoked = (StatusCode::NOT_FOUND, Some("RevisionNotFound"));
        let gated = (StatusCode::FORBIDDEN, Some("GatedRepo"));
        let (status, code) = match self.refused {
            Refused::ByPolicy { was_downloaded: true, .. }
            | Refused::ByName { was_downloaded: true, .. } => revoked,
            Refused::ByPolicy { .. }
            | Refused::ByName { .. }
            | Refused::NotEntitled(_)
            | Refused::UpstreamForbids { .. }
            | Refused::Mismatch { .. } => gated,
            Refused::Pending { .. } => (StatusCode::TOO_MANY_REQUESTS, None),
            Refused::NoSuchRepository(_) => {
                return error(StatusCode::NOT_FOUND, Some("RepoNotFound"), &self.refused.message());
            }
            Refused::NoSuchRevision(_) => {
                return error(
                    StatusCode::NOT_FOUND,
                    Some("RevisionNotFound"),
                    &self.refused.message(),
                );
            }
            Refused::NoSuchFile { commit, .. } => {
                let mut response =
                    error(StatusCode::NOT_FOUND, Some("EntryNotFound"), &self.refused.message());
                // The file list of a commit is fixed, so the client may remember the absence.
                put(&mut response, COMMIT, commit.as_str());
                return response;
            }
            Refused::UpstreamUnknown { .. } => (StatusCode::BAD_GATEWAY, None),
            Refused::NoScanner => (StatusCode::SERVICE_UNAVAILABLE, None),
            Refused::NoRoom { .. } => (StatusCode::INSUFFICIENT_STORAGE, None),
            Refused::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, None),
        };
        let mut response = error(status, code, &sentence);
        put(&mut response, WARNING, &format!("{}; {sentence}", self.topic()));
        if let Refused::Pending { retry_after, .. } = self.refused {
            put(
                &mut response,
                http::header::RETRY_AFTER,
                &retry_after.as_secs().max(1).to_string(),
            );
        }
        response
    }
}

/// An error as the Hub words it: the message in a header and in the body.
pub(crate) fn error(status: StatusCode, code: Option<&'static str>, message: &str) -> Response {
    let mut response =
        (status, axum::Json(serde_json::json!({ "error": message }))).into_response();
    put(&mut response, ERROR_MESSAGE, message);
    if let Some(code) = code {
        response.headers_mut().insert(ERROR_CODE, HeaderValue::from_static(code));
    }
    response
}

/// Puts a text into a header; what a header cannot carry becomes `?`.
fn put(response: &mut Response, name: HeaderName, text: &str) {
    let safe: String =
        text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect();
    if let Ok(value) = HeaderValue::from_str(&safe) {
        response.headers_mut().insert(name, value);
    }
}
