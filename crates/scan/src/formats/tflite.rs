//! TensorFlow Lite models: a flatbuffer of operators, with the identifier `TFL3`.
//!
//! The runtime's own operators compute and nothing else. Operators with names come from elsewhere: those
//! that begin with `Flex` are TensorFlow's, with all that these can do. The tables are those of
//! `schema.fbs`.

use weighbridge_domain::{Format, Hasher};

use super::flatbuffers::{Flat, Table, Trouble};
use super::{Reader, paths, tensorflow, zip};
use crate::analyse::{Entry, Scan, Stop};
use crate::rules;

/// The reader of this format.
pub(crate) static READER: Reader = Reader {
    format: Format::known("tflite"),
    header_only: false,
    sniff: |head| head.has(4, b"TFL3"),
    read,
};

/// The longest name that is read.
const NAME: usize = 256;
/// The longest options of one operator that are looked into.
const OPTIONS: usize = 64 << 10;
/// The number that stands for an operator with a name.
const CUSTOM: u32 = 32;
/// What the names of TensorFlow's operations begin with.
const FLEX: &str = "Flex";
/// Operators with names that come with the runtime.
const OWN: &[&str] = &["AudioSpectrogram", "Mfcc", "NumericVerify", "TFLite_Detection_PostProcess"];

/// The fields of the tables.
mod field {
    pub(super) const OPERATOR_CODES: u16 = 1;
    pub(super) const SUBGRAPHS: u16 = 2;
    pub(super) const EXTERNAL_GROUPS: u16 = 8;
    pub(super) const OLD_CODE: u16 = 0;
    pub(super) const CUSTOM_CODE: u16 = 1;
    pub(super) const CODE: u16 = 3;
    pub(super) const OPERATORS: u16 = 3;
    pub(super) const CODE_INDEX: u16 = 0;
    pub(super) const CUSTOM_OPTIONS: u16 = 5;
    pub(super) const GROUP_NAME: u16 = 0;
}

fn read(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    match model(scan, entry) {
        Ok(()) => {}
        Err(Trouble::Stop(stop)) => return Err(stop),
        Err(Trouble::Garbled(at)) => {
            scan.skip(entry.place(Some(at)), "the model is garbled: an offset leads nowhere");
        }
    }
    // Labels and vocabularies lie in a zip archive behind the model, and its writer says so nowhere.
    if zip::ends_like_zip(entry)? {
        zip::read_behind(scan, entry)?;
    }
    Ok(READER.format.clone())
}

fn model(scan: &mut Scan, entry: &Entry<'_>) -> Result<(), Trouble> {
    let flat = &mut Flat::new(entry, &scan.budget);
    let model = flat.root()?;
    let codes = flat.row(model, field::OPERATOR_CODES, 4)?;
    let mut flex = Vec::new();
    for index in 0..codes.count {
        let code = flat.table(codes, index)?;
        let old = flat.byte(code, field::OLD_CODE)?;
        let number = flat.number(code, field::CODE)?.max(u32::from(old));
        let name = flat.text(code, field::CUSTOM_CODE, NAME)?;
        if number == CUSTOM || !name.is_empty() {
            if name.starts_with(FLEX) {
                flex.push(index);
            }
            operator(scan, entry, code, &name);
        }
    }
    let groups = flat.row(model, field::EXTERNAL_GROUPS, 4)?;
    for index in 0..groups.count {
        let group = flat.table(groups, index)?;
        let name = flat.text(group, field::GROUP_NAME, NAME)?;
        if let Some(why) = paths::leads_out(&name) {
            let message = format!("the model's weights lie at a path that {why}");
            let place = entry.place(Some(group.at));
            scan.report(rules::TFLITE_PATH.finding(place, message, name));
        }
    }
    if flex.is_empty() {
        return Ok(());
    }
    let graphs = flat.row(model, field::SUBGRAPHS, 4)?;
    for index in 0..graphs.count {
        let graph = flat.table(graphs, index)?;
        let operators = flat.row(graph, field::OPERATORS, 4)?;
        for index in 0..operators.count {
            let operator = flat.table(operators, index)?;
            let code = u64::from(flat.number(operator, field::CODE_INDEX)?);
            if flex.binary_search(&code).is_ok() {
                options(scan, entry, flat, operator)?;
            }
        }
    }
    Ok(())
}

/// An operator with a name.
fn operator(scan: &mut Scan, entry: &Entry<'_>, code: Table, name: &str) {
    let place = entry.place(Some(code.at));
    if let Some(op) = name.strip_prefix(FLEX) {
        if tensorflow::acts(op) {
            let message = format!("the model runs TensorFlow's {op}");
            scan.report(rules::TF_ACT.finding(place, message, name));
        } else {
            let message = format!("the model needs TensorFlow for {op}");
            scan.report(rules::TFLITE_CUSTOM.finding(place, message, name));
        }
    } else if !OWN.contains(&name) {
        let message = format!("the model needs the operator {name}");
        scan.report(rules::TFLITE_CUSTOM.finding(place, message, name));
    }
}

/// The node that TensorFlow is handed stands in the options, and need not be what the operator is called.
fn options(
    scan: &mut Scan,
    entry: &Entry<'_>,
    flat: &mut Flat<'_>,
    operator: Table,
) -> Result<(), Trouble> {
    let row = flat.row(operator, field::CUSTOM_OPTIONS, 1)?;
    if row.count > OPTIONS as u64 {
        let why = "the options of an operator are too long to be examined";
        scan.skip(entry.place(Some(row.at)), why);
    }
    let bytes = flat.bytes(row, OPTIONS)?;
    for (at, rest) in (0..).zip(bytes.windows(2)) {
        // The operation is the second field of a node: its key, the size of the name, the name.
        let [0x12, size] = *rest else { continue };
        let name = bytes.get(at + 2..at + 2 + usize::from(size)).unwrap_or_default();
        if let Ok(op) = std::str::from_utf8(name)
            && tensorflow::acts(op)
        {
            let place = entry.place(Some(row.at.saturating_add(at as u64)));
            let message = format!("the model runs TensorFlow's {op}");
            scan.report(rules::TF_ACT.finding(place, message, op));
        }
    }
    Ok(())
}

/// Feeds the tables into the rule set's digest.
pub(super) fn tables(hasher: &mut Hasher) {
    hasher.update(format!("{OWN:?}{FLEX}{CUSTOM}").as_bytes());
}
