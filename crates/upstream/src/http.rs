//! The one HTTP client: no cookies, no redirects of its own, no proxies, never compressed.

use std::sync::Arc;
use std::time::Duration;

/// How patient the client is.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// For the connection, TLS included.
    pub connect_timeout: Duration,
    /// For the first byte of an answer and between any two pieces of it.
    pub idle_timeout: Duration,
    /// For one whole answer that is not a file.
    pub metadata_timeout: Duration,
    /// The pauses before each repetition of a request for metadata that found no connection or met
    /// a 5xx; as many repetitions as pauses.
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
    pub(crate) client: reqwest::Client,
    pub(crate) settings: Arc<HttpSettings>,
}

/// The client could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client could not be made: {0}")]
pub struct HttpError(#[from] reqwest::Error);

impl Http {
    /// Makes the client; nothing is opened yet.
    pub fn new(settings: HttpSettings) -> Result<Http, HttpError> {
        let client = reqwest::Client::builder()
            .user_agent(concat!("weighbridge/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .retry(reqwest::retry::never())
            // One HTTP/2 stream is held down by its flow window; a file gets a connection to itself.
            .http1_only()
            .tcp_nodelay(true)
            .connect_timeout(settings.connect_timeout)
            .build()?;
        Ok(Http { client, settings: Arc::new(settings) })
    }
}
