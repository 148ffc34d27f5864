//! A repository: commits with file lists, and names for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};
use sha1::Digest as _;
use weighbridge_domain::{Artifact, CommitId, Digest, GitOid, Timestamp};

use super::content::{Content, git_oid};

/// Suffixes that the Hub's `.gitattributes` send to LFS whatever the size.
const LFS_SUFFIXES: &[&str] = &[
    "7z",
    "arrow",
    "bin",
    "bz2",
    "ckpt",
    "ftz",
    "gguf",
    "gz",
    "h5",
    "joblib",
    "mlmodel",
    "model",
    "msgpack",
    "npy",
    "npz",
    "onnx",
    "ot",
    "parquet",
    "pb",
    "pickle",
    "pkl",
    "pt",
    "pth",
    "rar",
    "safetensors",
    "tar",
    "tflite",
    "tgz",
    "wasm",
    "xz",
    "zip",
    "zst",
];

/// 2026-01-01T00:00:00Z: the moment of the first commit of every repository.
const FIRST_COMMIT_AT: i64 = 1_767_225_600_000_000;

/// One file of a commit.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) content: Content,
    pub(super) size_bytes: u64,
    pub(super) git_oid: GitOid,
    pub(super) lfs: Option<Digest>,
}

impl File {
    pub(super) fn new(path: &str, content: Content, lfs_threshold_bytes: u64) -> File {
        let size_bytes = content.size_bytes();
        let suffix = path.rsplit_once('.').map(|(_, suffix)| suffix.to_ascii_lowercase());
        let is_lfs = size_bytes > lfs_threshold_bytes
            || suffix.is_some_and(|suffix| LFS_SUFFIXES.contains(&suffix.as_str()));
        if is_lfs {
            let digest = content.digest();
            let git_oid = git_oid(pointer(digest, size_bytes).as_bytes());
            File { content, size_bytes, git_oid, lfs: Some(digest) }
        } else {
            let bytes = content.to_memory();
            let git_oid = git_oid(&bytes);
            File { content: Content::Memory(bytes), size_bytes, git_oid, lfs: None }
        }
    }

    /// The size of the text that git keeps in place of the file.
    pub(super) fn pointer_size(&self) -> Option<usize> {
        self.lfs.map(|digest| pointer(digest, self.size_bytes).len())
    }
}

fn pointer(digest: Digest, size_bytes: u64) -> String {
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {size_bytes}\n")
}

/// One commit.
#[derive(Clone, Debug)]
pub(super) struct Commit {
    pub(super) id: CommitId,
    pub(super) title: String,
    pub(super) at: Timestamp,
    pub(super) files: Arc<BTreeMap<String, Arc<File>>>,
}

/// A repository.
#[derive(Clone, Debug)]
pub(super) struct Repo {
    pub(super) artifact: Artifact,
    commits: Vec<Commit>,
    /// Full names (`refs/heads/main`) and the commits they mean.
    pub(super) refs: BTreeMap<String, CommitId>,
    pub(super) private: bool,
    pub(super) gated: bool,
    pub(super) disabled: bool,
    /// Upstream tokens that open it when it is private or gated.
    pub(super) tokens: Vec<String>,
    pub(super) tags: Vec<String>,
    pub(super) card: Map<String, Value>,
    /// Fields of the repository info that replace or join the usual ones.
    pub(super) info: Map<String, Value>,
}

impl Repo {
    /// An empty repository has a commit, as on the Hub.
    pub(super) fn new(artifact: Artifact) -> Repo {
        let mut repo = Repo {
            artifact,
            commits: Vec::new(),
            refs: BTreeMap::new(),
            private: false,
            gated: false,
            disabled: false,
            tokens: Vec::new(),
            tags: Vec::new(),
            card: Map::new(),
            info: Map::new(),
        };
        repo.commit("refs/heads/main", "initial commit", BTreeMap::new());
        repo
    }

    /// A commit with these files, to which the full name `reference` then leads.
    pub(super) fn commit(
        &mut self,
        reference: &str,
        title: &str,
        files: BTreeMap<String, Arc<File>>,
    ) -> CommitId {
        let mut hasher = sha1::Sha1::new();
        hasher.update(format!("{} {} {title}\n", self.artifact, self.commits.len()));
        for (path, file) in &files {
            hasher.update(format!("{} {path}\n", file.git_oid));
        }
        let id: CommitId =
            hex::encode(hasher.finalize()).parse().expect("SHA-1 has 40 hexadecimal characters");
        let minutes = i64::try_from(self.commits.len()).unwrap_or(i64::MAX);
        let at = Timestamp::from_micros(FIRST_COMMIT_AT.saturating_add(minutes * 60_000_000));
        let title = title.to_owned();
        self.commits.push(Commit { id: id.clone(), title, at, files: Arc::new(files) });
        self.refs.insert(reference.to_owned(), id.clone());
        id
    }

    /// Adds files to what `main` has.
    pub(super) fn publish(&mut self, files: Vec<(String, File)>) -> CommitId {
        let title = match files.as_slice() {
            [(path, _)] => format!("Upload {path}"),
            many => format!("Upload {} files", many.len()),
        };
        let mut all = BTreeMap::clone(&self.head().files);
        all.extend(files.into_iter().map(|(path, file)| (path, Arc::new(file))));
        self.commit("refs/heads/main", &title, all)
    }

    /// A commit on `main` in which a file has another name; one that is not there stays away.
    pub(super) fn rename_file(&mut self, old: &str, new: &str) -> CommitId {
        let mut all = BTreeMap::clone(&self.head().files);
        if let Some(file) = all.remove(old) {
            all.insert(new.to_owned(), file);
        }
        self.commit("refs/heads/main", &format!("Rename {old} to {new}"), all)
    }

    /// The commit of `main`.
    pub(super) fn head(&self) -> &Commit {
        self.find("main").expect("every repository has a main branch")
    }

    pub(super) fn by_id(&self, id: &CommitId) -> Option<&Commit> {
        self.commits.iter().rev().find(|commit| commit.id == *id)
    }

    /// What a revision means: a branch, a tag, a full name, a commit or the start of one.
    pub(super) fn find(&self, revision: &str) -> Option<&Commit> {
        for full in
            [revision.to_owned(), format!("refs/heads/{revision}"), format!("refs/tags/{revision}")]
        {
            if let Some(id) = self.refs.get(&full) {
                return self.by_id(id);
            }
        }
        let is_short = (7..=40).contains(&revision.len());
        let starts = |commit: &&Commit| is_short && commit.id.as_str().starts_with(revision);
        self.commits.iter().rev().find(starts)
    }

    /// `commit` and what came before it, newest first.
    pub(super) fn history<'a>(&'a self, commit: &Commit) -> impl Iterator<Item = &'a Commit> {
        let id = commit.id.clone();
        self.commits.iter().rev().skip_while(move |each| each.id != id)
    }

    pub(super) fn is_open_to(&self, token: Option<&str>) -> bool {
        token.is_some_and(|token| self.tokens.iter().any(|known| known == token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> File {
        File::new("a.txt", Content::Memory(bytes::Bytes::copy_from_slice(text.as_bytes())), 1000)
    }

    #[test]
    fn every_publication_is_a_commit_and_old_ones_stay() {
        let mut repo = Repo::new("acme/tiny".parse().unwrap());
        let first = repo.publish(vec![("a.txt".to_owned(), file("1"))]);
        let second = repo.publish(vec![("b.txt".to_owned(), file("2"))]);
        assert_ne!(first, second);
        assert_eq!(repo.find(first.as_str()).unwrap().files.len(), 1);
        assert_eq!(repo.find("main").unwrap().files.len(), 2);
        assert_eq!(repo.find(&second.as_str()[..8]).unwrap().id, second);
        assert_eq!(repo.history(repo.by_id(&first).unwrap()).count(), 2);
        assert!(repo.find("nope").is_none());
    }
}
