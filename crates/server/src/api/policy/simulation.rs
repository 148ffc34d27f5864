//! What trying a policy out showed, as it is sent.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_engine::{
    ArtifactTally, CallerCount, EnvironmentTally, RuleTally, SimulationReport,
};

/// What a policy would have changed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SimulationView {
    /// The policy that was tried out.
    pub policy: String,
    /// The version it was compared with: the active one.
    pub against: u64,
    /// Over how many days pulls were counted.
    pub days: u32,
    /// How many revisions there are.
    pub revisions: u64,
    /// How many decisions were made again: those that hold, one for a revision and an environment.
    pub evaluated: u64,
    /// Decisions that stay what they are.
    pub unchanged: u64,
    /// All environments together.
    pub total: EnvironmentChangeView,
    /// How each environment changes.
    pub environments: BTreeMap<String, EnvironmentChangeView>,
    /// The rules that stop what passes today, the one that stops most pulls first.
    pub rules: Vec<RuleCountView>,
    /// What changes, what was pulled most first; at most a hundred.
    pub artifacts: Vec<ArtifactChangeView>,
    /// How many more change than are named.
    pub more_artifacts: u64,
    /// Who would have been stopped, and how often; at most fifty.
    pub people: Vec<CountView>,
    /// How many people would have been stopped.
    pub people_count: u64,
}

/// How one environment changes.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct EnvironmentChangeView {
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
    /// Pulls of the last days that would have been stopped: files that were downloaded.
    pub pulls: u64,
}

/// What one rule stops that passes today.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RuleCountView {
    /// The rule.
    pub rule: String,
    /// How many revisions, each counted once for each environment.
    pub revisions: u64,
    /// How many pulls.
    pub pulls: u64,
}

/// One revision that an environment would have another answer for.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ArtifactChangeView {
    /// The artifact.
    pub artifact: String,
    /// At which commit.
    pub commit: String,
    /// In which environment.
    pub environment: String,
    /// The answer today.
    pub was: String,
    /// The answer then.
    pub becomes: String,
    /// The rules that decide then.
    pub rules: Vec<String>,
    /// The first reason then.
    pub message: String,
    /// Pulls that would have been stopped.
    pub pulls: u64,
    /// Who pulled; at most fifty.
    pub people: Vec<CountView>,
}

/// How often somebody pulled.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CountView {
    /// Who.
    pub name: String,
    /// How often.
    pub pulls: u64,
}

impl SimulationView {
    /// What it amounts to, in a sentence.
    pub fn headline(&self) -> String {
        headline(&self.total, &self.environments, self.people_count)
    }

    /// Whether something is stopped that passes today.
    pub fn stops(&self) -> bool {
        self.total.newly_denied + self.total.newly_held > 0
    }
}

/// `would have blocked 14 pulls by 3 people, 3 of them in production`.
pub(crate) fn headline(
    total: &EnvironmentChangeView,
    environments: &BTreeMap<String, EnvironmentChangeView>,
    people: u64,
) -> String {
    let counted = |count: u64, one: &str, more: &str| {
        format!("{count} {}", if count == 1 { one } else { more })
    };
    if total.pulls == 0 {
        let stopped = counted(total.newly_denied + total.newly_held, "decision", "decisions");
        return format!("would have blocked no pull; {stopped} that pass today would be stopped");
    }
    let text = format!(
        "would have blocked {} by {}",
        counted(total.pulls, "pull", "pulls"),
        counted(people, "person", "people"),
    );
    match environments.get("production").map_or(0, |one| one.pulls) {
        0 => text,
        all if all == total.pulls => format!("{text}, all of them in production"),
        some => format!("{text}, {some} of them in production"),
    }
}

impl From<SimulationReport> for SimulationView {
    fn from(report: SimulationReport) -> SimulationView {
        let total = report.total().into();
        let environments = report.environments.into_iter();
        SimulationView {
            policy: report.policy.to_string(),
            against: report.against,
            days: report.days,
            revisions: report.revisions,
            evaluated: report.evaluated,
            unchanged: report.unchanged,
            total,
            environments: environments.map(|(name, tally)| (name, tally.into())).collect(),
            rules: report.rules.into_iter().map(RuleCountView::from).collect(),
            artifacts: report.artifacts.into_iter().map(ArtifactChangeView::from).collect(),
            more_artifacts: report.more_artifacts,
            people: report.people.into_iter().map(CountView::from).collect(),
            people_count: report.people_count,
        }
    }
}

impl From<EnvironmentTally> for EnvironmentChangeView {
    fn from(tally: EnvironmentTally) -> EnvironmentChangeView {
        EnvironmentChangeView {
            newly_denied: tally.newly_denied,
            newly_held: tally.newly_held,
            newly_allowed: tally.newly_allowed,
            otherwise_refused: tally.otherwise_refused,
            failed: tally.failed,
            pulls: tally.pulls,
        }
    }
}

impl From<RuleTally> for RuleCountView {
    fn from(tally: RuleTally) -> RuleCountView {
        RuleCountView { rule: tally.rule, revisions: tally.revisions, pulls: tally.pulls }
    }
}

impl From<ArtifactTally> for ArtifactChangeView {
    fn from(tally: ArtifactTally) -> ArtifactChangeView {
        ArtifactChangeView {
            artifact: tally.artifact.to_string(),
            commit: tally.commit.to_string(),
            environment: tally.environment.to_string(),
            was: tally.was.to_string(),
            becomes: tally.becomes.to_string(),
            rules: tally.rules,
            message: tally.message,
            pulls: tally.pulls,
            people: tally.people.into_iter().map(CountView::from).collect(),
        }
    }
}

impl From<CallerCount> for CountView {
    fn from(count: CallerCount) -> CountView {
        CountView { name: count.caller, pulls: count.downloads }
    }
}
