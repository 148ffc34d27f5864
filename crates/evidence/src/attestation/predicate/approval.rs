//! Our own `approval` v1 and `review` v1: what a person answered to a request, who it was, and on what
//! it rested. The two have one shape and two types, so that nobody takes a review for an approval.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::DigestSet;

/// The type of the answer that ends a request with yes.
pub const APPROVAL: &str = "https://weighbridge/approval/v1";
/// The type of every other answer.
pub const REVIEW: &str = "https://weighbridge/review/v1";

/// An answer to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Approval {
    /// What was asked.
    pub request: ApprovalRequest,
    /// What was answered.
    pub answer: Answer,
    /// Where the request stands after it: `open`, `approved`, `rejected`.
    pub state: String,
    /// The decision table that said who had to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision_table: Option<DigestSet>,
    /// What the approval is bound to, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<String>,
    /// When the approval ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// The policy text that was in force.
    pub policy: DigestSet,
    /// The attestations that were there to be read.
    pub evidence: Vec<Evidence>,
    /// Where the ledger tells of them.
    pub receipts: Vec<LedgerPlace>,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApprovalRequest {
    /// Its id.
    pub id: String,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: String,
    /// For which environment.
    pub environment: String,
    /// Why.
    pub justification: String,
    /// What was said about the use.
    pub risk: Risk,
    /// Which answers it took.
    pub lane: String,
    /// The roles that had to answer.
    pub needs: Vec<String>,
}

/// What was said about the use: each question with its answer.
pub type Risk = BTreeMap<String, serde_json::Value>;

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Answer {
    /// `yes` or `no`.
    pub decision: String,
    /// Who.
    pub by: Person,
    /// In which role.
    pub role: String,
    /// Why.
    pub comment: String,
    /// The rows of the decision table that the yes answers for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attests: Vec<String>,
    /// When.
    pub at: String,
}

/// Who answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Their name here.
    pub name: String,
    /// How they showed that it was them.
    pub authenticated: String,
}

/// An attestation, by digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Evidence {
    /// What it tells.
    pub predicate_type: String,
    /// SHA-256 of its envelope.
    pub digest: DigestSet,
}

/// An entry of the ledger: `weighbridge audit receipt` gives what proves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerPlace {
    /// The name of the log.
    pub log: String,
    /// The place, from 0.
    pub entry: u64,
}
