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
        let near = nearest(&wanted).map(|near| format!("did you mean `{near}`? "));
        let near = near.unwrap_or_default();
        return Err(Failure::new(format!("there is no rule `{code}`"))
            .hint(format!("{near}`weighbridge scan --explain all` lists every rule")));
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

/// The code that somebody may have meant. All begin alike, which says nothing.
fn nearest(wanted: &str) -> Option<&'static str> {
    let own = |code: &'static str| code.trim_start_matches("WB-");
    let wanted = wanted.trim_start_matches("WB-");
    let codes = weighbridge_scan::rules().iter().map(|rule| rule.code);
    codes
        .map(|code| (strsim::jaro_winkler(own(code), wanted), code))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, code)| code)
}
