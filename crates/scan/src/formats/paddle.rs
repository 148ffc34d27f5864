//! Paddle's programs (`__model__`, `.pdmodel`, newer ones in `.json`) and parameters (`.pdiparams`, `.pdparams` of one tensor).
//!
//! A program is blocks of operators. Most of them compute; some call Python, save and load files or talk
//! to other machines. The messages are those of `framework.proto`; parameters are tensors one behind the
//! other, each with a header of its own (`SerializeToStream` in Paddle's `lod_tensor.cc`).

mod operators;
mod pir;

use weighbridge_domain::{Format, Hasher};

use self::operators::{Effect, effect};
pub(super) use self::pir::check as check_program;
use super::Reader;
use super::protobuf::{self, Extent, Field, Shape, Value, Visitor, Wire, outline};
use crate::analyse::{Entry, Head, Scan, Stop};
use crate::limits::{Budget, Limits};
use crate::rules;

/// The reader of programs.
pub(crate) static READER: Reader =
    Reader { format: Format::known("paddle"), header_only: false, sniff, read };

/// The reader of parameters.
pub(crate) static PARAMETERS: Reader = Reader {
    format: Format::known("paddle-params"),
    header_only: false,
    sniff: |head| is_parameters(head.bytes),
    read: read_parameters,
};

/// The longest name that is read.
const NAME: usize = 512;
/// Texts of one operator that are kept for the evidence.
const TEXTS: usize = 8;

static PROGRAM: Shape =
    Shape { name: "ProgramDesc", messages: &[(1, &BLOCK)], told: &[], inert: &[2, 3, 4, 5] };

static BLOCK: Shape =
    Shape { name: "BlockDesc", messages: &[(4, &OPERATOR)], told: &[], inert: &[1, 2, 3, 5] };

static OPERATOR: Shape = Shape {
    name: "OpDesc",
    messages: &[(4, &ATTRIBUTE)],
    told: &[3],
    // Inputs and outputs, and whether it is a target.
    inert: &[1, 2, 5],
};

static ATTRIBUTE: Shape = Shape {
    name: "Attr",
    messages: &[],
    told: &[5, 8],
    inert: &[1, 2, 3, 4, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21],
};

/// Blocks with two numbers, and operators with a type or variables.
fn sniff(head: &Head<'_>) -> bool {
    let wire = &mut Wire::new(head.entry, &Budget::new(&Limits::default()));
    is_program(wire, Extent::of(head.entry)).unwrap_or(false)
}

fn is_program(wire: &mut Wire<'_>, whole: Extent) -> Option<bool> {
    let [Some(Value::Bytes(block))] = outline(wire, whole, [1])? else { return Some(false) };
    let [index, parent, variable, operator] = outline(wire, block, [1, 2, 3, 4])?;
    let (Some(Value::Number(0)), Some(Value::Number(_))) = (index, parent) else {
        return Some(false);
    };
    let Some(Value::Bytes(operator)) = operator else {
        return Some(matches!(variable, Some(Value::Bytes(_))));
    };
    let [Some(Value::Bytes(kind))] = outline(wire, operator, [3])? else { return Some(false) };
    let kind = wire.text(kind, NAME).ok()?;
    Some(!kind.is_empty() && kind.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.@".contains(&b)))
}

fn read(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let mut program = Program { entry, kind: String::new(), at: 0, texts: Vec::new() };
    protobuf::walk(scan, entry, &PROGRAM, Extent::of(entry), &mut program)?;
    Ok(READER.format.clone())
}

struct Program<'a> {
    entry: &'a Entry<'a>,
    /// The operator that the walk is in, where its type stands, and its attributes that are texts.
    kind: String,
    at: u64,
    texts: Vec<String>,
}

impl Visitor for Program<'_> {
    fn enter(&mut self, message: &'static str, at: u64) {
        if message == "OpDesc" {
            (self.kind, self.at) = (String::new(), at);
            self.texts.clear();
        }
    }

    fn field(
        &mut self,
        _: &mut Scan,
        wire: &mut Wire<'_>,
        message: &'static str,
        field: &Field,
    ) -> Result<(), Stop> {
        let Value::Bytes(extent) = field.value else { return Ok(()) };
        if message == "OpDesc" {
            (self.kind, self.at) = (wire.text(extent, NAME)?, field.at);
        } else if self.texts.len() < TEXTS {
            self.texts.push(wire.text(extent, NAME)?);
        }
        Ok(())
    }

    fn leave(&mut self, scan: &mut Scan, message: &'static str, _: Extent) -> Result<(), Stop> {
        if message != "OpDesc" {
            return Ok(());
        }
        tell(scan, self.entry, effect(&self.kind), &self.kind, self.at, &self.texts);
        Ok(())
    }
}

/// Tells what an operator does beyond computing, with the texts that it is given.
fn tell(scan: &mut Scan, entry: &Entry<'_>, effect: Effect, kind: &str, at: u64, texts: &[String]) {
    let (rule, message) = match effect {
        Effect::Computes => return,
        Effect::Acts => (&rules::PADDLE_ACT, format!("an operator runs {kind}")),
        Effect::Reads => (&rules::PADDLE_READ, format!("an operator runs {kind}")),
        Effect::Unlisted => {
            let message = format!("an operator runs {kind}, which is none of Paddle's");
            (&rules::PADDLE_CUSTOM, message)
        }
    };
    let texts: Vec<String> = texts.iter().map(|text| format!("{text:?}")).collect();
    let evidence = format!("{kind}({})", texts.join(", "));
    scan.report(rule.finding(entry.place(Some(at)), message, evidence));
}

/// The longest description of a tensor.
const DESCRIPTION: u64 = 256;
/// Levels of detail of one tensor.
const LEVELS: u64 = 8;

/// Two versions and a number of levels, all of them nothing, and a description that names its type.
fn is_parameters(head: &[u8]) -> bool {
    let description = head.get(16..20).and_then(|size| size.try_into().ok());
    let size = description.map_or(0, u32::from_le_bytes);
    head.get(..16) == Some(&[0; 16])
        && (2..=DESCRIPTION).contains(&u64::from(size))
        && head.get(20) == Some(&8)
}

fn read_parameters(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let wire = &mut Wire::new(entry, &scan.budget);
    let mut at = 0;
    while at < entry.size {
        scan.budget.check_time()?;
        let Some(end) = tensor(entry, wire, at)? else {
            scan.skip(entry.place(Some(at)), "no parameter of Paddle's is here");
            break;
        };
        at = end;
    }
    Ok(PARAMETERS.format.clone())
}

/// Where the tensor at `at` ends.
fn tensor(entry: &Entry<'_>, wire: &mut Wire<'_>, at: u64) -> Result<Option<u64>, Stop> {
    let number = |at: u64, size: usize| -> Result<u64, Stop> {
        let mut bytes = entry.read(at, size)?;
        bytes.resize(8, 0);
        Ok(bytes.try_into().map_or(u64::MAX, u64::from_le_bytes))
    };
    let (version, levels) = (number(at, 4)?, number(at.saturating_add(4), 8)?);
    let mut at = at.saturating_add(12);
    if version != 0 || levels > LEVELS {
        return Ok(None);
    }
    for _ in 0..levels {
        at = at.saturating_add(8).saturating_add(number(at, 8)?);
    }
    let (version, size) = (number(at, 4)?, number(at.saturating_add(4), 4)?);
    let start = at.saturating_add(8);
    let end = start.saturating_add(size);
    if version != 0 || size > DESCRIPTION || end > entry.size {
        return Ok(None);
    }
    let (mut at, mut bytes, mut elements) = (start, None, Some(1_u64));
    while let Ok(Some(field)) = wire.next(&mut at, end) {
        match (field.number, field.value) {
            (1, Value::Number(kind)) => bytes = element_bytes(kind),
            (2, Value::Number(count)) => elements = elements.and_then(|n| n.checked_mul(count)),
            (2, Value::Bytes(sides)) => {
                let mut at = sides.start;
                while at < sides.end {
                    let Ok(count) = wire.varint(&mut at, sides.end) else { return Ok(None) };
                    elements = elements.and_then(|n| n.checked_mul(count));
                }
            }
            _ => return Ok(None),
        }
    }
    let size = bytes.zip(elements).and_then(|(bytes, elements)| bytes.checked_mul(elements));
    let end = size.and_then(|size| end.checked_add(size)).filter(|end| *end <= entry.size);
    Ok(end.filter(|_| at >= start))
}

/// Bytes of one element of a type.
fn element_bytes(kind: u64) -> Option<u64> {
    Some(match kind {
        0 | 20 | 21 | 32 | 33 => 1,
        1 | 4 | 22 => 2,
        2 | 5 => 4,
        3 | 6 | 19 | 23 => 8,
        24 => 16,
        _ => return None,
    })
}

/// Feeds the tables into the rule set's digest.
pub(super) fn tables(hasher: &mut Hasher) {
    operators::tables(hasher);
    protobuf::tables(hasher, &PROGRAM);
}
