//! A Hub on loopback that imitates the public one in its awkward ways, and breaks when told to.
//!
//! Two real servers: the Hub, and a "CDN" on another host. Large files are answered with a
//! redirect to a signed, expiring address there; what a client has to know about them stands on the
//! redirect only.

mod answer;
mod api;
mod body;
mod content;
pub mod control;
mod fault;
mod listen;
mod log;
mod repo;
mod resolve;
pub mod seed;
mod world;

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use axum::Router;
use axum::extract::Request;
use bytes::Bytes;
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use weighbridge_domain::{Artifact, CommitId, Digest};

pub use content::Synthetic;
pub use fault::{Fault, Route, What};
pub use log::{RequestEntry, Side};
pub use world::Settings;

use content::Content;
use listen::Door;
use repo::{File, Repo};
use world::World;

/// Another host, not only another port: clients up to 1.33 take ports of one host for one origin.
const CDN_HOST: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// A running fake; it stops when the last handle is dropped.
#[derive(Clone, Debug)]
pub struct FakeHub(Arc<Running>);

#[derive(Debug)]
struct Running {
    world: Arc<World>,
    doors: Mutex<[Door; 2]>,
}

impl FakeHub {
    /// Starts on two free ports.
    ///
    /// # Panics
    /// When loopback has no free port.
    pub async fn start() -> FakeHub {
        FakeHub::start_on(0, 0).await.expect("loopback has two free ports")
    }

    /// Starts on these ports; 0 is any.
    pub async fn start_on(hub_port: u16, cdn_port: u16) -> io::Result<FakeHub> {
        let world = Arc::new(World::default());
        let open =
            |host, port, side| Door::open(host, port, Arc::clone(&world), router(&world, side));
        let hub = open(Ipv4Addr::LOCALHOST, hub_port, Side::Hub)?;
        let cdn = open(CDN_HOST, cdn_port, Side::Cdn)?;
        let _first = world.hub_url.set(hub.url());
        let _first = world.cdn_url.set(cdn.url());
        let running = Arc::new(Running { world, doors: Mutex::new([hub, cdn]) });
        let _first = running.world.hub.set(Arc::downgrade(&running));
        // The servers run before anybody is told where they are.
        tokio::task::yield_now().await;
        Ok(FakeHub(running))
    }

    fn from_weak(weak: &Weak<Running>) -> Option<FakeHub> {
        weak.upgrade().map(FakeHub)
    }

    /// The Hub's address.
    pub fn url(&self) -> String {
        self.0.world.hub_url().to_owned()
    }

    /// The CDN's address.
    pub fn cdn_url(&self) -> String {
        self.0.world.cdn_url().to_owned()
    }

    /// A new commit on `main` with this file. `repo` is `acme/tiny` or `datasets/acme/words`.
    pub fn publish(&self, repo: &str, path: &str, bytes: impl AsRef<[u8]>) -> CommitId {
        self.publish_many(repo, [(path, bytes)])
    }

    /// A new commit on `main` with these files.
    pub fn publish_many<P: Into<String>, B: AsRef<[u8]>>(
        &self,
        repo: &str,
        files: impl IntoIterator<Item = (P, B)>,
    ) -> CommitId {
        let files = files.into_iter().map(|(path, bytes)| {
            let content = Content::Memory(Bytes::copy_from_slice(bytes.as_ref()));
            (path.into(), content)
        });
        self.publish_content(repo, files.collect())
    }

    /// A new commit on `main` with a file that is made while it is read.
    pub fn publish_synthetic(&self, repo: &str, path: &str, synthetic: Synthetic) -> CommitId {
        self.publish_content(repo, vec![(path.to_owned(), Content::made(synthetic))])
    }

    fn publish_content(&self, repo: &str, files: Vec<(String, Content)>) -> CommitId {
        let threshold = self.0.world.settings().lfs_threshold_bytes;
        let file = |(path, content): (String, Content)| {
            let file = File::new(&path, content, threshold);
            (path, file)
        };
        self.0.world.publish(repo, files.into_iter().map(file).collect())
    }

    /// A new commit on `main` without this file.
    pub fn remove(&self, repo: &str, path: &str) -> CommitId {
        let mut state = self.0.world.lock();
        let repo = state.repo(repo);
        let mut files = BTreeMap::clone(&repo.head().files);
        files.remove(path);
        repo.commit("refs/heads/main", &format!("Delete {path}"), files)
    }

    /// A handle on a repository, which is made if it does not exist.
    pub fn repo(&self, repo: &str) -> RepoHandle {
        let name = self.0.world.lock().repo(repo).artifact.to_string();
        RepoHandle { hub: self.clone(), name }
    }

    /// SHA-256 of a file on `main`.
    ///
    /// # Panics
    /// When there is no such file.
    pub fn digest_of(&self, repo: &str, path: &str) -> Digest {
        let file = self.0.world.lock().repo(repo).head().files.get(path).cloned();
        file.expect("the test names a file on main").content.digest()
    }

    /// Makes something go wrong.
    pub fn fault(&self, fault: impl Into<Fault>) {
        self.0.world.lock().faults.add(fault.into());
    }

    /// Makes everything go right again.
    pub fn clear_faults(&self) {
        self.0.world.lock().faults.clear();
    }

    /// Changes how the fake behaves in general.
    pub fn settings(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.0.world.lock().settings);
    }

    /// Makes `token` the credential of `name`, for `whoami-v2`.
    pub fn account(&self, token: &str, name: &str) {
        self.0.world.lock().accounts.insert(token.to_owned(), name.to_owned());
    }

    /// Every request so far, at both origins.
    pub fn requests(&self) -> Vec<RequestEntry> {
        self.0.world.lock().log.entries().to_vec()
    }

    /// How often bytes of a file were sent, by its path in the repository.
    pub fn downloads_of(&self, path: &str) -> u64 {
        self.0.world.lock().log.downloads.get(path).copied().unwrap_or(0)
    }

    /// How many bytes of a file were sent, by its path in the repository.
    pub fn bytes_sent(&self, path: &str) -> u64 {
        self.0.world.lock().log.bytes_sent.get(path).copied().unwrap_or(0)
    }

    /// Every token that was seen at either origin, in the order of appearance.
    pub fn tokens_seen(&self) -> Vec<String> {
        self.0.world.lock().log.tokens()
    }

    /// Forgets the requests and sets the counters to zero.
    pub fn forget_requests(&self) {
        self.0.world.lock().log = log::Log::default();
    }

    /// Cuts every connection; new ones are refused until [`FakeHub::come_back`].
    ///
    /// # Panics
    /// When the operating system gives the port away.
    pub async fn go_down(&self) {
        for door in self.0.doors.lock().await.iter_mut() {
            door.close().await.expect("the port stays ours");
        }
    }

    /// Takes connections and answers none until [`FakeHub::come_back`].
    pub fn hang(&self) {
        self.0.world.hangs.store(true, Ordering::Relaxed);
    }

    /// Answers again, at the same addresses. What hung before goes on hanging.
    ///
    /// # Panics
    /// When the operating system gives the port away.
    pub async fn come_back(&self) {
        self.0.world.hangs.store(false, Ordering::Relaxed);
        for door in self.0.doors.lock().await.iter_mut() {
            door.reopen().expect("the port stays ours");
        }
    }
}

fn router(world: &Arc<World>, side: Side) -> Router {
    let world = Arc::clone(world);
    Router::new()
        .fallback(move |request: Request| answer::answer(Arc::clone(&world), side, request))
}

/// One repository of a fake; each method gives the handle back.
#[derive(Clone, Debug)]
pub struct RepoHandle {
    hub: FakeHub,
    name: String,
}

impl RepoHandle {
    fn with(&self, change: impl FnOnce(&mut Repo)) -> &RepoHandle {
        change(self.hub.0.world.lock().repo(&self.name));
        self
    }

    /// A commit on `main` in which a file has another name.
    pub fn rename_file(&self, old: &str, new: &str) -> &RepoHandle {
        self.with(|repo| {
            repo.rename_file(old, new);
        })
    }

    /// The commit of `main`.
    pub fn head(&self) -> CommitId {
        self.hub.0.world.lock().repo(&self.name).head().id.clone()
    }

    /// Sets the licence in the card.
    pub fn licence(&self, licence: &str) -> &RepoHandle {
        self.card("license", licence)
    }

    /// Sets a field of the card.
    pub fn card(&self, field: &str, value: impl Into<Value>) -> &RepoHandle {
        self.with(|repo| {
            repo.card.insert(field.to_owned(), value.into());
        })
    }

    /// Replaces or adds fields of the repository info: `pipeline_tag`, `lastModified`, …
    pub fn info(&self, field: &str, value: impl Into<Value>) -> &RepoHandle {
        self.with(|repo| {
            repo.info.insert(field.to_owned(), value.into());
        })
    }

    /// Replaces the tags.
    pub fn tagged(&self, tags: &[&str]) -> &RepoHandle {
        self.with(|repo| repo.tags = tags.iter().map(ToString::to_string).collect())
    }

    /// Gives files only to those with a grant: see [`RepoHandle::requires_token`].
    pub fn gated(&self) -> &RepoHandle {
        self.with(|repo| repo.gated = true)
    }

    /// Shows itself only to those with a grant: see [`RepoHandle::requires_token`].
    pub fn private(&self) -> &RepoHandle {
        self.with(|repo| repo.private = true)
    }

    /// Open to all again.
    pub fn public(&self) -> &RepoHandle {
        self.with(|repo| (repo.private, repo.gated, repo.disabled) = (false, false, false))
    }

    /// Taken down by the Hub.
    pub fn disabled(&self) -> &RepoHandle {
        self.with(|repo| repo.disabled = true)
    }

    /// A token that opens the repository when it is gated or private.
    pub fn requires_token(&self, token: &str) -> &RepoHandle {
        self.with(|repo| repo.tokens.push(token.to_owned()))
    }

    /// A tag on what `main` is now.
    pub fn tag(&self, name: &str) -> &RepoHandle {
        self.point(&format!("refs/tags/{name}"))
    }

    /// A branch that starts where `main` is now.
    pub fn branch(&self, name: &str) -> &RepoHandle {
        self.point(&format!("refs/heads/{name}"))
    }

    /// Makes the full name `reference` (`refs/pr/1`, `refs/convert/parquet`) mean what `main` is now.
    pub fn point(&self, reference: &str) -> &RepoHandle {
        self.with(|repo| {
            let id = repo.head().id.clone();
            repo.refs.insert(reference.to_owned(), id);
        })
    }

    /// Gives the repository a new name; the old one redirects, and this handle is of no more use.
    ///
    /// # Panics
    /// When `new` names no repository.
    pub fn renamed_to(&self, new: &str) {
        let artifact: Artifact = new.parse().expect("the test names a repository");
        let new = artifact.to_string();
        let mut state = self.hub.0.world.lock();
        if let Some(mut repo) = state.repos.remove(&self.name) {
            repo.artifact = artifact;
            state.repos.insert(new.clone(), repo);
            state.moved.insert(self.name.clone(), new.clone());
        }
    }

    /// Makes `old` redirect here.
    pub fn renamed_from(&self, old: &str) -> &RepoHandle {
        self.hub.0.world.lock().moved.insert(old.to_owned(), self.name.clone());
        self
    }

    /// Makes something go wrong with this repository.
    pub fn fault(&self, fault: impl Into<Fault>) -> &RepoHandle {
        self.hub.fault(fault.into().of(&self.name));
        self
    }

    /// Replaces many fields of the repository info at once.
    pub fn infos(&self, fields: Map<String, Value>) -> &RepoHandle {
        self.with(|repo| repo.info.extend(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_fake_that_went_down_comes_back_at_the_same_address() {
        let hub = FakeHub::start().await;
        let address = hub.url().trim_start_matches("http://").to_owned();
        assert!(tokio::net::TcpStream::connect(&address).await.is_ok());
        hub.go_down().await;
        assert!(tokio::net::TcpStream::connect(&address).await.is_err());
        hub.come_back().await;
        assert!(tokio::net::TcpStream::connect(&address).await.is_ok());
    }
}
