//! `weighbridge source credential`: what upstream wants from us. It never stands on the command line,
//! where other users of the machine could read it.

use std::io::{self, IsTerminal as _, Read};
use std::path::PathBuf;

use clap::Args;
use serde_json::Value;
use weighbridge_server::api::sources::{SetCredential, SourceView};

use super::Context;
use crate::client::{Verb, encoded, query};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Said;

/// The most bytes a secret is read of.
const MAX_BYTES: u64 = 16 * 1024;

/// What `source credential` takes.
#[derive(Debug, Args)]
pub(crate) struct Credential {
    /// Which source
    name: String,
    /// Which of its repositories: `org/*`
    #[arg(default_value = "**")]
    pattern: String,
    /// Read the token of the upstream registry from this file [default: stdin]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Forget the credential
    #[arg(long, conflicts_with = "token_file")]
    remove: bool,
}

/// Stores or forgets a credential.
pub(super) async fn run(context: &Context, credential: Credential) -> Result<Exit, Failure> {
    let path = format!("/sources/{}/credentials", encoded(&credential.name));
    if credential.remove {
        let client = context.client().await?;
        let path = query(&path, &[("pattern", Some(&credential.pattern))]);
        let reply = client.send::<Value>(Verb::Delete, &path, None::<&()>).await?;
        let human =
            format!("forgot the credential of `{}` for `{}`", credential.name, credential.pattern);
        context.output.data(&reply.raw, Said { human, quiet: credential.name })?;
        return Ok(Exit::Pass);
    }
    let secret = read_secret(context, &credential)?;
    let client = context.client().await?;
    let body = SetCredential { pattern: credential.pattern.clone(), secret };
    let reply = client.send::<SourceView>(Verb::Put, &path, Some(&body)).await?;
    let what =
        format!("stored the credential of `{}` for `{}`", credential.name, credential.pattern);
    super::say(context, &reply, &what)?;
    context.output.talk(&format!("try it with `weighbridge source test {}`", credential.name));
    Ok(Exit::Pass)
}

fn read_secret(context: &Context, credential: &Credential) -> Result<String, Failure> {
    let text = if let Some(path) = &credential.token_file {
        read(std::fs::File::open(path))
            .map_err(|error| (format!("`{}` cannot be read", path.display()), error))
    } else {
        let stdin = std::io::stdin();
        if stdin.is_terminal() {
            let how = "type the token of the upstream registry, then Enter and Ctrl-D";
            context.output.talk(how);
        }
        read(Ok(stdin)).map_err(|error| ("stdin cannot be read".to_owned(), error))
    };
    let text = text.map_err(|(what, error)| Failure::new(what).because(error))?;
    match text.trim() {
        "" => Err(Failure::new("the credential is empty")
            .hint("give it with `--token-file FILE`, or on stdin")),
        secret => Ok(secret.to_owned()),
    }
}

fn read(from: io::Result<impl Read>) -> io::Result<String> {
    let mut text = String::new();
    from?.take(MAX_BYTES).read_to_string(&mut text)?;
    Ok(text)
}
