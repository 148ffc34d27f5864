//! What the facts document consists of: a made-up example of it, and every fact by name.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;
use weighbridge_domain::{
    Affected, Artifact, DataClass, Digest, Environment, Grade, Severity, Tier, Timestamp,
};

use crate::canonical;
use crate::facts::{
    ApprovalFact, ArtifactFact, AttestationFact, BreakGlassFact, CustodyFact, Facts, FindingCounts,
    FindingFact, FormatFact, LicenceGrade, RevisionFact, ScanFact, SourceFact, UnknownFact,
    UseFact, WaiverFact,
};

/// Shared functions that every rule may import.
pub(crate) const LIBRARY: &str = include_str!("../rules/lib/words.rego");

/// What can stand at a place of the facts document.
#[derive(Debug)]
pub(crate) enum Known {
    Object(BTreeMap<String, Known>),
    List(Box<Known>),
    Value,
}

/// One fact, as the documentation lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FactInfo {
    /// Where it stands: `revision.licences[]`.
    pub path: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

const fn fact(path: &'static str, meaning: &'static str) -> FactInfo {
    FactInfo { path, meaning }
}

/// Every fact, in the order of the document. A test compares it with [`example_facts`].
pub const FACTS: &[FactInfo] = &[
    fact(
        "approval_ended_at",
        "when the last approval of these bytes ended; absent while one holds, and when there was none",
    ),
    fact("approvals[].by", "who approved the revision for this environment"),
    fact(
        "approvals[].carried_over_from",
        "the commit whose approval it is, when it was carried over to this one; else left out",
    ),
    fact("approvals[].expires_at", "until when that holds; null when it has no end"),
    fact("approvals[].role", "in which role"),
    fact("artifact.kind", "`model` or `dataset`"),
    fact("artifact.name", "its canonical name, `acme/tiny-bert`"),
    fact("artifact.publisher", "the part before the slash; null when there is none"),
    fact(
        "attestations[].grade",
        "how well it is known: `verified` or `declared`; `attestations` is left out when there is none",
    ),
    fact("attestations[].key", "the name of the trusted key that signed it"),
    fact("attestations[].predicate_type", "what kind of thing it says"),
    fact("break_glass[].by", "who opened it"),
    fact("break_glass[].confirmed_by", "the second person; null when there is none"),
    fact("break_glass[].expires_at", "until when"),
    fact(
        "break_glass[].id",
        "an emergency for which every rule at gate `use` is lifted; `break_glass` is left out when there is none",
    ),
    fact("custody.example", "the path of a file that was rejected or recalled; else null"),
    fact("custody.recalled", "how many files were recalled"),
    fact("custody.recalled_because", "why; left out when nothing was recalled"),
    fact("custody.recalled_by", "who recalled it; left out when nothing was recalled"),
    fact("custody.rejected", "how many files were rejected"),
    fact("environment", "where the revision would be used"),
    fact("finding_counts.dangerous", "findings that can act on whoever loads the file"),
    fact("finding_counts.note", "findings that are worth knowing"),
    fact("finding_counts.review", "findings that a person has to look at"),
    fact("findings[].message", "what the scanner saw, the worst first, at most 200"),
    fact("findings[].path", "in which file"),
    fact("findings[].rule", "the scanner's rule, `WB-PICKLE-CALL`"),
    fact("findings[].severity", "`note`, `review` or `dangerous`"),
    fact("formats[].examined", "whether the scanner says so; otherwise the file names do"),
    fact("formats[].example", "the path of one file of the format"),
    fact("formats[].files", "how many files have it"),
    fact("formats[].format", "the scanner's word, or the ending of the names; `none` without one"),
    fact(
        "revision.age_hours",
        "whole hours since upstream made it, coarser with time; null when nobody says",
    ),
    fact("revision.commit", "the upstream commit"),
    fact("revision.file_count", "how many files it has"),
    fact("revision.largest_file", "the path of the largest; null when there is none"),
    fact("revision.largest_file_bytes", "its size"),
    fact("revision.licence_grade", "`declared` or `missing`"),
    fact("revision.licences[]", "the licence tags it declares, as upstream writes them"),
    fact(
        "revision.manifest",
        "the digest of the manifest; null until every file's digest is known",
    ),
    fact("revision.restricted", "whether upstream gives it to some people only"),
    fact("revision.total_bytes", "the size of all files"),
    fact("scan.examined", "files that were examined whole"),
    fact(
        "scan.example_unknown.path",
        "a file of which something could not be examined; `example_unknown` is null when there is none",
    ),
    fact("scan.example_unknown.why", "why not"),
    fact("scan.pending", "files that nobody has asked for yet, or whose scan has not ended"),
    fact("scan.sandboxed", "whether the scanner ran in its sandbox"),
    fact("scan.unknown", "files of which something could not be examined"),
    fact("schema", "1"),
    fact("source.name", "the source it comes from"),
    fact("source.tier", "1 pre-approved, 2 conditional, 3 prohibited"),
    fact("source.tier_because", "what gave it that tier: a pattern, or `source`"),
    fact(
        "uses[].affected",
        "the widest circle it reaches: `team`, `employees`, `customers` or `public`; null when nobody said",
    ),
    fact("uses[].affects_people", "whether decisions about people rest on it"),
    fact(
        "uses[].data",
        "how sensitive the data is: `public`, `internal`, `confidential`, `restricted`",
    ),
    fact("uses[].request", "the request that it is approved by, and what whoever asked said"),
    fact("uses[].residency", "where the data has to stay; null when nobody said"),
    fact("uses[].use_case", "what it is for; empty when nobody said"),
    fact("uses[].user_facing", "whether people outside the team meet what it says or does"),
    fact("waivers[].by", "who set a rule aside"),
    fact("waivers[].expires_at", "until when"),
    fact("waivers[].id", "the waiver"),
    fact("waivers[].rule", "the rule"),
];

/// A facts document with every fact in it, for tests of own rules and for documentation.
pub fn example_facts() -> String {
    // Of an ordinary day: an emergency would lift the rule that is tested.
    Facts { break_glass: Vec::new(), ..sample() }.canonical()
}

/// The same as a tree of names.
pub(crate) fn known() -> &'static Known {
    static KNOWN: LazyLock<Known> = LazyLock::new(|| {
        let value = serde_json::from_str(&canonical::text(&sample())).unwrap_or_default();
        tree(&value)
    });
    &KNOWN
}

fn tree(value: &Value) -> Known {
    match value {
        Value::Object(members) => {
            Known::Object(members.iter().map(|(key, value)| (key.clone(), tree(value))).collect())
        }
        Value::Array(items) => Known::List(Box::new(items.first().map_or(Known::Value, tree))),
        _ => Known::Value,
    }
}

/// A harmless revision with something in every field. Its words are checked by the tests.
#[expect(clippy::unwrap_used, reason = "the words are constants, and a test reads them")]
pub(crate) fn sample() -> Facts {
    let environment: Environment = "production".parse().unwrap();
    let artifact: Artifact = "acme/tiny-bert".parse().unwrap();
    let moment = Timestamp::from_rfc3339("2026-12-31T00:00:00Z").unwrap();
    Facts {
        environment,
        artifact: ArtifactFact::from(&artifact),
        source: SourceFact {
            name: "hub".parse().unwrap(),
            tier: Tier::Conditional,
            tier_because: "source".to_owned(),
        },
        revision: RevisionFact {
            commit: "9f2c".repeat(10).parse().unwrap(),
            manifest: Some(Digest::of(b"")),
            age_hours: Some(1_000),
            restricted: false,
            licences: vec!["apache-2.0".to_owned()],
            licence_grade: LicenceGrade::Declared,
            file_count: 3,
            total_bytes: 420_000_000,
            largest_file_bytes: 419_000_000,
            largest_file: Some("model.safetensors".to_owned()),
        },
        formats: vec![FormatFact {
            format: "safetensors".to_owned(),
            files: 1,
            example: "model.safetensors".to_owned(),
            examined: true,
        }],
        findings: vec![FindingFact {
            rule: "WB-TEXT-NOTE".to_owned(),
            severity: Severity::Note,
            path: "README.md".to_owned(),
            message: "a note".to_owned(),
        }],
        finding_counts: FindingCounts { note: 1, review: 0, dangerous: 0 },
        scan: ScanFact {
            examined: 3,
            pending: 0,
            unknown: 0,
            example_unknown: Some(UnknownFact { path: "a".to_owned(), why: "b".to_owned() }),
            sandboxed: true,
        },
        custody: CustodyFact {
            rejected: 0,
            recalled: 0,
            example: Some("a".to_owned()),
            recalled_by: Some("sue".to_owned()),
            recalled_because: Some("b".to_owned()),
        },
        approvals: vec![ApprovalFact {
            by: "ann".to_owned(),
            role: "approver".to_owned(),
            expires_at: Some(moment),
            carried_over_from: Some("1a2b".repeat(10).parse().unwrap()),
        }],
        approval_ended_at: Some(moment),
        uses: vec![UseFact {
            request: "01J0000000000000000000001".to_owned(),
            use_case: "spelling".to_owned(),
            data: DataClass::Internal,
            residency: Some("eu".parse().unwrap()),
            user_facing: false,
            affects_people: false,
            affected: Some(Affected::Team),
        }],
        waivers: vec![WaiverFact {
            id: "01J0000000000000000000000".to_owned(),
            rule: "licence-unknown".to_owned(),
            by: "bob".to_owned(),
            expires_at: moment,
        }],
        attestations: vec![AttestationFact {
            predicate_type: "https://slsa.dev/provenance/v1".to_owned(),
            key: "build".to_owned(),
            grade: Grade::Verified,
        }],
        break_glass: vec![BreakGlassFact {
            id: "01J0000000000000000000002".to_owned(),
            by: "ann".to_owned(),
            confirmed_by: Some("sam".to_owned()),
            expires_at: moment,
        }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(value: &Value, at: &str, to: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (key, value) in members {
                    let dot = if at.is_empty() { "" } else { "." };
                    paths(value, &format!("{at}{dot}{key}"), to);
                }
            }
            Value::Array(items) => paths(items.first().unwrap(), &format!("{at}[]"), to),
            _ => to.push(at.to_owned()),
        }
    }

    #[test]
    fn every_fact_is_listed_and_every_listed_fact_is_one() {
        let mut found = Vec::new();
        paths(&serde_json::from_str(&sample().canonical()).unwrap(), "", &mut found);
        let listed: Vec<&str> = FACTS.iter().map(|fact| fact.path).collect();
        found.sort();
        assert_eq!(found, listed, "a new fact needs a line in `FACTS`");
    }
}
