//! The report for code scanning tools: SARIF 2.1.0 (OASIS).

use std::fmt::Write as _;

use serde_json::{Value, json};
use weighbridge_domain::{FindingPlace, Severity};

use super::verdicts::{FileResult, Scanned, Seen};

/// The rule under which what was not examined is reported: no finding, and no pass either.
const NOT_EXAMINED: &str = "WB-NOT-EXAMINED";

/// The whole report.
pub(super) fn document(scanned: &Scanned) -> Value {
    let ruleset = weighbridge_scan::ruleset();
    let mut results: Vec<Value> = scanned.files.iter().flat_map(results).collect();
    results.extend(scanned.unexamined.iter().map(
        |what| json!({ "ruleId": NOT_EXAMINED, "level": "warning", "message": { "text": what } }),
    ));
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "weighbridge",
                "semanticVersion": ruleset.version,
                "properties": { "ruleset": ruleset.digest.to_string() },
                "rules": rules(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rules() -> Vec<Value> {
    let rule = |code: &str, title: &str, why: &str, advice: &str, level: &str| {
        json!({
            "id": code,
            "shortDescription": { "text": title },
            "fullDescription": { "text": why },
            "help": { "text": advice },
            "defaultConfiguration": { "level": level },
        })
    };
    let known = weighbridge_scan::rules().iter();
    let mut rules: Vec<Value> = known
        .map(|known| rule(known.code, known.title, known.why, known.advice, level(known.severity)))
        .collect();
    rules.push(rule(
        NOT_EXAMINED,
        "something was not examined",
        "nobody knows what it does: what was not looked at is never clean",
        "look at the reason: a budget that ran out, an unknown format, a broken or encrypted member",
        "warning",
    ));
    rules
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Dangerous => "error",
        Severity::Review => "warning",
        Severity::Note => "note",
    }
}

fn results(file: &FileResult) -> Vec<Value> {
    let found = file.findings.iter().map(|seen| {
        let Seen { finding, suppressed } = seen;
        let text = match finding.evidence.as_str() {
            "" => finding.message.clone(),
            evidence => format!("{}: {evidence}", finding.message),
        };
        let mut result = json!({
            "ruleId": finding.rule,
            "level": level(finding.severity),
            "message": { "text": text },
            "locations": [location(file, &finding.place)],
        });
        if let (Some(why), Some(members)) = (suppressed, result.as_object_mut()) {
            let justification = format!("{} (until {})", why.reason, why.expires);
            let suppressions = json!([{ "kind": "external", "justification": justification }]);
            members.insert("suppressions".to_owned(), suppressions);
        }
        result
    });
    let gaps = file.unexamined.iter().map(|gap| {
        json!({
            "ruleId": NOT_EXAMINED,
            "level": "warning",
            "message": { "text": gap.why },
            "locations": [location(file, &gap.place)],
        })
    });
    found.chain(gaps).collect()
}

fn location(file: &FileResult, place: &FindingPlace) -> Value {
    let mut physical = json!({ "artifactLocation": { "uri": uri(&file.shown) } });
    // An offset in a member is none in the file.
    if let (Some(offset), true, Some(members)) =
        (place.offset, place.member.is_empty(), physical.as_object_mut())
    {
        members.insert("region".to_owned(), json!({ "byteOffset": offset, "byteLength": 0 }));
    }
    let mut location = json!({ "physicalLocation": physical });
    if let (false, Some(members)) = (place.member.is_empty(), location.as_object_mut()) {
        let name = match place.offset {
            Some(offset) => format!("{}@{offset}", place.member),
            None => place.member.clone(),
        };
        let logical = json!([{ "fullyQualifiedName": name, "kind": "member" }]);
        members.insert("logicalLocations".to_owned(), logical);
    }
    location
}

/// A path as a URI: relative ones stay so.
fn uri(path: &str) -> String {
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        let is_plain = byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
        if is_plain {
            uri.push(char::from(byte));
        } else {
            // Writing into a string never fails.
            write!(uri, "%{byte:02X}").ok();
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("a b/ü%.pkl"), "a%20b/%C3%BC%25.pkl");
        assert_eq!(uri("/x:y"), "file:///x%3Ay");
    }
}
