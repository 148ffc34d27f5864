//! `weighbridge source test`.

use clap::Args;
use serde_json::Value;
use weighbridge_server::api::sources::{AnswerView, ProbeView, SourceView};

use super::Context;
use crate::client::{Client, Reply, Verb, encoded};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Lines, Said, column, green, printable, red, yellow};

/// What `source test` takes.
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// Which [default: all of them]
    name: Option<String>,
}

/// Asks a source, or all of them.
pub(super) async fn run(context: &Context, test: &Test) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let names = if let Some(name) = &test.name {
        vec![name.clone()]
    } else {
        let all = client.list::<SourceView>("/sources", &[], usize::MAX).await?;
        all.view.into_iter().map(|source| source.name).collect()
    };
    let (mut human, mut quiet, mut raw) = (Lines::default(), Vec::new(), Vec::new());
    let mut exit = if names.is_empty() { Exit::NothingEvaluated } else { Exit::Pass };
    for name in names {
        let reply = probe(&client, &name).await?;
        if !is_well(&reply.view) {
            exit = Exit::No;
        }
        human.add(shown(&reply.view));
        quiet.push(format!("{} {}", reply.view.source, reply.view.anonymous.answer));
        raw.push(reply.raw);
    }
    if raw.is_empty() {
        human.add("there is no source: add one with `weighbridge source add NAME URL`");
    }
    let said = Said { human: human.text(), quiet: column(quiet) };
    context.output.data(&Value::Array(raw), said)?;
    Ok(exit)
}

/// Asks one source.
pub(crate) async fn probe(client: &Client, name: &str) -> Result<Reply<ProbeView>, Failure> {
    client.send(Verb::Post, &format!("/sources/{}/test", encoded(name)), None::<&()>).await
}

/// A source may refuse strangers when it knows one of our credentials.
pub(crate) fn is_well(probe: &ProbeView) -> bool {
    let mut credentials = probe.credentials.iter();
    let all_known = probe.credentials.iter().all(|known| known.answer.answer == "yes");
    match probe.anonymous.answer.as_str() {
        "yes" => all_known,
        "no" => all_known && credentials.next().is_some(),
        _ => false,
    }
}

fn shown(probe: &ProbeView) -> String {
    let mut text = Lines::of(format_args!("{}: {}", probe.source, probe.url));
    if !probe.is_encrypted {
        text.add(format_args!("  {}: what travels is not encrypted", yellow("warning")));
    }
    text.add(line("without a credential", &probe.anonymous));
    for known in &probe.credentials {
        text.add(line(&format!("credential for `{}`", known.pattern), &known.answer));
    }
    text.text()
}

fn line(what: &str, answer: &AnswerView) -> String {
    let word = match answer.answer.as_str() {
        "yes" => green("yes"),
        "no" => red("no"),
        _ => yellow("could not tell"),
    };
    let took = answer.latency_ms.map(|ms| format!(" in {ms} ms")).unwrap_or_default();
    format!("  {what}: {word}{took}, {}", printable(&answer.detail))
}
