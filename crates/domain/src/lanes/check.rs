//! What rows look at, and what that comes to.

use std::fmt;
use std::str::FromStr;

/// What a row looks at. Each is a fact that Weighbridge has, or knows that it has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Check {
    /// The source is pre-approved.
    SourceTier,
    /// The card says what it has to.
    Card,
    /// What the artifact depends on has no known vulnerability.
    Dependencies,
    /// It behaves as it should.
    Behaviour,
    /// The licence allows the use.
    Licence,
    /// Its use is watched.
    Monitoring,
}

/// What a check came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the words say it")]
pub enum CheckAnswer {
    Yes,
    No,
    Unknown,
}

impl Check {
    pub(super) const ALL: [Check; 6] = [
        Check::SourceTier,
        Check::Card,
        Check::Dependencies,
        Check::Behaviour,
        Check::Licence,
        Check::Monitoring,
    ];

    /// The word used in tables and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Check::SourceTier => "source-tier",
            Check::Card => "card",
            Check::Dependencies => "dependencies",
            Check::Behaviour => "behaviour",
            Check::Licence => "licence",
            Check::Monitoring => "monitoring",
        }
    }
}

impl CheckAnswer {
    pub(super) const ALL: [CheckAnswer; 3] =
        [CheckAnswer::Yes, CheckAnswer::No, CheckAnswer::Unknown];

    /// The word used in the CLI, the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            CheckAnswer::Yes => "yes",
            CheckAnswer::No => "no",
            CheckAnswer::Unknown => "unknown",
        }
    }
}

macro_rules! words {
    ($($kind:ty),+) => {$(
        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $kind {
            type Err = String;
            fn from_str(text: &str) -> Result<$kind, String> {
                let found = <$kind>::ALL.into_iter().find(|word| word.as_str() == text);
                found.ok_or_else(|| {
                    let known: Vec<_> = <$kind>::ALL.iter().map(|word| format!("`{word}`")).collect();
                    let text: String = text.chars().take(40).collect();
                    format!("`{text}` is none of {}", known.join(", "))
                })
            }
        }
    )+};
}
words!(Check, CheckAnswer);
