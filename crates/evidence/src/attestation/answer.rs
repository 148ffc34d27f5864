//! What the statement of somebody else answers of the decision table: which predicate feeds which row.
//!
//! The rule: a yes has to be said. A document that lists what something depends on, and nothing of what is wrong with
//! it, is no yes.

use serde::Deserialize;
use serde_json::value::RawValue;
use weighbridge_domain::{Check, CheckAnswer, Environment};

use super::predicate::{
    MONITORING, Monitoring, TEST_RESULT, TestOutcome, TestResult, VULNS, Vulns,
};
use super::printable;

/// Bills of materials in `CycloneDX`, which may say what is wrong with what they list.
const CYCLONE_DX: &str = "https://cyclonedx.org/bom";
/// Analyses of a vulnerability after which nothing is left to do.
const SETTLED: &[&str] = &["resolved", "resolved_with_pedigree", "false_positive", "not_affected"];

/// The predicate types that feed a row.
pub fn feeding(check: Check) -> &'static [&'static str] {
    match check {
        Check::Dependencies => &[VULNS, CYCLONE_DX],
        Check::Behaviour => &[TEST_RESULT],
        Check::Monitoring => &[MONITORING],
        Check::SourceTier | Check::Card | Check::Licence => &[],
    }
}

/// What a predicate says of a row, with the words for it; `None` when it says nothing of it.
pub fn answer(
    check: Check,
    environment: &Environment,
    predicate_type: &str,
    predicate: &RawValue,
) -> Option<(CheckAnswer, String)> {
    if !feeding(check).contains(&predicate_type) {
        return None;
    }
    match predicate_type {
        VULNS => read::<Vulns>(predicate).map(|vulns| vulnerabilities(&vulns)),
        CYCLONE_DX => read::<Bom>(predicate).and_then(|bom| listed(&bom)),
        TEST_RESULT => read::<TestResult>(predicate).map(|result| tested(&result)),
        MONITORING => read::<Monitoring>(predicate).and_then(|told| watched(&told, environment)),
        _ => None,
    }
}

fn read<'a, T: Deserialize<'a>>(predicate: &'a RawValue) -> Option<T> {
    serde_json::from_str(predicate.get()).ok()
}

/// A bill of materials, as far as it is looked at.
#[derive(Deserialize)]
struct Bom {
    vulnerabilities: Option<Vec<BomVulnerability>>,
}

#[derive(Deserialize)]
struct BomVulnerability {
    #[serde(default)]
    id: String,
    #[serde(default)]
    analysis: BomAnalysis,
}

#[derive(Default, Deserialize)]
struct BomAnalysis {
    #[serde(default)]
    state: String,
}

fn vulnerabilities(vulns: &Vulns) -> (CheckAnswer, String) {
    let ids: Vec<_> = vulns.scanner.result.iter().map(|found| found.id.as_str()).collect();
    known(&ids, &format!("`{}`", printable(&vulns.scanner.uri)))
}

fn listed(bom: &Bom) -> Option<(CheckAnswer, String)> {
    let open = bom.vulnerabilities.as_ref()?.iter();
    let open = open.filter(|one| !SETTLED.contains(&one.analysis.state.as_str()));
    let ids: Vec<_> = open.map(|one| one.id.as_str()).collect();
    Some(known(&ids, "its bill of materials"))
}

fn known(ids: &[&str], by: &str) -> (CheckAnswer, String) {
    let Some(first) = ids.first() else {
        return (CheckAnswer::Yes, format!("{by} knows of no vulnerability"));
    };
    let (number, first) = (ids.len(), printable(first));
    let noun = if number == 1 { "vulnerability" } else { "vulnerabilities" };
    (CheckAnswer::No, format!("{by} knows of {number} {noun}, such as `{first}`"))
}

fn tested(result: &TestResult) -> (CheckAnswer, String) {
    let passed = result.passed_tests.len();
    let others = result.failed_tests.iter().chain(&result.warned_tests);
    let such_as = others.map(|name| format!(", such as `{}`", printable(name))).next();
    let such_as = such_as.unwrap_or_default();
    match result.result {
        TestOutcome::Passed => (CheckAnswer::Yes, format!("its tests passed ({passed} named)")),
        TestOutcome::Warned => (CheckAnswer::No, format!("its tests warned{such_as}")),
        TestOutcome::Failed => (CheckAnswer::No, format!("its tests failed{such_as}")),
    }
}

fn watched(told: &Monitoring, environment: &Environment) -> Option<(CheckAnswer, String)> {
    if !told.environments.iter().any(|name| name == environment.as_str()) {
        return None;
    }
    Some(match (&told.url, told.monitored) {
        (Some(url), true) => (
            CheckAnswer::Yes,
            format!("its use in `{environment}` is watched at {}", printable(url)),
        ),
        (None, true) => (CheckAnswer::Yes, format!("its use in `{environment}` is watched")),
        (_, false) => (CheckAnswer::No, format!("its use in `{environment}` is not watched")),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn said(
        check: Check,
        predicate_type: &str,
        predicate: &Value,
    ) -> Option<(CheckAnswer, String)> {
        let raw = RawValue::from_string(predicate.to_string()).unwrap();
        answer(check, &"production".parse().unwrap(), predicate_type, &raw)
    }

    #[test]
    fn a_row_is_fed_by_its_own_predicates_and_a_yes_has_to_be_said() {
        use Check::{Behaviour, Dependencies, Monitoring};
        let yes = |told: Option<(CheckAnswer, String)>| told.map(|(told, _)| told);
        let (is, no) = (Some(CheckAnswer::Yes), Some(CheckAnswer::No));
        let vulns = |found: Value| {
            json!({"scanner": {"uri": "https://osv.dev", "db": {}, "result": found},
                "metadata": {"scanStartedOn": "t", "scanFinishedOn": "t"}})
        };
        assert_eq!(yes(said(Dependencies, VULNS, &vulns(json!([])))), is);
        let found = vulns(json!([{"id": "CVE-1", "severity": []}]));
        let told = said(Dependencies, VULNS, &found).unwrap();
        assert!(told.1.contains("1 vulnerability, such as `CVE-1`"), "{}", told.1);
        let bom = |found: Value| said(Dependencies, CYCLONE_DX, &found);
        assert_eq!(bom(json!({"components": []})), None, "it lists, and says nothing of them");
        assert_eq!(yes(bom(json!({"vulnerabilities": []}))), is);
        let settled = json!({"id": "CVE-1", "analysis": {"state": "not_affected"}});
        assert_eq!(yes(bom(json!({"vulnerabilities": [settled]}))), is);
        assert_eq!(yes(bom(json!({"vulnerabilities": [settled, {"id": "CVE-2"}]}))), no);
        let result = |word: &str| json!({"result": word, "configuration": []});
        assert_eq!(yes(said(Behaviour, TEST_RESULT, &result("PASSED"))), is);
        for word in ["WARNED", "FAILED"] {
            assert_eq!(yes(said(Behaviour, TEST_RESULT, &result(word))), no);
        }
        let watched = |place: &str, is: bool| {
            said(Monitoring, MONITORING, &json!({"environments": [place], "monitored": is}))
        };
        assert_eq!(yes(watched("production", true)), is);
        assert_eq!(yes(watched("production", false)), no);
        assert_eq!(watched("staging", true), None, "somewhere else");
        // What is for one row says nothing of another, and nonsense says nothing.
        assert_eq!(said(Monitoring, TEST_RESULT, &result("PASSED")), None);
        assert_eq!(said(Behaviour, TEST_RESULT, &json!({"result": "FINE"})), None);
        assert_eq!(said(Check::Licence, TEST_RESULT, &result("PASSED")), None);
    }
}
