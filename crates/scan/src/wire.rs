//! What travels between the scanner and its worker: JSON with a length before it.
//!
//! File descriptors travel with the length of the message that names them.

use serde::{Deserialize, Serialize};
use weighbridge_domain::{
    Finding, FindingPlace, Format, RepoPath, ScanReport, Severity, Unexamined,
};

use crate::job::{RepositoryFinding, SandboxSupport, ScanOutcome};
use crate::limits::Limits;
use crate::tensors::{Dtype, TensorPlace};

/// Files named in one message: the kernel passes at most 253 descriptors at once.
pub(crate) const FILES_PER_MESSAGE: usize = 64;

/// Lines of the file list in one message.
pub(crate) const LISTED_PER_MESSAGE: usize = 10_000;

/// The longest message from the scanner to the worker.
pub(crate) const QUESTION_BYTES: usize = 32 << 20;

/// The longest message from the worker to the scanner.
pub(crate) const ANSWER_BYTES: usize = 16 << 20;

/// What an answer may take beyond the time that a file gets.
pub(crate) const GRACE_SECONDS: u64 = 3;

/// From the scanner to the worker.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Question {
    /// Comes first, before the sandbox closes.
    Setup { limits: LimitsWire, files: u64, tells_convertible: bool, tells_at_once: bool },
    /// Scan these; one descriptor each, one answer each.
    Files(Vec<FileWire>),
    /// Keep these for the repository rules; one descriptor each, no answer.
    Configs(Vec<FileWire>),
    /// More lines of the file list; no answer.
    Listed(Vec<(String, u64)>),
    /// Run the repository rules; one answer.
    Repository,
    /// Find the tensors of a checkpoint, or those under one name; one descriptor, one answer.
    Tensors { file: FileWire, under: Option<String> },
}

/// From the worker to the scanner.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// The sandbox is closed.
    Ready(SandboxWire),
    /// One file was judged.
    Report(ReportWire),
    /// One file was not judged: that many bytes from its start are needed.
    NeedsMore(u64),
    /// The repository rules ran.
    Repository { findings: Vec<(String, FindingWire)>, unexamined: Vec<String> },
    /// Where the tensors are.
    Tensors(Vec<TensorWire>),
    /// Why that cannot be said.
    NoTensors(String),
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct TensorWire {
    name: String,
    dtype: String,
    shape: Vec<u64>,
    strides: Vec<u64>,
    first_element: u64,
    storage_start: u64,
    storage_bytes: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct LimitsWire {
    member_bytes: u64,
    expanded_bytes: u64,
    compression_ratio: u64,
    members: u64,
    depth: u32,
    pickle_steps: u64,
    findings: usize,
    wall_seconds: u64,
    memory_bytes: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FileWire {
    pub(crate) path: String,
    pub(crate) size_bytes: u64,
    pub(crate) available_bytes: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SandboxWire {
    landlock_abi: Option<u32>,
    seccomp: bool,
    resource_limits: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ReportWire {
    format: String,
    findings: Vec<FindingWire>,
    unexamined: Vec<UnexaminedWire>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FindingWire {
    rule: String,
    severity: String,
    member: String,
    offset: Option<u64>,
    message: String,
    evidence: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct UnexaminedWire {
    member: String,
    offset: Option<u64>,
    why: String,
}

impl From<&Limits> for LimitsWire {
    fn from(limits: &Limits) -> LimitsWire {
        LimitsWire {
            member_bytes: limits.member_bytes,
            expanded_bytes: limits.expanded_bytes,
            compression_ratio: limits.compression_ratio,
            members: limits.members,
            depth: limits.depth,
            pickle_steps: limits.pickle_steps,
            findings: limits.findings,
            wall_seconds: limits.wall_seconds,
            memory_bytes: limits.memory_bytes,
        }
    }
}

impl From<LimitsWire> for Limits {
    fn from(wire: LimitsWire) -> Limits {
        Limits {
            member_bytes: wire.member_bytes,
            expanded_bytes: wire.expanded_bytes,
            compression_ratio: wire.compression_ratio,
            members: wire.members,
            depth: wire.depth,
            pickle_steps: wire.pickle_steps,
            findings: wire.findings,
            wall_seconds: wire.wall_seconds,
            memory_bytes: wire.memory_bytes,
        }
    }
}

impl From<SandboxSupport> for SandboxWire {
    fn from(sandbox: SandboxSupport) -> SandboxWire {
        SandboxWire {
            landlock_abi: sandbox.landlock_abi,
            seccomp: sandbox.seccomp,
            resource_limits: sandbox.resource_limits,
        }
    }
}

impl From<SandboxWire> for SandboxSupport {
    fn from(wire: SandboxWire) -> SandboxSupport {
        SandboxSupport {
            landlock_abi: wire.landlock_abi,
            seccomp: wire.seccomp,
            resource_limits: wire.resource_limits,
        }
    }
}

impl From<Finding> for FindingWire {
    fn from(finding: Finding) -> FindingWire {
        FindingWire {
            rule: finding.rule,
            severity: finding.severity.as_str().to_owned(),
            member: finding.place.member,
            offset: finding.place.offset,
            message: finding.message,
            evidence: finding.evidence,
        }
    }
}

impl From<FindingWire> for Finding {
    /// A severity that cannot be read counts as dangerous: the worker may have been taken over.
    fn from(wire: FindingWire) -> Finding {
        Finding {
            rule: wire.rule,
            severity: wire.severity.parse().unwrap_or(Severity::Dangerous),
            place: FindingPlace { member: wire.member, offset: wire.offset },
            message: wire.message,
            evidence: wire.evidence,
        }
    }
}

impl From<ScanReport> for ReportWire {
    fn from(report: ScanReport) -> ReportWire {
        ReportWire {
            format: report.format.as_str().to_owned(),
            findings: report.findings.into_iter().map(FindingWire::from).collect(),
            unexamined: report
                .unexamined
                .into_iter()
                .map(|gap| UnexaminedWire {
                    member: gap.place.member,
                    offset: gap.place.offset,
                    why: gap.why,
                })
                .collect(),
        }
    }
}

impl From<ReportWire> for ScanReport {
    fn from(wire: ReportWire) -> ScanReport {
        ScanReport {
            format: Format::read(wire.format),
            findings: wire.findings.into_iter().map(Finding::from).collect(),
            unexamined: wire
                .unexamined
                .into_iter()
                .map(|gap| Unexamined {
                    place: FindingPlace { member: gap.member, offset: gap.offset },
                    why: gap.why,
                })
                .collect(),
        }
    }
}

impl From<TensorPlace> for TensorWire {
    fn from(tensor: TensorPlace) -> TensorWire {
        let TensorPlace { name, dtype, shape, strides, first_element, .. } = tensor;
        TensorWire {
            name,
            dtype: dtype.word.to_owned(),
            shape,
            strides,
            first_element,
            storage_start: tensor.storage_start,
            storage_bytes: tensor.storage_bytes,
        }
    }
}

impl TensorWire {
    /// The tensor, if it lies inside a file of this size: the worker may have been taken over.
    pub(crate) fn read(self, file_bytes: u64) -> Option<TensorPlace> {
        let tensor = TensorPlace {
            dtype: Dtype::find(&self.dtype)?,
            name: self.name,
            shape: self.shape,
            strides: self.strides,
            first_element: self.first_element,
            storage_start: self.storage_start,
            storage_bytes: self.storage_bytes,
        };
        tensor.fits(file_bytes).then_some(tensor)
    }
}

impl From<ScanOutcome> for Answer {
    fn from(outcome: ScanOutcome) -> Answer {
        match outcome {
            ScanOutcome::Report(report) => Answer::Report(report.into()),
            ScanOutcome::NeedsMore { available_bytes } => Answer::NeedsMore(available_bytes),
        }
    }
}

/// Reads the repository's answer back; a path that is none is a garbled answer.
pub(crate) fn repository_findings(
    findings: Vec<(String, FindingWire)>,
) -> Option<Vec<RepositoryFinding>> {
    findings
        .into_iter()
        .map(|(path, finding)| {
            let path = path.parse::<RepoPath>().ok()?;
            Some(RepositoryFinding { path, finding: finding.into() })
        })
        .collect()
}
