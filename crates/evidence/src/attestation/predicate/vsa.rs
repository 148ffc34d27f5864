//! SLSA Verification Summary v1: what policy says of a revision in one environment.
//!
//! It has no end of its own, so ours stands in a field named by a URI, as the format allows.

use serde::{Deserialize, Serialize};

use super::{DigestSet, ResourceDescriptor};

/// Its type.
pub const VSA: &str = "https://slsa.dev/verification_summary/v1";

/// A decision as others read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Vsa {
    /// Who verified.
    pub verifier: VsaVerifier,
    /// When.
    pub time_verified: String,
    /// What was verified.
    pub resource_uri: String,
    /// Against which policy.
    pub policy: VsaPolicy,
    /// The attestations it rests on: all of them, or the field is absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_attestations: Vec<ResourceDescriptor>,
    /// `PASSED` or `FAILED`.
    pub verification_result: String,
    /// `WEIGHBRIDGE_ALLOWED_<ENVIRONMENT>`, or `FAILED`.
    pub verified_levels: Vec<String>,
    /// The decision in our own words.
    #[serde(
        rename = "https://weighbridge/verification_summary/v1/decision",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub decision: Option<VsaDecision>,
    /// When an approval or a waiver it rests on ends.
    #[serde(
        rename = "https://weighbridge/verification_summary/v1/validUntil",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub valid_until: Option<String>,
}

/// Who verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VsaVerifier {
    /// Who.
    pub id: String,
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VsaPolicy {
    /// What it is called.
    pub uri: String,
    /// Its text.
    #[serde(default)]
    pub digest: DigestSet,
}

/// A decision of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VsaDecision {
    /// Its id.
    pub id: String,
    /// For which environment.
    pub environment: String,
    /// `allow`, `hold` or `deny`.
    pub outcome: String,
    /// The rules that objected, enforced or not.
    pub rules: Vec<String>,
    /// The facts it rests on.
    pub facts: DigestSet,
}
