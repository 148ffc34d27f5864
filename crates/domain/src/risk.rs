//! What whoever asks says about the use: the short questionnaire whose answers are facts for policy.

use std::fmt;
use std::str::FromStr;

/// How sensitive the data is that the artifact will work with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the words say it")]
pub enum DataClass {
    Public,
    Internal,
    Confidential,
    Restricted,
}

/// The widest circle of people whom it reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Affected {
    /// Those who build with it.
    Team,
    /// People who work here.
    Employees,
    /// People whom we serve.
    Customers,
    /// Anybody.
    Public,
}

/// Where data has to stay: `eu`, `us`, `de`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region(String);

/// What whoever asks says about the use. What was not said is `None`, which is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RiskAnswers {
    /// What it is for, in a few words; empty when it was not said.
    pub use_case: String,
    /// How sensitive the data is.
    pub data: DataClass,
    /// Where the data has to stay.
    pub residency: Option<Region>,
    /// People outside the team meet what it says or does.
    pub user_facing: bool,
    /// Decisions about people rest on it.
    pub affects_people: bool,
    /// The widest circle of people whom it reaches.
    pub affected: Option<Affected>,
}

/// A word that is none of those there are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not {known}")]
pub struct BadAnswer {
    given: String,
    known: &'static str,
}

impl BadAnswer {
    fn new(given: &str, known: &'static str) -> BadAnswer {
        BadAnswer { given: given.chars().take(40).collect(), known }
    }
}

impl RiskAnswers {
    /// The answers of somebody who only says how sensitive the data is.
    pub fn about(data: DataClass) -> RiskAnswers {
        RiskAnswers {
            use_case: String::new(),
            data,
            residency: None,
            user_facing: false,
            affects_people: false,
            affected: None,
        }
    }
}

impl DataClass {
    /// All of them, the least sensitive first.
    pub const ALL: [DataClass; 4] =
        [DataClass::Public, DataClass::Internal, DataClass::Confidential, DataClass::Restricted];

    /// The word used in the CLI, the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            DataClass::Public => "public",
            DataClass::Internal => "internal",
            DataClass::Confidential => "confidential",
            DataClass::Restricted => "restricted",
        }
    }
}

impl Affected {
    /// All of them, the smallest first.
    pub const ALL: [Affected; 4] =
        [Affected::Team, Affected::Employees, Affected::Customers, Affected::Public];

    /// The word used in the CLI, the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Affected::Team => "team",
            Affected::Employees => "employees",
            Affected::Customers => "customers",
            Affected::Public => "public",
        }
    }
}

impl Region {
    /// Its word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DataClass {
    type Err = BadAnswer;
    fn from_str(text: &str) -> Result<DataClass, BadAnswer> {
        let found = DataClass::ALL.into_iter().find(|class| class.as_str() == text);
        let known = "`public`, `internal`, `confidential` or `restricted`";
        found.ok_or_else(|| BadAnswer::new(text, known))
    }
}

impl FromStr for Affected {
    type Err = BadAnswer;
    fn from_str(text: &str) -> Result<Affected, BadAnswer> {
        let found = Affected::ALL.into_iter().find(|circle| circle.as_str() == text);
        found.ok_or_else(|| BadAnswer::new(text, "`team`, `employees`, `customers` or `public`"))
    }
}

impl FromStr for Region {
    type Err = BadAnswer;
    fn from_str(text: &str) -> Result<Region, BadAnswer> {
        let fits = (1..=32).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits {
            return Ok(Region(text.to_owned()));
        }
        Err(BadAnswer::new(text, "a region, such as `eu`: 1 to 32 of a-z, 0-9 and `-`"))
    }
}

impl fmt::Display for DataClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Affected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for class in DataClass::ALL {
            assert_eq!(class.as_str().parse::<DataClass>(), Ok(class));
        }
        for circle in Affected::ALL {
            assert_eq!(circle.as_str().parse::<Affected>(), Ok(circle));
        }
        assert_eq!("eu".parse::<Region>().unwrap().as_str(), "eu");
        for bad in ["", "EU", "e u", "é"] {
            assert!(bad.parse::<Region>().is_err(), "{bad}");
        }
        assert!("secret".parse::<DataClass>().is_err() && "us".parse::<Affected>().is_err());
    }
}
