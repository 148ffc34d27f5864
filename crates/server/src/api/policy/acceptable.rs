//! The acceptable-use page: the active policy in words that take no Rego.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_domain::{Mode, Outcome, Tier};
use weighbridge_engine::{Engine, ParameterValue, RuleReport, parameter_meaning};

use crate::problem::Problem;

/// What holds everywhere, in a few sentences.
const HOW_TO: &str = "Everything that people and machines pull comes through here, and is judged by these rules. What is \
    held can be asked for: `weighbridge request REF --for ENVIRONMENT`. What is refused says why, which rule it was, \
    and who can help: `weighbridge why REF --for ENVIRONMENT`.";

/// The active policy in words.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AcceptableUse {
    /// The version of the policy.
    pub version: u64,
    /// Its name.
    pub digest: String,
    /// Since when it decides.
    pub active_since: String,
    /// What holds everywhere.
    pub how_to: String,
    /// What was searched for; empty for everything.
    pub query: String,
    /// How many rules are shown; each environment's count.
    pub matching: u64,
    /// The sources, and how far each is trusted.
    pub sources: Vec<SourceUse>,
    /// What holds in each environment.
    pub environments: Vec<EnvironmentUse>,
}

/// How far a source, or some names of it, is trusted.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SourceUse {
    /// The source, or the names.
    pub name: String,
    /// 1, 2 or 3.
    pub tier: u8,
    /// What that means.
    pub meaning: String,
    /// Names of it that are trusted otherwise.
    #[schema(no_recursion)]
    pub patterns: Vec<SourceUse>,
}

/// What holds in one environment.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EnvironmentUse {
    /// Its name.
    pub name: String,
    /// What is refused.
    pub refused: Vec<RuleUse>,
    /// What waits for somebody.
    pub held: Vec<RuleUse>,
    /// What is only told.
    pub told: Vec<RuleUse>,
}

/// One rule in words.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RuleUse {
    /// Its id.
    pub id: String,
    /// Whether the house wrote it itself.
    pub is_own: bool,
    /// What it objects to, as a sentence.
    pub sentence: String,
    /// Why.
    pub why: String,
    /// Who can help, as a sentence.
    pub help: String,
    /// Its lists and limits.
    pub details: Vec<DetailUse>,
}

/// A list or a limit of a rule.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DetailUse {
    /// What it is.
    pub name: String,
    /// The list or the limit.
    pub value: String,
}

impl AcceptableUse {
    /// The page, or what has all words of `query` in it.
    pub(crate) async fn of(engine: &Engine, query: &str) -> Result<AcceptableUse, Problem> {
        let report = engine.show_policy(None).await?;
        let words: Vec<String> = query.split_whitespace().take(20).map(str::to_lowercase).collect();
        let sources = engine.list_sources().await.map_err(Problem::internal)?;
        let sources = sources.into_iter().map(|source| SourceUse {
            name: source.name.to_string(),
            tier: source.tier.number(),
            meaning: meaning(source.tier).to_owned(),
            patterns: source
                .patterns
                .iter()
                .map(|(pattern, tier)| SourceUse {
                    name: pattern.to_string(),
                    tier: tier.number(),
                    meaning: meaning(*tier).to_owned(),
                    patterns: Vec::new(),
                })
                .collect(),
        });
        let mut environments: Vec<EnvironmentUse> = Vec::new();
        for policy in report.bundle.environments() {
            let name = policy.environment().to_string();
            environments.push(EnvironmentUse {
                name,
                refused: Vec::new(),
                held: Vec::new(),
                told: Vec::new(),
            });
        }
        let mut matching = 0;
        for rule in report.rules() {
            for (environment, setting) in &rule.environments {
                let shown = RuleUse::of(&rule, &setting.parameters);
                let place =
                    environments.iter_mut().find(|known| known.name == environment.as_str());
                let (Some(place), true) = (place, shown.has(&words)) else { continue };
                match (setting.mode, rule.effect) {
                    (Mode::Off, _) => continue,
                    (Mode::Warn, _) => place.told.push(shown),
                    (Mode::Enforce, Outcome::Deny) => place.refused.push(shown),
                    (Mode::Enforce, _) => place.held.push(shown),
                }
                matching += 1;
            }
        }
        Ok(AcceptableUse {
            version: report.row.proposal.number,
            digest: report.row.digest.to_string(),
            active_since: report.row.settled_at.unwrap_or(report.row.proposed_at).to_string(),
            how_to: HOW_TO.to_owned(),
            query: words.join(" "),
            matching,
            sources: sources.filter(|source| source.has(&words)).collect(),
            environments,
        })
    }
}

impl EnvironmentUse {
    /// Its parts that have something in them, with their headings.
    pub(crate) fn parts(&self) -> Vec<(&'static str, &[RuleUse])> {
        let parts = [
            ("Refused", self.refused.as_slice()),
            ("Held until somebody says yes, or it mends itself", self.held.as_slice()),
            ("Told as a warning; it stops nothing", self.told.as_slice()),
        ];
        parts.into_iter().filter(|(_, rules)| !rules.is_empty()).collect()
    }
}

impl RuleUse {
    fn of(
        rule: &RuleReport,
        parameters: &std::collections::BTreeMap<String, ParameterValue>,
    ) -> RuleUse {
        let mut letters = rule.title.chars();
        let first = letters.next().map(|letter| letter.to_uppercase().to_string());
        let sentence = format!("{}{}.", first.unwrap_or_default(), letters.as_str());
        let why = if rule.why.ends_with('.') { rule.why.clone() } else { format!("{}.", rule.why) };
        let contact = &rule.contact;
        let help = if rule.waivable {
            format!("Whoever is {contact} can help, and can set this aside for a while.")
        } else {
            format!("Whoever is {contact} can help; nobody sets this aside.")
        };
        let details = parameters.iter().map(|(name, value)| DetailUse {
            name: parameter_meaning(&rule.id, name).unwrap_or_else(|| name.replace('_', " ")),
            value: match value {
                ParameterValue::Number(number) => number.to_string(),
                ParameterValue::Words(words) if words.is_empty() => "nothing is listed".to_owned(),
                ParameterValue::Words(words) => words.join(", "),
            },
        });
        let (id, is_own) = (rule.id.clone(), rule.is_own);
        RuleUse { id, is_own, sentence, why, help, details: details.collect() }
    }

    fn has(&self, words: &[String]) -> bool {
        let mut text = [self.id.as_str(), &self.sentence, &self.why, &self.help].join(" ");
        for detail in &self.details {
            text.push(' ');
            text.push_str(&detail.name);
            text.push(' ');
            text.push_str(&detail.value);
        }
        let text = text.to_lowercase();
        words.iter().all(|word| text.contains(word))
    }
}

impl SourceUse {
    fn has(&self, words: &[String]) -> bool {
        let mut text = format!("{} tier {} {}", self.name, self.tier, self.meaning);
        for pattern in &self.patterns {
            // Writing into a string never fails.
            write!(text, " {} tier {} {}", pattern.name, pattern.tier, pattern.meaning).ok();
        }
        let text = text.to_lowercase();
        words.iter().all(|word| text.contains(word))
    }

    /// The tier is shown by a word and a shade, never by the shade alone.
    pub(crate) fn is_prohibited(&self) -> bool {
        self.tier == Tier::Prohibited.number()
    }
}

fn meaning(tier: Tier) -> &'static str {
    match tier {
        Tier::PreApproved => "pre-approved: the short way, still looked at",
        Tier::Conditional => {
            "conditional: everything is looked at, and people say yes where the rules ask for it"
        }
        Tier::Prohibited => "prohibited: refused at every door, before a byte is fetched",
    }
}
