//! `weighbridge account grant`.

use clap::Args;
use weighbridge_domain::Role;
use weighbridge_server::api::accounts::{AccountView, GrantRole};

use super::Context;
use crate::client::{Verb, encoded};
use crate::exit::Exit;
use crate::failure::Failure;

/// What `account grant` takes.
#[derive(Debug, Args)]
pub(crate) struct Grant {
    /// Whose account
    name: String,
    /// `reader`, `developer`, `security-reviewer`, `compliance-reviewer`, `approver`, `auditor` or `admin`
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: Role,
    /// For which artifacts: `acme/*` [default: all]
    #[arg(long = "on", value_name = "PATTERN")]
    pattern: Option<String>,
    /// In which environment [default: all]
    #[arg(long = "for", visible_alias = "environment", value_name = "ENV")]
    environment: Option<String>,
    /// Gated and private repositories of the pattern are meant too
    #[arg(long)]
    gated: bool,
}

/// Grants a role.
pub(super) async fn run(context: &Context, grant: Grant) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let body = GrantRole {
        role: grant.role.to_string(),
        pattern: grant.pattern,
        environment: grant.environment,
        includes_gated: grant.gated,
    };
    let path = format!("/accounts/{}/grants", encoded(&grant.name));
    let reply = client.send::<AccountView>(Verb::Post, &path, Some(&body)).await?;
    super::say(context, &reply)
}

fn role(text: &str) -> Result<Role, String> {
    text.parse()
}
