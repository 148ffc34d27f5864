//! `weighbridge audit downloads`.

use clap::Args;
use weighbridge_server::api::downloads::DownloadView;

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Said, bytes, column, table};

/// What `audit downloads` takes.
#[derive(Debug, Args)]
pub(crate) struct Downloads {
    /// Only those of this artifact
    artifact: Option<String>,
    /// At most so many
    #[arg(short = 'n', long, default_value_t = 100, value_name = "N")]
    limit: usize,
}

/// Lists who was served what.
pub(super) async fn run(context: &Context, downloads: &Downloads) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let parameters = [("artifact", downloads.artifact.as_deref())];
    let reply = client.list::<DownloadView>("/downloads", &parameters, downloads.limit).await?;
    let rows = reply.view.iter().map(|download| {
        let commit: String = download.commit.chars().take(12).collect();
        vec![
            download.at.clone(),
            download.caller.clone(),
            download.environment.clone(),
            format!("{}@{commit}", download.artifact),
            download.path.clone(),
            bytes(download.length_bytes),
            download.client.clone(),
        ]
    });
    let human = if reply.view.is_empty() {
        "nothing was served yet".to_owned()
    } else {
        table(&["when", "who", "environment", "artifact", "file", "bytes", "client"], rows)
    };
    let quiet = column(reply.view.iter().map(|download| &download.id));
    context.output.data(&reply.raw, Said { human, quiet })?;
    Ok(Exit::Pass)
}
