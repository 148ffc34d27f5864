//! What is wrong with a policy that somebody wrote: where, what, and what would mend it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    /// Whether the policy cannot be used as it is.
    pub is_error: bool,
    /// The file.
    pub file: String,
    /// The line, from 1, where one is to blame.
    pub line: Option<u32>,
    /// What is wrong: one sentence without a full stop.
    pub what: String,
    /// What would mend it.
    pub remedy: String,
}

impl Complaint {
    pub(crate) fn error(
        file: &str,
        line: Option<u32>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Complaint {
        let (what, remedy) = (what.into(), remedy.into());
        Complaint { is_error: true, file: file.to_owned(), line, what, remedy }
    }

    pub(crate) fn warning(
        file: &str,
        line: Option<u32>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Complaint {
        Complaint { is_error: false, ..Complaint::error(file, line, what, remedy) }
    }

    /// What the Rego engine says, with its place taken out of the words.
    pub(crate) fn rego(file: &str, said: &str) -> Complaint {
        let mut line = None;
        let mut what = said.trim();
        if let Some((_, after)) = said.split_once("--> ")
            && let Some((place, rest)) = after.split_once('\n')
        {
            let mut parts = place.rsplitn(3, ':');
            parts.next();
            line = parts.next().and_then(|number| number.parse().ok());
            // The sentence stands in the last line, below the marked source.
            let last = rest.trim_end().rsplit('\n').next().unwrap_or(rest);
            what = last.split_once("error: ").map_or(last, |(_, what)| what).trim();
        }
        let what: String = what.chars().filter(|c| !c.is_control()).take(300).collect();
        Complaint::error(file, line, what, "mend the Rego; docs/policy.md has examples")
    }

    /// `rules/x.rego:12`, or the file alone.
    pub fn place(&self) -> String {
        match self.line {
            Some(line) => format!("{}:{line}", self.file),
            None => self.file.clone(),
        }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.is_error { "error" } else { "warning" };
        write!(f, "{}: {severity}: {}; {}", self.place(), self.what, self.remedy)
    }
}
