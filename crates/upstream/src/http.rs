//! The one HTTP client: no cookies, no redirects of its own, no proxies, never compressed.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, HeaderValue, RANGE};
use reqwest::{Response, Url};

use crate::{NotYes, Refusal, RefusalKind, Trouble, TroubleKind};

/// How patient the client is.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// For the connection, TLS included.
    pub connect_timeout: Duration,
    /// For the first byte of an answer and between any two pieces of it.
    pub idle_timeout: Duration,
    /// For one whole answer that is not a file.
    pub metadata_timeout: Duration,
    /// The pauses before each repetition of a request for metadata that found no connection, met a
    /// 5xx or broke off; as many repetitions as pauses.
    pub pauses: Vec<Duration>,
}

impl Default for HttpSettings {
    fn default() -> HttpSettings {
        HttpSettings {
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(30),
            metadata_timeout: Duration::from_mins(2),
            pauses: vec![Duration::from_millis(200), Duration::from_secs(1)],
        }
    }
}

/// The shared client; cheap to clone.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
    settings: Arc<HttpSettings>,
    reaches_https: bool,
}

/// The client could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client could not be made: {0}")]
pub struct HttpError(#[from] reqwest::Error);

impl Http {
    /// Makes the client; nothing is opened yet. It trusts the CA certificates of this machine.
    pub fn new(settings: HttpSettings) -> Result<Http, HttpError> {
        let (client, reaches_https) = match builder(&settings).build() {
            Ok(client) => (client, true),
            // Without CA certificates a source within the house, over http, still has to work.
            Err(error) => {
                let cause = innermost(&error);
                tracing::warn!(cause, "no https source can be reached from this machine");
                (builder(&settings).tls_certs_only([]).build()?, false)
            }
        };
        Ok(Http { client, settings: Arc::new(settings), reaches_https })
    }

    /// Whether this machine has CA certificates; without them no https source can be trusted.
    pub fn reaches_https(&self) -> bool {
        self.reaches_https
    }

    /// How patient this client is.
    pub fn settings(&self) -> &HttpSettings {
        &self.settings
    }

    /// Sends one GET and waits for the head of its answer, whatever its status.
    pub(crate) async fn get(
        &self,
        url: &Url,
        token: Option<&str>,
        from_byte: u64,
    ) -> Result<Response, NotYes> {
        let mut request = self.client.get(url.clone()).header(ACCEPT_ENCODING, "identity");
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, bearer(token)?);
        }
        if from_byte > 0 {
            request = request.header(RANGE, format!("bytes={from_byte}-"));
        }
        let patience = self.settings.connect_timeout.saturating_add(self.settings.idle_timeout);
        match tokio::time::timeout(patience, request.send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(trouble_before_answer(url, error).into()),
            Err(_) => {
                let what = format!("{} did not answer within {} s", host(url), patience.as_secs());
                Err(Trouble::new(TroubleKind::Timeout, what).into())
            }
        }
    }

    /// The next piece of a body, unless the upstream falls silent.
    pub(crate) async fn next_piece(
        &self,
        response: &mut Response,
    ) -> Result<Option<bytes::Bytes>, Trouble> {
        let patience = self.settings.idle_timeout;
        match tokio::time::timeout(patience, response.chunk()).await {
            Ok(Ok(piece)) => Ok(piece),
            Ok(Err(error)) if error.is_timeout() => Err(silence(response.url(), patience)),
            Ok(Err(error)) => {
                let what = format!(
                    "the answer of {} broke off: {}",
                    host(response.url()),
                    innermost(&error.without_url())
                );
                Err(Trouble::new(TroubleKind::BrokenBody, what))
            }
            Err(_) => Err(silence(response.url(), patience)),
        }
    }
}

fn builder(settings: &HttpSettings) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("weighbridge/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .retry(reqwest::retry::never())
        // One HTTP/2 stream is held down by its flow window; a file gets a connection to itself.
        .http1_only()
        .tcp_nodelay(true)
        .connect_timeout(settings.connect_timeout)
}

/// Host and port as people know them; never the path or query, which may hold a signature.
pub(crate) fn host(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => "the upstream".to_owned(),
    }
}

fn bearer(token: &str) -> Result<HeaderValue, NotYes> {
    let mut value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| Refusal {
        kind: RefusalKind::Unauthorized,
        message: "the configured credential contains characters that cannot be sent".to_owned(),
    })?;
    value.set_sensitive(true);
    Ok(value)
}

fn silence(url: &Url, patience: Duration) -> Trouble {
    let what = format!("{} sent nothing for {} s", host(url), patience.as_secs());
    Trouble::new(TroubleKind::Timeout, what)
}

fn trouble_before_answer(url: &Url, error: reqwest::Error) -> Trouble {
    let error = error.without_url();
    let kind = if error.is_timeout() && !error.is_connect() {
        TroubleKind::Timeout
    } else {
        TroubleKind::Connect
    };
    Trouble::new(kind, format!("no answer from {}: {}", host(url), innermost(&error)))
}

/// The cause at the bottom: "connection refused" instead of "error sending request".
pub(crate) fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string().trim_end_matches('.').chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_that_cannot_be_a_header_is_a_clear_no() {
        assert!(matches!(
            bearer("hf_a\nb"),
            Err(NotYes::No(Refusal { kind: RefusalKind::Unauthorized, .. }))
        ));
        assert!(bearer("hf_ab").unwrap().is_sensitive());
    }

    #[test]
    fn a_machine_without_ca_certificates_still_has_a_client() {
        let bare = builder(&HttpSettings::default()).tls_certs_only([]).build();
        assert!(bare.is_ok());
    }

    #[test]
    fn addresses_in_messages_carry_no_signature() {
        let url: Url = "https://cdn.example:8443/blob?Signature=abc".parse().unwrap();
        assert_eq!(host(&url), "cdn.example:8443");
    }
}
