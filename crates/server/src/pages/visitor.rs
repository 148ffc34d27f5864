//! Who looks at a page: somebody with a session, or a passer-by.
//!
//! The session is the token itself, in a cookie that no script can read, no other site can send and
//! no answer repeats; it is looked up at every request, so a revoked token ends it at once.

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, header};
use weighbridge_domain::{Caller, Environment, Role, TokenSecret};

use crate::ServerState;

const COOKIE: &str = "weighbridge";

/// Who looks at a page.
pub(crate) struct Visitor {
    /// A passer-by is the anonymous caller, whether or not the default environment takes one.
    pub(crate) caller: Caller,
    pub(crate) is_signed_in: bool,
}

impl Visitor {
    pub(crate) fn is_admin(&self) -> bool {
        self.is_signed_in && self.caller.role == Role::Admin
    }
}

impl FromRequestParts<ServerState> for Visitor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &ServerState,
    ) -> Result<Visitor, Self::Rejection> {
        if let Some(secret) = token(&parts.headers)
            && let Ok(caller) = state.engine.sign_in(Some(&secret), None).await
        {
            return Ok(Visitor { caller, is_signed_in: true });
        }
        let environment: Environment = state.engine.settings().default_environment.clone();
        Ok(Visitor { caller: Caller::anonymous(environment), is_signed_in: false })
    }
}

/// The token in the cookie.
fn token(headers: &HeaderMap) -> Option<TokenSecret> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .and_then(|(_, value)| TokenSecret::from_client(value))
}

/// The cookie that opens a session; without a token, the one that ends it.
pub(crate) fn cookie(token: Option<&TokenSecret>, is_encrypted: bool) -> Option<HeaderValue> {
    let value = token.map(TokenSecret::reveal).unwrap_or_default();
    let ends = if token.is_none() { "; Max-Age=0" } else { "" };
    let secure = if is_encrypted { "; Secure" } else { "" };
    let text = format!("{COOKIE}={value}; Path=/ui; HttpOnly; SameSite=Strict{secure}{ends}");
    let mut header = HeaderValue::from_str(&text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others_and_nothing_else_is() {
        let mut headers = HeaderMap::new();
        let line = HeaderValue::from_static("a=b; xweighbridge=no; weighbridge=hf_yes");
        headers.insert(header::COOKIE, line);
        assert_eq!(
            token(&headers).map(|found| found.reveal().to_owned()),
            Some("hf_yes".to_owned())
        );
        assert!(token(&HeaderMap::new()).is_none());
    }

    #[test]
    fn no_script_and_no_other_site_gets_the_cookie() {
        let secret = TokenSecret::from_client("hf_x").unwrap();
        let text = cookie(Some(&secret), true).unwrap();
        let text = text.to_str().unwrap().to_owned();
        for part in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/ui"] {
            assert!(text.contains(part), "{text}");
        }
    }
}
