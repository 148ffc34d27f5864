//! Which events belong to which topic. A new kind of event is told about by a line here.

use serde_json::Value;
use weighbridge_domain::Topic;

/// Whether an entry of this kind may concern anybody.
pub(crate) fn is_told(kind: &str) -> bool {
    BODY_TELLS.contains(&kind) || !topics(kind, &Value::Null).is_empty()
}

/// The topics of an entry.
pub(super) fn topics(kind: &str, body: &Value) -> &'static [Topic] {
    use Topic::{
        Administration, Alarm, Asked, BreakGlass, Decided, Evidence, Expiring, NeedsReview,
        Overdue, Waiver,
    };
    match kind {
        "request.made" => &[Asked, NeedsReview],
        // One yes of several: the next one has to answer.
        "request.answered" if body["state"] == "open" => &[NeedsReview],
        "request.answered" | "request.withdrawn" | "request.approved" | "request.rejected" => {
            &[Decided]
        }
        "request.questioned" | "request.replied" | "request.reassigned" => &[NeedsReview],
        "request.overdue" | "request.escalated" => &[Overdue],
        "approval.expiring" | "approval.expired" | "waiver.expiring" | "waiver.expired" => {
            &[Expiring]
        }
        "waiver.granted" | "waiver.revoked" => &[Waiver],
        "files.judged" if is_any_bad(body) => &[Alarm],
        "artifact.restriction-changed" if body["restricted"] == true => &[Alarm],
        "fetch.mismatch" | "files.recalled" | "verdict.worsened" | "sign-in.refused" => &[Alarm],
        "attestation.imported" => &[Evidence],
        kind if kind.starts_with("trusted-key.") => &[Administration, Evidence],
        // Nobody has looked at what came through.
        "break-glass.expired" => &[BreakGlass, Expiring],
        kind if kind.starts_with("break-glass.") => &[BreakGlass],
        kind if kind.starts_with("witness.alarm") => &[Alarm],
        kind if ADMINISTRATION.iter().any(|noun| kind.starts_with(noun)) => &[Administration],
        _ => &[],
    }
}

/// Kinds that concern somebody for what they say, not always.
const BODY_TELLS: &[&str] = &["files.judged", "artifact.restriction-changed"];

/// The nouns whose events are administration.
const ADMINISTRATION: &[&str] = &[
    "source.",
    "sources.",
    "token.",
    "name.reserved",
    "name.unreserved",
    "webhook.",
    "witness.",
    "ledger.",
    "policy.",
    "lanes.",
    "account.",
    "role.",
    "password.",
];

fn is_any_bad(body: &Value) -> bool {
    let files = body["files"].as_array();
    let is_bad = |file: &Value| {
        let custody = file["custody"].as_str().unwrap_or("");
        ["rejected", "recalled"].contains(&custody) || file["worse_than"].is_string()
    };
    files.is_some_and(|files| files.iter().any(is_bad))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_yes_that_is_not_the_last_one_asks_the_next_reviewer() {
        assert_eq!(topics("request.answered", &json!({"state": "open"})), [Topic::NeedsReview]);
        assert_eq!(topics("request.answered", &json!({"state": "approved"})), [Topic::Decided]);
    }

    #[test]
    fn what_happens_all_the_time_wakes_nobody() {
        for kind in [
            "pulls",
            "decision.made",
            "revision.listed",
            "files.quarantined",
            "files.rescanned",
            "ref.moved",
        ] {
            assert!(!is_told(kind), "{kind}");
        }
        let opened = json!({"restricted": false});
        assert!(topics("artifact.restriction-changed", &opened).is_empty());
        assert!(topics("files.judged", &json!({"files": [{"custody": "released"}]})).is_empty());
        let rejected = json!({"files": [{"custody": "released"}, {"custody": "rejected"}]});
        assert_eq!(topics("files.judged", &rejected), [Topic::Alarm]);
    }

    /// Every kind of event is in the documentation: with a topic, or among those that have none.
    #[test]
    fn the_documentation_says_what_is_told_and_what_is_not() {
        let schema: Value =
            serde_json::from_str(include_str!("../../../../docs/audit-stream.schema.json"))
                .unwrap();
        let text = include_str!("../../../../docs/webhooks.md");
        let (told, rest) = text.split_once("<!-- begin: without a topic -->").unwrap();
        let (untold, _) = rest.split_once("<!-- end -->").unwrap();
        let is_named = |text: &str, kind: &str| {
            let noun = kind.split('.').next().unwrap_or_default();
            text.contains(&format!("`{kind}`")) || text.contains(&format!("`{noun}.…`"))
        };
        let mut kinds = 0;
        for choice in schema["allOf"].as_array().unwrap() {
            let kind = choice["if"]["properties"]["kind"]["const"].as_str().unwrap();
            assert_eq!(is_named(told, kind), is_told(kind), "`{kind}` in the table of topics");
            assert_eq!(is_named(untold, kind), !is_told(kind), "`{kind}` among those without");
            kinds += 1;
        }
        assert!(kinds > 60, "{kinds}");
    }
}
