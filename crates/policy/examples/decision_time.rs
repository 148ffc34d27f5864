//! Prints how long one decision takes with the shipped rules:
//! `cargo run --release -p weighbridge-policy --example decision_time`.

use std::time::{Duration, Instant};

use weighbridge_domain::{Artifact, Environment, Severity, Tier};
use weighbridge_policy::{
    ArtifactFact, CustodyFact, EnvironmentPolicy, Facts, FindingCounts, FindingFact, FormatFact,
    LicenceGrade, Policy, RevisionFact, ScanFact, SourceFact,
};

const ROUNDS: usize = 5000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for environment in ["dev", "staging", "production"] {
        let environment: Environment = environment.parse()?;
        let policy = Policy::compile(vec![EnvironmentPolicy::shipped(&environment)])?;
        for findings in [0, 200] {
            let facts = facts(&environment, findings)?;
            let mut times = Vec::with_capacity(ROUNDS);
            for _ in 0..ROUNDS {
                let start = Instant::now();
                policy.decide(&facts)?;
                times.push(start.elapsed());
            }
            report(&environment, findings, times);
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "printing is what this is for")]
fn report(environment: &Environment, findings: usize, mut times: Vec<Duration>) {
    times.sort();
    let at = |percent: usize| times.get(ROUNDS * percent / 100).copied().unwrap_or_default();
    println!("{environment}, {findings} findings: p50 {:?}, p99 {:?}", at(50), at(99));
}

fn facts(environment: &Environment, findings: usize) -> Result<Facts, Box<dyn std::error::Error>> {
    let artifact: Artifact = "acme/tiny-bert".parse()?;
    let format = |word: &str, files| FormatFact {
        format: word.to_owned(),
        files,
        example: format!("a.{word}"),
        examined: true,
    };
    Ok(Facts {
        environment: environment.clone(),
        artifact: ArtifactFact::from(&artifact),
        source: SourceFact {
            name: "hub".parse()?,
            tier: Tier::Conditional,
            tier_because: "source".to_owned(),
        },
        revision: RevisionFact {
            commit: "ab".repeat(20).parse()?,
            manifest: None,
            age_hours: Some(5000),
            restricted: false,
            licences: vec!["apache-2.0".to_owned()],
            licence_grade: LicenceGrade::Declared,
            file_count: 12,
            total_bytes: 3_000_000_000,
            largest_file_bytes: 2_000_000_000,
            largest_file: Some("model.safetensors".to_owned()),
        },
        formats: vec![format("json", 6), format("safetensors", 2), format("text", 4)],
        findings: (0..findings)
            .map(|position| FindingFact {
                rule: "WB-REPO-REMOTE-CODE".to_owned(),
                severity: Severity::Review,
                path: format!("code/part-{position}.py"),
                message: "the repository has code that `trust_remote_code` runs".to_owned(),
            })
            .collect(),
        finding_counts: FindingCounts { review: findings as u64, ..FindingCounts::default() },
        scan: ScanFact { examined: 12, sandboxed: true, ..ScanFact::default() },
        custody: CustodyFact::default(),
        approvals: Vec::new(),
        uses: Vec::new(),
        waivers: Vec::new(),
        attestations: Vec::new(),
        break_glass: Vec::new(),
    })
}
