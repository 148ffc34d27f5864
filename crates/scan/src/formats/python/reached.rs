//! Functions that are reached through what the interpreter keeps about itself: classes of classes, namespaces of functions
//! and of frames.

use super::names;
use super::tokens::{Kind, Token};

/// Attributes that hold namespaces.
const NAMESPACES: &[&str] = &["__builtins__", "__globals__", "f_builtins", "f_globals", "f_locals"];
/// What nobody takes from there who could write its name.
const REACHED: &[&str] = &[
    "__builtins__",
    "__import__",
    "builtins",
    "compile",
    "eval",
    "exec",
    "os",
    "posix",
    "subprocess",
];
/// The ways from a class to the one that all others are made from.
const UP: &[&str] = &["__base__", "__bases__", "__mro__", "mro"];

/// Where a statement goes such a way, and what is found at its end.
pub(super) fn reached<'t>(statement: &[Token<'t>]) -> Option<(Token<'t>, &'static str)> {
    let find = |wanted: &[&str]| {
        statement
            .iter()
            .find(|token| matches!(token.kind, Kind::Name(name) if wanted.contains(&name)))
    };
    if let Some(found) = find(&["__subclasses__"])
        && find(&["__class__"]).is_some()
        && find(UP).is_some()
    {
        return Some((*found, "every class of the interpreter is looked through"));
    }
    (0..statement.len()).find_map(|at| match statement.get(at..)? {
        [
            space @ Token { kind: Kind::Name(name), .. },
            Token { kind: Kind::Mark('['), .. },
            Token { kind: Kind::Text(Some(text)), .. },
            Token { kind: Kind::Mark(']'), .. },
            after @ ..,
        ] if NAMESPACES.contains(name)
            && !after.first().is_some_and(|next| next.kind == Kind::Mark('='))
            && (REACHED.contains(text) || names::is_command(text)) =>
        {
            Some((*space, "a function is taken from a namespace of the interpreter by a text"))
        }
        _ => None,
    })
}

/// Whether a function is asked for by its name: `operator.attrgetter("system")`.
pub(super) fn is_asked_for(full: &str, arguments: &[Token<'_>]) -> bool {
    let is_asking = matches!(full, "operator.attrgetter" | "operator.methodcaller");
    let Some(Token { kind: Kind::Text(Some(text)), .. }) = arguments.first() else { return false };
    // Tables of numbers have a method of that name.
    let is_ordinary = *text == "eval" && full.ends_with("methodcaller");
    let acts = |part: &str| names::is_command(part) || REACHED.contains(&part);
    is_asking && !is_ordinary && text.split('.').any(acts)
}
