//! The report for programs: one object, the same bytes for the same files.

use serde_json::{Value, json};
use weighbridge_domain::{Unexamined, Verdict};

use super::verdicts::{FileResult, Scanned, Seen};

/// The whole report.
pub(super) fn document(scanned: &Scanned) -> Value {
    let ruleset = weighbridge_scan::ruleset();
    json!({
        "verdict": scanned.verdict().map(Verdict::as_str),
        "files": scanned.files.iter().map(file).collect::<Vec<_>>(),
        "unexamined": scanned.unexamined,
        "scanner": {
            "version": ruleset.version,
            "ruleset": ruleset.digest.to_string(),
            "sandbox": scanned.sandbox.map(|held| held.to_string()),
        },
    })
}

fn file(file: &FileResult) -> Value {
    json!({
        "path": file.shown,
        "verdict": file.verdict().as_str(),
        "format": file.format.as_str(),
        "findings": file.findings.iter().map(finding).collect::<Vec<_>>(),
        "unexamined": file.unexamined.iter().map(unexamined).collect::<Vec<_>>(),
    })
}

fn finding(seen: &Seen) -> Value {
    let Seen { finding, suppressed } = seen;
    let rule = weighbridge_scan::rules().iter().find(|rule| rule.code == finding.rule);
    json!({
        "rule": finding.rule,
        "severity": finding.severity.as_str(),
        "message": finding.message,
        "evidence": finding.evidence,
        "member": finding.place.member,
        "offset": finding.place.offset,
        "why": rule.map(|rule| rule.why),
        "advice": rule.map(|rule| rule.advice),
        "suppressed": suppressed.as_ref().map(|why| json!({
            "reason": why.reason, "expires": why.expires,
        })),
    })
}

fn unexamined(gap: &Unexamined) -> Value {
    json!({ "member": gap.place.member, "offset": gap.place.offset, "why": gap.why })
}
