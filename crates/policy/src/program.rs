//! Compiled Rego: parsed once, evaluated a rule at a time within a time limit.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, LimitError, Value};
use weighbridge_domain::Outcome;

use crate::judgement::Objection;
use crate::policy::PolicyError;

/// How long one rule may take. The shipped ones need microseconds; the rest is room for a machine
/// that is busy with something else.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(2);

/// How many evaluation steps pass between two looks at the clock.
const CHECK_INTERVAL: NonZeroU32 = NonZeroU32::new(512).unwrap();

/// How many idle engines are kept.
const MAX_IDLE: usize = 16;

/// A set of rules, ready to be asked from several threads.
pub(crate) struct Program {
    prepared: Engine,
    idle: Mutex<Vec<Engine>>,
    /// Rule id to the path of its objections.
    paths: BTreeMap<String, String>,
}

impl Program {
    /// Parses the library and the rules, given as id and text.
    pub(crate) fn compile<'a>(
        library: &str,
        rules: impl Iterator<Item = (&'a str, &'a str)>,
        time_limit: Duration,
    ) -> Result<Program, PolicyError> {
        let mut engine = Engine::new();
        engine.set_execution_timer_config(ExecutionTimerConfig {
            limit: time_limit,
            check_interval: CHECK_INTERVAL,
        });
        // A function that fails must not make its rule silent.
        engine.set_strict_builtin_errors(true);
        let bad = |rule: &str, why: String| PolicyError::BadRule { rule: rule.to_owned(), why };
        engine
            .add_policy("library".to_owned(), library.to_owned())
            .map_err(|error| bad("library", error.to_string()))?;
        let mut paths = BTreeMap::new();
        for (id, rego) in rules {
            let package = engine
                .add_policy(id.to_owned(), rego.to_owned())
                .map_err(|error| bad(id, error.to_string()))?;
            let expected = format!("data.weighbridge.{}", id.replace('-', "_"));
            if package != expected {
                return Err(bad(id, format!("its package is `{package}`, not `{expected}`")));
            }
            paths.insert(id.to_owned(), format!("{expected}.objections"));
        }
        // The first evaluation analyses the modules; doing it here leaves none of that to clones.
        engine.set_input(Value::new_object());
        for (id, path) in &paths {
            engine.eval_rule(path.clone()).map_err(|error| bad(id, error.to_string()))?;
        }
        Ok(Program { prepared: engine, idle: Mutex::default(), paths })
    }

    /// Takes an engine that no other thread uses.
    pub(crate) fn start(&self) -> Run<'_> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Run { program: self, engine: idle.unwrap_or_else(|| self.prepared.clone()) }
    }
}

/// One evaluation of several rules.
pub(crate) struct Run<'p> {
    program: &'p Program,
    engine: Engine,
}

impl Run<'_> {
    /// Asks one rule.
    pub(crate) fn ask(&mut self, rule: &str, input: Value) -> Result<Vec<Objection>, PolicyError> {
        let failed = |why: String| PolicyError::RuleFailed { rule: rule.to_owned(), why };
        let path = self.program.paths.get(rule).ok_or_else(|| failed("not compiled".to_owned()))?;
        self.engine.set_input(input);
        let answer = self.engine.eval_rule(path.clone()).map_err(|error| {
            match error.downcast_ref::<LimitError>() {
                Some(LimitError::TimeLimitExceeded { limit, .. }) => {
                    PolicyError::RanAway { rule: rule.to_owned(), limit: *limit }
                }
                _ => failed(error.to_string()),
            }
        })?;
        let Value::Set(objections) = answer else {
            return Err(failed(format!("its objections are not a set: {answer}")));
        };
        objections
            .iter()
            .map(|objection| read(objection).ok_or_else(|| failed(format!("odd: {objection}"))))
            .collect()
    }

    /// Gives the engine back. After an error it is dropped instead.
    pub(crate) fn finish(mut self) {
        self.engine.set_input(Value::Undefined);
        let mut idle = self.program.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE {
            idle.push(self.engine);
        }
    }
}

fn read(objection: &Value) -> Option<Objection> {
    let word = |key: &str| objection[key].as_string().ok().map(ToString::to_string);
    let effect = match word("effect")?.as_str() {
        "deny" => Outcome::Deny,
        "hold" => Outcome::Hold,
        _ => return None,
    };
    Some(Objection {
        effect: Reverse(effect),
        message: word("message")?,
        remedy: word("remedy")?,
        contact: word("contact")?,
    })
}
