//! Asking: facts in, decision with reasons out; and asking again from the record alone.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use regorus::Value;
use weighbridge_domain::{Digest, Environment, Gate, Mode};

use crate::bundle::Bundle;
use crate::document::PolicyDocument;
use crate::facts::Facts;
use crate::judgement::{self, Judgement};
use crate::own::OwnDocument;
use crate::program::{self, OneRule, Program, TIME_LIMIT};
use crate::settings::EnvironmentPolicy;

/// How long all rules together may take.
const TIME_FOR_ALL: Duration = Duration::from_secs(5);

/// Why policy gave no answer. Whoever asked has to deny.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Nobody said how this environment takes the rules.
    #[error("no policy is configured for environment `{0}`")]
    UnknownEnvironment(String),
    /// Somebody said it twice.
    #[error("two policies are configured for environment `{0}`")]
    TwoPolicies(String),
    /// A rule's text is not Rego, or not a rule.
    #[error("rule `{rule}` does not compile: {why}")]
    BadRule {
        /// The rule.
        rule: String,
        /// What is wrong.
        why: String,
    },
    /// A rule could not be evaluated, or answered with something odd.
    #[error("rule `{rule}` failed: {why}")]
    RuleFailed {
        /// The rule.
        rule: String,
        /// What happened.
        why: String,
    },
    /// A rule took too long and was cut off.
    #[error("rule `{rule}` was cut off after {} ms", limit.as_millis())]
    RanAway {
        /// The rule.
        rule: String,
        /// How long it had.
        limit: Duration,
    },
    /// A recorded policy document cannot be read.
    #[error("the policy document cannot be read: {0}")]
    BadPolicyDocument(String),
    /// A facts document cannot be read.
    #[error("the facts document cannot be read: {0}")]
    BadFacts(String),
}

impl PolicyError {
    /// The rule that is to blame, if one is.
    pub fn rule(&self) -> Option<&str> {
        match self {
            PolicyError::BadRule { rule, .. }
            | PolicyError::RuleFailed { rule, .. }
            | PolicyError::RanAway { rule, .. } => Some(rule),
            PolicyError::UnknownEnvironment(_)
            | PolicyError::TwoPolicies(_)
            | PolicyError::BadPolicyDocument(_)
            | PolicyError::BadFacts(_) => None,
        }
    }
}

/// The policy of every environment, compiled. Cloning shares it.
#[derive(Clone)]
pub struct Policy(Arc<BTreeMap<String, Ready>>);

impl Policy {
    /// Compiles the shipped rules for each of the environments.
    pub fn compile(environments: Vec<EnvironmentPolicy>) -> Result<Policy, PolicyError> {
        Policy::of(&Bundle::of_settings(environments))
    }

    /// Compiles a whole policy: the shipped rules and its own, for each of its environments.
    pub fn of(bundle: &Bundle) -> Result<Policy, PolicyError> {
        let mut ready = BTreeMap::new();
        for environment in bundle.environments() {
            let document = PolicyDocument::of(environment, Some(bundle));
            let name = document.environment.clone();
            if ready.insert(name.clone(), Ready::compile(&document, TIME_LIMIT)?).is_some() {
                return Err(PolicyError::TwoPolicies(name));
            }
        }
        Ok(Policy(Arc::new(ready)))
    }

    /// The name of an environment's policy: SHA-256 over [`Policy::document`].
    pub fn digest(&self, environment: &Environment) -> Result<Digest, PolicyError> {
        Ok(self.ready(environment)?.digest)
    }

    /// The text, modes and parameters of an environment's policy, to be kept for [`replay`].
    pub fn document(&self, environment: &Environment) -> Result<&str, PolicyError> {
        Ok(&self.ready(environment)?.document)
    }

    /// Judges `facts` by the policy of their environment.
    pub fn decide(&self, facts: &Facts) -> Result<Judgement, PolicyError> {
        self.ready(&facts.environment)?.judge(&facts.canonical())
    }

    /// Judges a facts document that is on record, without reading its digest again.
    pub fn decide_recorded(
        &self,
        environment: &Environment,
        facts_document: &str,
        facts: Digest,
    ) -> Result<Judgement, PolicyError> {
        self.ready(environment)?.judge_as(facts_document, facts)
    }

    /// The name of every environment's policy.
    pub fn digests(&self) -> BTreeMap<String, Digest> {
        self.0.iter().map(|(name, ready)| (name.clone(), ready.digest)).collect()
    }

    fn ready(&self, environment: &Environment) -> Result<&Ready, PolicyError> {
        let name = environment.as_str();
        self.0.get(name).ok_or_else(|| PolicyError::UnknownEnvironment(name.to_owned()))
    }
}

/// Judges again, from the record alone: the policy document and the facts document of a decision.
///
/// The digests in the answer are those of the texts given, so that they can be compared with the
/// recorded ones.
pub fn replay(policy_document: &str, facts_document: &str) -> Result<Judgement, PolicyError> {
    let document = PolicyDocument::read(policy_document)?;
    let mut ready = Ready::compile(&document, TIME_LIMIT)?;
    ready.digest = Digest::of(policy_document.as_bytes());
    ready.judge(facts_document)
}

/// Who set a rule aside, in a few words: a waiver, or else an emergency.
fn waived_by(facts: &Value, rule: &str) -> Option<String> {
    let told = |waiver: &Value| {
        let word = |field: &str| waiver[field].as_string().map(ToString::to_string).ok();
        Some(format!("waived by {} until {} ({})", word("by")?, word("expires_at")?, word("id")?))
    };
    let waivers = facts["waivers"].as_array().ok();
    let waiver = waivers
        .and_then(|waivers| waivers.iter().find(|waiver| waiver["rule"] == Value::from(rule)));
    waiver.and_then(told).or_else(|| lifted_by(facts))
}

/// The emergency for which rules are lifted, in a few words.
fn lifted_by(facts: &Value) -> Option<String> {
    let glass = facts["break_glass"].as_array().ok()?.first()?;
    let word = |field: &str| glass[field].as_string().map(ToString::to_string).ok();
    let who = match word("confirmed_by") {
        Some(second) => format!("{} and {second}", word("by")?),
        None => format!("{} alone", word("by")?),
    };
    Some(format!("lifted by break-glass {} of {who} until {}", word("id")?, word("expires_at")?))
}

/// One environment's policy, ready to be asked.
struct Ready {
    document: String,
    digest: Digest,
    environment: String,
    rules: Vec<ReadyRule>,
    program: Program,
}

struct ReadyRule {
    id: String,
    gate: Gate,
    mode: Mode,
    parameters: Value,
    own: Option<OwnDocument>,
}

impl Ready {
    fn compile(document: &PolicyDocument, time_limit: Duration) -> Result<Ready, PolicyError> {
        let mut rules = Vec::new();
        for (id, rule) in &document.rules {
            let unreadable = |why: String| PolicyError::BadPolicyDocument(format!("{id}: {why}"));
            let mode = rule.mode.parse().map_err(|error| unreadable(format!("{error}")))?;
            if mode == Mode::Off {
                continue;
            }
            rules.push(ReadyRule {
                id: id.clone(),
                gate: rule.gate.parse().map_err(|error| unreadable(format!("{error}")))?,
                mode,
                parameters: rule.parameters.clone().into(),
                own: rule.own.clone(),
            });
        }
        let asked = rules.iter().filter_map(|rule| {
            let text = document.rules.get(&rule.id)?;
            let file = text.own.as_ref().map_or(rule.id.as_str(), |own| own.file.as_str());
            Some(OneRule { id: &rule.id, file, rego: &text.rego })
        });
        let program = Program::compile(&document.library, &document.modules, asked, time_limit)?;
        let text = document.canonical();
        Ok(Ready {
            digest: Digest::of(text.as_bytes()),
            document: text,
            environment: document.environment.clone(),
            rules,
            program,
        })
    }

    fn judge(&self, facts_document: &str) -> Result<Judgement, PolicyError> {
        self.judge_as(facts_document, Digest::of(facts_document.as_bytes()))
    }

    fn judge_as(&self, facts_document: &str, digest: Digest) -> Result<Judgement, PolicyError> {
        let facts = self.read_facts(facts_document)?;
        let began = Instant::now();
        let mut run = self.program.start();
        let mut reasons = Vec::new();
        for rule in &self.rules {
            let input = program::input(&facts, &rule.parameters);
            let objections = run.ask(&rule.id, input, rule.own.as_ref())?;
            if began.elapsed() > TIME_FOR_ALL {
                return Err(PolicyError::RanAway { rule: rule.id.clone(), limit: TIME_FOR_ALL });
            }
            let told = judgement::reasons(&rule.id, rule.gate, rule.mode, objections);
            let may_be_waived = rule.own.as_ref().is_none_or(|own| own.waivable);
            let waiver = match (rule.gate, may_be_waived) {
                (Gate::Use, true) => waived_by(&facts, &rule.id),
                (Gate::Use, false) => lifted_by(&facts),
                (Gate::Admit, _) => None,
            };
            reasons.extend(match waiver {
                Some(waiver) => judgement::waived(told, &waiver),
                None => told,
            });
        }
        run.finish();
        Ok(judgement::judge(reasons, self.digest, digest))
    }

    fn read_facts(&self, facts_document: &str) -> Result<Value, PolicyError> {
        let facts = Value::from_json_str(facts_document)
            .map_err(|error| PolicyError::BadFacts(error.to_string()))?;
        if facts["schema"] != Value::from(1_u64) {
            return Err(PolicyError::BadFacts(format!("schema {} is not known", facts["schema"])));
        }
        if facts["environment"] != Value::from(self.environment.as_str()) {
            let why = format!("they are not about environment `{}`", self.environment);
            return Err(PolicyError::BadFacts(why));
        }
        Ok(facts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_rule(text: &str, time_limit: Duration) -> Result<Judgement, PolicyError> {
        let environment: Environment = "dev".parse().unwrap();
        let mut document = PolicyDocument::of(&EnvironmentPolicy::shipped(&environment), None);
        document.rules.get_mut("custody-bad").unwrap().rego = text.to_owned();
        let ready = Ready::compile(&document, time_limit)?;
        // What is too much for one run is too much for the next one on the same policy as well.
        let facts = r#"{"schema":1,"environment":"dev"}"#;
        let first = ready.judge(facts);
        assert_eq!(ready.judge(facts), first);
        first
    }

    #[test]
    fn a_runaway_rule_is_cut_off_and_named() {
        let text = r#"
            package weighbridge.custody_bad
            import rego.v1
            objections contains {"effect": "hold", "message": "m", "remedy": "r", "contact": "c"} if {
                input.facts.schema == 1
                some a in numbers.range(1, 3000)
                some b in numbers.range(1, 3000)
                a * b == 0
            }"#;
        let limit = Duration::from_millis(50);
        let started = std::time::Instant::now();
        let error = with_rule(text, limit).unwrap_err();
        assert_eq!(error, PolicyError::RanAway { rule: "custody-bad".to_owned(), limit });
        assert_eq!(error.to_string(), "rule `custody-bad` was cut off after 50 ms");
        assert!(started.elapsed() < Duration::from_secs(20));
    }
}
