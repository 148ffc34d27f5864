//! ONNX models: a `ModelProto` whose nodes are operators and whose tensors may lie in other files.
//!
//! An operator of the standard domains computes and nothing else. What can act is code behind other
//! domains, and paths of tensor files that lead out of the model's folder. The messages are those of
//! `onnx-ml.proto`.

mod shapes;
mod tensors;

use std::collections::HashSet;
use std::sync::LazyLock;

use weighbridge_domain::{Format, Hasher};

use self::tensors::Tensors;
use super::protobuf::{self, Extent, Field, Shape, Value, Visitor, Wire, outline};
use super::textual::{self, Form, Names};
use super::{Reader, paths, pickle};
use crate::analyse::{Entry, Head, Scan, Stop};
use crate::limits::{Budget, Limits};
use crate::rules;

/// The reader of this format.
pub(crate) static READER: Reader =
    Reader { format: Format::known("onnx"), header_only: false, sniff, read };

/// The longest name that is read.
const NAME: usize = 512;
/// Operators of unlisted domains, and functions of the model itself, that are remembered.
const REMEMBERED: usize = 4_000;

/// Texts of the model's metadata that are searched for pickles.
const NOTES: usize = 256;

/// Domains whose operators come with ONNX and its runtime.
const DOMAINS: &[&str] = &[
    "",
    "ai.onnx",
    "ai.onnx.ml",
    "ai.onnx.preview",
    "ai.onnx.preview.training",
    "ai.onnx.training",
    "com.microsoft",
    "com.microsoft.dml",
    "com.microsoft.nchwc",
    "com.ms.internal.nhwc",
];

/// The domain of an extension library whose operators include ones that run Python.
const PYTHON_DOMAIN: &str = "ai.onnx.contrib";
/// Operators that call Python, whatever their domain.
const PYTHON_OPS: &[&str] = &["PyOp", "PythonOp", "PythonOpGrad"];
/// Operators of the runtime's own domain that hand over to code which is not the runtime's.
const NATIVE_OPS: &[&str] = &["ATen", "ATenGrad", "EPContext", "ExternalOp", "TritonOp"];

/// Keys by which a tensor says where its data lie.
const EXTERNAL_KEYS: &[&str] = &["location", "offset", "length", "checksum"];
/// A location by which the runtime marks data that lie in its own memory: the offset is an address.
const MEMORY_TAG: &str = "_ORT_MEM_ADDR_";

/// A model has a version or names its operator sets, and a graph of nodes.
fn sniff(head: &Head<'_>) -> bool {
    let wire = &mut Wire::new(head.entry, &Budget::new(&Limits::default()));
    is_model(wire, Extent::of(head.entry)).unwrap_or(false)
}

fn is_model(wire: &mut Wire<'_>, whole: Extent) -> Option<bool> {
    let [version, graph, sets] = outline(wire, whole, [1, 7, 8])?;
    let is_versioned = matches!(version, Some(Value::Number(_)));
    let (Some(Value::Bytes(graph)), true) =
        (graph, is_versioned || matches!(sets, Some(Value::Bytes(_))))
    else {
        return Some(false);
    };
    let [node, name, tensor, input, output] = outline(wire, graph, [1, 2, 5, 11, 12])?;
    if let Some(Value::Bytes(node)) = node {
        let [operator] = outline(wire, node, [4])?;
        return Some(matches!(operator, None | Some(Value::Bytes(_))));
    }
    Some([name, tensor, input, output].iter().any(|value| matches!(value, Some(Value::Bytes(_)))))
}

fn read(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    examine(scan, entry, &shapes::MODEL)?;
    Ok(READER.format.clone())
}

/// What a model is called as a text.
pub(super) static FORM: Form =
    Form { format: Format::known("onnx"), root: &shapes::MODEL, names, examine };

/// The names of the fields of [`shapes`].
static NAMES: &str = include_str!("onnx/names.txt");

fn names() -> &'static Names {
    static TABLE: LazyLock<Names> = LazyLock::new(|| textual::names(NAMES));
    &TABLE
}

fn examine(scan: &mut Scan, entry: &Entry<'_>, shape: &'static Shape) -> Result<(), Stop> {
    let mut model = Model::new(entry);
    protobuf::walk(scan, entry, shape, Extent::of(entry), &mut model)?;
    model.judge_operators(scan);
    Ok(())
}

/// An operator as a node names it.
#[derive(Default)]
struct Operator {
    domain: String,
    name: String,
    at: u64,
    /// A text of its attributes that leads out of the model's folder.
    outside: Option<String>,
}

/// What is known of the model so far.
struct Model<'a> {
    entry: &'a Entry<'a>,
    /// The nodes around the place where the walk is.
    nodes: Vec<Operator>,
    /// The function that the walk is in.
    function: Operator,
    /// Functions that the model defines.
    functions: HashSet<(String, String)>,
    /// Operators of unlisted domains: the model may define them further on.
    unlisted: Vec<Operator>,
    seen: HashSet<(String, String)>,
    key: String,
    value: String,
    tensors: Tensors,
    /// Texts of the model's metadata that were searched.
    notes: usize,
}

impl<'a> Model<'a> {
    fn new(entry: &'a Entry<'a>) -> Model<'a> {
        Model {
            entry,
            nodes: Vec::new(),
            function: Operator::default(),
            functions: HashSet::new(),
            unlisted: Vec::new(),
            seen: HashSet::new(),
            key: String::new(),
            value: String::new(),
            tensors: Tensors::default(),
            notes: 0,
        }
    }

    fn node(&mut self, scan: &mut Scan, node: Operator) {
        let Operator { domain, name, at, outside } = &node;
        let evidence = format!("{domain}::{name}");
        let is_python = domain == PYTHON_DOMAIN || PYTHON_OPS.contains(&name.as_str());
        if is_python {
            let message = format!("a node runs {name} of the domain {domain}");
            let place = self.entry.place(Some(*at));
            scan.report(rules::ONNX_CODE.finding(place, message, evidence));
        } else if let (true, Some(path)) = (NATIVE_OPS.contains(&name.as_str()), outside) {
            let message = format!("a node hands over to {name} what lies outside of the folder");
            let place = self.entry.place(Some(*at));
            scan.report(rules::ONNX_PATH.finding(place, message, format!("{evidence}: {path}")));
        } else if NATIVE_OPS.contains(&name.as_str()) {
            let message = format!("a node hands over to {name}");
            let place = self.entry.place(Some(*at));
            scan.report(rules::ONNX_CUSTOM_OP.finding(place, message, evidence));
        } else if !DOMAINS.contains(&domain.as_str()) {
            if self.seen.len() >= REMEMBERED {
                let why = "the model has too many operators of its own";
                scan.skip(self.entry.place(Some(*at)), why);
            } else if self.seen.insert((domain.clone(), name.clone())) {
                self.unlisted.push(node);
            }
        }
    }

    /// An operator of an unlisted domain is harmless when the model itself says what it does.
    fn judge_operators(&mut self, scan: &mut Scan) {
        for Operator { domain, name, at, .. } in std::mem::take(&mut self.unlisted) {
            let key = (domain, name);
            if self.functions.contains(&key) {
                continue;
            }
            let (domain, name) = key;
            let message = format!("a node runs {name} of the domain {domain}");
            let evidence = format!("{domain}::{name}, which the model does not define");
            let place = self.entry.place(Some(at));
            scan.report(rules::ONNX_CUSTOM_OP.finding(place, message, evidence));
        }
    }

    /// A text of the metadata may be any bytes.
    fn note(&mut self, scan: &mut Scan, extent: Extent) -> Result<(), Stop> {
        self.notes += 1;
        if self.notes <= NOTES {
            return pickle::search(scan, self.entry, extent.start, extent.end);
        }
        if self.notes == NOTES + 1 {
            let why = "the model has too much metadata to be searched";
            scan.skip(self.entry.place(Some(extent.start)), why);
        }
        Ok(())
    }

    /// One entry of where a tensor's data lie.
    fn external(&mut self, scan: &mut Scan, at: u64) {
        let place = self.entry.place(Some(at));
        let (key, value) = (self.key.as_str(), self.value.as_str());
        let evidence = format!("{key} = {value}");
        if matches!(key, "location" | "basepath")
            && let Some(why) = leads_out(value)
        {
            let message = format!("a tensor's data lie at a path that {why}");
            scan.report(rules::ONNX_PATH.finding(place, message, evidence));
            return;
        }
        if matches!(key, "offset" | "length") && value.starts_with('-') {
            let message = "a tensor's data lie before the start of their file";
            scan.report(rules::ONNX_PATH.finding(place, message, evidence));
            return;
        }
        let is_number = value.len() <= 19 && value.bytes().all(|byte| byte.is_ascii_digit());
        let fits = match key {
            "location" => !value.is_empty(),
            "offset" | "length" => is_number && value.parse::<u64>().is_ok_and(|n| n < 1 << 48),
            "checksum" => true,
            // The runtime keeps weights beside the others in the order it wants them.
            _ => key.starts_with("prepacked_"),
        };
        if !fits {
            let known = EXTERNAL_KEYS.contains(&key);
            let what = if known { "an impossible value" } else { "a key that is not known" };
            let message = format!("where a tensor's data lie is said with {what}");
            scan.report(rules::ONNX_EXTERNAL.finding(place, message, evidence));
        }
    }
}

/// Why a location is not a path inside the model's folder.
fn leads_out(location: &str) -> Option<&'static str> {
    if location.contains(MEMORY_TAG) {
        return Some("stands for an address in memory");
    }
    paths::leads_out(location)
}

impl Visitor for Model<'_> {
    fn enter(&mut self, message: &'static str, at: u64) {
        self.tensors.enter(message, at);
        match message {
            "NodeProto" => self.nodes.push(Operator { at, ..Operator::default() }),
            "FunctionProto" => self.function = Operator { at, ..Operator::default() },
            "ExternalData" => {
                self.key.clear();
                self.value.clear();
            }
            _ => {}
        }
    }

    fn field(
        &mut self,
        scan: &mut Scan,
        wire: &mut Wire<'_>,
        message: &'static str,
        field: &Field,
    ) -> Result<(), Stop> {
        if message == "TensorProto" {
            return self.tensors.field(wire, field.number, field.value);
        }
        let Value::Bytes(extent) = field.value else { return Ok(()) };
        if message == "StringStringEntryProto" {
            return self.note(scan, extent);
        }
        let text = wire.text(extent, NAME)?;
        match (message, field.number, self.nodes.last_mut()) {
            ("NodeProto", 4, Some(node)) => (node.name, node.at) = (text, field.at),
            ("NodeProto", 7, Some(node)) => node.domain = text,
            ("AttributeProto", 4, Some(node)) if leads_out(&text).is_some() => {
                node.outside.get_or_insert(text);
            }
            ("FunctionProto", 1, _) => self.function.name = text,
            ("FunctionProto", 10, _) => self.function.domain = text,
            ("ExternalData", 1, _) => self.key = text,
            ("ExternalData", 2, _) => self.value = text,
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
        self.tensors.leave(scan, self.entry, message);
        match message {
            "NodeProto" => {
                let node = self.nodes.pop().unwrap_or_default();
                self.node(scan, node);
            }
            "FunctionProto" if self.functions.len() < REMEMBERED => {
                let Operator { domain, name, .. } = std::mem::take(&mut self.function);
                self.functions.insert((domain, name));
            }
            "ExternalData" => self.external(scan, extent.start),
            _ => {}
        }
        Ok(())
    }
}

/// Feeds the tables into the rule set's digest.
pub(super) fn tables(hasher: &mut Hasher) {
    hasher.update(format!("{DOMAINS:?}{PYTHON_DOMAIN}{PYTHON_OPS:?}{NATIVE_OPS:?}").as_bytes());
    hasher.update(format!("{EXTERNAL_KEYS:?}{MEMORY_TAG}{NAMES}").as_bytes());
    protobuf::tables(hasher, &shapes::MODEL);
}
