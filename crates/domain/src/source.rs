//! Upstream registries and how far they are trusted.

use std::fmt;
use std::str::FromStr;

/// The name an operator gave a source.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceName(String);

/// A text that cannot name a source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a source name: 1 to 40 lower-case letters, digits, `-` and `_`")]
pub struct BadSourceName(String);

impl SourceName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SourceName {
    type Err = BadSourceName;
    fn from_str(text: &str) -> Result<SourceName, BadSourceName> {
        let fits = (1..=40).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
        if fits {
            Ok(SourceName(text.to_owned()))
        } else {
            Err(BadSourceName(text.chars().take(60).collect()))
        }
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How far a source, or a pattern of its repositories, is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tier {
    /// Tier 1: the short path, still validated.
    PreApproved,
    /// Tier 2: the full workflow.
    Conditional,
    /// Tier 3: refused at every route.
    Prohibited,
}

/// A text that names no tier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a tier: 1 is pre-approved, 2 conditional, 3 prohibited")]
pub struct UnknownTier(String);

impl Tier {
    /// 1, 2 or 3.
    pub fn number(self) -> u8 {
        match self {
            Tier::PreApproved => 1,
            Tier::Conditional => 2,
            Tier::Prohibited => 3,
        }
    }

    /// The word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Tier::PreApproved => "pre-approved",
            Tier::Conditional => "conditional",
            Tier::Prohibited => "prohibited",
        }
    }
}

impl FromStr for Tier {
    type Err = UnknownTier;
    fn from_str(text: &str) -> Result<Tier, UnknownTier> {
        match text {
            "1" | "pre-approved" => Ok(Tier::PreApproved),
            "2" | "conditional" => Ok(Tier::Conditional),
            "3" | "prohibited" => Ok(Tier::Prohibited),
            other => Err(UnknownTier(other.chars().take(20).collect())),
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.number(), self.as_str())
    }
}
