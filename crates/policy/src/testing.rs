//! Tests of own rules: `test_…` in files `*_test.rego`, as OPA has them.

use std::collections::BTreeMap;
use std::time::Duration;

use regorus::Value;

use crate::bundle::{Bundle, is_module, is_test};
use crate::complaint::Complaint;
use crate::{lint, program, schema};

/// How long one test may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// What became of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestOutcome {
    /// It is true.
    Passed,
    /// It is not.
    Failed,
    /// It could not be evaluated.
    Error(String),
}

/// One test that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestRun {
    /// The file.
    pub file: String,
    /// The line where it begins.
    pub line: u32,
    /// Its name.
    pub name: String,
    /// What became of it.
    pub outcome: TestOutcome,
}

impl Bundle {
    /// Runs every test. Beside the rules, tests see a whole facts document as
    /// `data.weighbridge.example.facts`.
    pub fn run_tests(&self) -> Result<Vec<TestRun>, Complaint> {
        let mut engine = program::engine(PATIENCE);
        let rego =
            |file: &str, error: &dyn std::fmt::Display| Complaint::rego(file, &error.to_string());
        let example = format!(
            "{{\"weighbridge\":{{\"example\":{{\"facts\":{}}}}}}}",
            schema::example_facts()
        );
        engine
            .add_data_json(&example)
            .and_then(|()| engine.add_policy("library".to_owned(), schema::LIBRARY.to_owned()))
            .map_err(|error| rego("library", &error))?;
        let mut tests = BTreeMap::new();
        for (file, text) in self.files().iter().filter(|(name, _)| is_module(name)) {
            engine.add_policy(file.clone(), text.clone()).map_err(|error| rego(file, &error))?;
            if is_test(file) {
                let parsed = program::parse(file, text).map_err(|error| rego(file, &error))?;
                tests.insert(file.as_str(), (parsed.package.clone(), lint::tests(&parsed)));
            }
        }
        let mut runs = Vec::new();
        for (file, (package, names)) in tests {
            for (name, line) in names {
                engine.set_input(Value::new_object());
                let outcome = match engine.eval_rule(format!("{package}.{name}")) {
                    Ok(Value::Bool(true)) => TestOutcome::Passed,
                    Ok(_) => TestOutcome::Failed,
                    Err(error) => {
                        TestOutcome::Error(Complaint::rego(file, &error.to_string()).to_string())
                    }
                };
                runs.push(TestRun { file: file.to_owned(), line, name, outcome });
            }
        }
        Ok(runs)
    }
}
