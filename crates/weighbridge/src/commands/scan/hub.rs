//! A repository of a Hub: `hf://org/name@revision`, `hf://datasets/org/name`. It is fetched to a temporary folder,
//! compared with what the Hub promised, scanned as a directory, and gone afterwards.

use indicatif::{ProgressBar, ProgressStyle};
use tempfile::TempDir;
use weighbridge_engine::{Ask, Download, DownloadError, HttpSettings};

use super::targets::{Origin, Target, TargetFile};
use crate::failure::Failure;

/// How addresses of repositories begin.
const SCHEME: &str = "hf://";
/// The Hub, when nobody names another.
const PUBLIC_HUB: &str = "https://huggingface.co";

/// Where repositories come from.
pub(super) struct Hub {
    endpoint: String,
    token: Option<String>,
    most_bytes: u64,
}

/// A repository that was fetched; it is gone when its folder is dropped.
pub(super) struct Fetched {
    pub(super) target: Target,
    pub(super) folder: TempDir,
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
        }
    }

    /// Fetches the repository of an address.
    pub(super) async fn fetch(&self, address: &str) -> Result<Fetched, Failure> {
        let failed = || Failure::new(format!("`{address}` cannot be scanned"));
        let ask = address.strip_prefix(SCHEME).unwrap_or(address);
        let ask = Ask::parse(ask).map_err(|why| {
            failed().because(why).hint("say `hf://org/name@revision` or `hf://datasets/org/name`")
        })?;
        let folder =
            tempfile::Builder::new().prefix("weighbridge-scan-").tempdir().map_err(|error| {
                failed().because(error).hint("TMPDIR names the folder for temporary files")
            })?;
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
        };
        let fetched = download.fetch(HttpSettings::default(), folder.path(), &progress).await;
        bar.finish_and_clear();
        let repository = fetched.map_err(|error| {
            let hint = match &error {
                DownloadError::TooLarge { .. } => "`--max-gib` allows more",
                DownloadError::BadEndpoint(..) => "`--endpoint` or HF_ENDPOINT names the Hub",
                DownloadError::Refused { .. } => "HF_TOKEN names who asks",
                DownloadError::Unknown { .. } => "try again later",
                DownloadError::Mismatch(_) => "do not use it; ask whoever runs the Hub",
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
        let target = Target {
            files: repository.files.into_iter().map(file).collect(),
            is_repository: true,
            called: Some(repository.artifact),
            ..Target::default()
        };
        Ok(Fetched { target, folder })
    }
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
