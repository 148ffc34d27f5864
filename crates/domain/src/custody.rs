//! Where bytes stand.

use std::fmt;
use std::str::FromStr;

/// Whether a blob may be served at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Custody {
    /// Held: fetched and verified, not judged.
    Quarantined,
    /// Judged; environments may have it when policy says so.
    Released,
    /// Judged dangerous; served to nobody.
    Rejected,
    /// Released once, found bad later.
    Recalled,
}

/// A word that names no custody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a custody")]
pub struct UnknownCustody(pub String);

impl Custody {
    /// The word used in the CLI, the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Custody::Quarantined => "quarantined",
            Custody::Released => "released",
            Custody::Rejected => "rejected",
            Custody::Recalled => "recalled",
        }
    }

    /// A rejected file never becomes released: it has to be fetched and judged again.
    pub fn may_become(self, next: Custody) -> bool {
        use Custody::{Quarantined, Recalled, Rejected, Released};
        matches!((self, next), (Quarantined, Released | Rejected) | (Released, Recalled))
    }
}

impl fmt::Display for Custody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Custody {
    type Err = UnknownCustody;
    fn from_str(text: &str) -> Result<Custody, UnknownCustody> {
        [Custody::Quarantined, Custody::Released, Custody::Rejected, Custody::Recalled]
            .into_iter()
            .find(|custody| custody.as_str() == text)
            .ok_or_else(|| UnknownCustody(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::Custody::{Quarantined, Recalled, Rejected, Released};

    #[test]
    fn nothing_bad_becomes_good_again() {
        assert!(Quarantined.may_become(Released));
        assert!(!Rejected.may_become(Released));
        assert!(!Recalled.may_become(Released));
    }
}
