//! How well a fact is known.

use std::fmt;
use std::str::FromStr;

/// How well a fact is known. Nothing is ever known by its absence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Grade {
    /// It was checked against bytes, here or by somebody whose word the operator takes for that.
    Verified,
    /// Somebody says so.
    Declared,
    /// It follows from something else.
    Inferred,
    /// Nobody says anything.
    Missing,
}

impl Grade {
    const ALL: [Grade; 4] = [Grade::Verified, Grade::Declared, Grade::Inferred, Grade::Missing];

    /// The worse of two: what one knows less about is not known better for the other.
    #[must_use]
    pub fn min_with(self, other: Grade) -> Grade {
        let rank = |grade| Grade::ALL.iter().position(|known| *known == grade);
        if rank(self) >= rank(other) { self } else { other }
    }

    /// The word used in the CLI, the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Grade::Verified => "verified",
            Grade::Declared => "declared",
            Grade::Inferred => "inferred",
            Grade::Missing => "missing",
        }
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Grade {
    type Err = String;
    fn from_str(text: &str) -> Result<Grade, String> {
        let found = Grade::ALL.into_iter().find(|grade| grade.as_str() == text);
        found.ok_or_else(|| {
            let text: String = text.chars().take(40).collect();
            format!("`{text}` is not a grade: use `verified`, `declared`, `inferred` or `missing`")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for grade in Grade::ALL {
            assert_eq!(grade.as_str().parse(), Ok(grade));
        }
        assert_eq!(Grade::Verified.min_with(Grade::Declared), Grade::Declared);
        assert!("sure".parse::<Grade>().is_err());
    }
}
