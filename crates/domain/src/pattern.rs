//! Patterns over repository names.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use crate::{Artifact, ArtifactKind};

/// A pattern such as `org/*`, `datasets/acme/*` or `gpt2`; letter case does not matter. `*` does not
/// cross a `/`, `**` does. Without a `models/` or `datasets/` prefix it matches every kind.
#[derive(Clone, Debug)]
pub struct RepoPattern {
    text: String,
    kind: Option<ArtifactKind>,
    glob: Arc<LazyGlob>,
}

/// Compiled when it is first asked: most patterns are read many times more often than they are matched.
#[derive(Debug)]
struct LazyGlob {
    glob: globset::Glob,
    matcher: OnceLock<globset::GlobMatcher>,
}

/// A text that is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a repository pattern: {why}")]
pub struct BadPattern {
    given: String,
    why: String,
}

impl RepoPattern {
    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `artifact` is meant.
    pub fn matches(&self, artifact: &Artifact) -> bool {
        self.kind.is_none_or(|kind| kind == artifact.kind)
            && self.matcher().is_match(artifact.name.folded())
    }

    /// Whether every artifact is meant.
    pub fn is_everything(&self) -> bool {
        self.text == "**"
    }

    /// Whether every artifact that `other` means is meant here too. In doubt it says no: a pattern with
    /// letters after its wildcard includes none but itself.
    pub fn includes(&self, other: &RepoPattern) -> bool {
        let plain = |pattern: &RepoPattern| {
            let text = pattern.text.to_lowercase();
            let rest = text.strip_prefix("models/").or_else(|| text.strip_prefix("datasets/"));
            rest.map_or(text.clone(), str::to_owned)
        };
        if self.kind.is_some() && self.kind != other.kind {
            return false;
        }
        let (own, theirs) = (plain(self), plain(other));
        let whole = own.strip_suffix("/**").or_else(|| own.strip_suffix("/*"));
        let is_namespace = |text: &str| !text.contains(['*', '?', '[', ']', '{', '}', '\\']);
        own == "**"
            || own == theirs
            || whole.is_some_and(|folder| {
                is_namespace(folder)
                    && theirs.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
            })
    }

    fn matcher(&self) -> &globset::GlobMatcher {
        self.glob.matcher.get_or_init(|| self.glob.glob.compile_matcher())
    }
}

impl FromStr for RepoPattern {
    type Err = BadPattern;
    fn from_str(text: &str) -> Result<RepoPattern, BadPattern> {
        let bad = |why: String| BadPattern { given: text.chars().take(200).collect(), why };
        if text.is_empty() || text.len() > 200 {
            return Err(bad("it has to have 1 to 200 characters".to_owned()));
        }
        let (kind, glob) = match text.split_once('/') {
            Some(("datasets", rest)) => (Some(ArtifactKind::Dataset), rest),
            Some(("models", rest)) => (Some(ArtifactKind::Model), rest),
            _ => (None, text),
        };
        let glob = globset::GlobBuilder::new(&glob.to_lowercase())
            .literal_separator(true)
            .build()
            .map_err(|error| bad(error.kind().to_string()))?;
        Ok(RepoPattern {
            text: text.to_owned(),
            kind,
            glob: Arc::new(LazyGlob { glob, matcher: OnceLock::new() }),
        })
    }
}

impl PartialEq for RepoPattern {
    fn eq(&self, other: &RepoPattern) -> bool {
        self.text == other.text
    }
}

impl Eq for RepoPattern {}

impl fmt::Display for RepoPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_ignore_case_and_respect_the_slash() {
        let artifact: Artifact = "Acme/Tiny-Bert".parse().unwrap();
        let matches = |text: &str| text.parse::<RepoPattern>().unwrap().matches(&artifact);
        assert!(matches("acme/*") && matches("ACME/tiny-*") && matches("**"));
        assert!(!matches("*") && !matches("datasets/acme/*") && !matches("acme"));
    }

    #[test]
    fn a_pattern_includes_what_lies_in_its_namespace() {
        let includes = |own: &str, other: &str| {
            let parse = |text: &str| text.parse::<RepoPattern>().unwrap();
            parse(own).includes(&parse(other))
        };
        for (own, other) in [
            ("**", "acme/*"),
            ("acme/*", "acme/*"),
            ("Acme/*", "acme/tiny-*"),
            ("acme/**", "acme/x"),
            ("acme/*", "datasets/acme/x"),
            ("datasets/acme/*", "datasets/acme/x"),
        ] {
            assert!(includes(own, other), "{own} {other}");
        }
        for (own, other) in [
            ("acme/*", "**"),
            ("acme/*", "*/x"),
            ("acme/*", "acme2/x"),
            ("a?me/*", "a*me/x"),
            ("{a,b}/*", "c/x"),
            ("acme/t*", "acme/*"),
            ("datasets/acme/*", "acme/x"),
            ("*", "**"),
        ] {
            assert!(!includes(own, other), "{own} {other}");
        }
    }
}
