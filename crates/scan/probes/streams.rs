//! Scans pickles from standard input, each after its size in four bytes, and prints one JSON line each: the verdict and
//! what was found.

use std::io::{self, BufReader, BufWriter, Read as _, Write as _};

use serde_json::json;
use weighbridge_domain::RepoPath;
use weighbridge_scan::{Limits, scan_bytes};

pub(crate) fn scan() -> io::Result<()> {
    let path: RepoPath = "stream.pkl".parse().map_err(io::Error::other)?;
    let limits = Limits::default();
    let mut input = BufReader::new(io::stdin().lock());
    let mut output = BufWriter::new(io::stdout().lock());
    let mut size = [0; 4];
    while input.read_exact(&mut size).is_ok() {
        let mut bytes = vec![0; usize::try_from(u32::from_le_bytes(size)).unwrap_or_default()];
        input.read_exact(&mut bytes)?;
        let report = scan_bytes(&path, &bytes, &limits);
        let said: Vec<&str> = report.findings.iter().map(|found| found.message.as_str()).collect();
        let line = json!({ "verdict": report.verdict().as_str(), "said": said });
        writeln!(output, "{line}")?;
    }
    output.flush()
}
