//! `weighbridge policy test`.

use std::path::PathBuf;

use clap::Args;
use weighbridge_engine::{TestOutcome, TestRun};

use super::Context;
use super::folder::{self, Checked};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Lines, Said, column, green, printable, red};

/// What `policy test` takes.
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// The folder of the policy
    path: PathBuf,
}

/// Runs the tests of a policy.
pub(super) fn run(context: &Context, test: &Test) -> Result<Exit, Failure> {
    let bundle = match folder::checked(context, &test.path)? {
        Checked::Fine(bundle, _) => bundle,
        Checked::Told(exit) => return Ok(exit),
    };
    let runs = match bundle.run_tests() {
        Ok(runs) => runs,
        Err(complaint) => {
            folder::tell(context, &[complaint], "")?;
            return Ok(Exit::Error);
        }
    };
    let (passed, errors) = (count(&runs, |run| run.outcome == TestOutcome::Passed), {
        count(&runs, |run| matches!(run.outcome, TestOutcome::Error(_)))
    });
    let failed = runs.len() - passed - errors;
    let mut human = Lines::default();
    for run in &runs {
        let (word, why) = match &run.outcome {
            TestOutcome::Passed => (green("passed"), String::new()),
            TestOutcome::Failed => (red("failed"), String::new()),
            TestOutcome::Error(why) => (red("error "), format!("\n         {}", printable(why))),
        };
        human.add(format_args!("{word}  {}:{} {}{why}", run.file, run.line, run.name));
    }
    if runs.is_empty() {
        human.add("there are no tests: they are rules `test_…` in files `*_test.rego`");
    } else {
        human.add(format_args!("\n{passed} passed, {failed} failed, {errors} could not be run"));
    }
    let json = serde_json::json!({
        "passed": passed,
        "failed": failed,
        "errors": errors,
        "tests": runs.iter().map(view).collect::<Vec<_>>(),
    });
    let bad = runs.iter().filter(|run| run.outcome != TestOutcome::Passed);
    let quiet = column(bad.map(|run| format!("{}:{} {}", run.file, run.line, run.name)));
    context.output.data(&json, Said { human: human.text(), quiet })?;
    Ok(match (runs.is_empty(), errors, failed) {
        (true, ..) => Exit::NothingEvaluated,
        (false, 1.., _) => Exit::Error,
        (false, 0, 1..) => Exit::No,
        (false, 0, 0) => Exit::Pass,
    })
}

fn count(runs: &[TestRun], is: impl Fn(&TestRun) -> bool) -> usize {
    runs.iter().filter(|run| is(run)).count()
}

fn view(run: &TestRun) -> serde_json::Value {
    let (outcome, why) = match &run.outcome {
        TestOutcome::Passed => ("passed", None),
        TestOutcome::Failed => ("failed", None),
        TestOutcome::Error(why) => ("error", Some(why)),
    };
    serde_json::json!({
        "file": run.file, "line": run.line, "name": run.name, "outcome": outcome, "why": why,
    })
}
