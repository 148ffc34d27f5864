//! `/ui/sign-in`, `/ui/sign-out`: a token opens a session, and the visitor closes it.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use weighbridge_domain::TokenSecret;

use super::visitor::{Visitor, cookie};
use super::{Frame, render};
use crate::ServerState;
use crate::api::extract::Query;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    next: String,
    note: Option<String>,
}

/// Where to go afterwards.
#[derive(Deserialize)]
pub(super) struct Destination {
    next: Option<String>,
}

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct Entry {
    token: String,
    next: Option<String>,
}

/// The form.
pub(super) async fn page(visitor: Visitor, Query(to): Query<Destination>) -> Response {
    form(&visitor, StatusCode::OK, &local(to.next.as_deref()), None)
}

pub(super) fn form(
    visitor: &Visitor,
    status: StatusCode,
    next: &str,
    note: Option<String>,
) -> Response {
    let page = SignInPage { frame: Frame::new("Sign in", visitor), next: next.to_owned(), note };
    render(status, &page)
}

/// Opens a session.
pub(super) async fn enter(
    State(state): State<ServerState>,
    visitor: Visitor,
    headers: HeaderMap,
    axum::Form(entry): axum::Form<Entry>,
) -> Response {
    let next = local(entry.next.as_deref());
    if is_foreign(&headers) {
        let note = "That form came from another site".to_owned();
        return form(&visitor, StatusCode::FORBIDDEN, &next, Some(note));
    }
    let secret = TokenSecret::from_client(entry.token.trim());
    let known = match &secret {
        Some(secret) => state.engine.sign_in(Some(secret), None).await.is_ok(),
        None => false,
    };
    if !known {
        let note = "That token is unknown, expired or revoked".to_owned();
        return form(&visitor, StatusCode::UNAUTHORIZED, &next, Some(note));
    }
    go(&next, cookie(secret.as_ref(), state.is_encrypted()))
}

/// Closes the session.
pub(super) async fn leave(State(state): State<ServerState>, headers: HeaderMap) -> Response {
    if is_foreign(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    go("/ui", cookie(None, state.is_encrypted()))
}

fn go(next: &str, cookie: Option<http::HeaderValue>) -> Response {
    let mut response = Redirect::to(next).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// Whether a browser says that another site sent the form.
fn is_foreign(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    site.is_some_and(|site| !matches!(site, "same-origin" | "none"))
}

/// A page of ours, whatever the address asks for: a link must not lead elsewhere after signing in.
fn local(next: Option<&str>) -> String {
    let is_ours = |text: &&str| {
        (*text == "/ui" || text.starts_with("/ui/") || text.starts_with("/ui?"))
            && text.len() <= 1_000
            && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
            && !text.contains("//")
    };
    next.filter(is_ours).unwrap_or("/ui").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_never_leads_to_another_site() {
        for bad in
            ["https://evil.example", "//evil.example", "/ui//evil", "/uix", "/ui/\\evil", "x"]
        {
            assert_eq!(local(Some(bad)), "/ui", "{bad}");
        }
        assert_eq!(local(Some("/ui/why?ref=a/b@main")), "/ui/why?ref=a/b@main");
    }
}
