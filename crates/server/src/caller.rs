//! Who is calling: a token, or nobody where nobody is allowed.

use std::net::IpAddr;

use http::{HeaderMap, StatusCode, header};
use weighbridge_domain::{Caller, Environment, TokenSecret};
use weighbridge_engine::{Engine, SignInError};

use crate::serve::Peer;

/// A caller who is turned away before anything is looked at.
pub(crate) struct NotKnown {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
}

/// Finds out who sends a request, and for which environment.
pub(crate) async fn identify(
    engine: &Engine,
    headers: &HeaderMap,
    environment: Option<Environment>,
) -> Result<Caller, NotKnown> {
    let secret = match headers.get(header::AUTHORIZATION) {
        None => None,
        Some(value) => Some(bearer(value).ok_or_else(|| NotKnown {
            status: StatusCode::UNAUTHORIZED,
            message: "the Authorization header is not `Bearer` and a token".to_owned(),
        })?),
    };
    engine.sign_in(secret.as_ref(), environment).await.map_err(|error| NotKnown {
        status: match error {
            SignInError::NoToken(_) | SignInError::UnknownToken => StatusCode::UNAUTHORIZED,
            SignInError::OtherEnvironment { .. } => StatusCode::FORBIDDEN,
            SignInError::NoSuchEnvironment(_) => StatusCode::NOT_FOUND,
            SignInError::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
        },
        message: error.to_string(),
    })
}

/// Reads `Bearer <token>`.
pub(crate) fn bearer(value: &http::HeaderValue) -> Option<TokenSecret> {
    let text = value.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| TokenSecret::from_client(token.trim())).flatten()
}

/// Where a request comes from.
pub(crate) struct Place(pub(crate) String);

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Place {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut http::request::Parts,
        _: &S,
    ) -> Result<Place, Self::Rejection> {
        Ok(Place(address(parts)))
    }
}

/// Where a request comes from, for counting failures: an IPv6 network is one place, as one household has
/// it. Without a socket it is this machine.
pub(crate) fn address(parts: &http::request::Parts) -> String {
    match parts.extensions.get::<Peer>() {
        None => "here".to_owned(),
        Some(Peer(peer)) => match peer.ip().to_canonical() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => {
                let [a, b, c, d, ..] = ip.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        },
    }
}
