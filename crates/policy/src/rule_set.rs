//! Rules of one policy document that are asked together: the shipped ones, or those of the house's own.

use std::time::{Duration, Instant};

use regorus::Value;
use weighbridge_domain::{Gate, Mode};

use crate::document::PolicyDocument;
use crate::error::PolicyError;
use crate::judgement::Objections;
use crate::own::OwnDocument;
use crate::program::{self, OneRule, Program, Watch};

/// How long all rules together may take.
const TIME_FOR_ALL: Duration = Duration::from_secs(5);

/// A rule that is not off.
pub(crate) struct ReadyRule {
    pub(crate) id: String,
    pub(crate) gate: Gate,
    pub(crate) mode: Mode,
    parameters: Value,
    pub(crate) own: Option<OwnDocument>,
}

impl ReadyRule {
    /// The shipped rules of a document and its own, each by id, without those that are off.
    pub(crate) fn read(
        document: &PolicyDocument,
    ) -> Result<(Vec<ReadyRule>, Vec<ReadyRule>), PolicyError> {
        let (mut shipped, mut own) = (Vec::new(), Vec::new());
        for (id, rule) in &document.rules {
            let unreadable = |why: String| PolicyError::BadPolicyDocument(format!("{id}: {why}"));
            let mode = rule.mode.parse().map_err(|error| unreadable(format!("{error}")))?;
            if mode == Mode::Off {
                continue;
            }
            let set = if rule.own.is_some() { &mut own } else { &mut shipped };
            set.push(ReadyRule {
                id: id.clone(),
                gate: rule.gate.parse().map_err(|error| unreadable(format!("{error}")))?,
                mode,
                parameters: rule.parameters.clone().into(),
                own: rule.own.clone(),
            });
        }
        Ok((shipped, own))
    }
}

/// Rules and what they compile to.
pub(crate) struct RuleSet {
    rules: Vec<ReadyRule>,
    program: Program,
}

impl RuleSet {
    /// Compiles these rules of `document`.
    pub(crate) fn compile(
        rules: Vec<ReadyRule>,
        document: &PolicyDocument,
        time_limit: Duration,
        watch: Watch<'_>,
    ) -> Result<RuleSet, PolicyError> {
        let asked = rules.iter().filter_map(|rule| {
            let text = document.rules.get(&rule.id)?;
            let file = text.own.as_ref().map_or(rule.id.as_str(), |own| own.file.as_str());
            Some(OneRule { id: &rule.id, file, rego: &text.rego })
        });
        let (library, modules) = (&document.library, &document.modules);
        let program = Program::compile(library, modules, asked, time_limit, watch)?;
        Ok(RuleSet { rules, program })
    }

    /// The same, asked faster. Rules that people write are interpreted: instructions know a part of Rego.
    pub(crate) fn into_instructions(self) -> Result<RuleSet, PolicyError> {
        Ok(RuleSet { rules: self.rules, program: self.program.into_instructions()? })
    }

    /// The rules, in the order in which they are asked.
    pub(crate) fn rules(&self) -> &[ReadyRule] {
        &self.rules
    }

    /// Asks every rule; what each objects to, in their order.
    pub(crate) fn ask(
        &self,
        facts: &Value,
        watch: Watch<'_>,
    ) -> Result<Vec<Objections>, PolicyError> {
        let began = Instant::now();
        let mut run = self.program.start();
        let mut all = Vec::with_capacity(self.rules.len());
        for rule in &self.rules {
            watch(&rule.id);
            let input = program::input(facts, &rule.parameters);
            let objections = run.ask(&rule.id, input, rule.own.as_ref())?;
            if began.elapsed() > TIME_FOR_ALL {
                return Err(PolicyError::RanAway { rule: rule.id.clone(), limit: TIME_FOR_ALL });
            }
            all.push(Objections::of(objections, 0));
        }
        run.finish();
        Ok(all)
    }
}
