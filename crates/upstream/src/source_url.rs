//! Where a source is: the one form of address an operator may configure.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

/// The address of a source: `http` or `https`, a host, maybe a path prefix. It never carries
/// credentials, a query or a fragment, so it can be shown and logged.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SourceUrl {
    /// The path ends in `/`, so that joining keeps the prefix.
    url: Url,
}

/// A text that cannot be the address of a source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not the address of a source: {why}")]
pub struct BadSourceUrl {
    given: String,
    why: &'static str,
}

impl SourceUrl {
    /// The address without a slash at its end.
    pub fn as_str(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// Whether what travels is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The address of `path_and_query` below the prefix. `path_and_query` is already encoded and
    /// starts without a slash.
    pub(crate) fn below(&self, path_and_query: &str) -> Option<Url> {
        format!("{}/{path_and_query}", self.as_str()).parse().ok()
    }

    /// Scheme, host and port: what a credential belongs to.
    pub(crate) fn is_origin_of(&self, other: &Url) -> bool {
        self.url.origin() == other.origin()
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }
}

impl FromStr for SourceUrl {
    type Err = BadSourceUrl;

    fn from_str(text: &str) -> Result<SourceUrl, BadSourceUrl> {
        // What is wrong may be a password: everything before an `@` stays out of the message.
        let shown = text.rsplit_once('@').map_or(text, |(_, host)| host);
        let bad = |why| BadSourceUrl { given: shown.chars().take(200).collect(), why };
        if text.len() > 2000 {
            return Err(bad("it is longer than 2,000 characters"));
        }
        let mut url: Url = text.trim().parse().map_err(|_| bad("it is not a URL"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("only http and https are spoken"));
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(bad("it has no host"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("credentials do not belong into an address"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(bad("a query or fragment has no meaning here"));
        }
        let prefix = format!("{}/", url.path().trim_end_matches('/'));
        url.set_path(&prefix);
        Ok(SourceUrl { url })
    }
}

impl fmt::Display for SourceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_prefix_and_loses_its_last_slash() {
        let source: SourceUrl = "https://hub.example/mirror/".parse().unwrap();
        assert_eq!(source.as_str(), "https://hub.example/mirror");
        assert_eq!(
            source.below("api/models/a%2Fb?x=1").unwrap().as_str(),
            "https://hub.example/mirror/api/models/a%2Fb?x=1"
        );
        assert_eq!(
            "https://hub.example".parse::<SourceUrl>().unwrap().as_str(),
            "https://hub.example"
        );
    }

    #[test]
    fn only_plain_web_addresses_are_taken() {
        for bad in [
            "",
            "hub.example",
            "ftp://hub.example",
            "file:///etc/passwd",
            "https://user@hub.example",
            "https://user:secret@hub.example",
            "https://hub.example/?token=1",
            "https://hub.example/#x",
        ] {
            assert!(bad.parse::<SourceUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_does_not_reach_the_message() {
        let error = "https://user:secret@hub.example".parse::<SourceUrl>().unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
