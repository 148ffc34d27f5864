//! A walk through a graph: what its operations can do, and where their paths come from.

mod nodes;

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use self::nodes::{Acting, Node};
use super::flow::{Flow, Name, Scope, Use};
use super::is_graph;
use super::ops;
use crate::analyse::{Entry, Scan, Stop};
use crate::formats::protobuf::{Extent, Field, Value, Visitor, Wire};
use crate::formats::{keras, paths};
use crate::rules;

/// The longest name that is read.
const NAME: usize = 512;
/// Texts of one node that are looked at for what they name.
const TEXTS: usize = 64;
/// Texts of all attributes of one node that may name something.
const NAMED: usize = 1_000;
/// Inputs of one node, and functions that it calls.
const INPUTS: usize = 4_096;
/// Operations that nobody knows, files of the model, graphs in texts.
const REMEMBERED: usize = 4_000;
/// Functions of the library.
const FUNCTIONS: usize = 200_000;
/// The type of texts.
const STRING: u64 = 7;

/// An attribute while the walk is in it.
#[derive(Default)]
struct Attribute {
    key: String,
    texts: Vec<String>,
    types: Vec<u64>,
}

/// An argument of a function while the walk is in it.
#[derive(Default)]
struct Argument {
    name: String,
    dtype: u64,
    /// It stands for several ones.
    is_many: bool,
}

/// A tensor while the walk is in it.
#[derive(Default)]
struct Tensor {
    dtype: u64,
    content: Option<Extent>,
}

/// What is known of a graph so far.
pub(super) struct Graph<'a> {
    entry: &'a Entry<'a>,
    names: RandomState,
    scope: Scope,
    /// The scope around the function that the walk is in.
    outer: Option<Scope>,
    acting: Vec<Acting>,
    flow: Flow,
    node: Option<Node>,
    /// The attributes around the place where the walk is.
    attributes: Vec<Attribute>,
    tensor: Tensor,
    argument: Argument,
    asset: (String, String),
    /// Nodes whose text is replaced by the path of a file of the model.
    assets: HashSet<Name>,
    functions: HashSet<Name>,
    unlisted: Vec<(String, u64)>,
    seen: HashSet<Name>,
    /// Graphs that lie in texts.
    graphs: &'a mut Vec<Extent>,
}

impl<'a> Graph<'a> {
    pub(super) fn new(entry: &'a Entry<'a>, graphs: &'a mut Vec<Extent>) -> Graph<'a> {
        Graph {
            entry,
            names: RandomState::new(),
            scope: Scope::default(),
            outer: None,
            acting: Vec::new(),
            flow: Flow::default(),
            node: None,
            attributes: Vec::new(),
            tensor: Tensor::default(),
            argument: Argument::default(),
            asset: (String::new(), String::new()),
            assets: HashSet::new(),
            functions: HashSet::new(),
            unlisted: Vec::new(),
            seen: HashSet::new(),
            graphs,
        }
    }

    /// Tells what could only be told at the end.
    pub(super) fn finish(self, scan: &mut Scan) {
        for (op, at) in self.unlisted {
            if !self.functions.contains(&self.names.hash_one(&op)) {
                let message = format!("a node runs {op}, which is none of TensorFlow's operations");
                let place = self.entry.place(Some(at));
                scan.report(rules::TF_CUSTOM_OP.finding(place, message, op));
            }
        }
        let (told, is_all) = self.flow.finish();
        for (told, what) in told {
            let place = self.entry.place(Some(told.at));
            let op = told.op;
            match (told.fixed, what) {
                (Some((name, ..)), _) if self.assets.contains(&name) => {}
                (Some((_, node, text)), Use::Fill | Use::Cache) if paths::is_elsewhere(&text) => {
                    let message = format!("{op} opens a file outside of the model");
                    let evidence = format!("{op}({text}), from the node {node}");
                    scan.report(rules::TF_PATH.finding(place, message, evidence));
                }
                (Some((_, node, text)), Use::Save) => {
                    let message = format!("{op} saves or restores at a path of the graph's own");
                    let evidence = format!("{op}({text}), from the node {node}");
                    scan.report(rules::TF_PATH.finding(place, message, evidence));
                }
                (Some((_, node, text)), Use::Fill | Use::Cache) => {
                    let message = format!("{op} opens a file that the graph names");
                    let evidence = format!("{op}({text}), from the node {node}");
                    scan.report(rules::TF_READ.finding(place, message, evidence));
                }
                (None, _) => {
                    let message = format!("{op} is given a path that is computed");
                    scan.report(rules::TF_READ.finding(place, message, op));
                }
            }
        }
        if !is_all {
            let why = "the graph has too many paths to follow them all";
            scan.skip(self.entry.place(None), why);
        }
    }

    /// A text of a tensor: it may be a path, and it may be a graph.
    fn text_of_tensor(
        &mut self,
        scan: &mut Scan,
        wire: &mut Wire<'_>,
        extent: Extent,
    ) -> Result<(), Stop> {
        let text = wire.text(extent, NAME)?;
        if let Some(node) = &mut self.node {
            let leads_out = paths::leads_out(&text).is_some();
            if node.text.is_none() || (leads_out && !node.leads_out) {
                (node.text, node.leads_out) = (Some(text), leads_out);
            }
        }
        self.graph_of_text(scan, wire, extent);
        Ok(())
    }

    fn graph_of_text(&mut self, scan: &mut Scan, wire: &mut Wire<'_>, extent: Extent) {
        if extent.size() > 8 && is_graph(wire, extent).unwrap_or(false) {
            if self.graphs.len() < REMEMBERED {
                self.graphs.push(extent);
            } else {
                let place = self.entry.place(Some(extent.start));
                scan.skip(place, "there are too many graphs in texts");
            }
        }
    }

    /// Types of a list, one by one or in one piece.
    fn types_of_list(&mut self, wire: &mut Wire<'_>, value: Value) {
        let Some(attribute) = self.attributes.last_mut() else { return };
        match value {
            Value::Number(dtype) if attribute.types.len() < INPUTS => attribute.types.push(dtype),
            Value::Bytes(Extent { start: mut at, end }) => {
                while attribute.types.len() < INPUTS
                    && at < end
                    && let Ok(dtype) = wire.varint(&mut at, end)
                {
                    attribute.types.push(dtype);
                }
            }
            _ => {}
        }
    }

    /// Texts that a tensor holds in one piece: their sizes, then the texts.
    fn texts_of_content(
        &mut self,
        scan: &mut Scan,
        wire: &mut Wire<'_>,
        content: Extent,
    ) -> Result<(), Stop> {
        // Whoever takes the bytes as they are has a graph.
        self.graph_of_text(scan, wire, content);
        let mut sizes = Vec::new();
        let (mut at, mut total) = (content.start, 0_u64);
        while sizes.len() < REMEMBERED {
            let Ok(size) = wire.varint(&mut at, content.end) else { break };
            sizes.push(size);
            total = total.saturating_add(size);
            if at.saturating_add(total) == content.end {
                for size in sizes {
                    let extent = Extent { start: at, end: at.saturating_add(size) };
                    self.text_of_tensor(scan, wire, extent)?;
                    at = extent.end;
                }
                return Ok(());
            }
        }
        scan.skip(
            self.entry.place(Some(content.start)),
            "the texts of a tensor cannot be told apart",
        );
        Ok(())
    }
}

/// The node that an input names: without its output, and without the mark of an order.
fn producer(input: &str) -> &str {
    let input = input.strip_prefix('^').unwrap_or(input);
    input.split(':').next().unwrap_or(input)
}

impl Visitor for Graph<'_> {
    fn enter(&mut self, message: &'static str, at: u64) {
        match message {
            "NodeDef" => self.node = Some(Node { at, ..Node::default() }),
            "FunctionDef" => {
                let scope = Scope::of_function();
                self.outer = Some(std::mem::replace(&mut self.scope, scope));
            }
            "Attribute" => self.attributes.push(Attribute::default()),
            "ArgDef" => self.argument = Argument::default(),
            "TensorProto" => self.tensor = Tensor::default(),
            "AssetFileDef" => self.asset = (String::new(), String::new()),
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
        let extent = match (message, field.number, field.value) {
            ("TensorProto", 1, Value::Number(dtype)) => {
                self.tensor.dtype = dtype;
                if let (STRING, Some(content)) = (dtype, self.tensor.content.take()) {
                    return self.texts_of_content(scan, wire, content);
                }
                return Ok(());
            }
            ("ArgDef", 3, Value::Number(dtype)) => {
                self.argument.dtype = dtype;
                return Ok(());
            }
            ("ListValue" | "AttrValue", 6, value) => {
                self.types_of_list(wire, value);
                return Ok(());
            }
            (_, _, Value::Bytes(extent)) => extent,
            _ => return Ok(()),
        };
        match (message, field.number) {
            ("SavedUserObject" | "SavedKerasObject", _) => {
                keras::check_revived(scan, self.entry, extent)?;
                return Ok(());
            }
            ("TensorProto", 8) => return self.text_of_tensor(scan, wire, extent),
            ("TensorProto", 4) if self.tensor.dtype == STRING && extent.size() > 0 => {
                return self.texts_of_content(scan, wire, extent);
            }
            ("TensorProto", 4) => {
                self.tensor.content = Some(extent).filter(|extent| extent.size() > 0);
                return Ok(());
            }
            _ => {}
        }
        let text = wire.text(extent, NAME)?;
        match (message, field.number, &mut self.node) {
            ("NodeDef", 1, Some(node)) => node.name = text,
            ("NodeDef", 2, Some(node)) => (node.op, node.at) = (text, field.at),
            ("NodeDef", 3, Some(node)) if node.inputs.len() < INPUTS && !text.starts_with('^') => {
                node.inputs.push(self.names.hash_one(producer(&text)));
            }
            ("Attribute", 1, _) => {
                if let Some(attribute) = self.attributes.last_mut() {
                    attribute.key = text;
                }
            }
            ("NameAttrList", 1, Some(node)) if node.calls.len() < INPUTS => {
                node.calls.push(self.names.hash_one(&text));
            }
            ("AttrValue" | "ListValue", 2, _) => {
                if let Some(attribute) = self.attributes.last_mut().filter(|_| !text.is_empty()) {
                    // Of a text that comes again the last one counts.
                    attribute.texts.truncate(TEXTS - 1);
                    attribute.texts.push(text);
                }
            }
            ("OpDef", 1, _) => self.scope.function = Some(self.names.hash_one(&text)),
            ("ArgDef", 1, _) => self.argument.name = text,
            ("ArgDef", 5 | 6, _) => self.argument.is_many |= !text.is_empty(),
            ("AssetFileDef", 2, _) => self.asset.1 = text,
            ("TensorInfo", 1, _) => self.asset.0 = text,
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
            "NodeDef" => {
                if let Some(node) = self.node.take() {
                    self.close_node(scan, node);
                }
            }
            "Attribute" => {
                let Attribute { key, texts, types } = self.attributes.pop().unwrap_or_default();
                // Attributes inside of a function's are its own.
                if let (Some(node), true) = (&mut self.node, self.attributes.is_empty()) {
                    match key.as_str() {
                        "T" | "Tin" => node.types = types,
                        "dtype" => node.dtype = types.first().copied(),
                        _ => {}
                    }
                    if ops::is_naming(&key) && node.named.len() < NAMED {
                        node.named.extend(texts.into_iter().map(|text| (key.clone(), text)));
                    }
                }
            }
            "ArgDef" => {
                let Argument { name, dtype, is_many } = std::mem::take(&mut self.argument);
                // Without a type of its own it has that of what it is given.
                let is_text = matches!(dtype, 0 | STRING);
                self.scope.argument(self.names.hash_one(&name), is_text, is_many);
            }
            "FunctionDef" => {
                self.tell_acting(scan);
                let outer = self.outer.take().unwrap_or_default();
                let scope = std::mem::replace(&mut self.scope, outer);
                if self.functions.len() < FUNCTIONS {
                    self.functions.extend(scope.function);
                }
                self.flow.close(&scope);
            }
            "GraphDef" => {
                self.tell_acting(scan);
                self.flow.close(&std::mem::take(&mut self.scope));
            }
            "AssetFileDef" => {
                let (tensor, file) = std::mem::take(&mut self.asset);
                if paths::leads_out(&file).is_some() {
                    let message = "a file of the model lies outside of its folder";
                    let place = self.entry.place(Some(extent.start));
                    scan.report(rules::TF_PATH.finding(place, message, file));
                }
                if self.assets.len() < REMEMBERED {
                    self.assets.insert(self.names.hash_one(producer(&tensor)));
                }
            }
            _ => {}
        }
        Ok(())
    }
}
