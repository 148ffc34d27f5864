//! A repository of a Hub, fetched into a folder to be looked at: without an instance, and changing nothing.
//!
//! Files get numbers for names, so that no name from outside means anything on this disk; each is compared with what
//! the Hub promised.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::{StreamExt as _, TryStreamExt as _};
use weighbridge_domain::{Artifact, CommitId, Hasher, RepoPath};
use weighbridge_upstream::{Answer, Http, HttpSettings, HubClient, TreeFile};

use crate::admit::Ask;
use crate::admit::hashing::GitHasher;

/// Files fetched at once.
const AT_ONCE: usize = 4;
/// Tries for one file without a byte of progress between.
const TRIES: u32 = 4;

/// What to fetch, and from where.
#[derive(Clone, Debug)]
pub struct Download {
    /// The address of the Hub.
    pub endpoint: String,
    /// The repository, and which revision of it.
    pub ask: Ask,
    /// Who asks, for repositories that are not open to all.
    pub token: Option<String>,
    /// How many bytes it may have.
    pub most_bytes: u64,
    /// How many bytes there is room for.
    pub room_bytes: u64,
}

/// A repository that was fetched.
#[derive(Clone, Debug)]
pub struct DownloadedRepository {
    /// What the Hub calls it.
    pub artifact: Artifact,
    /// The commit.
    pub commit: CommitId,
    /// Its files, by path.
    pub files: Vec<DownloadedFile>,
}

/// One file of it.
#[derive(Clone, Debug)]
pub struct DownloadedFile {
    /// Where it lies in the repository.
    pub path: RepoPath,
    /// How large it is.
    pub size_bytes: u64,
    /// Where it lies here.
    pub here: PathBuf,
}

/// Why there is nothing to look at.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The address is none.
    #[error("`{0}` is no address of a Hub: {1}")]
    BadEndpoint(String, String),
    /// The Hub says no.
    #[error("{endpoint} does not give `{what}`: {message}")]
    Refused {
        /// The Hub.
        endpoint: String,
        /// The repository or the file.
        what: String,
        /// What it says.
        message: String,
    },
    /// The Hub gives no clear answer.
    #[error("{endpoint} could not be asked about `{what}`: {why}")]
    Unknown {
        /// The Hub.
        endpoint: String,
        /// The repository or the file.
        what: String,
        /// What went wrong.
        why: String,
    },
    /// There is too much of it.
    #[error("it has {total} bytes, and {most} are allowed")]
    TooLarge {
        /// How many bytes it has.
        total: u64,
        /// How many are allowed.
        most: u64,
    },
    /// There is no room for it.
    #[error("it has {total} bytes, and there is room for {room}")]
    NoRoom {
        /// How many bytes it has.
        total: u64,
        /// How many fit.
        room: u64,
    },
    /// What came is something else than was promised.
    #[error("`{0}` came with other bytes than the Hub promised")]
    Mismatch(RepoPath),
    /// It cannot be kept.
    #[error("it cannot be kept: {0}")]
    Disk(#[from] io::Error),
}

impl Download {
    /// Fetches every file into `folder`. `progress` hears how many bytes are there, and how many there will be.
    pub async fn fetch(
        &self,
        settings: HttpSettings,
        folder: &Path,
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<DownloadedRepository, DownloadError> {
        let bad = |why: String| DownloadError::BadEndpoint(self.endpoint.clone(), why);
        let http = Http::new(settings).map_err(|error| bad(error.to_string()))?;
        let base = self.endpoint.parse();
        let client = HubClient::new(http, base.map_err(|error| bad(format!("{error}")))?);
        let Artifact { kind, name } = &self.ask.artifact;
        let token = self.token.as_deref();
        let what = self.ask.artifact.to_string();
        let info = client.repo_info(*kind, name, &self.ask.revision, token).await;
        let info = self.yes(info, &what)?;
        let artifact = Artifact { kind: *kind, name: info.canonical };
        let commit = info.commit;
        let tree = client.tree(*kind, &artifact.name, &commit, token).await;
        let mut files = self.yes(tree, &what)?;
        files.sort_by(|one, other| one.path.cmp(&other.path));
        let total = files.iter().fold(0_u64, |sum, file| sum.saturating_add(file.size_bytes));
        if total > self.most_bytes {
            return Err(DownloadError::TooLarge { total, most: self.most_bytes });
        }
        if total > self.room_bytes {
            return Err(DownloadError::NoRoom { total, room: self.room_bytes });
        }
        let done = AtomicU64::new(0);
        let told = |count: usize| {
            let before = done.fetch_add(count as u64, Ordering::Relaxed);
            progress(before.saturating_add(count as u64), total);
        };
        let place = Place { client: &client, artifact: &artifact, commit: &commit };
        let fetching = files.into_iter().enumerate().map(|(number, file)| {
            let here = folder.join(number.to_string());
            let (place, told) = (&place, &told);
            async move { self.fetch_one(place, file, here, told).await }
        });
        let files = futures_util::stream::iter(fetching).buffered(AT_ONCE).try_collect().await?;
        Ok(DownloadedRepository { artifact, commit, files })
    }

    async fn fetch_one(
        &self,
        place: &Place<'_>,
        file: TreeFile,
        here: PathBuf,
        told: &(dyn Fn(usize) + Sync),
    ) -> Result<DownloadedFile, DownloadError> {
        let mut out = File::create_new(&here)?;
        let (mut sha256, mut git) = (Hasher::default(), GitHasher::new(file.size_bytes));
        let (mut received, mut tries) = (0_u64, 0);
        while received < file.size_bytes {
            let before = received;
            let token = self.token.as_deref();
            let Artifact { kind, name } = place.artifact;
            let body =
                place.client.open(*kind, name, place.commit, &file.path, token, received).await;
            let mut trouble = match body {
                Answer::Yes(mut body) if body.from_byte == received => loop {
                    match body.chunk().await {
                        Ok(Some(piece)) => {
                            received = received.saturating_add(piece.len() as u64);
                            if received > file.size_bytes {
                                return Err(DownloadError::Mismatch(file.path));
                            }
                            out.write_all(&piece)?;
                            sha256.update(&piece);
                            git.update(&piece);
                            told(piece.len());
                        }
                        Ok(None) => break String::new(),
                        Err(trouble) => break trouble.what,
                    }
                },
                Answer::Yes(_) => "it does not take up a file where it broke".to_owned(),
                Answer::Unknown(trouble) => trouble.what,
                no @ Answer::No(_) => {
                    self.yes(no, file.path.as_str())?;
                    continue;
                }
            };
            if received >= file.size_bytes {
                break;
            }
            tries = if received > before { 1 } else { tries + 1 };
            if tries >= TRIES {
                if trouble.is_empty() {
                    trouble = format!("it ended after {received} of {} bytes", file.size_bytes);
                }
                return Err(self.unknown(file.path.as_str(), trouble));
            }
        }
        let is_promised = match file.lfs {
            Some(promised) => sha256.finish() == promised,
            None => git.finish() == file.git_oid,
        };
        if !is_promised {
            return Err(DownloadError::Mismatch(file.path));
        }
        Ok(DownloadedFile { path: file.path, size_bytes: file.size_bytes, here })
    }

    fn yes<T>(&self, answer: Answer<T>, what: &str) -> Result<T, DownloadError> {
        match answer {
            Answer::Yes(found) => Ok(found),
            Answer::No(refusal) => Err(DownloadError::Refused {
                endpoint: self.endpoint.clone(),
                what: what.to_owned(),
                message: refusal.message,
            }),
            Answer::Unknown(trouble) => Err(self.unknown(what, trouble.what)),
        }
    }

    fn unknown(&self, what: &str, why: String) -> DownloadError {
        DownloadError::Unknown { endpoint: self.endpoint.clone(), what: what.to_owned(), why }
    }
}

/// Where the files of one repository are asked for.
struct Place<'a> {
    client: &'a HubClient,
    artifact: &'a Artifact,
    commit: &'a CommitId,
}
