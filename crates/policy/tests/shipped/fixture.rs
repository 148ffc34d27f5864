//! Facts about a harmless revision, and how to ask one rule about them.

use weighbridge_domain::{Artifact, DataClass, Environment, Mode, RiskAnswers, Severity, Tier};
use weighbridge_policy::{
    ApprovalFact, ArtifactFact, CustodyFact, EnvironmentPolicy, Facts, FindingCounts, FindingFact,
    FormatFact, Judgement, LicenceGrade, ParameterValue, Place, Policy, RevisionFact, ScanFact,
    SourceFact, UseFact, replay, rules,
};

pub(crate) fn environment(name: &str) -> Environment {
    name.parse().unwrap()
}

/// A small, old, clean, permissively licensed model that was approved: no rule objects to it.
pub(crate) fn harmless(environment_name: &str) -> Facts {
    let artifact: Artifact = "acme/tiny-bert".parse().unwrap();
    Facts {
        environment: environment(environment_name),
        artifact: ArtifactFact::from(&artifact),
        source: SourceFact {
            name: "hub".parse().unwrap(),
            tier: Tier::Conditional,
            tier_because: "source".to_owned(),
        },
        revision: RevisionFact {
            commit: "9f2c".repeat(10).parse().unwrap(),
            manifest: None,
            age_hours: Some(1000),
            restricted: false,
            licences: vec!["apache-2.0".to_owned()],
            licence_grade: LicenceGrade::Declared,
            file_count: 3,
            total_bytes: 420_000_000,
            largest_file_bytes: 419_000_000,
            largest_file: Some("model.safetensors".to_owned()),
        },
        formats: vec![
            format("json", 2, "config.json"),
            format("safetensors", 1, "model.safetensors"),
        ],
        findings: Vec::new(),
        finding_counts: FindingCounts::default(),
        scan: ScanFact { examined: 3, sandboxed: true, ..ScanFact::default() },
        custody: CustodyFact::default(),
        approvals: vec![approval("ann", "approver")],
        approval_ended_at: None,
        uses: vec![UseFact::of("01J".to_owned(), RiskAnswers::about(DataClass::Internal))],
        waivers: Vec::new(),
        attestations: Vec::new(),
        break_glass: Vec::new(),
    }
}

/// The same before a byte was fetched.
pub(crate) fn before_the_first_byte(environment_name: &str) -> Facts {
    let mut facts = harmless(environment_name);
    facts.scan = ScanFact { pending: 3, sandboxed: true, ..ScanFact::default() };
    for format in &mut facts.formats {
        format.examined = false;
    }
    facts
}

pub(crate) fn format(word: &str, files: u64, example: &str) -> FormatFact {
    FormatFact { format: word.to_owned(), files, example: example.to_owned(), examined: true }
}

pub(crate) fn finding(severity: Severity, path: &str) -> FindingFact {
    FindingFact {
        rule: "WB-PICKLE-CALL".to_owned(),
        severity,
        path: path.to_owned(),
        message: "pickle calls os.system".to_owned(),
    }
}

pub(crate) fn approval(by: &str, role: &str) -> ApprovalFact {
    ApprovalFact {
        by: by.to_owned(),
        role: role.to_owned(),
        expires_at: None,
        carried_over_from: None,
    }
}

/// A policy for `staging` with every rule off but this one.
pub(crate) struct Only(EnvironmentPolicy);

impl Only {
    pub(crate) fn rule(id: &str) -> Only {
        let mut policy = EnvironmentPolicy::shipped(&environment("staging"));
        for rule in rules() {
            let mode = if rule.id == id { Mode::Enforce } else { Mode::Off };
            policy = policy.with_mode(rule.id, mode).unwrap();
        }
        Only(policy)
    }

    pub(crate) fn with(self, parameter: &str, value: impl Into<ParameterValue>) -> Only {
        let enforced = self.0.rules().iter().find(|(_, setting)| setting.mode == Mode::Enforce);
        let id = enforced.unwrap().0.clone();
        Only(self.0.with_parameter(&id, parameter, value).unwrap())
    }

    /// What the rule says about harmless facts after `change`.
    pub(crate) fn says(self, change: impl FnOnce(&mut Facts)) -> String {
        let mut facts = harmless("staging");
        change(&mut facts);
        let policy = Policy::compile(vec![self.0]).unwrap();
        let judgement = policy.decide(&facts).unwrap();
        let document = policy.document(&facts.environment).unwrap();
        assert_eq!(replay(document, &facts.canonical(), &Place::Here).as_ref(), Ok(&judgement));
        told(&judgement)
    }
}

/// A judgement as people would read it.
pub(crate) fn told(judgement: &Judgement) -> String {
    let mut lines = vec![judgement.outcome.to_string()];
    for reason in &judgement.reasons {
        lines.push(format!(
            "{} {} {}: {}; {} [{}]",
            reason.mode, reason.effect, reason.rule, reason.message, reason.remedy, reason.contact
        ));
    }
    lines.join("\n")
}
