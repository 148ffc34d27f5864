//! `vulns` v0.2: what the scanner saw, one by one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Its type.
pub const VULNS: &str = "https://in-toto.io/attestation/vulns/v0.2";

/// What a scanner found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vulns {
    /// Who scanned, with what, and what was found.
    pub scanner: Scanner,
    /// When.
    pub metadata: ScanMetadata,
}

/// A scanner and what it found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scanner {
    /// What it is.
    pub uri: String,
    /// In which version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What it knows.
    pub db: ScannerDb,
    /// What it found; empty when nothing.
    pub result: Vec<ScanResult>,
}

/// What a scanner knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScannerDb {
    /// Where that comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// In which version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// When it was brought up to date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_update: Option<String>,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanResult {
    /// What it is.
    pub id: String,
    /// How bad it is.
    pub severity: Vec<SeverityScore>,
    /// Where it is, and what it says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<BTreeMap<String, serde_json::Value>>,
}

/// How bad something is, by one way of saying so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeverityScore {
    /// The way.
    pub method: String,
    /// How bad.
    pub score: String,
}

/// When a scan was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScanMetadata {
    /// When it began.
    pub scan_started_on: String,
    /// When it ended.
    pub scan_finished_on: String,
}
