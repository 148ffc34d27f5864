//! `weighbridge scan --explain CODE`: what a rule finds, why that matters, what to do about it.

use serde_json::json;
use weighbridge_scan::Rule;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Lines, Output, Said, bold, column};

/// Explains one rule, or all of them.
pub(super) fn run(output: Output, code: &str) -> Result<Exit, Failure> {
    let wanted = code.to_uppercase();
    let is_wanted = |rule: &&Rule| wanted == "ALL" || rule.code == wanted;
    let rules: Vec<&Rule> = weighbridge_scan::rules().iter().filter(is_wanted).collect();
    if rules.is_empty() {
        let codes = weighbridge_scan::rules().iter().map(|rule| rule.code);
        let near = codes.max_by_key(|code| close(code, &wanted)).unwrap_or_default();
        let failure = Failure::new(format!("there is no rule `{code}`"));
        return Err(failure.hint(format!(
            "did you mean `{near}`? `weighbridge scan --explain all` lists every rule"
        )));
    }
    let mut human = Lines::default();
    for rule in &rules {
        human.add(format_args!("{}  {}", bold(rule.code), rule.severity));
        human.add(format_args!("  finds       {}", rule.title));
        human.add(format_args!("  why         {}", rule.why));
        human.add(format_args!("  what to do  {}", rule.advice));
    }
    let quiet = column(rules.iter().map(|rule| rule.code));
    let told: Vec<_> = rules.iter().map(|rule| view(rule)).collect();
    output.data(&told, Said { human: human.text(), quiet })?;
    Ok(Exit::Pass)
}

fn view(rule: &Rule) -> serde_json::Value {
    json!({
        "code": rule.code, "severity": rule.severity.as_str(), "title": rule.title,
        "why": rule.why, "advice": rule.advice,
    })
}

/// How alike two codes are, in thousandths.
fn close(code: &str, wanted: &str) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1,000")]
    let thousandths = (strsim::jaro_winkler(code, wanted) * 1_000.0) as u32;
    thousandths
}
