//! Each rule alone: when it objects, in which words, and when it is silent.

use insta::assert_snapshot;
use weighbridge_domain::Severity::{Dangerous, Note, Review};
use weighbridge_domain::{Artifact, DataClass, RiskAnswers, Tier};
use weighbridge_policy::{
    ArtifactFact, AttestationFact, Facts, FormatFact, LicenceGrade, UnknownFact, UseFact, rules,
};

use crate::fixture::{Only, approval, finding, format};

const SILENT: &str = "allow";

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn no_rule_objects_to_a_harmless_revision() {
    for rule in rules() {
        let mut only = Only::rule(rule.id);
        if rule.id == "attestation-required" {
            only = only.with("predicates", words(&[]));
        }
        if rule.id == "publisher-allowed" {
            only = only.with("publishers", words(&["acme"]));
        }
        assert_eq!(only.says(|_| {}), SILENT, "{}", rule.id);
    }
}

#[test]
fn approval_required_counts_people_in_the_right_role() {
    let rule = || Only::rule("approval-required");
    assert_snapshot!(rule().says(|facts| facts.approvals.clear()), @r#"
    hold
    enforce hold approval-required: `acme/tiny-bert` is not approved for `staging`: it has 0 of 1 approval; ask for an approval: `weighbridge request REF --for staging` [approver]
    "#);
    assert_snapshot!(
        rule().says(|facts| facts.approvals = vec![approval("ann", "reader")]), @r#"
    hold
    enforce hold approval-required: `acme/tiny-bert` is not approved for `staging`: it has 0 of 1 approval; ask for an approval: `weighbridge request REF --for staging` [approver]
    "#);
    let twice = |facts: &mut Facts| {
        facts.approvals = vec![approval("ann", "approver"), approval("ann", "Approver")];
    };
    assert_snapshot!(rule().with("approvals", 2_u64).says(twice), @r#"
    hold
    enforce hold approval-required: `acme/tiny-bert` is not approved for `staging`: it has 1 of 2 approvals; ask for an approval: `weighbridge request REF --for staging` [approver]
    "#);
    assert_eq!(
        rule()
            .with("approvals", 2_u64)
            .says(|facts| facts.approvals.push(approval("bo", "approver"))),
        SILENT
    );
    let pre_approved = |facts: &mut Facts| {
        facts.approvals.clear();
        facts.source.tier = Tier::PreApproved;
    };
    assert_eq!(rule().with("exempt_tier", 1_u64).says(pre_approved), SILENT);
    assert_ne!(rule().says(pre_approved), SILENT);
}

#[test]
fn a_recall_says_who_and_why() {
    let told = Only::rule("custody-bad").says(|facts| {
        facts.custody.recalled = 1;
        facts.custody.recalled_by = Some("sue".to_owned());
        facts.custody.recalled_because = Some("it phones home".to_owned());
    });
    assert!(told.contains("1 file of it was recalled by sue: it phones home;"), "{told}");
}

#[test]
fn custody_bad_denies_what_was_rejected_or_recalled() {
    let rule = || Only::rule("custody-bad");
    assert_snapshot!(rule().says(|facts| facts.custody.recalled = 1), @r#"
    deny
    enforce deny custody-bad: 1 file of it was recalled; stop using this revision and choose another: what was recalled stays recalled [security-reviewer]
    "#);
    assert_snapshot!(rule().says(|facts| {
        facts.custody.rejected = 2;
        facts.custody.example = Some("pytorch_model.bin".to_owned());
    }), @r#"
    deny
    enforce deny custody-bad: 2 files of it were rejected, such as `pytorch_model.bin`; choose another revision: what was rejected stays rejected [security-reviewer]
    "#);
}

fn used_with(data: DataClass, residency: Option<&str>) -> impl FnOnce(&mut Facts) {
    let residency = residency.map(|region| region.parse().unwrap());
    let risk = RiskAnswers { residency, ..RiskAnswers::about(data) };
    move |facts| facts.uses.push(UseFact::of("01K".to_owned(), risk))
}

#[test]
fn data_residency_looks_at_where_the_data_of_a_use_has_to_stay() {
    let rule = || Only::rule("data-residency").with("regions", words(&["eu", "ch"]));
    assert_eq!(rule().says(used_with(DataClass::Confidential, Some("eu"))), SILENT);
    assert_eq!(rule().says(used_with(DataClass::Internal, Some("us"))), SILENT);
    assert_eq!(rule().says(used_with(DataClass::Public, None)), SILENT);
    assert_snapshot!(rule().says(used_with(DataClass::Confidential, Some("us"))), @r#"
    hold
    enforce hold data-residency: the confidential data of request `01K` has to stay in `us`, where `staging` does not keep it; use it in an environment that keeps its data there, or ask a compliance-reviewer [compliance-reviewer]
    "#);
    assert_snapshot!(rule().says(used_with(DataClass::Restricted, None)), @r#"
    hold
    enforce hold data-residency: request `01K` uses it with restricted data, and nobody said where that has to stay; ask again, and say so: `weighbridge request REF --residency eu` [compliance-reviewer]
    "#);
}

#[test]
fn data_tier_keeps_sensitive_data_to_sources_that_are_trusted() {
    let rule = || Only::rule("data-tier");
    assert_eq!(rule().says(used_with(DataClass::Confidential, None)), SILENT);
    assert_snapshot!(rule().says(used_with(DataClass::Restricted, None)), @r#"
    hold
    enforce hold data-tier: request `01K` uses it with restricted data, and its source `hub` has tier 2; use it with less sensitive data, or have the source reviewed for tier 1 [compliance-reviewer]
    "#);
    let confidential = || rule().with("classes", words(&["confidential"]));
    assert_ne!(confidential().says(used_with(DataClass::Confidential, None)), SILENT);
    assert_eq!(
        confidential().with("max_tier", 2_u64).says(used_with(DataClass::Confidential, None)),
        SILENT
    );
    let trusted = |facts: &mut Facts| {
        facts.source.tier = Tier::PreApproved;
        used_with(DataClass::Restricted, None)(facts);
    };
    assert_eq!(rule().says(trusted), SILENT);
}

#[test]
fn file_too_large_names_the_file() {
    let rule = || Only::rule("file-too-large");
    assert_snapshot!(rule().says(|facts| facts.revision.largest_file_bytes = 200_000_000_001), @r#"
    deny
    enforce deny file-too-large: its largest file has 200.0 GB, and `staging` takes at most 200 GB: `model.safetensors`; choose a revision in smaller files, or ask an admin to raise the limit [admin]
    "#);
    assert_snapshot!(rule().with("max_bytes", 1_u64).says(|facts| facts.revision.largest_file = None), @r#"
    deny
    enforce deny file-too-large: its largest file has 419 MB, and `staging` takes at most 1 byte; choose a revision in smaller files, or ask an admin to raise the limit [admin]
    "#);
    assert_eq!(rule().says(|facts| facts.revision.largest_file_bytes = 200_000_000_000), SILENT);
    assert_eq!(rule().with("max_bytes", 0_u64).says(|_| {}), SILENT);
}

#[test]
fn finding_dangerous_tells_the_first_five_and_how_many_more() {
    let rule = || Only::rule("finding-dangerous");
    assert_snapshot!(rule().says(|facts| {
        facts.findings = vec![finding(Dangerous, "a.bin"), finding(Review, "b.bin")];
        facts.finding_counts.dangerous = 1;
    }), @r#"
    deny
    enforce deny finding-dangerous: `a.bin`: pickle calls os.system (WB-PICKLE-CALL); choose another revision, or one in a format that cannot act, such as `safetensors` [security-reviewer]
    "#);
    let many = rule().says(|facts| {
        facts.findings = (0..12).map(|n| finding(Dangerous, &format!("{n:02}.bin"))).collect();
    });
    assert_eq!(many.lines().count(), 6);
    assert_snapshot!(many.lines().last().unwrap(), @"enforce deny finding-dangerous: `04.bin`: pickle calls os.system (WB-PICKLE-CALL) (and 7 more); choose another revision, or one in a format that cannot act, such as `safetensors` [security-reviewer]");
    assert_eq!(rule().says(|facts| facts.findings = vec![finding(Review, "a.bin")]), SILENT);
}

#[test]
fn a_list_of_findings_that_was_cut_short_hides_nothing() {
    assert_snapshot!(Only::rule("finding-dangerous").says(|facts| {
        facts.findings = vec![finding(Review, "a.bin")];
        facts.finding_counts.dangerous = 3;
    }), @r#"
    deny
    enforce deny finding-dangerous: the scanner has 3 dangerous findings; choose another revision, or one in a format that cannot act, such as `safetensors` [security-reviewer]
    "#);
    assert_snapshot!(Only::rule("finding-review").says(|facts| {
        facts.findings = vec![finding(Note, "a.bin")];
        facts.finding_counts.review = 1;
    }), @r#"
    hold
    enforce hold finding-review: the scanner has 1 finding for review; choose another revision, or ask a security-reviewer to look at it [security-reviewer]
    "#);
}

#[test]
fn finding_review_holds() {
    let rule = || Only::rule("finding-review");
    assert_snapshot!(
        rule().says(|facts| facts.findings = vec![finding(Review, "modeling.py")]), @r#"
    hold
    enforce hold finding-review: `modeling.py`: pickle calls os.system (WB-PICKLE-CALL); choose another revision, or ask a security-reviewer to look at it [security-reviewer]
    "#);
    assert_eq!(rule().says(|facts| facts.findings = vec![finding(Note, "a.bin")]), SILENT);
}

#[test]
fn format_allowed_names_each_format_that_is_not_listed() {
    let rule = || Only::rule("format-allowed");
    assert_snapshot!(rule().with("formats", words(&["SafeTensors"])).says(|facts| {
        facts.formats.push(format("pickle", 1, "pytorch_model.bin"));
    }), @r#"
    deny
    enforce deny format-allowed: format `json` is not allowed in `staging`: 2 files, such as `config.json`; choose a revision in allowed formats, or ask a security-reviewer to allow this one [security-reviewer]
    enforce deny format-allowed: format `pickle` is not allowed in `staging`: 1 file, such as `pytorch_model.bin`; choose a revision in allowed formats, or ask a security-reviewer to allow this one [security-reviewer]
    "#);
    assert_eq!(rule().with("formats", words(&["*s*"])).says(|_| {}), SILENT);
}

#[test]
fn format_allowed_goes_by_the_name_until_a_file_was_examined() {
    let rule = || Only::rule("format-allowed").with("suffixes", words(&["json", "none"]));
    let unexamined = |facts: &mut Facts| {
        facts.formats = vec![
            FormatFact { examined: false, ..format("none", 1, "LICENSE") },
            FormatFact { examined: false, ..format("json", 1, "config.json") },
            FormatFact { examined: false, ..format("safetensors", 2, "model.safetensors") },
        ];
    };
    assert_snapshot!(rule().says(unexamined), @r#"
    deny
    enforce deny format-allowed: file names that end in `safetensors` are not allowed in `staging`: 2 files, such as `model.safetensors`; choose a revision in allowed formats, or ask a security-reviewer to allow this one [security-reviewer]
    "#);
    assert_eq!(Only::rule("format-allowed").says(unexamined), SILENT);
}

#[test]
fn licence_allowed_wants_every_declared_licence_on_the_list() {
    let rule = || Only::rule("licence-allowed");
    assert_snapshot!(rule().says(|facts| facts.revision.licences.push("llama3.1".to_owned())), @r#"
    deny
    enforce deny licence-allowed: licence `llama3.1` is not on the allow list of `staging`; choose an artifact under a listed licence, or ask a compliance-reviewer to add this one [compliance-reviewer]
    "#);
    assert_eq!(rule().says(|facts| facts.revision.licences = words(&["MIT"])), SILENT);
    assert_eq!(rule().says(|facts| facts.revision.licences.clear()), SILENT);
}

#[test]
fn licence_denied_takes_patterns() {
    let rule = || Only::rule("licence-denied").with("licences", words(&["cc-by-nc-*"]));
    assert_snapshot!(rule().says(|facts| facts.revision.licences = words(&["CC-BY-NC-4.0"])), @r#"
    deny
    enforce deny licence-denied: licence `CC-BY-NC-4.0` is on the deny list of `staging`; choose an artifact under another licence, or ask a compliance-reviewer about this use [compliance-reviewer]
    "#);
    assert_eq!(rule().says(|facts| facts.revision.licences = words(&["cc-by-4.0"])), SILENT);
}

#[test]
fn licence_unknown_holds_what_says_nothing() {
    let rule = || Only::rule("licence-unknown");
    assert_snapshot!(rule().says(|facts| facts.revision.licences = words(&["other"])), @r#"
    hold
    enforce hold licence-unknown: `acme/tiny-bert` declares the licence `other`, which does not say its terms; choose an artifact with a licence, or ask a compliance-reviewer to find out its terms [compliance-reviewer]
    "#);
    assert_snapshot!(rule().says(|facts| {
        facts.revision.licences.clear();
        facts.revision.licence_grade = LicenceGrade::Missing;
    }), @r#"
    hold
    enforce hold licence-unknown: `acme/tiny-bert` declares no licence; choose an artifact with a licence, or ask a compliance-reviewer to find out its terms [compliance-reviewer]
    "#);
    assert_ne!(rule().says(|facts| facts.revision.licences.clear()), SILENT);
}

#[test]
fn minimum_age_says_how_long_to_wait() {
    let rule = || Only::rule("minimum-age").with("hours", 72_u64);
    assert_snapshot!(rule().says(|facts| facts.revision.age_hours = Some(71)), @r#"
    hold
    enforce hold minimum-age: the revision is 71 hours old, and `staging` waits until it is 72 hours old; wait 1 hour, or choose an older revision [security-reviewer]
    "#);
    assert_snapshot!(rule().says(|facts| facts.revision.age_hours = None), @r#"
    hold
    enforce hold minimum-age: nobody says when the revision was made, and `staging` waits until it is 72 hours old; choose a revision whose date is known, or ask a security-reviewer [security-reviewer]
    "#);
    assert_eq!(rule().says(|facts| facts.revision.age_hours = Some(72)), SILENT);
    let nothing_to_wait_for = Only::rule("minimum-age").with("hours", 0_u64);
    assert_eq!(nothing_to_wait_for.says(|facts| facts.revision.age_hours = None), SILENT);
}

#[test]
fn publisher_allowed_refuses_everybody_else() {
    let rule = || Only::rule("publisher-allowed").with("publishers", words(&["OpenAI-*", "acme"]));
    assert_snapshot!(rule().says(|facts| facts.artifact = named("acmee/tiny-bert")), @r#"
    deny
    enforce deny publisher-allowed: publisher `acmee` is not on the allow list of `staging`; choose a publisher on the list, or ask a security-reviewer to add this one [security-reviewer]
    "#);
    assert_snapshot!(rule().says(|facts| facts.artifact = named("gpt2")), @r#"
    deny
    enforce deny publisher-allowed: `gpt2` has no publisher, and `staging` takes listed publishers only; choose an artifact of a publisher on the list [security-reviewer]
    "#);
    assert_eq!(rule().says(|facts| facts.artifact = named("openai-community/gpt2")), SILENT);
    assert_ne!(Only::rule("publisher-allowed").says(|_| {}), SILENT);
}

#[test]
fn publisher_denied_does_not_mind_letter_case() {
    let rule = || Only::rule("publisher-denied").with("publishers", words(&["Evil"]));
    assert_snapshot!(rule().says(|facts| facts.artifact = named("eVil/tiny-bert")), @r#"
    deny
    enforce deny publisher-denied: publisher `eVil` is on the deny list of `staging`; choose another publisher, or ask a security-reviewer to take it off the list [security-reviewer]
    "#);
    assert_eq!(rule().says(|facts| facts.artifact = named("evil")), SILENT);
}

#[test]
fn revision_too_large_tells_both_sizes() {
    let rule = || Only::rule("revision-too-large");
    assert_snapshot!(rule().says(|facts| facts.revision.total_bytes = u64::MAX), @r#"
    deny
    enforce deny revision-too-large: the revision has 18446744.1 TB in 3 files, and `staging` takes at most 2 TB; choose a smaller revision, or ask an admin to raise the limit [admin]
    "#);
    assert_snapshot!(rule().with("max_bytes", 5_300_000_u64).says(|_| {}), @r#"
    deny
    enforce deny revision-too-large: the revision has 420 MB in 3 files, and `staging` takes at most 5.3 MB; choose a smaller revision, or ask an admin to raise the limit [admin]
    "#);
    assert_eq!(rule().with("max_bytes", 0_u64).says(|_| {}), SILENT);
}

#[test]
fn scan_complete_trusts_no_count_alone() {
    let rule = || Only::rule("scan-complete");
    assert_snapshot!(rule().says(|facts| {
        facts.scan.examined = 1;
        facts.scan.pending = 2;
    }), @r#"
    hold
    enforce hold scan-complete: 2 of 3 files have not been examined yet; wait until the whole revision has been fetched and examined [admin]
    "#);
    // Nothing is pending, and still two files were never seen.
    assert_ne!(rule().says(|facts| facts.scan.examined = 1), SILENT);
    assert_ne!(rule().says(|facts| facts.scan.pending = 1), SILENT);
    assert_eq!(
        rule().says(|facts| (facts.scan.examined, facts.scan.unknown) = (2, 1)),
        SILENT,
        "what could not be examined is the business of scan-unknown"
    );
}

#[test]
fn scan_unknown_says_which_and_why() {
    let rule = || Only::rule("scan-unknown");
    assert_snapshot!(rule().says(|facts| facts.scan.unknown = 1), @r#"
    hold
    enforce hold scan-unknown: 1 file could not be examined whole; choose another revision, or ask a security-reviewer to examine it [security-reviewer]
    "#);
    assert_snapshot!(rule().says(|facts| {
        facts.scan.unknown = 2;
        facts.scan.example_unknown =
            Some(UnknownFact { path: "a.7z".to_owned(), why: "it is encrypted".to_owned() });
    }), @r#"
    hold
    enforce hold scan-unknown: 2 files could not be examined whole, such as `a.7z`: it is encrypted; choose another revision, or ask a security-reviewer to examine it [security-reviewer]
    "#);
}

#[test]
fn source_prohibited_says_what_gave_the_tier() {
    let rule = || Only::rule("source-prohibited");
    assert_snapshot!(rule().says(|facts| facts.source.tier = Tier::Prohibited), @r#"
    deny
    enforce deny source-prohibited: `acme/tiny-bert` is prohibited: its source `hub` has tier 3; choose an artifact of another source, or ask an admin to change the tier [admin]
    "#);
    assert_snapshot!(rule().says(|facts| {
        facts.source.tier = Tier::Prohibited;
        facts.source.tier_because = "acme/*".to_owned();
    }), @r#"
    deny
    enforce deny source-prohibited: `acme/tiny-bert` is prohibited: pattern `acme/*` of source `hub` has tier 3; choose an artifact of another source, or ask an admin to change the tier [admin]
    "#);
    assert_eq!(rule().says(|facts| facts.source.tier = Tier::PreApproved), SILENT);
}

fn named(name: &str) -> ArtifactFact {
    ArtifactFact::from(&name.parse::<Artifact>().unwrap())
}

#[test]
fn attestation_required_wants_each_listed_type_from_a_listed_key() {
    let provenance = "https://slsa.dev/provenance/v1";
    let rule = || Only::rule("attestation-required").with("predicates", words(&[provenance]));
    let by = |key: &'static str| {
        move |facts: &mut Facts| {
            facts.attestations = vec![AttestationFact {
                predicate_type: provenance.to_owned(),
                key: key.to_owned(),
                grade: weighbridge_domain::Grade::Declared,
            }];
        }
    };
    assert_snapshot!(rule().says(|_| {}), @r#"
    hold
    enforce hold attestation-required: `acme/tiny-bert` has no attestation of type `https://slsa.dev/provenance/v1` signed by a trusted key; give it: `weighbridge attestation import REF FILE` [security-reviewer]
    "#);
    assert_eq!(rule().says(by("builder")), SILENT);
    let of_builder = || rule().with("keys", words(&["builder"]));
    assert_eq!(of_builder().says(by("builder")), SILENT);
    assert_snapshot!(of_builder().says(by("intern")), @r#"
    hold
    enforce hold attestation-required: `acme/tiny-bert` has no attestation of type `https://slsa.dev/provenance/v1` signed by the key `builder`; give it: `weighbridge attestation import REF FILE` [security-reviewer]
    "#);
}
