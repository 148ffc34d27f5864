//! Who looks at a page: somebody with a session, or a passer-by.
//!
//! The cookie holds the random id of a session and nothing else; no script can read it, no other site can
//! send it, and it is looked up at every request, so that whatever ends a session ends it at once.

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, header};
use weighbridge_domain::{Caller, Environment, SessionSecret};
use weighbridge_engine::Session;

use crate::ServerState;

/// The name of the cookie; browsers keep the prefix for those of this very host, over TLS.
const COOKIE: &str = "weighbridge";
const COOKIE_OVER_TLS: &str = "__Host-weighbridge";

/// Who looks at a page.
pub(crate) struct Visitor {
    /// A passer-by is the anonymous caller, whether or not the default environment takes one.
    pub(crate) caller: Caller,
    pub(crate) is_signed_in: bool,
    /// The session of who is signed in.
    pub(crate) session: Option<Session>,
    /// What every form of the session carries; empty for a passer-by.
    pub(crate) form_token: String,
    /// How many emergencies nobody has closed, for whoever is signed in.
    pub(crate) emergencies: usize,
}

impl Visitor {
    pub(crate) fn is_admin(&self) -> bool {
        self.is_signed_in && self.caller.is_admin()
    }

    /// Finds out who sends these headers.
    pub(crate) async fn of(headers: &HeaderMap, state: &ServerState) -> Visitor {
        if let Some(secret) = session_secret(headers, state.is_encrypted()) {
            match state.engine.find_session(&secret).await {
                Ok(Some(session)) => {
                    return Visitor {
                        caller: session.caller.clone(),
                        is_signed_in: true,
                        session: Some(session),
                        form_token: secret.form_token(),
                        emergencies: count_emergencies(state).await,
                    };
                }
                Ok(None) => {}
                Err(error) => tracing::error!(%error, "a session could not be looked up"),
            }
        }
        let environment: Environment = state.engine.settings().default_environment.clone();
        Visitor {
            caller: Caller::anonymous(environment),
            is_signed_in: false,
            session: None,
            form_token: String::new(),
            emergencies: 0,
        }
    }
}

/// A page that cannot say so is better than none: the pages about emergencies fail by themselves.
async fn count_emergencies(state: &ServerState) -> usize {
    let unclosed = state.engine.list_break_glass_unclosed().await;
    unclosed.map_or_else(
        |error| {
            tracing::error!(%error, "emergencies could not be counted");
            0
        },
        |rows| rows.len(),
    )
}

impl FromRequestParts<ServerState> for Visitor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &ServerState,
    ) -> Result<Visitor, Self::Rejection> {
        Ok(Visitor::of(&parts.headers, state).await)
    }
}

fn cookie_name(is_encrypted: bool) -> &'static str {
    if is_encrypted { COOKIE_OVER_TLS } else { COOKIE }
}

/// The session id in the cookie.
fn session_secret(headers: &HeaderMap, is_encrypted: bool) -> Option<SessionSecret> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == cookie_name(is_encrypted))
        .and_then(|(_, value)| SessionSecret::from_client(value))
}

/// The cookie that holds a session; without one, the cookie that takes it away.
pub(crate) fn cookie(session: Option<&SessionSecret>, is_encrypted: bool) -> Option<HeaderValue> {
    let name = cookie_name(is_encrypted);
    let value = session.map(SessionSecret::reveal).unwrap_or_default();
    let ends = if session.is_none() { "; Max-Age=0" } else { "" };
    let secure = if is_encrypted { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{ends}");
    let mut header = HeaderValue::from_str(&text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

#[cfg(test)]
mod tests {
    use weighbridge_domain::Ids;

    use super::*;

    #[test]
    fn the_cookie_is_found_among_others_and_nothing_else_is() {
        let id = "0123456789abcdef".repeat(4);
        let mut headers = HeaderMap::new();
        let line = format!("a=b; xweighbridge=no; weighbridge={id}");
        headers.insert(header::COOKIE, HeaderValue::from_str(&line).unwrap());
        let found = session_secret(&headers, false).map(|found| found.reveal().to_owned());
        assert_eq!(found, Some(id));
        assert!(session_secret(&headers, true).is_none(), "over TLS it has another name");
        assert!(session_secret(&HeaderMap::new(), false).is_none());
    }

    #[test]
    fn no_script_and_no_other_site_gets_the_cookie() {
        let secret = SessionSecret::generate(&Ids::system());
        let text = cookie(Some(&secret), true).unwrap();
        let text = text.to_str().unwrap().to_owned();
        assert!(text.starts_with("__Host-weighbridge="), "{text}");
        for part in ["HttpOnly", "SameSite=Strict", "; Secure", "Path=/;"] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!text.contains("Domain"), "the prefix forbids it");
    }
}
