//! The table of shipped rules, by id.

use weighbridge_domain::Gate::{Admit, Use};
use weighbridge_domain::Mode::{Enforce, Off, Warn};
use weighbridge_domain::Outcome::{Deny, Hold};

use super::ParameterDefault::{Number, Words};
use super::words::{PERMISSIVE, SAFE_FORMATS, SAFE_SUFFIXES, SCANNED_FORMATS, SCANNED_SUFFIXES};
use super::{ParameterInfo, ParameterKind, PerEnvironment, RuleInfo};

const fn number(name: &'static str, value: u64, doc: &'static str) -> ParameterInfo {
    let default = PerEnvironment::all(Number(value));
    ParameterInfo { name, kind: ParameterKind::Number, default, doc }
}

const fn words(
    name: &'static str,
    value: &'static [&'static str],
    doc: &'static str,
) -> ParameterInfo {
    let default = PerEnvironment::all(Words(value));
    ParameterInfo { name, kind: ParameterKind::Words, default, doc }
}

pub(super) static RULES: &[RuleInfo] = &[
    RuleInfo {
        id: "approval-required",
        gate: Use,
        effect: Hold,
        title: "the revision has no approval for this environment",
        why: "Somebody who answers for it has looked before anything depends on it.",
        contact: "approver",
        parameters: &[
            number("approvals", 1, "how many people have to approve"),
            number(
                "exempt_tier",
                0,
                "sources up to this tier need no approval: 1 exempts pre-approved ones, 0 none",
            ),
            words("roles", &["approver"], "the roles whose approval counts"),
            words(
                "carry_over",
                &[],
                "files that a later revision may differ in and keep the approval of an earlier one, such \
                 as `readme.md`, `*.md` or `*.png`; a licence file never counts, and an empty list \
                 carries nothing over",
            ),
        ],
        modes: PerEnvironment { dev: Off, staging: Warn, production: Enforce },
        rego: include_str!("../../rules/approval-required.rego"),
    },
    RuleInfo {
        id: "attestation-required",
        gate: Use,
        effect: Hold,
        title: "a statement that the environment asks for is not signed by a trusted key",
        why: "What others know better, such as how something was built or evaluated, they have to sign for.",
        contact: "security-reviewer",
        parameters: &[
            words(
                "predicates",
                &["https://slsa.dev/provenance/v1"],
                "the types of statements that have to be there",
            ),
            words("keys", &[], "the names of trusted keys that count; none means any"),
        ],
        modes: PerEnvironment::all(Off),
        rego: include_str!("../../rules/attestation-required.rego"),
    },
    RuleInfo {
        id: "custody-bad",
        gate: Admit,
        effect: Deny,
        title: "a file of the revision was rejected or recalled",
        why: "Bytes that were found bad stay bad, whatever they are called today.",
        contact: "security-reviewer",
        parameters: &[],
        modes: PerEnvironment::all(Enforce),
        rego: include_str!("../../rules/custody-bad.rego"),
    },
    RuleInfo {
        id: "data-residency",
        gate: Use,
        effect: Hold,
        title: "sensitive data has to stay where the environment does not keep it",
        why: "What may not leave a region must not be worked on outside of it.",
        contact: "compliance-reviewer",
        parameters: &[
            words("classes", &["confidential", "restricted"], "the classes of data it is about"),
            words("regions", &[], "where the environment keeps data, such as `eu`"),
        ],
        modes: PerEnvironment::all(Off),
        rego: include_str!("../../rules/data-residency.rego"),
    },
    RuleInfo {
        id: "data-tier",
        gate: Use,
        effect: Hold,
        title: "sensitive data meets an artifact from a source that is not trusted enough",
        why: "What could do the most harm should come from where somebody answers for it.",
        contact: "compliance-reviewer",
        parameters: &[
            words("classes", &["restricted"], "the classes of data it is about"),
            number("max_tier", 1, "the highest tier that a source may have then"),
        ],
        modes: PerEnvironment { dev: Off, staging: Warn, production: Enforce },
        rego: include_str!("../../rules/data-tier.rego"),
    },
    RuleInfo {
        id: "file-too-large",
        gate: Use,
        effect: Deny,
        title: "a file is larger than the limit",
        why: "One download should not fill the disk or the network for everybody.",
        contact: "admin",
        parameters: &[number("max_bytes", 200_000_000_000, "the limit in bytes; 0 is none")],
        modes: PerEnvironment { dev: Warn, staging: Enforce, production: Enforce },
        rego: include_str!("../../rules/file-too-large.rego"),
    },
    RuleInfo {
        id: "finding-dangerous",
        gate: Admit,
        effect: Deny,
        title: "the scanner found something that can act on whoever loads it",
        why: "Loading such a file runs what its author wanted, with the rights of whoever loads it.",
        contact: "security-reviewer",
        parameters: &[],
        modes: PerEnvironment::all(Enforce),
        rego: include_str!("../../rules/finding-dangerous.rego"),
    },
    RuleInfo {
        id: "finding-review",
        gate: Use,
        effect: Hold,
        title: "the scanner found something that a person has to look at",
        why: "Some things are fine in one place and an attack in another; a machine cannot tell.",
        contact: "security-reviewer",
        parameters: &[],
        modes: PerEnvironment { dev: Warn, staging: Enforce, production: Enforce },
        rego: include_str!("../../rules/finding-review.rego"),
    },
    RuleInfo {
        id: "format-allowed",
        gate: Use,
        effect: Deny,
        title: "a file has a format that is not on the allow list",
        why: "Formats that only hold data cannot run anything; the others need a reason.",
        contact: "security-reviewer",
        parameters: &[
            ParameterInfo {
                name: "formats",
                kind: ParameterKind::Words,
                default: PerEnvironment {
                    dev: Words(SCANNED_FORMATS),
                    staging: Words(SCANNED_FORMATS),
                    production: Words(SAFE_FORMATS),
                },
                doc: "the allowed formats of files that were examined",
            },
            ParameterInfo {
                name: "suffixes",
                kind: ParameterKind::Words,
                default: PerEnvironment {
                    dev: Words(SCANNED_SUFFIXES),
                    staging: Words(SCANNED_SUFFIXES),
                    production: Words(SAFE_SUFFIXES),
                },
                doc: "the allowed name endings of files that were not examined yet; \
                      `none` stands for names without one",
            },
        ],
        modes: PerEnvironment { dev: Warn, staging: Warn, production: Enforce },
        rego: include_str!("../../rules/format-allowed.rego"),
    },
    RuleInfo {
        id: "licence-allowed",
        gate: Use,
        effect: Deny,
        title: "a declared licence is not on the allow list",
        why: "What nobody has read the terms of should not end up in a product.",
        contact: "compliance-reviewer",
        parameters: &[words("licences", PERMISSIVE, "the allowed licence tags")],
        modes: PerEnvironment { dev: Warn, staging: Warn, production: Enforce },
        rego: include_str!("../../rules/licence-allowed.rego"),
    },
    RuleInfo {
        id: "licence-denied",
        gate: Use,
        effect: Deny,
        title: "a declared licence is on the deny list",
        why: "Some terms can never be met here, whoever asks.",
        contact: "compliance-reviewer",
        parameters: &[words("licences", &[], "the denied licence tags")],
        modes: PerEnvironment::all(Enforce),
        rego: include_str!("../../rules/licence-denied.rego"),
    },
    RuleInfo {
        id: "licence-unknown",
        gate: Use,
        effect: Hold,
        title: "no licence is declared, or one that does not say its terms",
        why: "Without a licence nothing is allowed, and `other` can mean anything.",
        contact: "compliance-reviewer",
        parameters: &[words(
            "vague",
            &["other", "unknown"],
            "licence tags that do not say their terms",
        )],
        modes: PerEnvironment { dev: Warn, staging: Warn, production: Enforce },
        rego: include_str!("../../rules/licence-unknown.rego"),
    },
    RuleInfo {
        id: "minimum-age",
        gate: Use,
        effect: Hold,
        title: "the upstream revision is younger than the limit, or its age is unknown",
        why: "Most hijacked releases are noticed and taken back within days.",
        contact: "security-reviewer",
        parameters: &[ParameterInfo {
            name: "hours",
            kind: ParameterKind::Number,
            default: PerEnvironment { dev: Number(0), staging: Number(24), production: Number(72) },
            doc: "how old it has to be, in hours",
        }],
        modes: PerEnvironment { dev: Off, staging: Warn, production: Enforce },
        rego: include_str!("../../rules/minimum-age.rego"),
    },
    RuleInfo {
        id: "publisher-allowed",
        gate: Use,
        effect: Deny,
        title: "the publisher is not on the allow list, or there is none",
        why: "Where few publishers are needed, nobody else should get in by a similar name.",
        contact: "security-reviewer",
        parameters: &[words("publishers", &[], "the allowed publishers")],
        modes: PerEnvironment::all(Off),
        rego: include_str!("../../rules/publisher-allowed.rego"),
    },
    RuleInfo {
        id: "publisher-denied",
        gate: Use,
        effect: Deny,
        title: "the publisher is on the deny list",
        why: "A publisher that was caught once is not worth a second look at each of its files.",
        contact: "security-reviewer",
        parameters: &[words("publishers", &[], "the denied publishers")],
        modes: PerEnvironment::all(Enforce),
        rego: include_str!("../../rules/publisher-denied.rego"),
    },
    RuleInfo {
        id: "revision-too-large",
        gate: Use,
        effect: Deny,
        title: "the whole revision is larger than the limit",
        why: "One download should not fill the disk or the network for everybody.",
        contact: "admin",
        parameters: &[number("max_bytes", 2_000_000_000_000, "the limit in bytes; 0 is none")],
        modes: PerEnvironment { dev: Warn, staging: Enforce, production: Enforce },
        rego: include_str!("../../rules/revision-too-large.rego"),
    },
    RuleInfo {
        id: "scan-complete",
        gate: Use,
        effect: Hold,
        title: "not every file has been examined yet",
        why: "A revision is judged whole: what was not looked at is not known to be good.",
        contact: "admin",
        parameters: &[],
        modes: PerEnvironment { dev: Off, staging: Warn, production: Enforce },
        rego: include_str!("../../rules/scan-complete.rego"),
    },
    RuleInfo {
        id: "scan-unknown",
        gate: Admit,
        effect: Hold,
        title: "something in a file could not be examined",
        why: "What hides from the scanner is not clean: it is unknown.",
        contact: "security-reviewer",
        parameters: &[],
        modes: PerEnvironment::all(Enforce),
        rego: include_str!("../../rules/scan-unknown.rego"),
    },
    RuleInfo {
        id: "source-prohibited",
        gate: Admit,
        effect: Deny,
        title: "the source, or a pattern of it, has tier 3",
        why: "A source that is prohibited is refused at every route, before a byte is fetched.",
        contact: "admin",
        parameters: &[],
        modes: PerEnvironment::all(Enforce),
        rego: include_str!("../../rules/source-prohibited.rego"),
    },
];
