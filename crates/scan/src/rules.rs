//! The rules: what each code means, how bad it is, and the id of the whole set.
//!
//! A rule is one entry in [`catalogue`]. Readers say *what* they saw by naming a rule; how bad that
//! is stands in the table alone.

mod catalogue;

use std::sync::OnceLock;

use weighbridge_domain::{Digest, Finding, FindingPlace, Hasher, Severity};

pub(crate) use catalogue::*;

use crate::analyse::shown;

/// Grows with every change of behaviour that no table shows.
const REVISION: &str = "5";

/// Characters of a message or of a piece of evidence.
const TEXT: usize = 800;

/// One rule of the scanner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The stable code: `WB-PICKLE-CALL`.
    pub code: &'static str,
    /// How bad what it finds is.
    pub severity: Severity,
    /// What it finds, in a few words.
    pub title: &'static str,
    /// Why that matters.
    pub why: &'static str,
    /// What a person can do about it.
    pub advice: &'static str,
}

/// The identity of a rule set: other rules, tables or versions have another digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RulesetId {
    /// The scanner's version.
    pub version: &'static str,
    /// SHA-256 over every table that a verdict rests on.
    pub digest: Digest,
}

impl Rule {
    /// States that the rule fired. What comes from the file is shortened, and loses whatever a terminal
    /// would obey.
    pub(crate) fn finding(
        &self,
        place: FindingPlace,
        message: impl AsRef<str>,
        evidence: impl AsRef<str>,
    ) -> Finding {
        Finding {
            rule: self.code.to_owned(),
            severity: self.severity,
            place,
            message: shown(message.as_ref().as_bytes(), TEXT),
            evidence: shown(evidence.as_ref().as_bytes(), TEXT),
        }
    }
}

/// Every rule, in the order of the table.
pub fn rules() -> &'static [Rule] {
    &catalogue::ALL
}

/// The id of the rules and tables in this binary.
pub fn ruleset() -> RulesetId {
    static DIGEST: OnceLock<Digest> = OnceLock::new();
    let digest = *DIGEST.get_or_init(|| {
        let mut hasher = Hasher::default();
        hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
        hasher.update(REVISION.as_bytes());
        for rule in rules() {
            for text in [rule.code, rule.severity.as_str(), rule.title] {
                hasher.update(text.as_bytes());
                hasher.update(b"\n");
            }
        }
        crate::formats::tables(&mut hasher);
        crate::repository::tables(&mut hasher);
        crate::names::tables(&mut hasher);
        hasher.finish()
    });
    RulesetId { version: env!("CARGO_PKG_VERSION"), digest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_explained() {
        let mut codes: Vec<_> = rules().iter().map(|rule| rule.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), rules().len());
        for rule in rules() {
            assert!(rule.code.starts_with("WB-"), "{}", rule.code);
            assert!(!rule.why.is_empty() && !rule.advice.is_empty(), "{}", rule.code);
            assert!(!rule.title.ends_with('.'), "{}", rule.code);
        }
    }

    #[test]
    fn the_rule_set_keeps_its_id_within_one_binary() {
        assert_eq!(ruleset(), ruleset());
    }
}
