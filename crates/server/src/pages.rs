//! The console: a status page, and the pages that a refusal links to.
//!
//! Every page is a typed struct and works without script. A form that changes something comes in through
//! [`posted::Posted`], which no other site can pass.

mod account;
mod attestations;
mod break_glass;
mod decision;
mod exceptions;
mod overview;
pub(crate) mod policy;
mod posted;
mod requests;
mod show;
mod sign_in;
mod visitor;
mod waivers;
mod why;

use askama::Template;
use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderName, HeaderValue, StatusCode, header};

use crate::ServerState;
use visitor::Visitor;

/// Pages load their style sheet, show no foreign thing, run nothing and are framed by nobody.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";
const STYLE: &str = include_str!("pages/assets/style.css");
const ICON: &str = include_str!("pages/assets/icon.svg");

/// The router of the console.
pub(crate) fn router() -> Router<ServerState> {
    Router::new()
        .route("/ui", get(overview::page))
        .route("/ui/", get(overview::page))
        .route("/ui/policy", get(policy::page))
        .route("/ui/policy/versions", get(policy::versions::page))
        .route("/ui/policy/versions/{number}", get(policy::version::page))
        .route("/ui/policy/versions/{number}/try", post(policy::settle::try_out))
        .route("/ui/policy/versions/{number}/confirm", post(policy::settle::confirm))
        .route("/ui/policy/versions/{number}/withdraw", post(policy::settle::withdraw))
        .route("/ui/policy/versions/{number}/again", post(policy::settle::again))
        .route("/ui/policy/change", get(policy::change::page).post(policy::change::send))
        .route("/ui/policy/block-list.txt", get(policy::block_list))
        .route("/ui/why", get(why::page))
        .route("/ui/attestations/{id}", get(attestations::envelope))
        .route("/ui/decisions/{id}", get(decision::page))
        .route("/ui/requests", get(requests::page))
        .route("/ui/requests/new", get(requests::ask::page).post(requests::ask::make))
        .route("/ui/requests/{id}", get(requests::show::page))
        .route("/ui/requests/{id}/answer", post(requests::answer::answer))
        .route("/ui/requests/{id}/say", post(requests::talk::say))
        .route("/ui/requests/{id}/reassign", post(requests::talk::reassign))
        .route("/ui/requests/{id}/escalate", post(requests::talk::escalate))
        .route("/ui/requests/{id}/withdraw", post(requests::withdraw::withdraw))
        .route("/ui/waivers", get(waivers::page))
        .route("/ui/break-glass", get(break_glass::page).post(break_glass::open::open))
        .route("/ui/break-glass/{id}/confirm", post(break_glass::confirm::confirm))
        .route("/ui/break-glass/{id}/close", post(break_glass::close::close))
        .route("/ui/account", get(account::page))
        .route("/ui/account/end-sessions", post(account::end_sessions))
        .route("/ui/sign-in", get(sign_in::page).post(sign_in::enter))
        .route("/ui/sign-out", post(sign_in::leave))
        .layer(middleware::from_fn(protect))
        .route("/ui/assets/style.css", get(async || asset("text/css; charset=utf-8", STYLE)))
        .route("/ui/assets/icon.svg", get(async || asset("image/svg+xml", ICON)))
}

async fn protect(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers: [(HeaderName, &str); 5] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "public, max-age=3600"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text)
}

/// Sends a text.
fn plain(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// What the frame of every page needs.
pub(crate) struct Frame {
    pub(crate) title: String,
    /// The name of who is signed in.
    pub(crate) visitor: Option<String>,
    /// What every form that changes something carries, so that no other site can send it.
    pub(crate) form_token: String,
    /// Whether who is signed in has an account to look at.
    pub(crate) has_account: bool,
    /// How many emergencies nobody has closed: every page says so.
    pub(crate) emergencies: usize,
    pub(crate) version: &'static str,
}

impl Frame {
    fn new(title: impl Into<String>, visitor: &Visitor) -> Frame {
        let name = visitor.is_signed_in.then(|| visitor.caller.name.clone());
        Frame {
            title: title.into(),
            visitor: name,
            form_token: visitor.form_token.clone(),
            has_account: visitor.caller.holder.is_some(),
            emergencies: visitor.emergencies,
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    /// Who is signed in; empty for a passer-by.
    fn name(&self) -> &str {
        self.visitor.as_deref().unwrap_or_default()
    }
}

/// A page that says that there is no page.
#[derive(Template)]
#[template(path = "trouble.html")]
struct TroublePage {
    frame: Frame,
    message: String,
    hint: Option<String>,
}

/// Sends a page.
fn render(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => crate::problem::Problem::internal(error).into_response(),
    }
}

/// Turns a problem into a page; where signing in could help, into the form for it.
fn trouble(visitor: &Visitor, problem: crate::problem::Problem, next: &str) -> Response {
    let may_help = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::NOT_FOUND];
    if !visitor.is_signed_in && may_help.contains(&problem.status) {
        let note = "You may have to sign in to read this".to_owned();
        return sign_in::form(visitor, StatusCode::UNAUTHORIZED, next, Some(note));
    }
    let page = TroublePage {
        frame: Frame::new(
            match problem.status {
                StatusCode::FORBIDDEN => "Not for you",
                StatusCode::NOT_FOUND => "Not here",
                _ => "That did not work",
            },
            visitor,
        ),
        message: problem.detail,
        hint: problem.hint,
    };
    render(problem.status, &page)
}
