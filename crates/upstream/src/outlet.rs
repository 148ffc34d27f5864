//! Messages to receivers that an administrator named: webhooks and witnesses.
//!
//! The rules: an address is looked at after its name was resolved, and that very address is connected to;
//! local ones are refused unless the operator named their network; plain http goes to named networks
//! only; no redirect is followed; an answer is read to a bound.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};

use crate::address::{Network, is_local_address};
use crate::http::{host, innermost};
use crate::{HttpError, Trouble, TroubleKind};

/// The most of an answer that is read.
const MOST_BYTES: usize = 64 * 1024;
/// The longest wait a receiver may ask for.
const LONGEST_WAIT: Duration = Duration::from_hours(24);

/// Whom messages may go to, and how patient we are.
#[derive(Clone, Debug)]
pub struct OutletSettings {
    /// Networks that messages may go to although they are local, and without encryption.
    pub allowed: Vec<Network>,
    /// For the connection, TLS included.
    pub connect_timeout: Duration,
    /// For the whole answer.
    pub answer_timeout: Duration,
}

impl Default for OutletSettings {
    fn default() -> OutletSettings {
        OutletSettings {
            allowed: Vec::new(),
            connect_timeout: Duration::from_secs(5),
            answer_timeout: Duration::from_secs(15),
        }
    }
}

/// Sends messages. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Outlet {
    /// For https: public addresses, and named networks.
    encrypted: reqwest::Client,
    /// For http: named networks alone.
    plain: reqwest::Client,
    settings: Arc<OutletSettings>,
}

/// Where a receiver is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutletUrl(Url);

/// A text that cannot be the address of a receiver.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it cannot be the address of a receiver: {0}")]
pub struct BadOutletUrl(String);

/// One message.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// What the body is.
    pub content_type: &'static str,
    /// Headers beside it.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

/// What the receiver said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutletReply {
    /// The status, whatever it is.
    pub status: u16,
    /// The body, as far as it is read.
    pub body: Vec<u8>,
    /// How long it wants us to wait.
    pub retry_after: Option<Duration>,
}

impl OutletUrl {
    /// The address.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Host and port: a path may hold a secret.
    pub fn host(&self) -> String {
        host(&self.0)
    }

    /// The address of `name` below this one.
    pub fn below(&self, name: &str) -> Option<OutletUrl> {
        let mut url = self.0.clone();
        url.path_segments_mut().ok()?.pop_if_empty().push(name);
        Some(OutletUrl(url))
    }

    fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The address in the text, when it is one and not a name.
    fn literal(&self) -> Option<IpAddr> {
        self.0.host_str()?.trim_matches(['[', ']']).parse().ok()
    }
}

impl FromStr for OutletUrl {
    type Err = BadOutletUrl;
    fn from_str(text: &str) -> Result<OutletUrl, BadOutletUrl> {
        let bad = |why: &str| BadOutletUrl(why.to_owned());
        if text.len() > 2_000 {
            return Err(bad("it is longer than 2,000 characters"));
        }
        let url: Url = text.trim().parse().map_err(|_| bad("it is not a URL"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("only http and https are spoken"));
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(bad("it has no host"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("credentials do not belong into an address"));
        }
        if url.fragment().is_some() {
            return Err(bad("a fragment has no meaning here"));
        }
        Ok(OutletUrl(url))
    }
}

impl fmt::Display for OutletUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Outlet {
    /// Makes the clients; nothing is opened yet.
    pub fn new(settings: OutletSettings) -> Result<Outlet, HttpError> {
        let guard = |takes_public| Guard { allowed: settings.allowed.clone(), takes_public };
        let client = |takes_public| builder(&settings).dns_resolver(Arc::new(guard(takes_public)));
        // Without CA certificates a receiver within the house, over http, still has to work.
        let encrypted = match client(true).build() {
            Ok(encrypted) => encrypted,
            Err(_) => client(true).tls_certs_only([]).build()?,
        };
        let plain = client(false).tls_certs_only([]).build()?;
        Ok(Outlet { encrypted, plain, settings: Arc::new(settings) })
    }

    /// Why nothing is sent to this address, as far as its text tells.
    pub fn check(&self, url: &OutletUrl) -> Result<(), BadOutletUrl> {
        let Some(address) = url.literal() else { return Ok(()) };
        let guard =
            Guard { allowed: self.settings.allowed.clone(), takes_public: url.is_encrypted() };
        guard.check(address).map_err(BadOutletUrl)
    }

    /// Sends one message and reads the answer, whatever its status.
    pub async fn post(&self, url: &OutletUrl, message: Outgoing) -> Result<OutletReply, Trouble> {
        // A literal address is never resolved, so the resolver's guard does not see it.
        self.check(url).map_err(|error| Trouble::new(TroubleKind::Connect, error.to_string()))?;
        let client = if url.is_encrypted() { &self.encrypted } else { &self.plain };
        let mut request = client.post(url.0.clone()).header(CONTENT_TYPE, message.content_type);
        for (name, value) in message.headers {
            request = request.header(name, value);
        }
        let request = request.body(message.body);
        let patience = self.settings.answer_timeout;
        match tokio::time::timeout(patience, answer(request)).await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(error)) => {
                let why = innermost(&error.without_url());
                let what = format!("no answer from {}: {why}", url.host());
                Err(Trouble::new(TroubleKind::Connect, what))
            }
            Err(_) => {
                let what = format!("{} did not answer within {} s", url.host(), patience.as_secs());
                Err(Trouble::new(TroubleKind::Timeout, what))
            }
        }
    }
}

async fn answer(request: reqwest::RequestBuilder) -> reqwest::Result<OutletReply> {
    let mut response = request.send().await?;
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = retry_after.and_then(|text| text.trim().parse().ok());
    let retry_after = retry_after.map(|seconds| Duration::from_secs(seconds).min(LONGEST_WAIT));
    let (status, mut body) = (response.status().as_u16(), Vec::new());
    while let Some(piece) = response.chunk().await? {
        body.extend(piece.iter().take(MOST_BYTES.saturating_sub(body.len())));
        if body.len() >= MOST_BYTES {
            break;
        }
    }
    Ok(OutletReply { status, body, retry_after })
}

fn builder(settings: &OutletSettings) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("weighbridge/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .retry(reqwest::retry::never())
        .http1_only()
        .pool_max_idle_per_host(1)
        .connect_timeout(settings.connect_timeout)
}

/// Resolves names, and keeps back what messages must not go to.
struct Guard {
    allowed: Vec<Network>,
    takes_public: bool,
}

impl Guard {
    fn check(&self, address: IpAddr) -> Result<(), String> {
        if self.allowed.iter().any(|network| network.contains(address)) {
            return Ok(());
        }
        if is_local_address(address) {
            return Err(format!(
                "{address} is a local address, and `outgoing.allow_networks` does not name it"
            ));
        }
        if !self.takes_public {
            return Err(format!(
                "what goes to {address} has to be encrypted: `outgoing.allow_networks` does not name it"
            ));
        }
        Ok(())
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Guard { allowed: self.allowed.clone(), takes_public: self.takes_public };
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let (mut good, mut why) = (Vec::new(), None);
            for address in found {
                match guard.check(address.ip()) {
                    Ok(()) => good.push(address),
                    Err(refused) => why = Some(refused),
                }
            }
            // One bad address is enough: a name that leads to both is not to be trusted.
            if let Some(why) = why {
                return Err(Box::<dyn Error + Send + Sync>::from(why));
            }
            let good: Addrs = Box::new(good.into_iter().map(|address: SocketAddr| address));
            Ok(good)
        })
    }
}
