//! in-toto Statement v1, as it is read.
//!
//! Format: <https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>. Unknown fields are passed
//! over, as the format asks; counts and lengths are bounded before anything is kept.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use weighbridge_domain::Digest;

use super::printable;

/// What a statement says it is.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// A statement about more is refused.
pub const MAX_SUBJECTS: usize = 100_000;

/// A subject with more digests is refused.
const MAX_DIGESTS: usize = 16;
/// Longer names of subjects, predicates and digests are refused.
const MAX_NAME_BYTES: usize = 4 * 1024;

/// What somebody says about some bytes.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The bytes.
    pub subjects: Vec<Subject>,
    /// What kind of thing is said.
    pub predicate_type: String,
    /// What is said: JSON.
    pub predicate: Box<RawValue>,
}

/// Some bytes, by digest.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Subject {
    /// What they are called; may be empty.
    #[serde(default)]
    pub name: String,
    /// Their digests, by algorithm.
    #[serde(default)]
    pub digest: BTreeMap<String, String>,
}

/// Why a payload is no statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is no in-toto statement: {0}")]
pub struct BadStatement(String);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatementJson {
    #[serde(rename = "_type")]
    kind: String,
    #[serde(deserialize_with = "bounded")]
    subject: Vec<Subject>,
    predicate_type: String,
    #[serde(default)]
    predicate: Option<Box<RawValue>>,
}

impl Statement {
    /// Reads a payload.
    pub fn parse(payload: &[u8]) -> Result<Statement, BadStatement> {
        let bad = |why: &str| BadStatement(printable(why));
        let json: StatementJson =
            serde_json::from_slice(payload).map_err(|error| bad(&error.to_string()))?;
        if json.kind != STATEMENT_TYPE {
            return Err(bad(&format!(
                "it says that it is `{}`, not `{STATEMENT_TYPE}`",
                json.kind
            )));
        }
        if json.subject.is_empty() {
            return Err(bad("it is about nothing"));
        }
        let is_name = |text: &str| {
            !text.is_empty() && text.len() <= MAX_NAME_BYTES && !text.chars().any(char::is_control)
        };
        if !is_name(&json.predicate_type) {
            return Err(bad("its predicate type is empty or too long"));
        }
        for subject in &json.subject {
            if subject.digest.is_empty() {
                return Err(bad("a subject has no digest"));
            }
            if subject.name.len() > MAX_NAME_BYTES || subject.digest.len() > MAX_DIGESTS {
                return Err(bad("a subject has too long a name or too many digests"));
            }
            if !subject.digest.iter().all(|(name, value)| is_name(name) && is_name(value)) {
                return Err(bad("a digest is empty or too long"));
            }
        }
        let predicate = match json.predicate {
            Some(predicate) => predicate,
            None => {
                RawValue::from_string("{}".to_owned()).map_err(|error| bad(&error.to_string()))?
            }
        };
        Ok(Statement { subjects: json.subject, predicate_type: json.predicate_type, predicate })
    }
}

impl Subject {
    /// Its SHA-256. Another digest, such as a git commit's SHA-1, is no name of bytes here.
    pub fn sha256(&self) -> Option<Digest> {
        self.digest.get("sha256")?.parse().ok()
    }
}

fn bounded<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Subject>, D::Error> {
    struct Bounded;
    impl<'de> Visitor<'de> for Bounded {
        type Value = Vec<Subject>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of subjects")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Subject>, A::Error> {
            let mut subjects = Vec::new();
            while let Some(subject) = list.next_element()? {
                if subjects.len() >= MAX_SUBJECTS {
                    let why = format!("it is about more than {MAX_SUBJECTS} subjects");
                    return Err(serde::de::Error::custom(why));
                }
                subjects.push(subject);
            }
            Ok(subjects)
        }
    }
    deserializer.deserialize_seq(Bounded)
}
