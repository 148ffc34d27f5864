//! `weighbridge token create`.

use clap::Args;
use weighbridge_domain::Role;
use weighbridge_server::api::account::CreateOwnToken;
use weighbridge_server::api::tokens::{CreateToken, CreatedToken};

use super::Context;
use crate::client::Verb;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Said;
use crate::when::When;

/// What `token create` takes.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// Whose it is: it stands in the ledger beside everything done with it
    #[arg(required_unless_present = "named", conflicts_with = "named")]
    name: Option<String>,
    #[arg(long = "name", id = "named", value_name = "NAME", hide = true)]
    named: Option<String>,
    /// The environment its holder pulls for [default: the default environment]
    #[arg(long, value_name = "ENV")]
    environment: Option<String>,
    /// What it may do [default: `reader`, or the one role of the account]: `reader`, `developer`, `security-reviewer`, `compliance-reviewer`, `approver`,
    /// `auditor` or `admin`
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: Option<Role>,
    /// Gated and private repositories its holder may have: `org/*`; may be repeated
    #[arg(long = "entitle", alias = "entitled", value_name = "PATTERN")]
    entitle: Vec<String>,
    /// The service it acts for, instead of being its own person: it answers no requests
    #[arg(long, value_name = "SERVICE")]
    service: Option<String>,
    /// A personal token of this account, whose password is asked for
    #[arg(long, value_name = "ACCOUNT", conflicts_with_all = ["service", "entitle"])]
    mine: Option<String>,
    /// When it ends: `90d`, `12h`, or a moment in RFC 3339 [default: never; a personal one after 90d]
    #[arg(long, value_name = "WHEN", value_parser = When::parse)]
    expires: Option<When>,
}

/// Makes a token. The token itself is the data; everything else is talk.
pub(super) async fn run(context: &Context, create: Create) -> Result<Exit, Failure> {
    let name = create.name.or(create.named).unwrap_or_default();
    let expires_at = create.expires.map(|when| when.moment().to_string());
    let reply = if let Some(account) = &create.mine {
        let role = create.role.map(|role| role.to_string());
        let body = CreateOwnToken { name, role, environment: create.environment, expires_at };
        let client = context.client_of_owner(Some(account)).await?;
        client.send::<CreatedToken>(Verb::Post, "/account/tokens", Some(&body)).await?
    } else {
        let client = context.client().await?;
        let body = CreateToken {
            name,
            role: create.role.unwrap_or(Role::Reader).to_string(),
            environment: create.environment,
            entitled_to: create.entitle,
            expires_at,
            service: create.service,
        };
        client.send::<CreatedToken>(Verb::Post, "/tokens", Some(&body)).await?
    };
    let CreatedToken { known, token } = &reply.view;
    let said = Said { human: token.clone(), quiet: token.clone() };
    context.output.data(&reply.raw, said)?;
    let until = known
        .expires_at
        .as_ref()
        .map_or("never expires".to_owned(), |at| format!("expires at {at}"));
    context.output.talk(&format!(
        "this is the only time it is shown: `{}`, {} for `{}`, {until}\nuse it with `export HF_TOKEN=…`",
        known.name, known.role, known.environment
    ));
    Ok(Exit::Pass)
}

fn role(text: &str) -> Result<Role, String> {
    text.parse()
}
