//! From a request to an answer: whom it is about, who may, what goes wrong.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use weighbridge_domain::CommitId;

use super::body::{Shipment, text};
use super::content::Content;
use super::fault::{Moment, Place, Route, What};
use super::log::{RequestEntry, Side};
use super::repo::Repo;
use super::world::{Found, World};
use super::{api, control, resolve};

/// A request, taken apart.
pub(super) struct Asked {
    pub(super) world: Arc<World>,
    pub(super) method: Method,
    /// Decoded segments of the path.
    pub(super) segments: Vec<String>,
    /// Path and query as they came.
    pub(super) target: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    /// What strikes before the answer.
    pub(super) faults: Vec<What>,
}

/// The answer to a request that may not have what it wants.
pub(super) struct Refused(Box<Response>);

/// An answer, one way or the other.
pub(super) type Outcome = Result<Response, Refused>;

impl From<Response> for Refused {
    fn from(response: Response) -> Refused {
        Refused(Box::new(response))
    }
}

impl Refused {
    pub(super) fn into_response(self) -> Response {
        *self.0
    }
}

impl Asked {
    fn new(world: Arc<World>, parts: Parts) -> Asked {
        let target = parts.uri.path_and_query().map_or_else(String::new, ToString::to_string);
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let segments = parts.uri.path().trim_start_matches('/').split('/').map(decode).collect();
        let pairs = parts.uri.query().unwrap_or("").split('&').filter(|pair| !pair.is_empty());
        let query = pairs
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (decode(name), decode(&value.replace('+', " "))))
            .collect();
        let method = parts.method;
        let headers = parts.headers;
        Asked { world, method, segments, target, query, headers, faults: Vec::new() }
    }

    pub(super) fn header(&self, name: impl AsRef<str>) -> Option<&str> {
        self.headers.get(name.as_ref()).and_then(|value| value.to_str().ok())
    }

    pub(super) fn token(&self) -> Option<&str> {
        self.header(AUTHORIZATION)?.strip_prefix("Bearer ")
    }

    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn is_head(&self) -> bool {
        self.method == Method::HEAD
    }

    /// The segments from `at` on, joined again.
    pub(super) fn rest(&self, at: usize) -> String {
        self.segments.get(at..).unwrap_or_default().join("/")
    }

    /// The repository of this name, if the caller may know of it; redirects go to the new name.
    pub(super) fn repo(&self, name: &str) -> Result<Repo, Refused> {
        let state = self.world.lock();
        let repo = match state.find(name) {
            Found::Here(repo) => repo.clone(),
            Found::Moved(to) => return Err(moved(&self.target, name, &to).into()),
            Found::Nowhere => return Err(self.no_such_repo()),
        };
        drop(state);
        if repo.private && !repo.is_open_to(self.token()) {
            return Err(self.no_such_repo());
        }
        if repo.disabled {
            let message = "Access to this resource is disabled.";
            return Err(refuse(StatusCode::FORBIDDEN, None, message));
        }
        Ok(repo)
    }

    /// Private and missing look the same; anonymous callers are asked to log in.
    fn no_such_repo(&self) -> Refused {
        let status =
            if self.token().is_some() { StatusCode::NOT_FOUND } else { StatusCode::UNAUTHORIZED };
        refuse(status, Some("RepoNotFound"), "Repository not found")
    }

    /// JSON, with whatever strikes its body.
    pub(super) fn json(&self, place: &Place, headers: HeaderMap, value: &Value) -> Response {
        let not_json = self.faults.contains(&What::NotJson);
        let body =
            if not_json { "<html>Just a moment…</html>".into() } else { value.to_string() };
        let mut headers = headers;
        let kind = if not_json { "text/html" } else { "application/json; charset=utf-8" };
        headers.insert(CONTENT_TYPE, text(kind));
        let shipment = Shipment {
            content: Content::Memory(body.into()),
            headers,
            counted_as: None,
            faults: self.world.strike(place, Moment::OtherBody),
        };
        shipment.answer(&self.world, None, self.is_head())
    }
}

/// Answers one request at one of the two origins.
pub(super) async fn answer(world: Arc<World>, side: Side, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut asked = Asked::new(Arc::clone(&world), parts);
    if asked.segments.first().is_some_and(|first| first == "__control") {
        return control::answer(&world, &asked.segments, body).await;
    }
    let own = |name: &str| asked.header(name).map(str::to_owned);
    let number = world.lock().log.asked(RequestEntry {
        side,
        method: asked.method.to_string(),
        path: asked.target.clone(),
        range: own("range"),
        accept_encoding: own("accept-encoding"),
        user_agent: own("user-agent"),
        token: asked.token().map(str::to_owned),
        status: None,
    });
    if world.hangs() {
        std::future::pending::<()>().await;
    }
    world.latency().await;

    let place = place(&asked, side);
    asked.faults = world.strike(&place, Moment::Head);
    let response = match strike(&asked).await {
        Some(response) => response,
        None => match side {
            Side::Hub => at_hub(&asked, &place, body).await,
            Side::Cdn => resolve::at_cdn(&asked, &place),
        },
    };
    for fault in &asked.faults {
        if let (What::MainMoves { path, text }, Some(repo)) = (fault, &place.repo) {
            world.publish_text(repo, path, text);
        }
    }
    world.lock().log.answered(number, response.status().as_u16());
    response
}

/// What goes wrong before anything else; `None` when the answer may be made.
async fn strike(asked: &Asked) -> Option<Response> {
    for fault in &asked.faults {
        match fault {
            What::Silent => std::future::pending::<()>().await,
            What::SlowFirstByte { ms } => tokio::time::sleep(Duration::from_millis(*ms)).await,
            What::HungUp => return Some(hung_up()),
            What::Status(status) => {
                let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY);
                return Some((status, "the fake was told to fail").into_response());
            }
            What::RateLimited { retry_after_s } => {
                let mut headers = HeaderMap::new();
                if let Some(seconds) = retry_after_s {
                    headers.insert(RETRY_AFTER, (*seconds).into());
                }
                return Some((StatusCode::TOO_MANY_REQUESTS, headers).into_response());
            }
            What::RedirectTo(url) => {
                return Some((StatusCode::FOUND, [(LOCATION, url.clone())]).into_response());
            }
            _ => {}
        }
    }
    None
}

/// In the place of an answer: the connection closes without one.
#[derive(Clone)]
pub(super) struct HungUp;

fn hung_up() -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(HungUp);
    response
}

async fn at_hub(asked: &Asked, place: &Place, body: Body) -> Response {
    let outcome = match place.route {
        Route::Head | Route::Get => resolve::at_hub(asked, place),
        Route::Info => api::info(asked, place),
        Route::Tree => api::tree(asked, place),
        Route::PathsInfo => api::paths_info(asked, place, body).await,
        Route::Refs => api::refs(asked, place),
        Route::Commits => api::commits(asked, place),
        Route::Search => Ok(api::search(asked, place)),
        Route::Whoami => api::whoami(asked, place),
        Route::Cdn | Route::Other => api::other(asked, place),
    };
    outcome.unwrap_or_else(Refused::into_response)
}

/// The words that end a repository's name in an API path.
const AFTER_NAME: &[&str] = &[
    "revision",
    "tree",
    "paths-info",
    "refs",
    "commits",
    "xet-read-token",
    "auth-check",
    "discussions",
];

/// What a request is about.
fn place(asked: &Asked, side: Side) -> Place {
    let segments: Vec<&str> = asked.segments.iter().map(String::as_str).collect();
    if side == Side::Cdn {
        let (repo, path) = resolve::cdn_place(&segments);
        return Place { route: Route::Cdn, repo, path };
    }
    match segments.as_slice() {
        ["api", "whoami-v2"] => Place { route: Route::Whoami, repo: None, path: None },
        ["api", "models" | "datasets"] => Place { route: Route::Search, repo: None, path: None },
        ["api", "resolve-cache", kind, rest @ ..] => {
            let commit_at = rest.iter().position(|segment| segment.parse::<CommitId>().is_ok());
            let (name, rest) = rest.split_at(commit_at.unwrap_or_default());
            let path = rest.get(1..).unwrap_or_default().join("/");
            file_place(asked, &api_name(kind, name), path)
        }
        ["api", kind @ ("models" | "datasets"), rest @ ..] => {
            let word_at = rest.iter().skip(1).take(2).position(|s| AFTER_NAME.contains(s));
            let name_length = word_at.map_or(rest.len().min(2), |at| at + 1);
            let (name, rest) = rest.split_at(name_length.min(rest.len()));
            let route = match rest {
                [] | ["revision", ..] => Route::Info,
                ["tree", ..] => Route::Tree,
                ["paths-info", ..] => Route::PathsInfo,
                ["refs"] => Route::Refs,
                ["commits", ..] => Route::Commits,
                _ => Route::Other,
            };
            Place { route, repo: Some(api_name(kind, name)), path: None }
        }
        _ => match segments.iter().position(|segment| *segment == "resolve") {
            Some(at) => {
                let name = segments.get(..at).unwrap_or_default().join("/");
                let path = segments.get(at + 2..).unwrap_or_default().join("/");
                file_place(asked, &name, path)
            }
            None => Place { route: Route::Other, repo: None, path: None },
        },
    }
}

fn file_place(asked: &Asked, name: &str, path: String) -> Place {
    let route = if asked.is_head() { Route::Head } else { Route::Get };
    Place { route, repo: Some(name.to_owned()), path: Some(path) }
}

fn api_name(kind: &str, name: &[&str]) -> String {
    let name = name.join("/");
    if kind == "datasets" { format!("datasets/{name}") } else { name }
}

/// 307 to the same address under the new name, relative as the Hub writes it.
fn moved(target: &str, from: &str, to: &str) -> Response {
    let short = |name: &str| name.strip_prefix("datasets/").unwrap_or(name).to_owned();
    let location = target.replacen(&short(from), &short(to), 1);
    (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, location)]).into_response()
}

/// A refusal in the Hub's form: code and message in headers, message in the body.
pub(super) fn refuse(status: StatusCode, code: Option<&str>, message: &str) -> Refused {
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static("x-error-message"), text(message));
    if let Some(code) = code {
        headers.insert(HeaderName::from_static("x-error-code"), text(code));
    }
    (status, headers, json!({ "error": message }).to_string()).into_response().into()
}

pub(super) fn nowhere() -> Refused {
    refuse(StatusCode::NOT_FOUND, None, "Sorry, we can't find the page you are looking for.")
}
