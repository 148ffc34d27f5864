//! Graphs in the text format of Protocol Buffers: `saved_model.pbtxt`, `graph.pbtxt`, `model.textproto`.
//!
//! The rule: a text is turned into the bytes that it stands for, as far as anything looks at them, and these
//! go through the reader of the binary form. Source: "Text Format Language Specification" in the
//! documentation of Protocol Buffers. Where real readers give up, this one does, and what follows is not
//! examined.

mod tokens;
mod writer;

use std::collections::HashMap;

use weighbridge_domain::{Format, Hasher};

use self::writer::{Written, recognise, write};
use super::protobuf::Shape;
use super::{onnx, tensorflow};
use crate::analyse::{Entry, Scan, Stop};

/// Bytes that a text may stand for, beside what nothing looks at.
const WIRE: usize = 8 << 20;
/// Places of the text that are remembered.
const PLACES: usize = 400_000;
/// The name that a loader opens when there is no binary form.
const LOADED: &str = "saved_model.pbtxt";

/// Fields by their names, of messages by theirs.
pub(super) type Names = HashMap<&'static str, HashMap<&'static str, u32>>;

/// A message that stands in files of its own.
pub(super) struct Form {
    /// Its word.
    pub(super) format: Format,
    /// The message.
    pub(super) root: &'static Shape,
    /// What its fields are called, and those of all that is in it.
    pub(super) names: fn() -> &'static Names,
    /// Examines its binary form.
    pub(super) examine: fn(&mut Scan, &Entry<'_>, &'static Shape) -> Result<(), Stop>,
}

fn forms() -> impl Iterator<Item = &'static Form> {
    tensorflow::FORMS.iter().chain([&onnx::FORM])
}

/// Reads a text that is one of the forms; `None` when it is none.
pub(super) fn read(scan: &mut Scan, entry: &Entry<'_>, text: &str, is_all: bool) -> Option<Format> {
    if is_onnx_syntax(text) {
        scan.skip(entry.place(None), "models in the syntax of ONNX's own are not read");
        return Some(Format::known("onnx"));
    }
    let Some(form) = forms().find(|form| recognise(form, text)) else {
        if entry.file_name() == LOADED {
            scan.skip(entry.place(None), "it is named like a graph and is none");
        }
        return None;
    };
    if !is_all {
        scan.skip(entry.place(None), "the graph is too long to be examined");
    }
    match examine(scan, entry, form, text) {
        Ok(()) => {}
        Err(Stop::Unexamined(why)) => scan.skip(entry.place(None), why),
        Err(Stop::NeedsMore(_)) => scan.skip(entry.place(None), "the graph ends too early"),
    }
    Some(form.format.clone())
}

fn examine(scan: &mut Scan, entry: &Entry<'_>, form: &Form, text: &str) -> Result<(), Stop> {
    let _held = scan.budget.hold((WIRE + PLACES * size_of::<(u32, u32)>()) as u64)?;
    let written = write(form, text, &scan.budget)?;
    for (at, why) in &written.gaps {
        scan.skip(entry.place(Some(*at as u64)), why.as_str());
    }
    let Written { wire, places, .. } = written;
    let binary = Entry { source: &wire, size: wire.len() as u64, ..*entry };
    scan.within(
        |scan| (form.examine)(scan, &binary, form.root),
        |offset| place_in_text(&places, offset),
    )
}

/// Where the text says what stands at this offset of its binary form.
fn place_in_text(places: &[(u32, u32)], offset: u64) -> u64 {
    let count = places.partition_point(|(at, _)| u64::from(*at) <= offset);
    count.checked_sub(1).and_then(|last| places.get(last)).map_or(0, |(_, at)| u64::from(*at))
}

/// `<ir_version: 8, opset_import: [...]> name (...) => (...) { ... }`.
fn is_onnx_syntax(text: &str) -> bool {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    start.strip_prefix('<').is_some_and(|rest| {
        let rest = rest.trim_start();
        ["ir_version", "opset_import"].iter().any(|field| {
            rest.strip_prefix(field).is_some_and(|rest| rest.trim_start().starts_with(':'))
        })
    })
}

/// Reads a table of names: a message a line, its fields with their numbers behind it.
pub(super) fn names(table: &'static str) -> Names {
    let line = |line: &'static str| {
        let mut words = line.split_whitespace();
        let message = words.next()?;
        let mut fields = HashMap::new();
        while let (Some(name), Some(number)) = (words.next(), words.next()) {
            fields.insert(name, number.parse().ok()?);
        }
        Some((message, fields))
    };
    table.lines().filter_map(line).collect()
}

/// Feeds the tables into the rule set's digest.
pub(super) fn tables(hasher: &mut Hasher) {
    for form in forms() {
        hasher.update(form.format.as_str().as_bytes());
        hasher.update(form.root.name.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every field that a shape has is in its table of names, so that no text is unknown for a typing error.
    #[test]
    fn every_field_of_every_shape_has_a_name() {
        for form in forms() {
            let mut open = vec![form.root];
            let mut seen: Vec<&str> = Vec::new();
            while let Some(shape) = open.pop() {
                if seen.contains(&shape.name) {
                    continue;
                }
                seen.push(shape.name);
                let names = (form.names)();
                let fields = names.get(shape.name).unwrap_or_else(|| panic!("{}", shape.name));
                let messages = shape.messages.iter().map(|(number, _)| number);
                for number in messages.chain(shape.told).chain(shape.inert) {
                    let is_named = fields.values().any(|named| named == number);
                    assert!(is_named, "{} {number}", shape.name);
                }
                open.extend(shape.messages.iter().map(|(_, inner)| *inner));
            }
        }
    }
}
