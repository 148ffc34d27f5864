//! `weighbridge recall` and `weighbridge recalls`: what was found bad, and who has it.

use clap::Args;
use weighbridge_domain::Digest;
use weighbridge_server::api::recalls::{DownloadedView, MakeRecall, RecallReportView, RecallView};

use super::Context;
use crate::client::{Reply, Verb};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Lines, Said, bold, column, printable, red, table};

/// What `recall` takes.
#[derive(Debug, Args)]
pub(crate) struct Recall {
    /// The revision, such as `acme/tiny-bert@9f2c1e`, or the SHA-256 of a file
    what: String,
    /// A file of the revision, wherever else its bytes are; may be repeated [default: every file that no
    /// other artifact has]
    #[arg(long = "file", value_name = "PATH")]
    files: Vec<String>,
    /// Why; whoever asks for it is told
    #[arg(long, value_name = "TEXT")]
    because: String,
}

/// What `recalls` takes.
#[derive(Debug, Args)]
pub(crate) struct Recalls {
    /// Show this one, by its SHA-256, and who was served it
    sha256: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: usize,
}

/// Takes back what was released.
pub(crate) async fn run(context: &Context, recall: Recall) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let is_digest = recall.what.parse::<Digest>().is_ok();
    let (reference, sha256) =
        if is_digest { (None, Some(recall.what)) } else { (Some(recall.what), None) };
    let because = recall.because;
    let body = MakeRecall { r#ref: reference, files: recall.files, sha256, because };
    let reply = client.send::<RecallReportView>(Verb::Post, "/recalls", Some(&body)).await?;
    say(context, &reply)
}

/// Lists what was recalled, or shows one.
pub(crate) async fn list(context: &Context, recalls: &Recalls) -> Result<Exit, Failure> {
    let client = context.client().await?;
    if let Some(digest) = &recalls.sha256 {
        let path = format!("/recalls/{}", crate::client::encoded(digest));
        let reply = client.get::<RecallReportView>(&path).await?;
        return say(context, &reply);
    }
    let reply = client.list::<RecallView>("/recalls", &[], recalls.limit).await?;
    let rows = reply.view.iter().map(|recall| {
        vec![
            recall.at.clone(),
            format!("{}@{}", recall.artifact, short(&recall.commit)),
            recall.path.clone(),
            recall.by.clone(),
            recall.because.clone(),
            recall.sha256.clone(),
        ]
    });
    let human = if reply.view.is_empty() {
        "nothing was recalled".to_owned()
    } else {
        table(&["when", "artifact", "file", "by", "because", "sha256"], rows)
    };
    let quiet = column(reply.view.iter().map(|recall| &recall.sha256));
    context.output.data(&reply.raw, Said { human, quiet })?;
    Ok(Exit::Pass)
}

fn say(context: &Context, reply: &Reply<RecallReportView>) -> Result<Exit, Failure> {
    let human = told(&reply.view);
    let quiet = column(reply.view.recalled.iter().map(|recall| &recall.sha256));
    context.output.data(&reply.raw, Said { human, quiet })?;
    Ok(Exit::Pass)
}

fn told(report: &RecallReportView) -> String {
    let files = report.recalled.len();
    let noun = if files == 1 { "file is" } else { "files are" };
    let mut text = Lines::of(red(&format!("{files} {noun} recalled, for good, everywhere")));
    if let Some(first) = report.recalled.first() {
        let because = printable(&first.because);
        text.add(format_args!("  {} {}: {because}", bold("by"), printable(&first.by)));
    }
    for recall in &report.recalled {
        let RecallView { artifact, commit, path, sha256, .. } = recall;
        let path = printable(path);
        text.add(format_args!("  {artifact}@{}: {path} ({sha256})", short(commit)));
    }
    for revision in &report.denied {
        text.add(format_args!("  {}: {revision}", bold("denied everywhere")));
    }
    for path in &report.left {
        text.add(format_args!(
            "  {}: {}, which other artifacts have too; `--file` names it",
            bold("not recalled"),
            printable(path)
        ));
    }
    if report.downloads.is_empty() {
        text.add(format_args!("  {}", bold("nobody was served it")));
        return text.text();
    }
    text.add(format_args!("  {}:", bold("who has it")));
    let heads = ["who", "environment", "artifact", "file", "times", "last", "from", "client"];
    text.add(table(&heads, report.downloads.iter().map(cells)));
    text.text()
}

fn cells(download: &DownloadedView) -> Vec<String> {
    vec![
        download.caller.clone(),
        download.environment.clone(),
        format!("{}@{}", download.artifact, short(&download.commit)),
        download.path.clone(),
        download.times.to_string(),
        download.last_at.clone(),
        download.address.clone(),
        download.client.clone(),
    ]
}

fn short(commit: &str) -> String {
    commit.chars().take(12).collect()
}
