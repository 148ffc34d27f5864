//! What a status means: 401, 403 and 404 are a clear no, everything else is no answer.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde::Deserialize;

use crate::http::{Http, host};
use crate::{NotYes, Refusal, RefusalKind, Trouble, TroubleKind};

/// How much of an error's body is read for its message.
const MOST_ERROR_BYTES: usize = 16 * 1024;
const LONGEST_MESSAGE: usize = 500;
const LONGEST_WAIT: Duration = Duration::from_hours(24);

/// What an answer that is not a success means. `absent` is what a bare 404 stands for on this route.
pub(crate) async fn not_yes(http: &Http, response: Response, absent: RefusalKind) -> NotYes {
    let status = response.status();
    if !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND)
        && status != StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS
    {
        return trouble(&response).into();
    }
    let headers = response.headers().clone();
    let body = start_of_body(http, response).await;
    refusal(status, &headers, &body, absent).into()
}

/// Why a status that is no clear no leaves us without an answer.
pub(crate) fn trouble(response: &Response) -> Trouble {
    let status = response.status();
    let host = host(response.url());
    if status == StatusCode::TOO_MANY_REQUESTS {
        let retry_after = retry_after(response.headers());
        return Trouble::new(
            TroubleKind::RateLimited { retry_after },
            format!("{host} asks for fewer requests (429)"),
        );
    }
    Trouble::new(TroubleKind::Status(status.as_u16()), format!("{host} answered {status}"))
}

fn refusal(status: StatusCode, headers: &HeaderMap, body: &[u8], absent: RefusalKind) -> Refusal {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let message = text("x-error-message")
        .map(str::to_owned)
        .or_else(|| message_in(body))
        .map(|message| printable(&message))
        .filter(|message| !message.is_empty());
    let disabled = message.as_deref() == Some("Access to this resource is disabled.");
    let kind = match (text("x-error-code"), status) {
        (Some("GatedRepo"), _) => RefusalKind::Gated,
        (Some("RepoNotFound"), _) => RefusalKind::RepoNotFound,
        (Some("RevisionNotFound"), _) => RefusalKind::RevisionNotFound,
        (Some("EntryNotFound"), _) => RefusalKind::EntryNotFound,
        (Some("DisabledRepo"), _) | (_, StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS) => {
            RefusalKind::Disabled
        }
        (_, StatusCode::FORBIDDEN) if disabled => RefusalKind::Disabled,
        (_, StatusCode::NOT_FOUND) => absent,
        _ => RefusalKind::Unauthorized,
    };
    let message = message.unwrap_or_else(|| {
        let said = match kind {
            RefusalKind::RepoNotFound => "the upstream knows no such repository",
            RefusalKind::RevisionNotFound => "the upstream knows no such revision",
            RefusalKind::EntryNotFound => "the upstream knows no such file",
            RefusalKind::Gated => "the upstream grants access to this repository one by one",
            RefusalKind::Unauthorized => "the upstream does not accept the credential",
            RefusalKind::Disabled => "the upstream has taken the repository down",
        };
        said.to_owned()
    });
    Refusal { kind, message }
}

/// As much of the body as a message may need; a body that breaks has simply no message.
async fn start_of_body(http: &Http, mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(piece)) = http.next_piece(&mut response).await {
        let room = MOST_ERROR_BYTES.saturating_sub(body.len());
        body.extend(piece.iter().take(room));
        if body.len() >= MOST_ERROR_BYTES {
            break;
        }
    }
    body
}

fn message_in(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct ErrorBody {
        error: String,
    }
    serde_json::from_slice::<ErrorBody>(body).ok().map(|body| body.error)
}

fn printable(message: &str) -> String {
    let one_line: String = message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    one_line.trim().chars().take(LONGEST_MESSAGE).collect()
}

/// `Retry-After` in seconds, else the `t=` of the Hub's `RateLimit` header.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = |text: &str| text.trim().parse().ok().map(Duration::from_secs);
    let plain = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(seconds);
    let window = || {
        let value = headers.get("ratelimit")?.to_str().ok()?;
        value.split(';').find_map(|part| part.trim().strip_prefix("t=")).and_then(seconds)
    };
    plain.or_else(window).map(|wait| wait.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn the_error_code_says_more_than_the_status() {
        let kind = |status, pairs: &[(&'static str, &str)], body: &str| {
            refusal(status, &headers(pairs), body.as_bytes(), RefusalKind::EntryNotFound).kind
        };
        let (denied, forbidden) = (StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN);
        assert_eq!(
            kind(denied, &[("x-error-code", "RepoNotFound")], ""),
            RefusalKind::RepoNotFound
        );
        assert_eq!(kind(denied, &[("x-error-code", "GatedRepo")], ""), RefusalKind::Gated);
        assert_eq!(kind(denied, &[], ""), RefusalKind::Unauthorized);
        assert_eq!(kind(forbidden, &[], ""), RefusalKind::Unauthorized);
        assert_eq!(kind(StatusCode::NOT_FOUND, &[], ""), RefusalKind::EntryNotFound);
        let body = r#"{"error":"Access to this resource is disabled."}"#;
        assert_eq!(kind(forbidden, &[], body), RefusalKind::Disabled);
    }

    #[test]
    fn messages_are_one_short_line() {
        let long = "x".repeat(9000);
        let body = serde_json::json!({ "error": format!("a\r\nb{long}") }).to_string();
        let said = refusal(
            StatusCode::NOT_FOUND,
            &HeaderMap::new(),
            body.as_bytes(),
            RefusalKind::RepoNotFound,
        );
        assert!(said.message.starts_with("a  bx") && said.message.len() == LONGEST_MESSAGE);
    }

    #[test]
    fn both_ways_of_asking_for_patience_are_read() {
        let wait = |pairs: &[(&'static str, &str)]| retry_after(&headers(pairs));
        assert_eq!(wait(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
        assert_eq!(wait(&[("ratelimit", "\"api\";r=0;t=55")]), Some(Duration::from_secs(55)));
        assert_eq!(wait(&[("retry-after", "99999999999")]), Some(LONGEST_WAIT));
        assert_eq!(wait(&[("retry-after", "soon")]), None);
    }
}
