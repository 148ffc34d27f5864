//! Who is calling: a token, or nobody where nobody is allowed.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use weighbridge_domain::{Caller, Environment, TokenSecret};
use weighbridge_engine::{Engine, SignInError};

use crate::ServerState;
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

impl FromRequestParts<ServerState> for Place {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &ServerState,
    ) -> Result<Place, Self::Rejection> {
        Ok(Place(address(parts, state)))
    }
}

/// Where a request comes from, for counting failures.
pub(crate) fn address(parts: &Parts, state: &ServerState) -> String {
    let peer = parts.extensions.get::<Peer>().map(|Peer(peer)| peer.ip());
    place(peer, &parts.headers, state.public_url.is_some())
}

/// An IPv6 network is one place, as one household has it. Without a socket it is this machine. Where people
/// come by a proxy of ours, the last address that was forwarded is the one that the proxy saw.
fn place(peer: Option<IpAddr>, headers: &HeaderMap, is_behind_a_proxy: bool) -> String {
    let Some(peer) = peer.map(|peer| peer.to_canonical()) else { return "here".to_owned() };
    let forwarded = || {
        let line = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
        line.rsplit(',').next()?.trim().parse::<IpAddr>().ok()
    };
    let told = if is_behind_a_proxy && is_near(peer) { forwarded() } else { None };
    match told.map_or(peer, |told| told.to_canonical()) {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// Whether it is this machine or a private network: nobody else is a proxy of ours.
fn is_near(peer: IpAddr) -> bool {
    match peer {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_proxy_of_ours_says_where_somebody_comes_from() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "6.6.6.6, 192.0.2.7".parse().unwrap());
        let of = |peer: &str, is_behind_a_proxy| {
            place(Some(peer.parse().unwrap()), &headers, is_behind_a_proxy)
        };
        assert_eq!(of("10.0.0.2", true), "192.0.2.7", "what the client made up comes before");
        assert_eq!(of("10.0.0.2", false), "10.0.0.2");
        assert_eq!(of("203.0.113.9", true), "203.0.113.9");
        assert_eq!(of("::ffff:203.0.113.9", true), "203.0.113.9");
        assert_eq!(of("2001:db8:1:2:3::4", true), "2001:db8:1:2::/64");
        assert_eq!(place(None, &headers, true), "here");
    }
}
