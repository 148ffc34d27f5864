//! `test-result` v0.1: the verdict of a whole revision, rule by rule.

use serde::{Deserialize, Serialize};

use super::ResourceDescriptor;

/// Its type.
pub const TEST_RESULT: &str = "https://in-toto.io/attestation/test-result/v0.1";

/// How the tests ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TestOutcome {
    /// Nothing was seen.
    Passed,
    /// Something that a person has to look at, or that could not be looked at.
    Warned,
    /// Something dangerous.
    Failed,
}

/// The result of a run of tests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestResult {
    /// How it ended.
    pub result: TestOutcome,
    /// What was run.
    pub configuration: Vec<ResourceDescriptor>,
    /// Where it can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The rules that saw nothing.
    #[serde(default)]
    pub passed_tests: Vec<String>,
    /// The rules that a person has to look at.
    #[serde(default)]
    pub warned_tests: Vec<String>,
    /// The rules that saw something dangerous.
    #[serde(default)]
    pub failed_tests: Vec<String>,
}
