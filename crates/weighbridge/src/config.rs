//! The configuration: defaults, one TOML file, `WEIGHBRIDGE_*` variables and flags, in rising order.
//!
//! The rule: an unknown key is an error that names the right one, and every value knows where it
//! came from.

mod break_glass;
mod database;
mod environment;
mod file;
mod hold;
mod known;
mod ledger;
mod limits;
mod load;
mod origin;
mod outgoing;
mod policy;
mod scan;
mod secret;
mod upstream;
mod variables;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

pub(crate) use break_glass::BreakGlassConfig;
pub(crate) use database::DatabaseConfig;
pub(crate) use environment::EnvironmentConfig;
pub(crate) use hold::HoldConfig;
pub(crate) use ledger::{LedgerConfig, STDOUT};
pub(crate) use limits::LimitsConfig;
pub(crate) use load::{ConfigError, Flags, Loaded, load};
pub(crate) use origin::Origin;
pub(crate) use outgoing::OutgoingConfig;
pub(crate) use policy::PolicyConfig;
pub(crate) use scan::ScanConfig;
pub(crate) use secret::Secret;
pub(crate) use upstream::UpstreamConfig;

/// Everything that can be configured.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Where the server listens.
    #[serde(deserialize_with = "address")]
    pub(crate) listen: SocketAddr,
    /// Where it keeps everything.
    pub(crate) data: PathBuf,
    /// The address people and clients reach it by, when it differs from `listen`.
    pub(crate) public_url: Option<String>,
    /// The environment of callers who name none.
    pub(crate) default_environment: String,
    /// The environments there are.
    pub(crate) environments: Vec<String>,
    /// What holds in each of them.
    pub(crate) environment: BTreeMap<String, EnvironmentConfig>,
    /// Where state is kept.
    pub(crate) database: DatabaseConfig,
    /// How upstream registries are asked.
    pub(crate) upstream: UpstreamConfig,
    /// Whom messages may go to.
    pub(crate) outgoing: OutgoingConfig,
    /// Who may lift rules in an emergency.
    pub(crate) break_glass: BreakGlassConfig,
    /// How much a scan may use.
    pub(crate) scan: ScanConfig,
    /// How long callers are made to wait.
    pub(crate) hold: HoldConfig,
    /// What is fetched together, and how much of it.
    pub(crate) limits: LimitsConfig,
    /// What the log of this instance is called.
    pub(crate) ledger: LedgerConfig,
    /// How the policy is changed.
    pub(crate) policy: PolicyConfig,
}

impl Config {
    /// The values that hold when nobody says anything.
    pub(crate) fn default_for(data: PathBuf) -> Config {
        let names = ["dev", "staging", "production"];
        Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data,
            public_url: None,
            default_environment: "dev".to_owned(),
            environments: names.map(str::to_owned).to_vec(),
            environment: names
                .iter()
                .map(|name| ((*name).to_owned(), EnvironmentConfig::shipped(name)))
                .collect(),
            database: DatabaseConfig::default(),
            upstream: UpstreamConfig::default(),
            outgoing: OutgoingConfig::default(),
            break_glass: BreakGlassConfig::default(),
            scan: ScanConfig::default(),
            hold: HoldConfig::default(),
            limits: LimitsConfig::default(),
            ledger: LedgerConfig::default(),
            policy: PolicyConfig::default(),
        }
    }
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| {
        let text = text.escape_debug();
        D::Error::custom(format!("`{text}` is no address with a port, such as `127.0.0.1:8080`"))
    })
}

impl Config {
    /// How people and clients reach the server, without a slash at the end, when it is configured.
    pub(crate) fn public_url(&self) -> Option<String> {
        self.public_url.as_ref().map(|url| url.trim_end_matches('/').to_owned())
    }
}

/// What a section objects to: the key below the section, and why its value cannot be.
pub(crate) struct Objection {
    pub(crate) key: String,
    pub(crate) why: String,
}

impl Objection {
    /// Says that `key` cannot be what it is.
    pub(crate) fn new(key: impl Into<String>, why: impl Into<String>) -> Objection {
        Objection { key: key.into(), why: why.into() }
    }

    /// Objects unless `value` lies in `range`.
    pub(crate) fn unless_within(
        key: &str,
        value: u64,
        range: std::ops::RangeInclusive<u64>,
    ) -> Result<(), Objection> {
        if range.contains(&value) {
            return Ok(());
        }
        let (low, high) = (range.start(), range.end());
        Err(Objection::new(key, format!("it has to be between {low} and {high}, not {value}")))
    }
}
