//! What is asked of the scanner and what it answers.

use std::fs::File;

use weighbridge_domain::{Finding, RepoPath, ScanReport};

/// One file to look at.
#[derive(Debug)]
pub struct ScanInput {
    /// Where the file lies in its repository.
    pub path: RepoPath,
    /// The open file. The worker reads it by position; its offset is not used.
    pub file: File,
    /// The size the whole file will have.
    pub size_bytes: u64,
    /// How many bytes from its start are in the file by now.
    pub available_bytes: u64,
}

/// What is known about one file after a scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScanOutcome {
    /// The file, or the part of it that its verdict rests on, was judged.
    Report(ScanReport),
    /// The verdict needs that many bytes from the start of the file.
    NeedsMore {
        /// Ask again when so much is there. Never more than the size of the file.
        available_bytes: u64,
    },
}

/// One line of a repository's file list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryFile {
    /// Where the file lies.
    pub path: RepoPath,
    /// Its size.
    pub size_bytes: u64,
}

/// Something that is only visible when files are looked at together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryFinding {
    /// The file it is about.
    pub path: RepoPath,
    /// What was seen.
    pub finding: Finding,
}

/// One worker's work.
#[derive(Debug, Default)]
pub struct ScanJob {
    /// Files to scan.
    pub inputs: Vec<ScanInput>,
    /// The repository's whole file list. When given, the repository rules run over it; they read
    /// `config.json` and its like from among the inputs.
    pub repository: Option<Vec<RepositoryFile>>,
}

/// The answer to a [`ScanJob`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanAnswer {
    /// One outcome per input, in the same order.
    pub outcomes: Vec<ScanOutcome>,
    /// What the repository rules found.
    pub repository: Vec<RepositoryFinding>,
    /// What the repository rules could not look at; empty when they saw everything.
    pub repository_unexamined: Vec<String>,
    /// What held the worker that did this.
    pub sandbox: SandboxSupport,
}

/// What the kernel offers, or has put in force, to hold the worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SandboxSupport {
    /// The Landlock version, when there is one.
    pub landlock_abi: Option<u32>,
    /// Whether system calls are filtered.
    pub seccomp: bool,
    /// Whether memory, processor time, files and processes are limited.
    pub resource_limits: bool,
}

impl SandboxSupport {
    /// Whether every part is there.
    pub fn is_complete(self) -> bool {
        self.landlock_abi.is_some() && self.seccomp && self.resource_limits
    }
}

impl std::fmt::Display for SandboxSupport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let landlock = match self.landlock_abi {
            Some(abi) => format!("landlock v{abi}"),
            None => "no landlock".to_owned(),
        };
        let seccomp = if self.seccomp { "seccomp" } else { "no seccomp" };
        let limits = if self.resource_limits { "resource limits" } else { "no resource limits" };
        write!(f, "{landlock}, {seccomp}, {limits}")
    }
}
