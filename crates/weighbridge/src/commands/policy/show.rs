//! `weighbridge policy show`.

use clap::Args;
use weighbridge_server::api::policy::{PolicyRuleView, PolicyView};

use super::Context;
use crate::client::query;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Lines, Said, column, table, yellow};

/// What `policy show` takes.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The version; without it, the active one
    #[arg(value_name = "VERSION")]
    number: Option<u64>,
}

/// Shows a version of the policy.
pub(super) async fn run(context: &Context, show: &Show) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let number = show.number.map(|number| number.to_string());
    let path = query("/policy", &[("version", number.as_deref())]);
    let reply = client.get::<PolicyView>(&path).await?;
    let PolicyView { version, overrules_configuration, one_person, rules } = &reply.view;
    let mut human = Lines::of(format_args!(
        "version {} ({}), from {}, proposed by {} at {}",
        version.version,
        version.state,
        if version.origin == "configuration" { "the configuration" } else { "a proposal" },
        version.proposed_by,
        version.proposed_at,
    ));
    human.add(format_args!("because: {}", version.because));
    human.add(format_args!("digest: sha256:{}\n", version.digest));
    if *overrules_configuration {
        human.add(format_args!(
            "{}: the rules of the configuration are not in force; `weighbridge policy diff active config` \
             shows the difference\n",
            yellow("warning")
        ));
    }
    if *one_person {
        human.add(format_args!(
            "{}: one person is enough to change the policy (`policy.one_person`)\n",
            yellow("warning")
        ));
    }
    let names: Vec<String> =
        rules.first().map(|rule| rule.environments.keys().cloned().collect()).unwrap_or_default();
    let row = |rule: &PolicyRuleView| {
        let mode = |name: &String| {
            rule.environments.get(name).map(|setting| setting.mode.clone()).unwrap_or_default()
        };
        let mut cells = vec![rule.id.clone()];
        cells.extend(names.iter().map(mode));
        cells.extend([rule.effect.clone(), rule.contact.clone()]);
        cells
    };
    let mut heads = vec!["rule"];
    heads.extend(names.iter().map(String::as_str));
    heads.extend(["asks for", "who can help"]);
    human.add(table(&heads, rules.iter().map(row)));
    let quiet = column(rules.iter().map(|rule| &rule.id));
    context.output.data(&reply.raw, Said { human: human.text(), quiet })?;
    Ok(Exit::Pass)
}
