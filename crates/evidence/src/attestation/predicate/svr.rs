//! Simple Verification Result v0.2: what was checked against bytes.

use serde::{Deserialize, Serialize};

use super::ResourceDescriptor;

/// Its type.
pub const SVR: &str = "https://in-toto.io/attestation/svr/v0.2";

/// Who verified, and by which policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verifier {
    /// Who.
    pub id: String,
    /// By which policies; empty when by none.
    pub policies: Vec<ResourceDescriptor>,
}

/// Properties that were verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Svr {
    /// Who verified.
    pub verifier: Verifier,
    /// When.
    pub time_created: String,
    /// What holds.
    pub properties: Vec<String>,
}
