//! The only crate that knows HTTP and HTML.

mod allowed;
pub mod api;
mod caller;
mod health;
mod hub;
mod in_process;
mod pages;
mod problem;
mod sendfile;
mod serve;

use axum::Router;
use axum::middleware::map_response;
use http::{HeaderMap, HeaderValue, header};
use weighbridge_engine::Engine;

pub use in_process::{InProcess, InProcessAnswer, InProcessError, OpenAnswer};
pub use problem::ProblemView;
pub use serve::{Peer, serve};

/// What every handler gets.
#[derive(Clone)]
pub(crate) struct ServerState {
    pub(crate) engine: Engine,
    public_url: Option<String>,
}

/// Makes the router: API, console, and Hub addresses for all the rest.
///
/// `public_url` is how clients reach us, without a slash at its end; without it the `Host` header of
/// each request says so.
pub fn router(engine: Engine, public_url: Option<String>) -> Router {
    let state = ServerState { engine, public_url };
    let is_encrypted = state.is_encrypted();
    let router = Router::new()
        .merge(api::router().layer(map_response(for_programs)))
        .merge(pages::router())
        .merge(health::router().layer(map_response(for_programs)))
        .fallback(hub::answer)
        .with_state(state);
    if is_encrypted { router.layer(map_response(only_by_tls)) } else { router }
}

/// What programs read is nothing for browsers to show, guess at or keep.
async fn for_programs(mut response: axum::response::Response) -> axum::response::Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Browsers that came by TLS never try without it.
async fn only_by_tls(mut response: axum::response::Response) -> axum::response::Response {
    let lasting = HeaderValue::from_static("max-age=31536000; includeSubDomains");
    response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, lasting);
    response
}

impl ServerState {
    /// Whether browsers reach us by `https`.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.starts_with("https://"))
    }

    /// Scheme, host and prefix under which this client reached us.
    pub(crate) fn base_url(&self, headers: &HeaderMap) -> String {
        if let Some(url) = &self.public_url {
            return url.clone();
        }
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let is_plain = |host: &&str| {
            host.len() <= 255
                && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]_".contains(&b))
        };
        format!("http://{}", host.filter(is_plain).unwrap_or("localhost"))
    }
}
