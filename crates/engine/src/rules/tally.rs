//! What trying a policy out amounts to, in bounded memory: counts of everything, and the worst by name.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use weighbridge_domain::{Artifact, CommitId, Digest, Environment, Outcome};
use weighbridge_store::CallerCount;

use super::simulate::Verdict;

/// How many changed artifacts are named.
const MAX_NAMED: usize = 100;
/// How many people are named, for one artifact and in all.
const MAX_PEOPLE: usize = 50;
/// How many names are remembered to count people.
const MAX_REMEMBERED: usize = 100_000;

/// What a policy would have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulationReport {
    /// The policy that was tried out.
    pub policy: Digest,
    /// The version that it was compared with.
    pub against: u64,
    /// Over how many days pulls were counted.
    pub days: u32,
    /// How many revisions there are.
    pub revisions: u64,
    /// How many decisions were made again.
    pub evaluated: u64,
    /// Decisions that stay what they are.
    pub unchanged: u64,
    /// How each environment changes, by name.
    pub environments: BTreeMap<String, EnvironmentTally>,
    /// The rules that stop what passes today, the one that stops most pulls first.
    pub rules: Vec<RuleTally>,
    /// What changes, what was pulled most first; at most a hundred.
    pub artifacts: Vec<ArtifactTally>,
    /// How many more change than are named.
    pub more_artifacts: u64,
    /// Who would have been stopped, and how often; at most fifty.
    pub people: Vec<CallerCount>,
    /// How many people would have been stopped.
    pub people_count: u64,
}

/// How one environment changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EnvironmentTally {
    /// Allowed today, denied then.
    pub newly_denied: u64,
    /// Allowed today, held then.
    pub newly_held: u64,
    /// Denied or held today, allowed then.
    pub newly_allowed: u64,
    /// Held instead of denied, or denied instead of held.
    pub otherwise_refused: u64,
    /// Of these, those that the policy has no answer to, which is a denial.
    pub failed: u64,
    /// Pulls of the last days that would have been stopped.
    pub pulls: u64,
}

/// What one rule stops that passes today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleTally {
    /// The rule.
    pub rule: String,
    /// How many revisions, each counted once for each environment.
    pub revisions: u64,
    /// How many pulls of the last days.
    pub pulls: u64,
}

/// One revision that an environment would have another answer for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtifactTally {
    /// The artifact.
    pub artifact: Artifact,
    /// At which commit.
    pub commit: CommitId,
    /// In which environment.
    pub environment: Environment,
    /// The answer today.
    pub was: Outcome,
    /// The answer then.
    pub becomes: Outcome,
    /// The rules that decide then.
    pub rules: Vec<String>,
    /// The first reason then.
    pub message: String,
    /// Pulls of the last days that would have been stopped.
    pub pulls: u64,
    /// Who pulled; at most fifty.
    pub people: Vec<CallerCount>,
}

impl SimulationReport {
    /// The sum over all environments.
    pub fn total(&self) -> EnvironmentTally {
        let mut total = EnvironmentTally::default();
        for one in self.environments.values() {
            total.newly_denied += one.newly_denied;
            total.newly_held += one.newly_held;
            total.newly_allowed += one.newly_allowed;
            total.otherwise_refused += one.otherwise_refused;
            total.failed += one.failed;
            total.pulls += one.pulls;
        }
        total
    }

    /// What a proposal keeps of it.
    pub(crate) fn summary(&self) -> serde_json::Value {
        let counts = |one: &EnvironmentTally| {
            serde_json::json!({
                "newly_denied": one.newly_denied,
                "newly_held": one.newly_held,
                "newly_allowed": one.newly_allowed,
                "otherwise_refused": one.otherwise_refused,
                "failed": one.failed,
                "pulls": one.pulls,
            })
        };
        let environments: serde_json::Map<String, serde_json::Value> =
            self.environments.iter().map(|(name, one)| (name.clone(), counts(one))).collect();
        serde_json::json!({
            "against": self.against,
            "days": self.days,
            "revisions": self.revisions,
            "evaluated": self.evaluated,
            "unchanged": self.unchanged,
            "people": self.people_count,
            "environments": environments,
        })
    }
}

/// A report in the making.
pub(super) struct Tally {
    report: SimulationReport,
    rules: BTreeMap<String, RuleTally>,
    /// The named ones, by what makes them worth naming.
    named: BTreeMap<(Reverse<u64>, String), ArtifactTally>,
    people: BTreeMap<String, u64>,
    /// Names beyond those that are remembered.
    forgotten: u64,
}

impl Tally {
    pub(super) fn new(policy: Digest, against: u64, days: u32, revisions: u64) -> Tally {
        Tally {
            report: SimulationReport {
                policy,
                against,
                days,
                revisions,
                evaluated: 0,
                unchanged: 0,
                environments: BTreeMap::new(),
                rules: Vec::new(),
                artifacts: Vec::new(),
                more_artifacts: 0,
                people: Vec::new(),
                people_count: 0,
            },
            rules: BTreeMap::new(),
            named: BTreeMap::new(),
            people: BTreeMap::new(),
            forgotten: 0,
        }
    }

    pub(super) fn add(&mut self, verdict: Verdict, pulled: Vec<CallerCount>) {
        self.report.evaluated += 1;
        let name = verdict.row.environment.to_string();
        let tally = self.report.environments.entry(name).or_default();
        let pulls = pulled.iter().map(|count| count.downloads).sum();
        if verdict.is_failure {
            tally.failed += 1;
        }
        match (verdict.was, verdict.becomes) {
            (was, becomes) if was == becomes => {
                self.report.unchanged += 1;
                return;
            }
            (Outcome::Allow, Outcome::Deny) => tally.newly_denied += 1,
            (Outcome::Allow, _) => tally.newly_held += 1,
            (_, Outcome::Allow) => tally.newly_allowed += 1,
            _ => tally.otherwise_refused += 1,
        }
        tally.pulls += pulls;
        if verdict.was == Outcome::Allow {
            for rule in &verdict.rules {
                let counted = self.rules.entry(rule.clone()).or_insert_with(|| RuleTally {
                    rule: rule.clone(),
                    revisions: 0,
                    pulls: 0,
                });
                counted.revisions += 1;
                counted.pulls += pulls;
            }
        }
        for CallerCount { caller, downloads } in &pulled {
            if let Some(known) = self.people.get_mut(caller) {
                *known += downloads;
            } else if self.people.len() < MAX_REMEMBERED {
                self.people.insert(caller.clone(), *downloads);
            } else {
                self.forgotten += 1;
            }
        }
        self.name(verdict, pulls, pulled);
    }

    fn name(&mut self, verdict: Verdict, pulls: u64, mut people: Vec<CallerCount>) {
        // What stops people comes before what opens something; then by age, which ids tell.
        let weight = if verdict.was == Outcome::Allow { pulls.saturating_add(1) } else { 0 };
        let key = (Reverse(weight), verdict.row.id.clone());
        people.sort_by_key(|count| Reverse(count.downloads));
        people.truncate(MAX_PEOPLE);
        let row = verdict.row;
        let named = ArtifactTally {
            artifact: row.artifact,
            commit: row.commit,
            environment: row.environment,
            was: verdict.was,
            becomes: verdict.becomes,
            rules: verdict.rules,
            message: verdict.message,
            pulls,
            people,
        };
        self.named.insert(key, named);
        if self.named.len() > MAX_NAMED {
            self.named.pop_last();
            self.report.more_artifacts += 1;
        }
    }

    pub(super) fn report(self) -> SimulationReport {
        let Tally { mut report, rules, named, people, forgotten } = self;
        report.rules = rules.into_values().collect();
        report.rules.sort_by_key(|rule| (Reverse((rule.pulls, rule.revisions)), rule.rule.clone()));
        report.artifacts = named.into_values().collect();
        report.people_count = u64::try_from(people.len()).unwrap_or(u64::MAX) + forgotten;
        let mut worst: BTreeSet<(Reverse<u64>, String)> = BTreeSet::new();
        for (caller, downloads) in people {
            worst.insert((Reverse(downloads), caller));
            if worst.len() > MAX_PEOPLE {
                worst.pop_last();
            }
        }
        let count = |(Reverse(downloads), caller)| CallerCount { caller, downloads };
        report.people = worst.into_iter().map(count).collect();
        report
    }
}
