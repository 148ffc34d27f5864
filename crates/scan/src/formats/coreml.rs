//! Core ML models: `.mlmodel`, and the one inside of an `.mlpackage`.
//!
//! A model of Core ML's own layers computes and nothing else. It may ask for classes of the program that
//! loads it, and it may keep its weights in other files. The messages are those of `Model.proto`,
//! `NeuralNetwork.proto` and `MIL.proto`.

mod shapes;

use weighbridge_domain::{Format, Hasher};

use super::protobuf::{self, Extent, Field, Value, Visitor, Wire, outline};
use super::{Reader, paths};
use crate::analyse::{Entry, Head, Scan, Stop};
use crate::limits::{Budget, Limits};
use crate::rules;
use crate::source::read_some;

/// The reader of models.
pub(crate) static READER: Reader =
    Reader { format: Format::known("coreml"), header_only: false, sniff, read };

/// The reader of their weights in files of their own.
pub(crate) static WEIGHTS: Reader = Reader {
    format: Format::known("coreml-weights"),
    header_only: false,
    sniff: |head| is_weights(head.bytes),
    read: read_weights,
};

/// The longest name that is read.
const NAME: usize = 512;
/// Where the folder of the model stands for itself.
const MODEL_FOLDER: &str = "@model_path/";
/// The operation that a class of the program carries out.
const CUSTOM_OPERATION: &str = "custom_layer";
/// Every kind of model.
const KINDS: [u32; 39] = [
    200, 201, 202, 300, 301, 302, 303, 304, 400, 401, 402, 403, 404, 500, 501, 502, 555, 556, 560,
    600, 601, 602, 603, 604, 606, 607, 609, 610, 900, 2000, 2001, 2002, 2003, 2004, 2005, 2006,
    3000, 1, 2,
];

/// A version, a description, and one kind of model.
fn sniff(head: &Head<'_>) -> bool {
    let wire = &mut Wire::new(head.entry, &Budget::new(&Limits::default()));
    outline(wire, Extent::of(head.entry), KINDS).is_some_and(
        |[kinds @ .., version, description]| {
            matches!(version, Some(Value::Number(_)))
                && matches!(description, Some(Value::Bytes(_)))
                && kinds.iter().any(|kind| matches!(kind, Some(Value::Bytes(_))))
        },
    )
}

fn read(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let mut model = Model { entry, class: None };
    protobuf::walk(scan, entry, &shapes::MODEL, Extent::of(entry), &mut model)?;
    Ok(READER.format.clone())
}

struct Model<'a> {
    entry: &'a Entry<'a>,
    /// The class that a layer or a model of the program's own names.
    class: Option<String>,
}

impl Model<'_> {
    fn custom(&self, scan: &mut Scan, at: u64, what: &str) {
        let class = self.class.as_deref().unwrap_or("no class");
        let message = format!("the model has {what} that the loading program carries out");
        let place = self.entry.place(Some(at));
        scan.report(rules::COREML_CUSTOM.finding(place, message, class));
    }

    fn file(&self, scan: &mut Scan, at: u64, path: &str) {
        let inside = path.strip_prefix(MODEL_FOLDER).unwrap_or(path);
        if let Some(why) = paths::leads_out(inside) {
            let message = format!("the model's weights lie at a path that {why}");
            let place = self.entry.place(Some(at));
            scan.report(rules::COREML_PATH.finding(place, message, path));
        }
    }
}

impl Visitor for Model<'_> {
    fn enter(&mut self, message: &'static str, _: u64) {
        if matches!(message, "CustomLayerParams" | "CustomModel") {
            self.class = None;
        }
    }

    fn field(
        &mut self,
        scan: &mut Scan,
        wire: &mut Wire<'_>,
        message: &'static str,
        field: &Field,
    ) -> Result<(), Stop> {
        let Value::Bytes(extent) = field.value else { return Ok(()) };
        let text = wire.text(extent, NAME)?;
        match message {
            "CustomLayerParams" | "CustomModel" => self.class = Some(text),
            "BlobFileValue" => self.file(scan, field.at, &text),
            "LinkedModelFile" => {
                let place = self.entry.place(Some(field.at));
                let message = "the model is completed by another one that it names";
                scan.report(rules::COREML_CUSTOM.finding(place, message, &text));
            }
            "Operation" if text == CUSTOM_OPERATION => {
                self.custom(scan, field.at, "an operation");
            }
            _ => {}
        }
        Ok(())
    }

    fn leave(
        &mut self,
        scan: &mut Scan,
        message: &'static str,
        extent: Extent,
    ) -> Result<(), Stop> {
        match message {
            "CustomLayerParams" => self.custom(scan, extent.start, "a layer"),
            "CustomModel" => self.custom(scan, extent.start, "a part"),
            "SerializedModel" => {
                let place = self.entry.place(Some(extent.start));
                scan.skip(place, "a model inside of the model is in a form that nobody documents");
            }
            _ => {}
        }
        Ok(())
    }
}

/// The mark before each tensor of a file of weights.
const MARK: &[u8] = b"\xef\xbe\xad\xde";
/// Bytes of the header and of what stands before a tensor; tensors start at multiples of it.
const BLOCK: u64 = 64;

fn is_weights(head: &[u8]) -> bool {
    head.get(4..8) == Some(&[2, 0, 0, 0]) && head.get(64..68) == Some(MARK)
}

/// As many tensors as the header says, one behind the other, and nothing else.
fn read_weights(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let format = WEIGHTS.format.clone();
    let number = |bytes: &[u8]| bytes.try_into().map_or(0, u64::from_le_bytes);
    let head = entry.read(0, 4)?;
    let count = head.try_into().map_or(0, u32::from_le_bytes);
    let mut at = BLOCK;
    for _ in 0..count {
        scan.budget.check_time()?;
        let block = read_some(entry.source, at, 24)?;
        let [mark, _, size, offset] =
            [0..4, 4..8, 8..16, 16..24].map(|part| block.get(part).unwrap_or_default());
        let (size, offset) = (number(size), number(offset));
        let end = offset.checked_add(size).filter(|end| *end <= entry.size);
        let (Some(end), true, true) = (end, mark == MARK, offset >= at && offset - at <= 2 * BLOCK)
        else {
            scan.skip(entry.place(Some(at)), "the weights are not where their header says");
            return Ok(format);
        };
        at = end.next_multiple_of(BLOCK);
    }
    if at < entry.size {
        scan.skip(entry.place(Some(at)), "bytes follow the last of the weights");
    }
    Ok(format)
}

/// Feeds the tables into the rule set's digest.
pub(super) fn tables(hasher: &mut Hasher) {
    hasher.update(format!("{KINDS:?}{MODEL_FOLDER}{CUSTOM_OPERATION}").as_bytes());
    protobuf::tables(hasher, &shapes::MODEL);
}
