//! `weighbridge source test`.

use clap::Args;
use serde_json::Value;
use weighbridge_server::api::sources::{AnswerView, ProbeView, SourceView};

use super::Context;
use crate::client::{Client, Reply, Verb, encoded};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Said, green, printable, red, yellow};

/// What `source test` takes.
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// Which [default: all of them]
    name: Option<String>,
}

/// Asks a source, or all of them.
pub(super) async fn run(context: &Context, test: &Test) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let names = match &test.name {
        Some(name) => vec![name.clone()],
        None => {
            let all = client.list::<SourceView>("/sources", &[], usize::MAX).await?;
            all.view.into_iter().map(|source| source.name).collect()
        }
    };
    let (mut human, mut quiet, mut raw) = (String::new(), String::new(), Vec::new());
    let mut exit = if names.is_empty() { Exit::NothingEvaluated } else { Exit::Pass };
    for name in names {
        let reply = probe(&client, &name).await?;
        if !is_well(&reply.view) {
            exit = Exit::No;
        }
        human.push_str(&shown(&reply.view));
        quiet.push_str(&format!("{} {}\n", reply.view.source, reply.view.anonymous.answer));
        raw.push(reply.raw);
    }
    if raw.is_empty() {
        human.push_str("there is no source: add one with `weighbridge source add NAME URL`\n");
    }
    context.output.data(&Value::Array(raw), Said { human, quiet })?;
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
    let mut text = format!("{}: {}\n", probe.source, probe.url);
    if !probe.is_encrypted {
        text.push_str(&format!("  {}: what travels is not encrypted\n", yellow("warning")));
    }
    text.push_str(&line("without a credential", &probe.anonymous));
    for known in &probe.credentials {
        text.push_str(&line(&format!("credential for `{}`", known.pattern), &known.answer));
    }
    text
}

fn line(what: &str, answer: &AnswerView) -> String {
    let word = match answer.answer.as_str() {
        "yes" => green("yes"),
        "no" => red("no"),
        _ => yellow("could not tell"),
    };
    let took = answer.latency_ms.map(|ms| format!(" in {ms} ms")).unwrap_or_default();
    format!("  {what}: {word}{took}, {}\n", printable(&answer.detail))
}
