//! Ways into what travels between the scanner and its worker, for the fuzz targets alone.

use weighbridge_domain::{RepoPath, ScanReport};

use crate::job::SandboxSupport;
use crate::limits::Limits;
use crate::wire::{
    self, Answer, FileWire, FindingWire, LimitsWire, Question, ReportWire, SandboxWire, TensorWire,
};

/// Reads a message as the worker does and writes what it understood; `None` when it is garbled.
pub fn question(body: &[u8]) -> Option<Vec<u8>> {
    let question = match serde_json::from_slice(body).ok()? {
        Question::Setup { limits, files, tells_convertible, tells_at_once } => {
            let limits = LimitsWire::from(&Limits::from(limits));
            Question::Setup { limits, files, tells_convertible, tells_at_once }
        }
        Question::Files(files) => Question::Files(with_paths(files)?),
        Question::Configs(files) => Question::Configs(with_paths(files)?),
        Question::Listed(lines) => Question::Listed(
            lines
                .into_iter()
                .map(|(path, size)| Some((read(&path)?, size)))
                .collect::<Option<_>>()?,
        ),
        Question::Repository => Question::Repository,
        Question::Tensors { file, under } => {
            Question::Tensors { file: FileWire { path: read(&file.path)?, ..file }, under }
        }
    };
    serde_json::to_vec(&question).ok()
}

/// Reads a message as the scanner does and writes what it understood; `None` when it is garbled.
pub fn answer(body: &[u8]) -> Option<Vec<u8>> {
    let answer = match serde_json::from_slice(body).ok()? {
        Answer::Ready(sandbox) => Answer::Ready(SandboxWire::from(SandboxSupport::from(sandbox))),
        Answer::Report(report) => Answer::Report(ReportWire::from(ScanReport::from(report))),
        Answer::NeedsMore(bytes) => Answer::NeedsMore(bytes),
        Answer::Repository { findings, unexamined } => {
            let findings = wire::repository_findings(findings)?
                .into_iter()
                .map(|found| (found.path.to_string(), FindingWire::from(found.finding)))
                .collect();
            Answer::Repository { findings, unexamined }
        }
        Answer::Tensors(found) => {
            let read = found.into_iter().map(|tensor| tensor.read(u64::MAX));
            Answer::Tensors(read.map(|it| it.map(TensorWire::from)).collect::<Option<_>>()?)
        }
        Answer::NoTensors(why) => Answer::NoTensors(why),
    };
    serde_json::to_vec(&answer).ok()
}

fn with_paths(files: Vec<FileWire>) -> Option<Vec<FileWire>> {
    files.into_iter().map(|file| Some(FileWire { path: read(&file.path)?, ..file })).collect()
}

fn read(path: &str) -> Option<String> {
    Some(path.parse::<RepoPath>().ok()?.to_string())
}
