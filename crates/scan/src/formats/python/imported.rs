//! Modules that are imported on the spot by names that the source keeps from its readers.

use super::tokens::{Kind, Token, begins_format};
use super::{first, names};

/// What a name that is worked out from constants is worked out with.
const WORKING: &[&str] = &[
    "bytearray",
    "bytes",
    "chr",
    "for",
    "if",
    "in",
    "int",
    "join",
    "lambda",
    "list",
    "map",
    "ord",
    "range",
    "reversed",
    "sorted",
    "str",
    "tuple",
];

/// How a call that imports a module hides which one. `arguments` stand between its brackets, `after` behind them.
pub(super) fn hidden(
    text: &str,
    arguments: &[Token<'_>],
    after: &[Token<'_>],
) -> Option<&'static str> {
    let name = first(arguments);
    let is_plain =
        name.iter().all(|token| matches!(token.kind, Kind::Text(Some(_)) | Kind::Mark('+')));
    if is_plain {
        return None;
    }
    if is_worked_out(text, name) {
        return Some("the name of a module is worked out from texts and numbers");
    }
    match after {
        [
            Token { kind: Kind::Mark('.'), .. },
            Token { kind: Kind::Name(function), .. },
            Token { kind: Kind::Mark('('), .. },
            ..,
        ] if names::is_command(function) => {
            Some("a function that runs commands is taken from a module that is not named")
        }
        _ => None,
    }
}

/// Whether an expression holds constants and no name that stands for anything else.
pub(super) fn is_worked_out(text: &str, expression: &[Token<'_>]) -> bool {
    // An f-string without an expression in it says what it is.
    if matches!(expression, [token] if begins_format(text, token.at)) {
        return false;
    }
    let is_name = |at: usize, word: &str| {
        let bound = || {
            expression.windows(2).any(|pair| {
                matches!(pair, [Token { kind: Kind::Name("for" | "lambda"), .. }, Token { kind: Kind::Name(name), .. }] if *name == word)
            })
        };
        let is_method =
            at > 0 && expression.get(at - 1).is_some_and(|before| before.kind == Kind::Mark('.'));
        !is_method && !WORKING.contains(&word) && !bound()
    };
    let has_names = expression
        .iter()
        .enumerate()
        .any(|(at, token)| matches!(token.kind, Kind::Name(word) if is_name(at, word)));
    let has_constants =
        expression.iter().any(|token| matches!(token.kind, Kind::Text(_) | Kind::Number));
    has_constants && !has_names
}
