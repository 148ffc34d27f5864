//! TensorFlow's graphs: `saved_model.pb`, `.meta`, a `GraphDef` by itself, and `keras_metadata.pb` beside them.
//!
//! A graph is a program. Most of its operations compute and nothing else; some read and write files, call
//! Python or reach other machines, in the graph itself, in the functions of its library, or in another
//! graph that lies in a text of it. Saving and restoring is what every saved model does: at a path that its
//! loader gives.

mod checkpoint;
mod flow;
mod graph;
mod ops;
mod shapes;

use std::sync::LazyLock;

use weighbridge_domain::{Format, Hasher};

pub(crate) use self::checkpoint::{INDEX, NUMBERS};
use self::graph::Graph;
use super::Reader;
use super::protobuf::{self, Extent, Shape, Value, Wire, outline};
use super::textual::{self, Form, Names};
use crate::analyse::{Entry, Head, Scan, Stop};
use crate::limits::{Budget, Limits};

/// The reader of these formats.
pub(crate) static READER: Reader =
    Reader { format: Format::known("tensorflow"), header_only: false, sniff, read };

/// The longest `fingerprint.pb`.
const FINGERPRINT_BYTES: u64 = 4096;
/// The longest name of an operation.
const OPERATION: usize = 256;

/// What a file of TensorFlow's is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    SavedModel,
    MetaGraph,
    Graph,
    Fingerprint,
    KerasMetadata,
}

fn sniff(head: &Head<'_>) -> bool {
    kind(head.entry).is_some()
}

fn kind(entry: &Entry<'_>) -> Option<Kind> {
    let wire = &mut Wire::new(entry, &Budget::new(&Limits::default()));
    let whole = Extent::of(entry);
    if is_saved_model(wire, whole).unwrap_or(false) {
        Some(Kind::SavedModel)
    } else if is_meta_graph(wire, whole).unwrap_or(false) {
        Some(Kind::MetaGraph)
    } else if is_graph(wire, whole).unwrap_or(false) {
        Some(Kind::Graph)
    } else if is_keras_metadata(wire, whole).unwrap_or(false) {
        Some(Kind::KerasMetadata)
    } else if is_fingerprint(wire, entry) {
        Some(Kind::Fingerprint)
    } else {
        None
    }
}

/// A schema's version, and graphs.
fn is_saved_model(wire: &mut Wire<'_>, whole: Extent) -> Option<bool> {
    let [version, graph] = outline(wire, whole, [1, 2])?;
    match (version, graph) {
        (None | Some(Value::Number(_)), Some(Value::Bytes(graph))) => is_meta_graph(wire, graph),
        _ => Some(false),
    }
}

/// What is known of a graph, and the graph.
fn is_meta_graph(wire: &mut Wire<'_>, whole: Extent) -> Option<bool> {
    let [info, graph] = outline(wire, whole, [1, 2])?;
    match (info, graph) {
        (None | Some(Value::Bytes(_)), Some(Value::Bytes(graph))) => is_graph(wire, graph),
        _ => Some(false),
    }
}

/// Nodes with a name and an operation, or functions.
fn is_graph(wire: &mut Wire<'_>, whole: Extent) -> Option<bool> {
    let [node] = outline(wire, whole, [1])?;
    match node {
        Some(Value::Bytes(node)) => is_node(wire, node),
        None => {
            let [library, versions] = outline(wire, whole, [2, 4])?;
            let (Some(Value::Bytes(library)), Some(Value::Bytes(_))) = (library, versions) else {
                return Some(false);
            };
            let [Some(Value::Bytes(function))] = outline(wire, library, [1])? else {
                return Some(false);
            };
            let [signature, node] = outline(wire, function, [1, 3])?;
            let is_named = matches!(signature, Some(Value::Bytes(_)));
            Some(is_named && matches!(node, None | Some(Value::Bytes(_))))
        }
        Some(_) => Some(false),
    }
}

fn is_node(wire: &mut Wire<'_>, node: Extent) -> Option<bool> {
    let [Some(Value::Bytes(name)), Some(Value::Bytes(op))] = outline(wire, node, [1, 2])? else {
        return Some(false);
    };
    let op = wire.text(op, OPERATION).ok()?;
    let is_named = name.size() > 0 && name.size() < 1 << 16;
    let mut letters = op.bytes();
    let is_op = letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && letters.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'>' | b'.'));
    Some(is_named && is_op)
}

/// Objects with a path, what they are to Keras, and their configuration.
fn is_keras_metadata(wire: &mut Wire<'_>, whole: Extent) -> Option<bool> {
    let [Some(Value::Bytes(object))] = outline(wire, whole, [1])? else { return Some(false) };
    let [path, kind, configuration] = outline(wire, object, [3, 4, 5])?;
    let (Some(Value::Bytes(_)), Some(Value::Bytes(kind)), Some(Value::Bytes(_))) =
        (path, kind, configuration)
    else {
        return Some(false);
    };
    Some(wire.text(kind, OPERATION).ok()?.starts_with("_tf_keras_"))
}

/// Sums alone tell nothing: the name has to say the same.
fn is_fingerprint(wire: &mut Wire<'_>, entry: &Entry<'_>) -> bool {
    let is_named = entry.file_name() == "fingerprint.pb" && entry.size <= FINGERPRINT_BYTES;
    is_named
        && outline(wire, Extent::of(entry), [1, 2, 3, 4, 5])
            .is_some_and(|sums| matches!(sums, [Some(Value::Number(_)), ..]))
}

fn read(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let (word, shape) = match kind(entry) {
        Some(Kind::SavedModel) => ("tf-saved-model", &shapes::SAVED_MODEL),
        Some(Kind::MetaGraph) => ("tf-meta-graph", &shapes::META_GRAPH),
        Some(Kind::KerasMetadata) => ("keras-metadata", &shapes::KERAS_METADATA),
        Some(Kind::Fingerprint) => ("tf-fingerprint", &shapes::FINGERPRINT),
        Some(Kind::Graph) | None => ("tf-graph", &shapes::GRAPH),
    };
    examine(scan, entry, shape)?;
    Ok(Format::known(word))
}

/// What these files are called as texts.
pub(super) static FORMS: [Form; 3] = [
    Form { format: Format::known("tf-saved-model"), root: &shapes::SAVED_MODEL, names, examine },
    Form { format: Format::known("tf-meta-graph"), root: &shapes::META_GRAPH, names, examine },
    Form { format: Format::known("tf-graph"), root: &shapes::GRAPH, names, examine },
];

/// The names of the fields of [`shapes`].
static NAMES: &str = include_str!("tensorflow/names.txt");

fn names() -> &'static Names {
    static TABLE: LazyLock<Names> = LazyLock::new(|| textual::names(NAMES));
    &TABLE
}

fn examine(scan: &mut Scan, entry: &Entry<'_>, shape: &'static Shape) -> Result<(), Stop> {
    let mut graphs = Vec::new();
    let mut graph = Graph::new(entry, &mut graphs);
    protobuf::walk(scan, entry, shape, Extent::of(entry), &mut graph)?;
    graph.finish(scan);
    let mut depth = 0;
    while !graphs.is_empty() {
        depth += 1;
        scan.budget.depth(entry.depth + depth)?;
        for extent in std::mem::take(&mut graphs) {
            let mut graph = Graph::new(entry, &mut graphs);
            protobuf::walk(scan, entry, &shapes::GRAPH, extent, &mut graph)?;
            graph.finish(scan);
        }
    }
    Ok(())
}

/// Whether one of TensorFlow's operations reaches files, code or other machines.
pub(super) fn acts(op: &str) -> bool {
    ops::effect(op) == ops::Effect::Acts
}

/// Feeds the tables into the rule set's digest.
pub(super) fn tables(hasher: &mut Hasher) {
    ops::tables(hasher);
    hasher.update(NAMES.as_bytes());
    protobuf::tables(hasher, &shapes::SAVED_MODEL);
    protobuf::tables(hasher, &shapes::FINGERPRINT);
    protobuf::tables(hasher, &shapes::KERAS_METADATA);
}
