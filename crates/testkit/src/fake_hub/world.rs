//! Everything the fake knows, shared by its servers and its handle.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, Weak};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use weighbridge_domain::{Artifact, CommitId};

use super::Running;
use super::content::Content;
use super::fault::{Armed, Moment, Place, What};
use super::log::Log;
use super::repo::{File, Repo};

/// How the fake behaves in general.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Entries on a page of the file list.
    pub page_size: usize,
    /// Larger files are in LFS, whatever their name.
    pub lfs_threshold_bytes: u64,
    /// How long a signed address is good.
    pub url_lifetime_s: u64,
    /// Whether Xet is advertised.
    pub xet: bool,
    /// Whether small files are answered with a relative 307 to `/api/resolve-cache/…`.
    pub resolve_cache: bool,
    /// The bandwidth of the link, for all transfers together.
    pub rate_mib: Option<f64>,
    /// Added to each new connection and to each answer.
    pub latency_ms: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            page_size: 1000,
            lfs_threshold_bytes: 10 * 1024 * 1024,
            url_lifetime_s: 3600,
            xet: false,
            resolve_cache: false,
            rate_mib: None,
            latency_ms: 0,
        }
    }
}

/// Everything the fake knows.
#[derive(Debug, Default)]
pub(super) struct World {
    state: Mutex<State>,
    pub(super) hub_url: OnceLock<String>,
    pub(super) cdn_url: OnceLock<String>,
    /// The handle, for the control API.
    pub(super) hub: OnceLock<Weak<Running>>,
    /// Connections are taken and nothing is answered.
    pub(super) hangs: AtomicBool,
    /// When the shaped link is free again.
    link_free_at: Mutex<Option<Instant>>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) repos: BTreeMap<String, Repo>,
    /// Old names and the ones they lead to.
    pub(super) moved: BTreeMap<String, String>,
    /// Tokens and whose they are.
    pub(super) accounts: BTreeMap<String, String>,
    pub(super) faults: Armed,
    pub(super) log: Log,
}

/// What a name leads to.
pub(super) enum Found<'a> {
    Here(&'a Repo),
    /// Under this name.
    Moved(String),
    Nowhere,
}

impl World {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding the fake's state")
    }

    pub(super) fn settings(&self) -> Settings {
        self.lock().settings.clone()
    }

    pub(super) fn hub_url(&self) -> &str {
        self.hub_url.get().map_or("", String::as_str)
    }

    pub(super) fn cdn_url(&self) -> &str {
        self.cdn_url.get().map_or("", String::as_str)
    }

    pub(super) fn strike(&self, place: &Place, moment: Moment) -> Vec<What> {
        self.lock().faults.strike(place, moment)
    }

    pub(super) fn hangs(&self) -> bool {
        self.hangs.load(Ordering::Relaxed)
    }

    pub(super) async fn latency(&self) {
        let latency_ms = self.lock().settings.latency_ms;
        if latency_ms > 0 {
            tokio::time::sleep(Duration::from_millis(latency_ms)).await;
        }
    }

    /// Waits until `bytes` have gone over the shaped link, which all transfers share.
    pub(super) async fn pass_link(&self, bytes: usize, rate_mib: f64) {
        #[expect(clippy::cast_precision_loss, reason = "pieces are far below 2^52 bytes")]
        let takes = Duration::from_secs_f64(bytes as f64 / (rate_mib * 1024.0 * 1024.0));
        let free_at = {
            let mut link = self.link_free_at.lock().expect("nobody panics in here");
            let now = Instant::now();
            // Timers are coarse: what one sleep overslept is made up for by the next.
            let slack = Duration::from_millis(20);
            let from =
                link.map_or(now, |free_at| free_at.max(now.checked_sub(slack).unwrap_or(now)));
            let free_at = from + takes;
            *link = Some(free_at);
            free_at
        };
        if free_at > Instant::now() {
            tokio::time::sleep_until(free_at).await;
        }
    }

    /// Adds a small file to `main`.
    pub(super) fn publish_text(&self, repo: &str, path: &str, text: &str) {
        let content = Content::Memory(bytes::Bytes::copy_from_slice(text.as_bytes()));
        let threshold = self.settings().lfs_threshold_bytes;
        self.publish(repo, vec![(path.to_owned(), File::new(path, content, threshold))]);
    }

    /// Adds files to `main` of a repository, which is made if it does not exist.
    pub(super) fn publish(&self, repo: &str, files: Vec<(String, File)>) -> CommitId {
        self.lock().repo(repo).publish(files)
    }
}

impl State {
    /// The repository, made if it does not exist.
    pub(super) fn repo(&mut self, name: &str) -> &mut Repo {
        let artifact: Artifact = name.parse().expect("the test names a repository");
        self.repos.entry(artifact.to_string()).or_insert_with(|| Repo::new(artifact))
    }

    /// Finds a repository the way the Hub does: letter case and old names lead to a redirect.
    pub(super) fn find(&self, name: &str) -> Found<'_> {
        if let Some(repo) = self.repos.get(name) {
            return Found::Here(repo);
        }
        if let Some(target) = self.moved.get(name) {
            return Found::Moved(target.clone());
        }
        match self.repos.keys().find(|known| known.eq_ignore_ascii_case(name)) {
            Some(known) => Found::Moved(known.clone()),
            None => Found::Nowhere,
        }
    }
}
