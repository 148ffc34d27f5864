//! `/ui/sign-in`, `/ui/sign-out`: a password or a token opens a session, and the visitor closes it.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use weighbridge_domain::{SessionSecret, TokenSecret};
use weighbridge_engine::{Opener, PasswordError, StoreError};

use super::account::Nothing;
use super::posted::{Posted, is_foreign};
use super::visitor::{Visitor, cookie};
use super::{Frame, render, trouble};
use crate::ServerState;
use crate::api::extract::Query;
use crate::caller::Place;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    next: String,
    note: Option<String>,
    /// The form for tokens is open: it was the one that failed.
    with_token: bool,
    focuses: bool,
}

/// Where to go afterwards.
#[derive(Deserialize)]
pub(super) struct Destination {
    next: Option<String>,
}

/// What one of the two forms sends.
#[derive(Deserialize)]
pub(super) struct Entry {
    name: Option<String>,
    password: Option<String>,
    token: Option<String>,
    next: Option<String>,
}

/// Why nobody is signed in.
enum NotIn {
    Wrong(&'static str),
    Later(String),
    Failed(StoreError),
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
    form_again(visitor, status, next, note, false)
}

fn form_again(
    visitor: &Visitor,
    status: StatusCode,
    next: &str,
    note: Option<String>,
    with_token: bool,
) -> Response {
    let frame = Frame::new("Sign in", visitor);
    let next = next.to_owned();
    render(status, &SignInPage { frame, next, note, with_token, focuses: !with_token })
}

/// Opens a session.
pub(super) async fn enter(
    State(state): State<ServerState>,
    visitor: Visitor,
    Place(address): Place,
    headers: HeaderMap,
    axum::Form(entry): axum::Form<Entry>,
) -> Response {
    let next = local(entry.next.as_deref());
    if is_foreign(&headers, &state) {
        let note = "That form came from another site".to_owned();
        return form(&visitor, StatusCode::FORBIDDEN, &next, Some(note));
    }
    let client = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let with_token = entry.token.is_some();
    match open(&state, &entry, &address, client.unwrap_or_default()).await {
        Ok(session) => {
            // Whoever was signed in here before is not any more.
            if let Some(before) = &visitor.session
                && let Err(error) = state.engine.end_session(before).await
            {
                return trouble(&visitor, Problem::internal(error), &next);
            }
            go(&next, cookie(Some(&session), state.is_encrypted()))
        }
        Err(NotIn::Wrong(note)) => {
            let note = Some(note.to_owned());
            form_again(&visitor, StatusCode::UNAUTHORIZED, &next, note, with_token)
        }
        Err(NotIn::Later(note)) => {
            form_again(&visitor, StatusCode::TOO_MANY_REQUESTS, &next, Some(note), with_token)
        }
        Err(NotIn::Failed(error)) => trouble(&visitor, Problem::internal(error), &next),
    }
}

async fn open(
    state: &ServerState,
    entry: &Entry,
    address: &str,
    client: &str,
) -> Result<SessionSecret, NotIn> {
    let engine = &state.engine;
    if let Some(token) = &entry.token {
        let unknown = NotIn::Wrong("That token is unknown, expired or revoked");
        let Some(secret) = TokenSecret::from_client(token.trim()) else { return Err(unknown) };
        let Ok(caller) = engine.sign_in(Some(&secret), None).await else { return Err(unknown) };
        return Ok(engine.open_session(Opener::Token(&caller), address, client).await?);
    }
    let name = entry.name.as_deref().unwrap_or_default();
    let password = entry.password.as_deref().unwrap_or_default();
    match engine.check_password(name, password, address).await {
        Ok(account) => Ok(engine.open_session(Opener::Account(&account), address, client).await?),
        Err(PasswordError::Wrong) => Err(NotIn::Wrong("The name or the password is wrong")),
        Err(error @ (PasswordError::Wait(_) | PasswordError::Busy)) => {
            let text = error.to_string();
            let text = text.trim_end_matches(" (sign-in)");
            let mut letters = text.chars();
            let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
            Err(NotIn::Later(first + letters.as_str()))
        }
        Err(PasswordError::Store(error)) => Err(NotIn::Failed(error)),
    }
}

impl From<StoreError> for NotIn {
    fn from(error: StoreError) -> NotIn {
        NotIn::Failed(error)
    }
}

/// Closes the session, here and in the database.
pub(super) async fn leave(
    State(state): State<ServerState>,
    Posted { visitor, form: Nothing {} }: Posted<Nothing>,
) -> Response {
    if let Some(session) = &visitor.session
        && let Err(error) = state.engine.end_session(session).await
    {
        return trouble(&visitor, Problem::internal(error), "/ui");
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
