//! How a command names a policy: a folder, a file, a version's number, `active` or `config`.

use std::path::Path;

use weighbridge_engine::{Bundle, Place};
use weighbridge_server::api::policy::{PolicyFilesView, PolicySourceView};

use super::Context;
use super::folder;
use crate::client::Client;
use crate::failure::Failure;

/// What a policy is taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The version that decides.
    Active,
    /// What the configuration says.
    Configuration,
    /// A version.
    Version(u64),
    /// A folder or a file.
    Path(std::path::PathBuf),
}

impl Source {
    /// Reads what somebody wrote. A folder called `3` is `./3`.
    #[expect(clippy::unnecessary_wraps, reason = "clap takes a parser that may fail")]
    pub(crate) fn parse(text: &str) -> Result<Source, std::convert::Infallible> {
        Ok(match text {
            "active" => Source::Active,
            "config" => Source::Configuration,
            text => match text.parse() {
                Ok(number) => Source::Version(number),
                Err(_) => Source::Path(text.into()),
            },
        })
    }

    /// As the API takes it. The active version is none that could be proposed.
    pub(super) fn view(&self) -> Result<PolicySourceView, Failure> {
        let mut view = PolicySourceView::default();
        match self {
            Source::Active => {
                return Err(Failure::new("the active policy is active already")
                    .hint("name a folder, the number of a version, or `config`"));
            }
            Source::Configuration => view.configuration = true,
            Source::Version(number) => view.version = Some(*number),
            Source::Path(path) => view.files = Some(files(path)?),
        }
        Ok(view)
    }

    /// The policy itself. What is wrong with files is the failure.
    pub(super) async fn bundle(
        &self,
        context: &Context,
        client: &Client,
    ) -> Result<Bundle, Failure> {
        let environments = folder::environments(context)?;
        let bad = |error: &dyn std::fmt::Display| {
            Failure::new("the policy cannot be read").because(error)
        };
        let address = match self {
            Source::Path(path) => {
                return Bundle::read(files(path)?, &environments, &Place::Here)
                    .map(|(bundle, _)| bundle)
                    .map_err(|complaints| {
                        let failure = Failure::new(format!("`{}` cannot be used", path.display()));
                        complaints
                            .iter()
                            .filter(|complaint| complaint.is_error)
                            .fold(failure, Failure::because)
                    });
            }
            Source::Configuration => {
                let config = &context.loaded.config;
                let mut policies = Vec::new();
                for name in &config.environments {
                    let Some(section) = config.environment.get(name) else { continue };
                    policies.push(section.policy(name).map_err(|objection| bad(&objection.why))?);
                }
                return Ok(Bundle::of_settings(policies));
            }
            Source::Active => "/policy/files".to_owned(),
            Source::Version(number) => format!("/policy/files?version={number}"),
        };
        let reply = client.get::<PolicyFilesView>(&address).await?;
        Bundle::from_document(&reply.view.document, &environments).map_err(|error| bad(&error))
    }
}

fn files(path: &Path) -> Result<std::collections::BTreeMap<String, String>, Failure> {
    let files = folder::read(path)?;
    if files.is_empty() {
        let what = format!("there is no `policy.toml` and no `*.rego` in `{}`", path.display());
        return Err(Failure::new(what));
    }
    Ok(files)
}
