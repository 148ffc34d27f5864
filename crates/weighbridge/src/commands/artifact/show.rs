//! `weighbridge artifact show`.

use clap::Args;
use serde_json::Value;
use weighbridge_server::api::artifacts::ArtifactDetailView;
use weighbridge_server::api::revisions::{FileView, RevisionView};

use super::Context;
use crate::client::{Client, query};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Lines, Said, bytes, column, counted, printable, table};

/// What `artifact show` takes.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// `acme/tiny-bert`; with `@main` or a commit, every file of that revision
    #[arg(value_name = "NAME[@REVISION]")]
    reference: String,
}

/// Shows an artifact, or one revision of it file by file.
pub(super) async fn run(context: &Context, show: &Show) -> Result<Exit, Failure> {
    let client = context.client().await?;
    if show.reference.contains('@') {
        return run_revision(context, &client, &show.reference).await;
    }
    let path = query("/artifact", &[("name", Some(&show.reference))]);
    let reply = client.get::<ArtifactDetailView>(&path).await?;
    let human = shown(&reply.view);
    let quiet = column(reply.view.revisions.iter().map(|row| &row.commit));
    context.output.data(&reply.raw, Said { human, quiet })?;
    Ok(Exit::Pass)
}

fn shown(view: &ArtifactDetailView) -> String {
    let artifact = &view.artifact;
    let restricted = if artifact.restricted { ", gated or private upstream" } else { "" };
    let mut text = Lines::of(format_args!(
        "{} ({}) from `{}`{restricted}\nfirst asked for {}, {}",
        artifact.artifact,
        artifact.kind,
        artifact.source,
        artifact.created_at,
        counted(view.downloads, "download"),
    ));
    if !view.refs.is_empty() {
        let rows = view
            .refs
            .iter()
            .map(|known| vec![known.name.clone(), known.commit.clone(), known.checked_at.clone()]);
        text.add(format_args!("\n{}", table(&["ref", "commit", "checked"], rows)));
    }
    let rows = view.revisions.iter().map(|row| {
        let decisions = row.decisions.iter().map(|held| match held.rules.as_slice() {
            [] => format!("{}: {}", held.environment, held.outcome),
            rules => format!("{}: {} ({})", held.environment, held.outcome, rules.join(", ")),
        });
        vec![
            row.commit.chars().take(12).collect(),
            row.files.to_string(),
            bytes(row.size_bytes),
            row.missing_files.to_string(),
            decisions.collect::<Vec<_>>().join("; "),
        ]
    });
    text.add(format_args!(
        "\n{}",
        table(&["revision", "files", "size", "not fetched", "decisions"], rows)
    ));
    text.text()
}

async fn run_revision(
    context: &Context,
    client: &Client,
    reference: &str,
) -> Result<Exit, Failure> {
    let first = query("/revision", &[("ref", Some(reference)), ("limit", Some("500"))]);
    let mut reply = client.get::<RevisionView>(&first).await?;
    while let Some(after) = reply.view.files.next.take() {
        let parameters =
            [("ref", Some(reference)), ("limit", Some("500")), ("after", Some(after.as_str()))];
        let more = client.get::<RevisionView>(&query("/revision", &parameters)).await?;
        reply.view.files.next = more.view.files.next;
        reply.view.files.items.extend(more.view.files.items);
        let items = more.raw.pointer("/files/items").and_then(Value::as_array).cloned();
        if let Some(Value::Array(all)) = reply.raw.pointer_mut("/files/items") {
            all.extend(items.unwrap_or_default());
        }
    }
    // Every page was read: there is no next one.
    if let Some(Value::Object(files)) = reply.raw.get_mut("files") {
        files.remove("next");
    }
    let human = shown_revision(&reply.view);
    let quiet = column(reply.view.files.items.iter().map(|file| &file.path));
    context.output.data(&reply.raw, Said { human, quiet })?;
    Ok(Exit::Pass)
}

fn shown_revision(view: &RevisionView) -> String {
    let manifest = match &view.manifest {
        Some(digest) => format!("manifest sha256:{digest}"),
        None => "no manifest digest yet: not every file was fetched".to_owned(),
    };
    let mut text = Lines::of(format_args!(
        "{}@{}\n{}, {}, listed {}\n{manifest}\n",
        view.artifact,
        view.commit,
        counted(view.file_count, "file"),
        bytes(view.size_bytes),
        view.listed_at
    ));
    let word = |text: &Option<String>, missing: &str| text.clone().unwrap_or(missing.to_owned());
    let rows = view.files.items.iter().map(|file| {
        vec![
            file.path.clone(),
            bytes(file.size_bytes),
            word(&file.custody, "not fetched"),
            word(&file.verdict, "not scanned"),
            word(&file.format, ""),
        ]
    });
    text.add(table(&["file", "size", "custody", "verdict", "format"], rows));
    for file in &view.files.items {
        add_findings(&mut text, file);
    }
    for finding in &view.findings {
        let path = finding.path.as_deref().unwrap_or_default();
        text.add(format_args!(
            "finding: {} in {}: {} ({})",
            finding.severity,
            printable(path),
            printable(&finding.message),
            finding.rule
        ));
    }
    for gap in &view.unexamined {
        text.add(format_args!("not examined: {}", printable(gap)));
    }
    text.text()
}

fn add_findings(text: &mut Lines, file: &FileView) {
    for finding in &file.findings {
        let place = match (&finding.member, finding.offset) {
            (Some(member), Some(offset)) => format!(" ({member}, byte {offset})"),
            (Some(member), None) => format!(" ({member})"),
            (None, Some(offset)) => format!(" (byte {offset})"),
            (None, None) => String::new(),
        };
        text.add(format_args!(
            "finding: {} in {}{}: {} ({})",
            finding.severity,
            printable(&file.path),
            printable(&place),
            printable(&finding.message),
            finding.rule
        ));
    }
    for gap in &file.unexamined {
        text.add(format_args!("not examined: {}: {}", printable(&file.path), printable(gap)));
    }
}
