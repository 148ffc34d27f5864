//! What an account is called.

use std::fmt;
use std::str::FromStr;

/// Names that the ledger uses for something else.
const TAKEN: [&str; 3] = ["anonymous", "weighbridge", "local-administrator"];

/// The name of an account: it stands in the ledger beside everything its owner did, so it never changes
/// and is never given to somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountName(String);

/// A text that cannot name an account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAccountName {
    /// Its shape.
    #[error(
        "`{0}` is not an account name: 2 to 64 lower-case letters, digits, `.`, `-`, `_` or `@`, the first a letter"
    )]
    Shape(String),
    /// The ledger uses it.
    #[error("`{0}` is a name of Weighbridge's own")]
    Taken(String),
}

impl AccountName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountName {
    type Err = BadAccountName;
    fn from_str(text: &str) -> Result<AccountName, BadAccountName> {
        let fits = (2..=64).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| {
                b.is_ascii_lowercase()
                    || b.is_ascii_digit()
                    || matches!(b, b'.' | b'-' | b'_' | b'@')
            });
        if !fits {
            return Err(BadAccountName::Shape(text.chars().take(80).collect()));
        }
        if TAKEN.contains(&text) {
            return Err(BadAccountName::Taken(text.to_owned()));
        }
        Ok(AccountName(text.to_owned()))
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_plain_and_not_one_of_ours() {
        for good in ["dana", "d.o-e_2", "dana@example.org"] {
            assert_eq!(good.parse::<AccountName>().unwrap().as_str(), good);
        }
        for bad in ["", "d", "Dana", "2dana", "da na", "dana/x", "dana:x", "dána"] {
            assert!(matches!(bad.parse::<AccountName>(), Err(BadAccountName::Shape(_))), "{bad}");
        }
        assert!(matches!("anonymous".parse::<AccountName>(), Err(BadAccountName::Taken(_))));
    }
}
