//! Where a redirect may lead, and whether the credential goes along.

use std::net::IpAddr;

use reqwest::header::LOCATION;
use reqwest::{Response, StatusCode, Url};

use crate::address::is_local_address;
use crate::http::host;
use crate::{SourceUrl, Trouble, TroubleKind};

/// How many redirects one request may take.
pub(crate) const MOST_REDIRECTS: usize = 5;

/// The target of a redirect; `None` when the answer is not one.
pub(crate) fn target(response: &Response) -> Result<Option<Url>, Trouble> {
    let is_redirect = matches!(
        response.status(),
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    if !is_redirect {
        return Ok(None);
    }
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let Some(next) = location.and_then(|location| response.url().join(location).ok()) else {
        return Err(bad(format!("{} redirects to nowhere", host(response.url()))));
    };
    if !matches!(next.scheme(), "http" | "https") || next.host_str().is_none() {
        return Err(bad(format!("{} redirects to another protocol", host(response.url()))));
    }
    Ok(Some(next))
}

/// Whether the bytes of a file of `source` may come from `next`.
pub(crate) fn check_elsewhere(source: &SourceUrl, next: &Url) -> Result<(), Trouble> {
    if source.is_encrypted() && next.scheme() != "https" {
        return Err(bad(format!("{source} redirects to {} without encryption", host(next))));
    }
    // A public source has no business with addresses that only we can reach.
    if is_local(next) && !is_local(source.url()) {
        return Err(bad(format!("{source} redirects to the local address {}", host(next))));
    }
    Ok(())
}

pub(crate) fn too_many(source: &SourceUrl) -> Trouble {
    bad(format!("{source} redirects more than {MOST_REDIRECTS} times"))
}

fn bad(what: String) -> Trouble {
    Trouble::new(TroubleKind::BadAnswer, what)
}

/// Whether the host is written as an address of this machine or of a private network.
fn is_local(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let host = host.trim_end_matches('.');
    if host == "localhost" || host.ends_with(".localhost") {
        return true;
    }
    host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(is_local_address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(source: &str, next: &str) -> bool {
        check_elsewhere(&source.parse().unwrap(), &next.parse().unwrap()).is_ok()
    }

    #[test]
    fn encryption_is_never_given_up() {
        assert!(allowed("https://hub.example", "https://cdn.example/x"));
        assert!(!allowed("https://hub.example", "http://cdn.example/x"));
        assert!(allowed("http://hub.example", "http://cdn.example/x"));
        assert!(allowed("http://hub.example", "https://cdn.example/x"));
    }

    #[test]
    fn a_public_source_does_not_lead_into_our_network() {
        for local in [
            "https://127.0.0.1/x",
            "https://0x7f.1/x",
            "https://localhost./x",
            "https://169.254.169.254/latest/meta-data",
            "https://10.0.0.1/x",
            "https://100.64.0.1/x",
            "https://[::1]/x",
            "https://[::ffff:127.0.0.1]/x",
            "https://[fd00::1]/x",
        ] {
            assert!(!allowed("https://hub.example", local), "{local}");
        }
        assert!(allowed("http://127.0.0.1:8000", "http://127.0.0.1:8001/x"));
        assert!(allowed("https://hub.example", "https://8.8.8.8/x"));
    }
}
