//! `weighbridge token create`.

use std::time::Duration;

use clap::Args;
use weighbridge_domain::{Clock, Timestamp};
use weighbridge_server::api::tokens::{CreateToken, CreatedToken};

use super::Context;
use crate::client::Verb;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Said;

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
    /// What it may do
    #[arg(long, default_value = "reader", value_parser = ["reader", "admin"])]
    role: String,
    /// Gated and private repositories its holder may have: `org/*`; may be repeated
    #[arg(long = "entitle", alias = "entitled", value_name = "PATTERN")]
    entitle: Vec<String>,
    /// When it ends: `90d`, `12h`, or a moment in RFC 3339 [default: never]
    #[arg(long, value_name = "WHEN", value_parser = expiry)]
    expires: Option<Expiry>,
}

/// When a token ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expiry {
    After(Duration),
    At(Timestamp),
}

/// Makes a token. The token itself is the data; everything else is talk.
pub(super) async fn run(context: &Context, create: Create) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let body = CreateToken {
        name: create.name.or(create.named).unwrap_or_default(),
        role: create.role,
        environment: create.environment,
        entitled_to: create.entitle,
        expires_at: create.expires.map(|expiry| match expiry {
            Expiry::After(time) => Clock::system().now().plus(time).to_string(),
            Expiry::At(moment) => moment.to_string(),
        }),
    };
    let reply = client.send::<CreatedToken>(Verb::Post, "/tokens", Some(&body)).await?;
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

fn expiry(text: &str) -> Result<Expiry, String> {
    if let Some(moment) = Timestamp::from_rfc3339(text) {
        return Ok(Expiry::At(moment));
    }
    let wrong = || format!("`{text}` is neither `90d`, `12h`, `30m` nor a moment in RFC 3339");
    let (last, unit) = text.char_indices().next_back().ok_or_else(wrong)?;
    let count = text.get(..last).ok_or_else(wrong)?;
    let count: u64 = count.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        'd' => 86_400,
        'h' => 3_600,
        'm' => 60,
        _ => return Err(wrong()),
    };
    let seconds: u64 = count
        .checked_mul(seconds)
        .filter(|all| (1..=3_155_760_000).contains(all))
        .ok_or_else(wrong)?;
    Ok(Expiry::After(Duration::from_secs(seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_ends_after_a_while_or_at_a_moment() {
        assert_eq!(expiry("90d"), Ok(Expiry::After(Duration::from_hours(2160))));
        let moment = Timestamp::from_rfc3339("2030-01-01T00:00:00Z").unwrap();
        assert_eq!(expiry("2030-01-01T00:00:00Z"), Ok(Expiry::At(moment)));
        for bad in ["", "d", "0d", "9y", "-1d", "99999999999999d", "é"] {
            assert!(expiry(bad).is_err(), "{bad}");
        }
    }
}
