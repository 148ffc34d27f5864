//! What evaluates Rego: the interpreter, or instructions that rules were compiled to beforehand.

use std::sync::Arc;
use std::time::Duration;

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::RegoVM;
use regorus::rvm::program::Program;
use regorus::rvm::vm::VmError;
use regorus::{Engine, LimitError, Value};

use crate::program::timer;

/// Rules as instructions: one entry point for the objections of each.
pub(crate) struct Instructions {
    program: Arc<Program>,
    time_limit: Duration,
}

/// One evaluator. Its state is nobody else's.
pub(crate) enum Machine {
    Interpreter(Box<Engine>),
    Instructions(Box<RegoVM>),
}

/// Why there is no answer.
pub(crate) enum Failure {
    TookTooLong(Duration),
    Said(String),
}

impl Instructions {
    /// Compiles what `engine` knows, to be asked for `paths`; nothing when there are none.
    pub(crate) fn compile<'a>(
        engine: &mut Engine,
        paths: impl Iterator<Item = &'a String>,
        time_limit: Duration,
    ) -> Result<Option<Instructions>, String> {
        let paths: Vec<&str> = paths.map(String::as_str).collect();
        let Some(first) = paths.first() else { return Ok(None) };
        let policy =
            engine.compile_with_entrypoint(&(*first).into()).map_err(|error| error.to_string())?;
        let program =
            Compiler::compile_from_policy(&policy, &paths).map_err(|error| error.to_string())?;
        Ok(Some(Instructions { program, time_limit }))
    }

    /// A machine that has them loaded.
    pub(crate) fn start(&self) -> Machine {
        let mut machine = RegoVM::new();
        // A function that fails must not make its rule silent.
        machine.set_strict_builtin_errors(true);
        machine.set_execution_timer_config(Some(timer(self.time_limit)));
        machine.load_program(Arc::clone(&self.program));
        Machine::Instructions(Box::new(machine))
    }
}

impl Machine {
    /// The value of the rule at `path`, such as `data.weighbridge.minimum_age.objections`.
    pub(crate) fn ask(&mut self, path: &str, input: Value) -> Result<Value, Failure> {
        match self {
            Machine::Interpreter(engine) => {
                engine.set_input(input);
                engine.eval_rule(path.to_owned()).map_err(|error| {
                    match error.downcast_ref::<LimitError>() {
                        Some(LimitError::TimeLimitExceeded { limit, .. }) => {
                            Failure::TookTooLong(*limit)
                        }
                        _ => Failure::Said(error.to_string()),
                    }
                })
            }
            Machine::Instructions(machine) => {
                machine.set_input(input);
                machine.execute_entry_point_by_name(path).map_err(|error| match error {
                    VmError::TimeLimitExceeded { limit, .. } => Failure::TookTooLong(limit),
                    error => Failure::Said(error.to_string()),
                })
            }
        }
    }

    /// Forgets what it was asked about.
    pub(crate) fn forget(&mut self) {
        match self {
            Machine::Interpreter(engine) => engine.set_input(Value::Undefined),
            Machine::Instructions(machine) => machine.set_input(Value::Undefined),
        }
    }
}
