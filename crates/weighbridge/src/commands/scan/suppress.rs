//! Findings that somebody has looked at: by code and path, with a reason, until a day.
//!
//! The file is named on the command line and never taken from what is scanned: whoever wrote a model must not
//! say what counts.

use std::fs;
use std::path::Path;

use globset::{Glob, GlobMatcher};
use serde::Deserialize;
use weighbridge_domain::{Clock, Timestamp};

use super::verdicts::{Scanned, Suppressed};
use crate::failure::Failure;

/// The largest file that is read.
const MAX_BYTES: u64 = 4 << 20;

/// What is set aside.
#[derive(Debug, Default)]
pub(super) struct Suppressions(Vec<Suppression>);

#[derive(Debug)]
struct Suppression {
    code: String,
    path: GlobMatcher,
    why: Suppressed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileText {
    #[serde(default)]
    suppress: Vec<EntryText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryText {
    code: String,
    path: String,
    reason: String,
    expires: DayText,
}

/// A day, as a text or as a date of TOML.
#[derive(Deserialize)]
#[serde(untagged)]
enum DayText {
    Text(String),
    Date(toml::value::Datetime),
}

impl Suppressions {
    /// Reads them. What has ended is left out, and so counts again.
    pub(super) fn read(path: &Path) -> Result<Suppressions, Failure> {
        let cannot = || Failure::new(format!("`{}` cannot be used", path.display()));
        let about = fs::metadata(path).map_err(|error| cannot().because(error))?;
        if about.len() > MAX_BYTES {
            return Err(cannot().because(format!("it is longer than {MAX_BYTES} bytes")));
        }
        let text = fs::read_to_string(path).map_err(|error| cannot().because(error))?;
        let file: FileText = toml::from_str(&text).map_err(|error| cannot().because(error))?;
        let now = Clock::system().now();
        let mut kept = Vec::new();
        for entry in file.suppress {
            let bad = |why: String| cannot().because(format!("`{}`: {why}", entry.code));
            if !weighbridge_scan::rules().iter().any(|rule| rule.code == entry.code) {
                return Err(bad("there is no such rule".to_owned())
                    .hint("`weighbridge scan --explain all` lists every rule"));
            }
            if entry.reason.trim().is_empty() {
                return Err(bad("it gives no reason".to_owned()));
            }
            let expires = match entry.expires {
                DayText::Text(day) => day,
                DayText::Date(day) => day.to_string(),
            };
            let ends = Timestamp::from_rfc3339(&format!("{expires}T00:00:00Z"));
            let ends = ends.ok_or_else(|| {
                bad(format!("`{expires}` is no day")).hint("write `expires = 2027-01-31`")
            })?;
            let path = Glob::new(&entry.path).map_err(|error| bad(error.to_string()))?;
            if now < ends {
                let why = Suppressed { reason: entry.reason, expires };
                kept.push(Suppression { code: entry.code, path: path.compile_matcher(), why });
            }
        }
        Ok(Suppressions(kept))
    }

    /// Marks what they are about.
    pub(super) fn apply(&self, scanned: &mut Scanned) {
        for file in &mut scanned.files {
            for seen in &mut file.findings {
                let about = self.0.iter().find(|suppression| {
                    suppression.code == seen.finding.rule && suppression.path.is_match(&file.shown)
                });
                seen.suppressed = about.map(|suppression| suppression.why.clone());
            }
        }
    }
}
