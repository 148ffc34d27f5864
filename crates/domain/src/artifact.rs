//! What an artifact is called.

use std::fmt;
use std::str::FromStr;

/// The kinds of artifact a source can hold. The variants grow with the protocols we speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ArtifactKind {
    /// Weights, with the files that load them.
    Model,
    /// A dataset repository.
    Dataset,
}

/// A word that names no kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an artifact kind: use `model` or `dataset`")]
pub struct UnknownKind(pub String);

impl ArtifactKind {
    /// The word used in the CLI, the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            ArtifactKind::Model => "model",
            ArtifactKind::Dataset => "dataset",
        }
    }
}

impl fmt::Display for ArtifactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ArtifactKind {
    type Err = UnknownKind;
    fn from_str(text: &str) -> Result<ArtifactKind, UnknownKind> {
        match text {
            "model" | "models" => Ok(ArtifactKind::Model),
            "dataset" | "datasets" => Ok(ArtifactKind::Dataset),
            other => Err(UnknownKind(other.chars().take(40).collect())),
        }
    }
}

/// A repository id as people write it: `gpt2` or `openai-community/gpt2`.
///
/// Letter case is kept but does not distinguish: [`ArtifactName::folded`] is the key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArtifactName(String);

/// A text that cannot be a repository id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a repository id: {why}")]
pub struct BadArtifactName {
    given: String,
    why: &'static str,
}

impl ArtifactName {
    /// The whole id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id in lower case, by which names are compared.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }

    /// The organisation or person before the slash, if there is one.
    pub fn publisher(&self) -> Option<&str> {
        self.0.split_once('/').map(|(publisher, _)| publisher)
    }
}

impl FromStr for ArtifactName {
    type Err = BadArtifactName;

    /// Takes one or two segments of letters, digits, `-`, `_` and `.` (the Hub's own rule), at most
    /// 96 characters each, never starting or ending with `.` or `-`, never with `--` or `..`.
    fn from_str(text: &str) -> Result<ArtifactName, BadArtifactName> {
        let bad = |why| BadArtifactName { given: text.chars().take(200).collect(), why };
        if text.split('/').count() > 2 {
            return Err(bad("it has more than two segments"));
        }
        for segment in text.split('/') {
            if segment.is_empty() || segment.len() > 96 {
                return Err(bad("a segment has to have 1 to 96 characters"));
            }
            if !segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
                return Err(bad("only letters, digits, `-`, `_` and `.` are allowed"));
            }
            if segment.starts_with(['.', '-']) || segment.ends_with(['.', '-']) {
                return Err(bad("a segment may not start or end with `.` or `-`"));
            }
            if segment.contains("..") || segment.contains("--") {
                return Err(bad("`..` and `--` are not allowed"));
            }
        }
        if text.to_ascii_lowercase().ends_with(".git") {
            return Err(bad("it may not end in `.git`"));
        }
        Ok(ArtifactName(text.to_owned()))
    }
}

impl fmt::Display for ArtifactName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A kind and a name: what people ask for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Artifact {
    /// Model or dataset.
    pub kind: ArtifactKind,
    /// Its canonical name.
    pub name: ArtifactName,
}

impl fmt::Display for Artifact {
    /// `acme/tiny-bert` for models, `datasets/acme/words` for datasets, as Hub URLs have it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ArtifactKind::Model => write!(f, "{}", self.name),
            ArtifactKind::Dataset => write!(f, "datasets/{}", self.name),
        }
    }
}

impl FromStr for Artifact {
    type Err = BadArtifactName;

    /// Reads what [`fmt::Display`] writes; a leading `models/` is accepted too.
    fn from_str(text: &str) -> Result<Artifact, BadArtifactName> {
        let (kind, name) = match text.split_once('/') {
            Some(("datasets", rest)) => (ArtifactKind::Dataset, rest),
            Some(("models", rest)) => (ArtifactKind::Model, rest),
            _ => (ArtifactKind::Model, text),
        };
        Ok(Artifact { kind, name: name.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_hubs_rule() {
        for good in ["gpt2", "openai-community/gpt2", "a_b/C.d-1"] {
            assert!(good.parse::<ArtifactName>().is_ok(), "{good}");
        }
        for bad in ["", "/", "a/", "a/b/c", "../x", "a..b", "a--b", "-a", "x.git", "a b", "é"] {
            assert!(bad.parse::<ArtifactName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_artifact_reads_back_what_it_prints() {
        for text in ["gpt2", "acme/tiny", "datasets/acme/words"] {
            assert_eq!(text.parse::<Artifact>().map(|a| a.to_string()), Ok(text.to_owned()));
        }
    }
}
