//! A repository of a Hub: `hf://org/name@revision`, `hf://datasets/org/name`. It is fetched to a temporary folder,
//! compared with what the Hub promised, scanned as a directory, and gone afterwards, whatever ends the command.

use std::path::{Path, PathBuf};
use std::thread;

use indicatif::{ProgressBar, ProgressStyle};
use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};
use weighbridge_engine::{Ask, Download, DownloadError, HttpSettings};

use super::targets::{Origin, Target, TargetFile};
use crate::failure::Failure;

/// How addresses of repositories begin.
const SCHEME: &str = "hf://";
/// The Hub, when nobody names another.
const PUBLIC_HUB: &str = "https://huggingface.co";

/// What is left free on the disk at most: a twentieth of what is free before, but no more than this.
const KEPT_FREE_BYTES: u64 = 1 << 30;
/// How the folder for what is fetched is called.
const PREFIX: &str = "weighbridge-scan-";
/// What shells call a command that an interrupt ended.
const INTERRUPTED: i32 = 130;

/// Where repositories come from, and where they lie until they were scanned: dropped, they are gone.
pub(super) struct Hub {
    endpoint: String,
    token: Option<String>,
    most_bytes: u64,
    folder: Option<TempDir>,
    fetched: usize,
}

impl Hub {
    /// The Hub that was named, or the one in `HF_ENDPOINT`; with the token in `HF_TOKEN`.
    pub(super) fn new(endpoint: Option<&str>, most_bytes: u64) -> Hub {
        let variable = |name| std::env::var(name).ok().filter(|text: &String| !text.is_empty());
        let named = endpoint.map(str::to_owned).or_else(|| variable("HF_ENDPOINT"));
        Hub {
            endpoint: named.unwrap_or_else(|| PUBLIC_HUB.to_owned()),
            token: variable("HF_TOKEN").map(|token| token.trim().to_owned()),
            most_bytes,
            folder: None,
            fetched: 0,
        }
    }

    /// Fetches the repository of an address.
    pub(super) async fn fetch(&mut self, address: &str) -> Result<Target, Failure> {
        let failed = || Failure::new(format!("`{address}` cannot be scanned"));
        let ask = address.strip_prefix(SCHEME).unwrap_or(address);
        let ask = Ask::parse(ask).map_err(|why| {
            failed().because(why).hint("say `hf://org/name@revision` or `hf://datasets/org/name`")
        })?;
        let no_folder =
            |error| failed().because(error).hint("TMPDIR names the folder for temporary files");
        let folder = self.next_folder().map_err(no_folder)?;
        let room_bytes = room(&folder).map_err(no_folder)?;
        let bar = progress_bar();
        let progress = |done: u64, total: u64| {
            bar.set_length(total);
            bar.set_position(done);
        };
        let download = Download {
            endpoint: self.endpoint.clone(),
            ask,
            token: self.token.clone(),
            most_bytes: self.most_bytes,
            room_bytes,
        };
        let fetched = download.fetch(HttpSettings::default(), &folder, &progress).await;
        bar.finish_and_clear();
        let repository = fetched.map_err(|error| {
            let hint = match &error {
                DownloadError::TooLarge { .. } => "`--max-gib` allows more",
                DownloadError::BadEndpoint(..) => "`--endpoint` or HF_ENDPOINT names the Hub",
                DownloadError::Refused { .. } => "HF_TOKEN names who asks",
                DownloadError::Unknown { .. } => "try again later",
                DownloadError::Mismatch(_) => "do not use it; ask whoever runs the Hub",
                DownloadError::NoRoom { .. } => "TMPDIR names a folder on a disk with more room",
                DownloadError::Disk(_) => "TMPDIR names the folder for temporary files",
            };
            failed().because(error).hint(hint)
        })?;
        let name = format!("{SCHEME}{}@{}", repository.artifact, repository.commit);
        let file = |file: weighbridge_engine::DownloadedFile| TargetFile {
            shown: format!("{name}/{}", file.path),
            inside: file.path.to_string(),
            from: Origin::Path(file.here),
            size_bytes: file.size_bytes,
        };
        Ok(Target {
            files: repository.files.into_iter().map(file).collect(),
            is_repository: true,
            called: Some(repository.artifact),
            ..Target::default()
        })
    }

    /// A folder for one repository.
    fn next_folder(&mut self) -> std::io::Result<PathBuf> {
        let all = if let Some(all) = self.folder.take() {
            all
        } else {
            let all = tempfile::Builder::new().prefix(PREFIX).tempdir()?;
            tidy_up_when_stopped(all.path().to_owned())?;
            all
        };
        let own = all.path().join(self.fetched.to_string());
        self.folder = Some(all);
        self.fetched += 1;
        std::fs::create_dir(&own)?;
        Ok(own)
    }
}

/// How many bytes fit into a folder, when some room is left for others.
fn room(folder: &Path) -> std::io::Result<u64> {
    let about = rustix::fs::statvfs(folder)?;
    let free = about.f_bavail.saturating_mul(about.f_frsize);
    Ok(free - (free / 20).min(KEPT_FREE_BYTES))
}

/// Ends the command at an interrupt, without leaving the folder behind. The scan itself waits for its workers and
/// for no signal, so this is a thread of its own.
fn tidy_up_when_stopped(folder: PathBuf) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let inside = runtime.enter();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    drop(inside);
    thread::spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        });
        // What is being fetched meanwhile may make a file once more.
        while folder.exists() && std::fs::remove_dir_all(&folder).is_err() {
            thread::yield_now();
        }
        std::process::exit(INTERRUPTED);
    });
    Ok(())
}

/// Whether something that was named is a repository of a Hub.
pub(super) fn is_address(path: &std::path::Path) -> bool {
    path.to_str().is_some_and(|text| text.starts_with(SCHEME))
}

fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style = "{wide_bar} {bytes} of {total_bytes}, {eta} left";
    bar.with_style(
        ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()),
    )
}
