//! Paddle's newer programs: JSON, in which operators are objects in lists called `ops`.
//!
//! Source: `paddle/fluid/pir/serialize_deserialize/include/schema.h` (Paddle 3.3). An operator goes by the
//! number of its dialect and its name; parameters by `p` alone. Regions of operators hold further ones.

use super::operators::{Effect, effect};
use super::{TEXTS, tell};
use crate::analyse::{Entry, Scan, shown};
use crate::json::{BadJson, Event, Parser};

/// The key of an operator's name.
const NAME: &str = "#";
/// Parameters of the model.
const PARAMETER: &str = "p";
/// Dialects whose operators come with Paddle: `builtin`, `pd_op` and `cf`.
const DIALECTS: &[&str] = &["0", "1", "2", "builtin", "pd_op", "cf"];

/// An operator that is open.
struct Operator {
    /// How deep its own keys stand.
    depth: usize,
    at: usize,
    names: Vec<String>,
    texts: Vec<String>,
}

/// Looks into a program; the reader of JSON has told already when it is none.
pub(in crate::formats) fn check(scan: &mut Scan, entry: &Entry<'_>, text: &str) {
    // A document that breaks off was told by whoever recognised it.
    let _ = walk(scan, entry, &mut Parser::new(text));
}

fn walk(scan: &mut Scan, entry: &Entry<'_>, parser: &mut Parser<'_>) -> Result<(), BadJson> {
    // How deep the elements of the lists of operators stand that are open.
    let mut lists: Vec<usize> = Vec::new();
    let mut open: Vec<Operator> = Vec::new();
    let mut key = String::new();
    let mut count = 0_u32;
    loop {
        let at = parser.position();
        let Some(event) = parser.next()? else { break };
        count = count.wrapping_add(1);
        if count.is_multiple_of(4096)
            && let Err(spent) = scan.budget.check_time()
        {
            scan.skip(entry.place(Some(at as u64)), spent.to_string());
            break;
        }
        let depth = parser.depth();
        match event {
            Event::Key(name) => key = name.into_owned(),
            Event::StartArray if key == "ops" => lists.push(depth),
            Event::EndArray => lists.retain(|list| *list <= depth),
            Event::StartObject if lists.last().is_some_and(|list| *list + 1 == depth) => {
                open.push(Operator { depth, at, names: Vec::new(), texts: Vec::new() });
            }
            Event::EndObject => {
                if open.last().is_some_and(|operator| operator.depth > depth)
                    && let Some(operator) = open.pop()
                {
                    finish(scan, entry, &operator);
                }
            }
            Event::Text(text) => {
                if let Some(operator) = open.last_mut() {
                    if key == NAME && operator.depth == depth {
                        operator.names.push(text.into_owned());
                    } else if key == "D" && operator.texts.len() < TEXTS {
                        operator.texts.push(shown(text.as_bytes(), 200));
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn finish(scan: &mut Scan, entry: &Entry<'_>, operator: &Operator) {
    if operator.names.is_empty() {
        scan.skip(entry.place(Some(operator.at as u64)), "an operator has no name");
    }
    for name in &operator.names {
        let (dialect, kind) = name.split_once('.').unwrap_or(("", name));
        let effect = match (dialect, kind) {
            ("", PARAMETER) => Effect::Computes,
            (dialect, kind) if DIALECTS.contains(&dialect) => effect(kind),
            _ => Effect::Unlisted,
        };
        tell(
            scan,
            entry,
            effect,
            &shown(kind.as_bytes(), 200),
            operator.at as u64,
            &operator.texts,
        );
    }
}
