//! Reads the address of a Hub request.
//!
//! The Hub's addresses have names of one or two segments and revisions that are one percent-encoded
//! segment, so they are read by hand from the raw path: a router that decodes first would let
//! `%2F` move the borders.

use percent_encoding::percent_decode_str;
use weighbridge_domain::{
    Artifact, ArtifactKind, ArtifactName, Environment, RepoPath, RevisionSpec,
};

/// What a Hub address asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// `/api/models`: search.
    Search(ArtifactKind),
    /// `/api/models/{id}` and `/api/models/{id}/revision/{rev}`.
    Info(Artifact, RevisionSpec),
    /// `/api/models/{id}/tree/{rev}[/{folder}]`.
    Tree(Artifact, RevisionSpec, Option<RepoPath>),
    /// `/api/models/{id}/paths-info/{rev}`.
    PathsInfo(Artifact, RevisionSpec),
    /// `/api/models/{id}/refs`.
    Refs(Artifact),
    /// `/api/models/{id}/commits/{rev}`.
    Commits(Artifact, RevisionSpec),
    /// `/api/models/{id}/auth-check`.
    AuthCheck(Artifact),
    /// `/api/models/{id}/discussions`: always empty here.
    Discussions(Artifact),
    /// `/{id}/resolve/{rev}/{path}`, and `/raw/` for the same bytes.
    Resolve(Artifact, RevisionSpec, RepoPath),
    /// `/api/whoami-v2`.
    WhoAmI,
    /// `/api/validate-yaml`.
    ValidateYaml,
    /// A way to bytes that goes round the gate, or that we do not speak: Xet tokens, LFS batch, git,
    /// buckets. The word names it for people.
    Closed(Artifact, &'static str),
    /// Nothing of the Hub's that we know.
    Unknown,
}

/// An address that cannot be read, with the reason for the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadAddress(String);

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` calls")]
fn bad(error: impl ToString) -> BadAddress {
    BadAddress(error.to_string())
}

/// Takes `/env/{name}` off the front.
pub(crate) fn split_environment(path: &str) -> Result<(Option<Environment>, &str), BadAddress> {
    let Some(rest) = path.strip_prefix("/env/") else { return Ok((None, path)) };
    let (name, rest) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    };
    Ok((Some(name.parse().map_err(bad)?), rest))
}

/// Reads a path without its environment prefix.
pub(crate) fn parse(path: &str) -> Result<Address, BadAddress> {
    let mut segments = Vec::new();
    for segment in path.trim_start_matches('/').split('/') {
        let decoded = percent_decode_str(segment).decode_utf8().map_err(bad)?;
        segments.push(decoded.into_owned());
    }
    if segments.last().is_some_and(String::is_empty) {
        segments.pop();
    }
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["api", "whoami-v2"] => Ok(Address::WhoAmI),
        ["api", "validate-yaml"] => Ok(Address::ValidateYaml),
        ["api", kind @ ("models" | "datasets"), rest @ ..] => parse_api(
            if *kind == "models" { ArtifactKind::Model } else { ArtifactKind::Dataset },
            rest,
        ),
        ["datasets", rest @ ..] => parse_files(ArtifactKind::Dataset, rest),
        ["api" | "spaces" | "buckets" | "kernels", ..] => Ok(Address::Unknown),
        ["models", rest @ ..] | rest => parse_files(ArtifactKind::Model, rest),
    }
}

const VERBS: [&str; 9] = [
    "revision",
    "tree",
    "paths-info",
    "refs",
    "commits",
    "auth-check",
    "discussions",
    "xet-read-token",
    "xet-write-token",
];

fn parse_api(kind: ArtifactKind, segments: &[&str]) -> Result<Address, BadAddress> {
    let artifact = |name: &str| -> Result<Artifact, BadAddress> {
        Ok(Artifact { kind, name: name.parse::<ArtifactName>().map_err(bad)? })
    };
    let is_verb = |segment: &str| VERBS.contains(&segment);
    let (name, verb) = match segments {
        [] => return Ok(Address::Search(kind)),
        [name] => return Ok(Address::Info(artifact(name)?, RevisionSpec::main())),
        [org, name, verb, ..] if is_verb(verb) => (format!("{org}/{name}"), segments.get(2..)),
        [name, verb, ..] if is_verb(verb) => ((*name).to_owned(), segments.get(1..)),
        [org, name] => {
            return Ok(Address::Info(artifact(&format!("{org}/{name}"))?, RevisionSpec::main()));
        }
        _ => return Ok(Address::Unknown),
    };
    let artifact = artifact(&name)?;
    match verb.unwrap_or_default() {
        ["refs"] => Ok(Address::Refs(artifact)),
        ["auth-check", ..] => Ok(Address::AuthCheck(artifact)),
        ["discussions", ..] => Ok(Address::Discussions(artifact)),
        ["xet-read-token" | "xet-write-token", ..] => Ok(Address::Closed(artifact, "Xet transfer")),
        ["revision", rest @ ..] => match split_revision(rest)? {
            (revision, []) => Ok(Address::Info(artifact, revision)),
            _ => Ok(Address::Unknown),
        },
        ["paths-info", rest @ ..] => match split_revision(rest)? {
            (revision, []) => Ok(Address::PathsInfo(artifact, revision)),
            _ => Ok(Address::Unknown),
        },
        ["commits", rest @ ..] => match split_revision(rest)? {
            (revision, []) => Ok(Address::Commits(artifact, revision)),
            _ => Ok(Address::Unknown),
        },
        ["tree", rest @ ..] => {
            let (revision, folder) = split_revision(rest)?;
            let folder = folder.join("/");
            let folder = match folder.trim_end_matches('/') {
                "" => None,
                folder => Some(folder.parse().map_err(bad)?),
            };
            Ok(Address::Tree(artifact, revision, folder))
        }
        _ => Ok(Address::Unknown),
    }
}

fn parse_files(kind: ArtifactKind, segments: &[&str]) -> Result<Address, BadAddress> {
    let artifact = |name: &str| -> Result<Artifact, BadAddress> {
        let name = name.strip_suffix(".git").unwrap_or(name);
        Ok(Artifact { kind, name: name.parse::<ArtifactName>().map_err(bad)? })
    };
    let is_file_verb = |verb: &str| matches!(verb, "resolve" | "raw");
    let (name, rest) = match segments {
        [org, name, verb, rest @ ..] if is_file_verb(verb) => (format!("{org}/{name}"), rest),
        [name, verb, rest @ ..] if is_file_verb(verb) => ((*name).to_owned(), rest),
        [org, name, "info" | "git-upload-pack" | "git-receive-pack", ..] if is_git(name) => {
            return Ok(Address::Closed(
                artifact(&format!("{org}/{name}"))?,
                "git and LFS transfer",
            ));
        }
        [name, "info" | "git-upload-pack" | "git-receive-pack", ..] if is_git(name) => {
            return Ok(Address::Closed(artifact(name)?, "git and LFS transfer"));
        }
        _ => return Ok(Address::Unknown),
    };
    let (revision, path) = split_revision(rest)?;
    let path = path.join("/").parse().map_err(bad)?;
    Ok(Address::Resolve(artifact(&name)?, revision, path))
}

fn is_git(name: &str) -> bool {
    name.len() > 4 && name.to_ascii_lowercase().ends_with(".git")
}

/// Takes the revision off the front: one segment, or three where `refs/…/…` was not encoded.
fn split_revision<'a>(
    segments: &'a [&'a str],
) -> Result<(RevisionSpec, &'a [&'a str]), BadAddress> {
    match segments {
        ["refs", space @ ("heads" | "tags" | "pr" | "convert"), name, rest @ ..] => {
            Ok((format!("refs/{space}/{name}").parse().map_err(bad)?, rest))
        }
        [revision, rest @ ..] => Ok((revision.parse().map_err(bad)?, rest)),
        [] => Ok((RevisionSpec::main(), &[])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str) -> String {
        match parse(path) {
            Ok(Address::Info(a, r)) => format!("info {a} {r}"),
            Ok(Address::Tree(a, r, f)) => {
                format!("tree {a} {r} {}", f.map(|f| f.to_string()).unwrap_or_default())
            }
            Ok(Address::Resolve(a, r, p)) => format!("resolve {a} {r} {p}"),
            Ok(Address::Closed(a, what)) => format!("closed {a} {what}"),
            Ok(other) => format!("{other:?}"),
            Err(error) => format!("bad: {error}"),
        }
    }

    #[test]
    fn names_of_one_and_two_segments_are_told_apart() {
        assert_eq!(read("/api/models/gpt2"), "info gpt2 main");
        assert_eq!(read("/api/models/acme/tiny"), "info acme/tiny main");
        assert_eq!(read("/api/models/acme/tiny/revision/dev%2Fx"), "info acme/tiny dev/x");
        assert_eq!(read("/api/datasets/words/tree/main"), "tree datasets/words main ");
        assert_eq!(
            read("/api/datasets/acme/words/tree/main/a%2Fb"),
            "tree datasets/acme/words main a/b"
        );
        assert_eq!(read("/gpt2/resolve/main/a/b%20c.txt"), "resolve gpt2 main a/b c.txt");
        assert_eq!(
            read("/datasets/a/b/resolve/refs%2Fpr%2F1/x"),
            "resolve datasets/a/b refs/pr/1 x"
        );
        assert_eq!(read("/a/b/resolve/refs/pr/1/x"), "resolve a/b refs/pr/1 x");
        assert_eq!(read("/a/b/raw/refs%2Fheads%2Fmain/x"), "resolve a/b main x");
    }

    #[test]
    fn ways_round_the_gate_are_recognised() {
        assert_eq!(read("/api/models/a/b/xet-read-token/main"), "closed a/b Xet transfer");
        assert_eq!(read("/a/b.git/info/lfs/objects/batch"), "closed a/b git and LFS transfer");
        assert_eq!(read("/api/buckets/a/b"), "Unknown");
    }

    #[test]
    fn no_encoding_leaves_the_repository() {
        assert!(read("/a/b/resolve/main/..%2F..%2Fetc").starts_with("bad:"));
        assert!(read("/a/b/resolve/main/%00").starts_with("bad:"));
        assert!(
            read("/a%2Fb/resolve/main/x").starts_with("bad:")
                || read("/a%2Fb/resolve/main/x").starts_with("resolve a/b")
        );
        assert!(read("/a/b/resolve/main/").starts_with("bad:"));
    }

    #[test]
    fn an_environment_prefix_is_split_off() {
        let (environment, rest) = split_environment("/env/dev/api/models/a").unwrap();
        assert_eq!((environment.unwrap().as_str(), rest), ("dev", "/api/models/a"));
        assert_eq!(split_environment("/environment/x").unwrap(), (None, "/environment/x"));
        assert!(split_environment("/env/NO/x").is_err());
    }
}
