//! Compiled Rego: parsed once, evaluated a rule at a time within a time limit.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use regorus::unstable::{Module, Ref};
use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};

use crate::error::PolicyError;
use crate::judgement::Objection;
use crate::machine::{Failure, Instructions, Machine};
use crate::own::{self, OwnDocument, PACKAGE, PREFIX};
use crate::settings::ParameterValue;

/// How long one rule may take. The shipped ones need microseconds; the rest is room for a machine
/// that is busy with something else.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(2);

/// How many evaluation steps pass between two looks at the clock.
const CHECK_INTERVAL: NonZeroU32 = NonZeroU32::new(512).unwrap();

/// How much of what the engine says is passed on: values stand in it, and they may be long.
const MAX_SAID: usize = 2_000;

/// How many idle machines are kept.
const MAX_IDLE: usize = 16;

/// Told what is looked at next, a file or a rule: whatever happens then, it is to blame.
pub(crate) type Watch<'w> = &'w mut dyn FnMut(&str);

/// A set of rules, ready to be asked from several threads.
pub(crate) struct Program {
    prepared: Engine,
    instructions: Option<Instructions>,
    idle: Mutex<Vec<Machine>>,
    time_limit: Duration,
    /// Rule id to the path of its objections.
    paths: BTreeMap<String, String>,
}

/// One rule to compile.
pub(crate) struct OneRule<'a> {
    pub(crate) id: &'a str,
    /// What errors name.
    pub(crate) file: &'a str,
    pub(crate) rego: &'a str,
}

/// A module that was parsed alone.
pub(crate) struct Parsed {
    pub(crate) module: Ref<Module>,
    /// `data.weighbridge.own.x`.
    pub(crate) package: String,
    pub(crate) package_line: u32,
}

/// Parses one module, or says in the engine's words why it is none.
pub(crate) fn parse(file: &str, rego: &str) -> Result<Parsed, String> {
    let mut engine = Engine::new();
    let package =
        engine.add_policy(file.to_owned(), rego.to_owned()).map_err(|error| error.to_string())?;
    let module = engine.get_modules().first().cloned().ok_or("it is empty")?;
    let package_line = module.package.span.line;
    Ok(Parsed { module, package, package_line })
}

/// The package that a rule of that id has.
pub(crate) fn package_of(id: &str) -> String {
    match id.strip_prefix(PREFIX) {
        Some(own) => format!("{PACKAGE}{}", own.replace('-', "_")),
        None => format!("data.weighbridge.{}", id.replace('-', "_")),
    }
}

/// What a rule is asked with.
pub(crate) fn input(facts: &Value, parameters: &Value) -> Value {
    let mut input = Value::new_object();
    if let Ok(members) = input.as_object_mut() {
        members.insert("facts".into(), facts.clone());
        members.insert("parameters".into(), parameters.clone());
    }
    input
}

/// Parameters as a rule sees them.
pub(crate) fn parameters(given: &BTreeMap<String, ParameterValue>) -> Value {
    let members = given.iter().map(|(name, value)| (name.clone(), value.as_json()));
    serde_json::Value::Object(members.collect()).into()
}

impl Program {
    /// Parses the library, the modules that own rules share, and the rules.
    pub(crate) fn compile<'a>(
        library: &str,
        modules: &BTreeMap<String, String>,
        rules: impl Iterator<Item = OneRule<'a>>,
        time_limit: Duration,
        watch: Watch<'_>,
    ) -> Result<Program, PolicyError> {
        let mut engine = engine(time_limit);
        let bad = |rule: &str, why: String| PolicyError::BadRule {
            rule: rule.to_owned(),
            why: shortened(&why),
        };
        engine
            .add_policy("library".to_owned(), library.to_owned())
            .map_err(|error| bad("library", error.to_string()))?;
        for (file, rego) in modules {
            watch(file);
            engine
                .add_policy(file.clone(), rego.clone())
                .map_err(|error| bad(file, error.to_string()))?;
        }
        let mut paths = BTreeMap::new();
        for OneRule { id, file, rego } in rules {
            watch(id);
            let package = engine
                .add_policy(file.to_owned(), rego.to_owned())
                .map_err(|error| bad(id, error.to_string()))?;
            let expected = package_of(id);
            if package != expected {
                return Err(bad(id, format!("its package is `{package}`, not `{expected}`")));
            }
            paths.insert(id.to_owned(), format!("{expected}.objections"));
        }
        // The first evaluation analyses the modules; doing it here leaves none of that to clones.
        engine.set_input(Value::new_object());
        for (id, path) in &paths {
            watch(id);
            engine.eval_rule(path.clone()).map_err(|error| bad(id, error.to_string()))?;
        }
        Ok(Program {
            prepared: engine,
            instructions: None,
            idle: Mutex::default(),
            time_limit,
            paths,
        })
    }

    /// The same, not interpreted from its syntax tree but run as instructions: a decision takes less than
    /// half as long. Not all of Rego can be compiled to them.
    pub(crate) fn into_instructions(mut self) -> Result<Program, PolicyError> {
        let bad = |why: String| PolicyError::BadRule { rule: "all".to_owned(), why };
        self.instructions =
            Instructions::compile(&mut self.prepared, self.paths.values(), self.time_limit)
                .map_err(|why| bad(shortened(&why)))?;
        Ok(self)
    }

    /// Takes a machine that no other thread uses.
    pub(crate) fn start(&self) -> Run<'_> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let machine = idle.unwrap_or_else(|| match &self.instructions {
            Some(instructions) => instructions.start(),
            None => Machine::Interpreter(Box::new(self.prepared.clone())),
        });
        Run { program: self, machine }
    }
}

/// A clock that is looked at now and then.
pub(crate) fn timer(limit: Duration) -> ExecutionTimerConfig {
    ExecutionTimerConfig { limit, check_interval: CHECK_INTERVAL }
}

/// An engine as every evaluation wants it.
pub(crate) fn engine(time_limit: Duration) -> Engine {
    let mut engine = Engine::new();
    engine.set_execution_timer_config(timer(time_limit));
    // A function that fails must not make its rule silent.
    engine.set_strict_builtin_errors(true);
    engine
}

/// One evaluation of several rules.
pub(crate) struct Run<'p> {
    program: &'p Program,
    machine: Machine,
}

impl Run<'_> {
    /// Asks one rule. What an own rule's objection does not say, the rule says.
    pub(crate) fn ask(
        &mut self,
        rule: &str,
        input: Value,
        own: Option<&OwnDocument>,
    ) -> Result<Vec<Objection>, PolicyError> {
        let failed =
            |why: String| PolicyError::RuleFailed { rule: rule.to_owned(), why: shortened(&why) };
        let path = self.program.paths.get(rule).ok_or_else(|| failed("not compiled".to_owned()))?;
        let answer = self.machine.ask(path, input).map_err(|failure| match failure {
            Failure::TookTooLong(limit) => PolicyError::RanAway { rule: rule.to_owned(), limit },
            Failure::Said(why) => failed(why),
        })?;
        let Value::Set(objections) = answer else {
            return Err(failed(format!("its objections are not a set: {answer}")));
        };
        objections
            .iter()
            .map(|objection| {
                read(objection, own).ok_or_else(|| failed(format!("odd: {objection}")))
            })
            .collect()
    }

    /// The value of something that the rule's package defines.
    pub(crate) fn value(&mut self, rule: &str, name: &str) -> Result<Value, String> {
        let path = format!("{}.{name}", package_of(rule));
        self.machine.ask(&path, Value::new_object()).map_err(|failure| match failure {
            Failure::TookTooLong(limit) => format!("it took longer than {} ms", limit.as_millis()),
            Failure::Said(why) => shortened(&why),
        })
    }

    /// Gives the machine back. After an error it is dropped instead.
    pub(crate) fn finish(mut self) {
        self.machine.forget();
        let mut idle = self.program.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE {
            idle.push(self.machine);
        }
    }
}

fn shortened(said: &str) -> String {
    said.chars().take(MAX_SAID).collect()
}

fn read(objection: &Value, own: Option<&OwnDocument>) -> Option<Objection> {
    let word = |key: &str| objection[key].as_string().ok().map(ToString::to_string);
    let or = |key: &str, other: Option<String>| match (&objection[key], own) {
        (Value::Undefined, Some(_)) => other,
        _ => word(key),
    };
    let effect = own::effect(&or("effect", own.map(|own| own.effect.clone()))?)?;
    let contact = or("contact", own.map(|own| own.contact.clone()))?;
    Some(Objection {
        effect: Reverse(effect),
        message: word("message")?,
        remedy: or("remedy", Some(format!("ask whoever is {contact} here")))?,
        contact,
    })
}
