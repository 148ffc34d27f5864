//! `weighbridge attestation export`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use weighbridge_engine::{ATTESTATION_KEY_FILE, ENVELOPE_SUFFIX, ENVELOPES_FOLDER, MANIFEST_FILE};
use weighbridge_server::api::attestations::{AttestationView, KeysView};
use weighbridge_server::api::revisions::RevisionView;

use super::Context;
use crate::client::{Client, encoded, query};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Lines, Said, counted};

/// What `attestation export` takes.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// Which revision: `acme/tiny-bert@main`
    #[arg(value_name = "REF")]
    reference: String,
    /// Where to
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Copies everything that is said about a revision, with its manifest.
pub(super) async fn run(context: &Context, export: &Export) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let (manifest, commit) = manifest(&client, &export.reference).await?;
    let reference = export.reference.split('@').next().unwrap_or_default();
    let reference = format!("{reference}@{commit}");
    let given = [("ref", Some(reference.as_str()))];
    let all = client.list::<AttestationView>("/revision/attestations", &given, usize::MAX).await?;
    let keys = client.get::<KeysView>("/keys").await?.view;
    let folder = &export.folder;
    let envelopes = folder.join(ENVELOPES_FOLDER);
    let (mut written, mut erased, mut unproved) = (0_u64, 0_u64, 0_u64);
    for view in &all.view {
        if view.is_erased {
            erased += 1;
            continue;
        }
        let bytes = client.file(&format!("/attestations/{}", encoded(&view.digest))).await?;
        write(&envelopes.join(format!("{}{ENVELOPE_SUFFIX}", view.digest)), &bytes)?;
        written += 1;
        // Receipts are for auditors; without them the signatures prove the same, not when it was said.
        let entry = view.entry;
        match client.file(&format!("/audit/entries/{entry}/receipt")).await {
            Ok(receipt) => {
                write(&folder.join("receipts").join(format!("{entry}.receipt")), &receipt)?;
            }
            Err(_) => unproved += 1,
        }
    }
    write(&folder.join(MANIFEST_FILE), manifest.as_bytes())?;
    write(&folder.join(ATTESTATION_KEY_FILE), keys.attestations.pem.as_bytes())?;
    write(&folder.join("ledger.key"), format!("{}\n", keys.ledger.key).as_bytes())?;
    let shown = folder.display();
    let mut human = Lines::of(format!(
        "{} in `{shown}`; `weighbridge attestation verify {shown} --key KEY` needs nothing else",
        counted(written, "envelope")
    ));
    human.add(format_args!("  keyid: {}", keys.attestations.keyid));
    if erased > 0 {
        human.add(format_args!("  {} erased", counted(erased, "envelope was")));
    }
    if unproved > 0 {
        human.add("  without receipts: they take an auditor's token");
    }
    let raw = json!({
        "folder": shown.to_string(), "envelopes": written, "erased": erased, "ref": reference,
        "keyid": keys.attestations.keyid,
    });
    context.output.data(&raw, Said { human: human.text(), quiet: written.to_string() })?;
    Ok(Exit::Pass)
}

/// The text of the manifest, and the commit.
async fn manifest(client: &Client, reference: &str) -> Result<(String, String), Failure> {
    let mut text = "weighbridge-manifest-v1\n".to_owned();
    let mut after: Option<String> = None;
    loop {
        let given = [("ref", Some(reference)), ("limit", Some("500")), ("after", after.as_deref())];
        let page = client.get::<RevisionView>(&query("/revision", &given)).await?.view;
        if page.manifest.is_none() {
            return Err(Failure::new(format!(
                "`{reference}` is not here whole, so nothing is said of it"
            ))
            .hint(format!("`weighbridge request {reference}` brings every file in")));
        }
        for file in page.files.items {
            let digest = file.sha256.unwrap_or_default();
            writeln!(text, "{digest} {} {}", file.size_bytes, file.path).ok();
        }
        match page.files.next {
            Some(next) => after = Some(next),
            None => return Ok((text, page.commit)),
        }
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    crate::commands::audit::export::write(path, bytes)
}
