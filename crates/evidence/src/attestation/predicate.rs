//! What statements tell: the predicates of others that fit, and ours where none does.
//!
//! Ours live below `https://weighbridge/`, a host that no public name server knows: nobody else can come to
//! own it. Their shapes are in `docs/schemas/`, and a test holds what we write against them.

mod approval;
mod licence;
mod monitoring;
mod svr;
mod test_result;
mod vsa;
mod vulns;
mod waiver;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::printable;

pub use approval::{
    APPROVAL, Answer, Approval, ApprovalRequest, Evidence, LedgerPlace, Person, REVIEW, Risk,
};
pub use licence::{LICENCE, Licence, LicenceClaim};
pub use monitoring::{MONITORING, Monitoring};
pub use svr::{SVR, Svr, Verifier};
pub use test_result::{TEST_RESULT, TestOutcome, TestResult};
pub use vsa::{VSA, Vsa, VsaDecision, VsaPolicy, VsaVerifier};
pub use vulns::{ScanMetadata, ScanResult, Scanner, ScannerDb, SeverityScore, VULNS, Vulns};
pub use waiver::{WAIVER, Waiver};

/// Who verifies, in the words of SVR and VSA: this program, in the version of its predicates.
pub const VERIFIER_ID: &str = "https://weighbridge/verifier/v1";

/// A set of digests, by algorithm.
pub type DigestSet = BTreeMap<String, String>;

/// in-toto's `ResourceDescriptor`, as far as we use it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceDescriptor {
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Its digests.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub digest: DigestSet,
    /// What else is known of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, serde_json::Value>,
}

impl ResourceDescriptor {
    /// Something known by its name and SHA-256.
    pub fn named(name: &str, sha256: String) -> ResourceDescriptor {
        ResourceDescriptor {
            name: Some(name.to_owned()),
            digest: sha256_set(sha256),
            ..ResourceDescriptor::default()
        }
    }
}

/// The set with that one SHA-256.
pub fn sha256_set(sha256: String) -> DigestSet {
    DigestSet::from([("sha256".to_owned(), sha256)])
}

/// Nobody needs predicates that are nested deeper.
const MAX_DEPTH: usize = 64;

/// What we know of a predicate from its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// It is one that we read, and it has that shape.
    Known,
    /// It is kept as it is: nothing of it is looked at.
    Opaque,
}

/// A predicate that says it is of a known type and has another shape.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is no `{predicate_type}`: {why}")]
pub struct BadPredicate {
    predicate_type: String,
    why: String,
}

/// Holds a predicate against the shape of its type.
pub fn check(predicate_type: &str, predicate: &RawValue) -> Result<Shape, BadPredicate> {
    fn fits<'a, T: Deserialize<'a>>(text: &'a RawValue) -> Result<Shape, serde_json::Error> {
        serde_json::from_str::<T>(text.get()).map(|_| Shape::Known)
    }
    if depth(predicate.get()) > MAX_DEPTH {
        return Err(bad(predicate_type, &format!("it is nested more than {MAX_DEPTH} deep")));
    }
    let shape = match predicate_type {
        TEST_RESULT => fits::<TestResult>(predicate),
        SVR => fits::<Svr>(predicate),
        VULNS => fits::<Vulns>(predicate),
        VSA => fits::<Vsa>(predicate),
        APPROVAL | REVIEW => fits::<Approval>(predicate),
        WAIVER => fits::<Waiver>(predicate),
        LICENCE => fits::<Licence>(predicate),
        MONITORING => fits::<Monitoring>(predicate),
        _ => Ok(Shape::Opaque),
    };
    shape.map_err(|error| bad(predicate_type, &error.to_string()))
}

/// How deep the lists and objects of a JSON text go.
fn depth(text: &str) -> usize {
    let (mut now, mut most, mut is_text, mut is_escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            b'[' | b'{' if !is_text => {
                now += 1;
                most = most.max(now);
            }
            b']' | b'}' if !is_text => now = now.saturating_sub(1),
            _ => {}
        }
    }
    most
}

fn bad(predicate_type: &str, why: &str) -> BadPredicate {
    BadPredicate { predicate_type: printable(predicate_type), why: printable(why) }
}
