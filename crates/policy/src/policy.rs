//! Asking: facts in, decision with reasons out; and asking again from the record alone.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use regorus::Value;
use weighbridge_domain::{Digest, Environment, Gate, Reason};

use crate::bundle::Bundle;
use crate::document::PolicyDocument;
use crate::error::PolicyError;
use crate::facts::Facts;
use crate::judgement::{self, Judgement, Objections};
use crate::program::TIME_LIMIT;
use crate::rule_set::{ReadyRule, RuleSet};
use crate::settings::EnvironmentPolicy;
use crate::workers::{Place, Workers};

/// The policy of every environment, compiled. Cloning shares it.
#[derive(Clone)]
pub struct Policy(Arc<BTreeMap<String, Ready>>);

impl Policy {
    /// Compiles the shipped rules for each of the environments.
    pub fn compile(environments: Vec<EnvironmentPolicy>) -> Result<Policy, PolicyError> {
        Policy::of(&Bundle::of_settings(environments), &Place::Here)
    }

    /// Compiles a whole policy: the shipped rules here and now, its own where they are asked.
    pub fn of(bundle: &Bundle, place: &Place) -> Result<Policy, PolicyError> {
        let mut ready = BTreeMap::new();
        for environment in bundle.environments() {
            let document = PolicyDocument::of(environment, Some(bundle));
            let name = document.environment.clone();
            let compiled = Ready::compile(&document, document.canonical(), place, TIME_LIMIT)?;
            let compiled = Ready { shipped: compiled.shipped.into_instructions()?, ..compiled };
            if ready.insert(name.clone(), compiled).is_some() {
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

    /// Whether asking for this environment waits for another process.
    pub fn asks_apart(&self, environment: &Environment) -> bool {
        let ready = self.0.get(environment.as_str());
        ready.is_some_and(|ready| matches!(&ready.own, Own::Apart(rules, _) if !rules.is_empty()))
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
/// recorded ones. The rules are interpreted here, where a decision runs them as instructions: what
/// comes out the same came out the same by two ways.
pub fn replay(
    policy_document: &str,
    facts_document: &str,
    place: &Place,
) -> Result<Judgement, PolicyError> {
    let document = PolicyDocument::read(policy_document)?;
    Ready::compile(&document, policy_document.to_owned(), place, TIME_LIMIT)?.judge(facts_document)
}

/// What rules object to, as reasons; told only, where somebody set a rule aside.
fn add_reasons(
    reasons: &mut Vec<Reason>,
    rules: &[ReadyRule],
    objections: Vec<Objections>,
    facts: &Value,
) {
    for (rule, objections) in rules.iter().zip(objections) {
        let told = judgement::reasons(&rule.id, rule.gate, rule.mode, objections);
        let may_be_waived = rule.own.as_ref().is_none_or(|own| own.waivable);
        let waiver = match (rule.gate, may_be_waived) {
            (Gate::Use, true) => waived_by(facts, &rule.id),
            (Gate::Use, false) => lifted_by(facts),
            (Gate::Admit, _) => None,
        };
        reasons.extend(match waiver {
            Some(waiver) => judgement::waived(told, &waiver),
            None => told,
        });
    }
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
    shipped: RuleSet,
    own: Own,
}

/// The rules of the house's own, and where they are asked.
enum Own {
    Here(Box<RuleSet>),
    Apart(Vec<ReadyRule>, Workers),
}

impl Ready {
    fn compile(
        document: &PolicyDocument,
        text: String,
        place: &Place,
        time_limit: Duration,
    ) -> Result<Ready, PolicyError> {
        let (shipped, own) = ReadyRule::read(document)?;
        let own = match place {
            Place::Apart(workers) => Own::Apart(own, workers.clone()),
            Place::Here => {
                let own = RuleSet::compile(own, document, time_limit, &mut |_| {})?;
                Own::Here(Box::new(own))
            }
        };
        Ok(Ready {
            digest: Digest::of(text.as_bytes()),
            document: text,
            environment: document.environment.clone(),
            shipped: RuleSet::compile(shipped, document, time_limit, &mut |_| {})?,
            own,
        })
    }

    fn judge(&self, facts_document: &str) -> Result<Judgement, PolicyError> {
        self.judge_as(facts_document, Digest::of(facts_document.as_bytes()))
    }

    fn judge_as(&self, facts_document: &str, digest: Digest) -> Result<Judgement, PolicyError> {
        let facts = self.read_facts(facts_document)?;
        let mut reasons = Vec::new();
        let objections = self.shipped.ask(&facts, &mut |_| {})?;
        add_reasons(&mut reasons, self.shipped.rules(), objections, &facts);
        match &self.own {
            Own::Here(own) => {
                let objections = own.ask(&facts, &mut |_| {})?;
                add_reasons(&mut reasons, own.rules(), objections, &facts);
            }
            Own::Apart(rules, _) if rules.is_empty() => {}
            Own::Apart(rules, workers) => {
                let policy = (self.digest, self.document.as_str());
                let objections = workers.ask_own_rules(policy, facts_document, rules.len())?;
                add_reasons(&mut reasons, rules, objections, &facts);
            }
        }
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
        let ready = Ready::compile(&document, document.canonical(), &Place::Here, time_limit)?;
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
