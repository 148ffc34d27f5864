//! Which events belong to which topic. A new kind of event is told about by a line here.

use serde_json::Value;
use weighbridge_domain::Topic;

/// Whether an entry of this kind may concern anybody.
pub(crate) fn is_told(kind: &str) -> bool {
    kind == "files.judged" || !topics(kind, &Value::Null).is_empty()
}

/// The topics of an entry.
pub(super) fn topics(kind: &str, body: &Value) -> &'static [Topic] {
    use Topic::{
        Administration, Alarm, Asked, BreakGlass, Decided, Expiring, NeedsReview, Overdue, Waiver,
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
        "files.judged" if is_any_rejected(body) => &[Alarm],
        "fetch.mismatch" => &[Alarm],
        kind if kind.starts_with("break-glass.") => &[BreakGlass],
        kind if kind.starts_with("witness.alarm") => &[Alarm],
        kind if ADMINISTRATION.iter().any(|noun| kind.starts_with(noun)) => &[Administration],
        _ => &[],
    }
}

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
    "person.",
    "key.",
];

fn is_any_rejected(body: &Value) -> bool {
    let files = body["files"].as_array();
    files.is_some_and(|files| files.iter().any(|file| file["custody"] == "rejected"))
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
        for kind in ["pulls", "decision.made", "revision.listed", "files.quarantined", "ref.moved"]
        {
            assert!(!is_told(kind), "{kind}");
        }
        assert!(topics("files.judged", &json!({"files": [{"custody": "released"}]})).is_empty());
        let rejected = json!({"files": [{"custody": "released"}, {"custody": "rejected"}]});
        assert_eq!(topics("files.judged", &rejected), [Topic::Alarm]);
    }
}
