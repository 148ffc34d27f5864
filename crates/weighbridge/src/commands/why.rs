//! `weighbridge why`: facts, rules that fired, what would change it, who to ask.

use clap::Args;
use serde_json::Value;
use weighbridge_server::api::decisions::{DecisionView, ReasonView, ReplayView};
use weighbridge_server::api::exceptions::ExceptionsView;
use weighbridge_server::api::why::{MissingView, RefusalView, WhyView};

use super::Context;
use crate::client::{Client, encoded, query};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Lines, Said, bold, green, printable, red, yellow};

/// What `why` takes.
#[derive(Debug, Args)]
pub(crate) struct Why {
    /// `acme/tiny-bert`, `datasets/acme/words@v1`, or the id of a decision
    #[arg(value_name = "REF|DECISION")]
    about: String,
    /// For this environment [default: that of the token]
    #[arg(long = "for", visible_alias = "environment", value_name = "ENV")]
    environment: Option<String>,
    /// Show every fact the decision rests on
    #[arg(long)]
    facts: bool,
}

/// What is known, whichever way it was asked for.
struct Known<'a> {
    summary: String,
    outcome: &'a str,
    reasons: &'a [ReasonView],
    decision: Option<&'a DecisionView>,
    last_refusal: Option<&'a RefusalView>,
    missing: &'a [MissingView],
    exceptions: Option<&'a ExceptionsView>,
    replay: Option<ReplayView>,
}

/// Explains a decision.
pub(crate) async fn run(context: &Context, why: &Why) -> Result<Exit, Failure> {
    let client = context.client().await?;
    if is_decision(&why.about) {
        let path = format!("/decisions/{}", encoded(&why.about));
        let reply = client.get::<DecisionView>(&path).await?;
        let view = &reply.view;
        let known = Known {
            summary: view.summary(),
            outcome: &view.outcome,
            reasons: &view.reasons,
            replay: replay(&client, Some(view)).await,
            decision: Some(view),
            last_refusal: None,
            missing: &[],
            exceptions: None,
        };
        return say(context, why, &reply.raw, &known);
    }
    let parameters =
        [("ref", Some(why.about.as_str())), ("environment", why.environment.as_deref())];
    let reply = client.get::<WhyView>(&query("/why", &parameters)).await?;
    let view = &reply.view;
    let known = Known {
        summary: view.summary.clone(),
        outcome: &view.outcome,
        reasons: &view.reasons,
        replay: replay(&client, view.decision.as_ref()).await,
        decision: view.decision.as_ref(),
        last_refusal: view.last_refusal.as_ref(),
        missing: &view.missing,
        exceptions: Some(&view.exceptions),
    };
    say(context, why, &reply.raw, &known)
}

/// Makes the decision again. That it could not be asked for changes no explanation.
async fn replay(client: &Client, decision: Option<&DecisionView>) -> Option<ReplayView> {
    let path = format!("/decisions/{}/replay", encoded(&decision?.id));
    client.get::<ReplayView>(&path).await.ok().map(|reply| reply.view)
}

fn say(context: &Context, why: &Why, raw: &Value, known: &Known<'_>) -> Result<Exit, Failure> {
    let said = Said { human: explained(why, known), quiet: known.outcome.to_owned() };
    context.output.data(raw, said)?;
    Ok(exit(known.outcome))
}

/// Decisions are known by ULIDs: 26 letters and digits without a slash.
fn is_decision(text: &str) -> bool {
    text.len() == 26 && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

fn exit(outcome: &str) -> Exit {
    match outcome {
        "allow" => Exit::Pass,
        "hold" => Exit::Held,
        "not-evaluated" => Exit::NothingEvaluated,
        _ => Exit::No,
    }
}

fn explained(why: &Why, known: &Known<'_>) -> String {
    let Known { outcome, reasons, .. } = *known;
    let summary = printable(&known.summary);
    let headline = match outcome {
        "allow" => green(&summary),
        "hold" | "not-evaluated" => yellow(&summary),
        _ => red(&summary),
    };
    let mut text = Lines::of(headline);
    for reason in reasons {
        text.add(objection(reason));
    }
    if let Some(refusal) = known.last_refusal {
        text.add(format_args!(
            "  {}: {}, at {}\n    to change it: {}\n    ask: {}",
            bold("last refusal"),
            printable(&refusal.message),
            refusal.at,
            refusal.remedy,
            refusal.contact,
        ));
    } else if outcome == "not-evaluated" && known.missing.is_empty() {
        let hint = "pull it once through the endpoint of the environment: then it is decided";
        text.add(format_args!("  {}: {hint}", bold("hint")));
    }
    if !known.missing.is_empty() {
        text.add(format_args!("  {}:", bold("missing, in order")));
    }
    for (number, missing) in (1..).zip(known.missing) {
        text.add(step(number, missing));
    }
    if outcome == "allow" && reasons.is_empty() {
        text.add("  no rule objects");
    }
    if let Some(exceptions) = known.exceptions {
        super::exceptions::tell(&mut text, exceptions);
    }
    if let Some(decision) = known.decision {
        add_footing(&mut text, why, decision);
    }
    if let Some(replay) = &known.replay {
        let word = if replay.is_same { "replayed".to_owned() } else { red("replayed") };
        text.add(format_args!("  {word}: {}", printable(&replay.detail)));
    }
    text.text()
}

fn step(number: u32, missing: &MissingView) -> String {
    let mut who = missing.role.clone();
    if !missing.people.is_empty() {
        who = format!("{who} ({})", printable(&missing.people.join(", ")));
    }
    if let Some(due) = &missing.due_at {
        who = format!("{who}, until {due}");
    }
    let (what, how) = (printable(&missing.what), printable(&missing.how));
    format!("    {number}. {what}\n       {how}\n       ask: {who}")
}

fn objection(reason: &ReasonView) -> String {
    let word = if reason.mode == "enforce" { bold("reason") } else { bold("warning") };
    format!(
        "  {word}: {} ({}, says {} at gate `{}`)\n    to change it: {}\n    ask: {}",
        printable(&reason.message),
        reason.rule,
        reason.effect,
        reason.gate,
        printable(&reason.remedy),
        reason.contact,
    )
}

fn add_footing(text: &mut Lines, why: &Why, decision: &DecisionView) {
    text.add("");
    let facts = decision.facts_document.as_ref();
    for finding in facts.and_then(|facts| facts.get("findings")?.as_array()).into_iter().flatten() {
        let field = |name: &str| finding.get(name).and_then(Value::as_str).unwrap_or_default();
        text.add(format_args!(
            "  finding: {} in {}: {} ({})",
            field("severity"),
            printable(field("path")),
            printable(field("message")),
            field("rule"),
        ));
    }
    if let Some(facts) = facts.filter(|_| why.facts) {
        text.add(format_args!("{facts:#}"));
    }
    let held = match &decision.superseded_at {
        Some(moment) => format!("until {moment}"),
        None => "and holds now".to_owned(),
    };
    text.add(format_args!("  decision: {}, made {} {held}", decision.id, decision.decided_at));
    text.add(format_args!("  policy: sha256:{}", decision.policy));
    let more = if why.facts { "" } else { " (--facts shows them)" };
    text.add(format_args!("  facts: sha256:{}{more}", decision.facts));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_says_what_policy_says() {
        assert_eq!(exit("allow"), Exit::Pass);
        assert_eq!(exit("deny"), Exit::No);
        assert_eq!(exit("hold"), Exit::Held);
        assert_eq!(exit("not-evaluated"), Exit::NothingEvaluated);
    }

    #[test]
    fn a_repository_is_never_taken_for_a_decision() {
        assert!(is_decision("01JD3M5Z8Q4V6W7X8Y9Z0A1B2C"));
        assert!(!is_decision("gpt2") && !is_decision("acme/tiny-bert@main"));
    }
}
