//! Calls that act because of what they are given: files that are opened to be written, loaders that may run code.

use super::tokens::{Kind, Token};
use super::{first, outside_brackets};

/// What a call says that changes files: shown where importing a program does it, and nowhere else.
pub(super) const WRITES: &str = "writes files";

/// How a call acts by its arguments, if it does.
pub(super) fn acts(full: &str, arguments: &[Token<'_>]) -> Option<&'static str> {
    match full.rsplit('.').next()? {
        "open" if matches!(full, "builtins.open" | "io.open" | "codecs.open") => {
            is_written(arguments).then_some(WRITES)
        }
        "methodcaller" if matches!(arguments.first()?.kind, Kind::Text(Some("eval"))) => {
            Some("runs code")
        }
        "from_pretrained" | "from_config" | "pipeline" | "load_dataset"
            if is_allowed("trust_remote_code", arguments) =>
        {
            Some("runs code of a repository")
        }
        "load" if full.starts_with("numpy.") && is_allowed("allow_pickle", arguments) => {
            Some("loads other pickles")
        }
        _ => None,
    }
}

/// Whether a method of that name writes, whatever it belongs to.
pub(super) fn writes(method: &str) -> bool {
    matches!(method, "write_bytes" | "write_text")
}

fn is_allowed(keyword: &str, arguments: &[Token<'_>]) -> bool {
    arguments.windows(3).any(|part| {
        matches!(part, [Token { kind: Kind::Name(name), .. }, Token { kind: Kind::Mark('='), .. }, Token { kind: Kind::Name("True"), .. }] if *name == keyword)
    })
}

fn is_written(arguments: &[Token<'_>]) -> bool {
    let second = arguments.get(first(arguments).len() + 1..).unwrap_or_default();
    let second = second.get(..outside_brackets(second, ',')).unwrap_or_default();
    let mode = match second {
        [Token { kind: Kind::Text(Some(mode)), .. }] => Some(*mode),
        _ => arguments.windows(3).find_map(|part| match part {
            [
                Token { kind: Kind::Name("mode"), .. },
                Token { kind: Kind::Mark('='), .. },
                Token { kind: Kind::Text(Some(mode)), .. },
            ] => Some(*mode),
            _ => None,
        }),
    };
    mode.is_some_and(|mode| mode.len() <= 4 && mode.contains(['w', 'a', 'x', '+']))
}
