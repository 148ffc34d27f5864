//! What a node does, once all of it was read.

use std::hash::BuildHasher as _;

use super::super::flow::{self, Name, Sink, Use, What};
use super::super::ops::{self, Effect};
use super::{Graph, INPUTS, REMEMBERED, STRING};
use crate::analyse::Scan;
use crate::formats::paths;
use crate::rules;

/// Nodes of one scope that act: further ones are told without what they are given.
const ACTING: usize = 100;

/// A node while the walk is in it.
#[derive(Default)]
pub(super) struct Node {
    pub(super) at: u64,
    pub(super) name: String,
    pub(super) op: String,
    pub(super) inputs: Vec<Name>,
    /// A constant text: the first one that leads elsewhere, or the first.
    pub(super) text: Option<String>,
    pub(super) leads_out: bool,
    /// Texts of attributes that may name something.
    pub(super) named: Vec<(String, String)>,
    /// Functions that attributes name.
    pub(super) calls: Vec<Name>,
    /// The types of the arguments that it calls them with, when it says so.
    pub(super) types: Vec<u64>,
    /// The type of its value, when it says so.
    pub(super) dtype: Option<u64>,
}

/// A node that acts, until what it was given is known.
pub(super) struct Acting {
    op: String,
    inputs: Vec<Name>,
    at: u64,
    reads: bool,
}

impl Graph<'_> {
    /// Tells what acts in a scope, with the texts that it is given.
    pub(super) fn tell_acting(&mut self, scan: &mut Scan) {
        for acting in std::mem::take(&mut self.acting) {
            let texts = self.scope.texts(&acting.inputs);
            let given: Vec<String> = texts.iter().map(|text| format!("{text:?}")).collect();
            let evidence = format!("{}({})", acting.op, given.join(", "));
            // What is served has no data of its author's to read; a graph that was trained has.
            let is_served = self.entry.file_name() == "saved_model.pb";
            let leads_away = |text: &&str| {
                paths::is_elsewhere(text) || (is_served && paths::leads_out(text).is_some())
            };
            let reads = acting.reads && !texts.iter().any(leads_away);
            self.tell(scan, &acting.op, acting.at, reads, &evidence);
        }
    }

    fn tell(&self, scan: &mut Scan, op: &str, at: u64, reads: bool, evidence: &str) {
        let place = self.entry.place(Some(at));
        if reads {
            let message = format!("a node runs {op}, which reads files");
            scan.report(rules::TF_READ.finding(place, message, evidence));
        } else {
            let message = format!("a node runs {op}");
            scan.report(rules::TF_ACT.finding(place, message, evidence));
        }
    }

    pub(super) fn close_node(&mut self, scan: &mut Scan, node: Node) {
        let Node { at, name, op, inputs, text, named, calls, types, dtype, .. } = node;
        if inputs.len().max(calls.len()) >= INPUTS {
            scan.skip(self.entry.place(Some(at)), "a node has too many inputs to follow them all");
        }
        self.hand_over(&op, at, &inputs, &calls, &types);
        let odd = ops::naming(&op).and_then(|(attribute, harmless)| {
            let is_odd = |text: &String| !harmless.contains(&text.as_str()) && !text.is_empty();
            named.iter().find(|(key, text)| key == attribute && is_odd(text))
        });
        if let Some((key, text)) = odd {
            self.tell(scan, &op, at, false, &format!("{op}({key} = {text:?})"));
        }
        let pick = |wanted: &[usize]| -> Vec<(usize, Name)> {
            wanted.iter().filter_map(|index| Some((*index, *inputs.get(*index)?))).collect()
        };
        let sink = |inputs, what| Sink { op: op.clone(), at, inputs, what };
        match ops::effect(&op) {
            Effect::Acts | Effect::Reads if self.acting.len() < ACTING => {
                let reads = ops::effect(&op) == Effect::Reads;
                self.acting.push(Acting { op, inputs, at, reads });
            }
            Effect::Acts => self.tell(scan, &op, at, false, &op),
            Effect::Reads => self.tell(scan, &op, at, true, &op),
            Effect::HandsOver => {
                let message = format!("a node hands over to {op}");
                let place = self.entry.place(Some(at));
                scan.report(rules::TF_CUSTOM_OP.finding(place, message, name));
            }
            // What it names is told.
            Effect::Reaches(_) if odd.is_some() => {}
            Effect::Reaches(how) => {
                let message = format!("a node runs {op}, {how}");
                let place = self.entry.place(Some(at));
                scan.report(rules::TF_REACH.finding(place, message, format!("{op} as {name}")));
            }
            Effect::Saves(wanted) => self.scope.sink(sink(pick(wanted), What::Path(Use::Save))),
            Effect::Fills(wanted) => self.scope.sink(sink(pick(wanted), What::Path(Use::Fill))),
            Effect::Caches(wanted) => self.scope.sink(sink(pick(wanted), What::Path(Use::Cache))),
            Effect::Unlisted => {
                if self.seen.len() >= REMEMBERED {
                    let why = "the graph has too many operations that nobody knows";
                    scan.skip(self.entry.place(Some(at)), why);
                } else if self.seen.insert(self.names.hash_one(&op)) {
                    self.unlisted.push((op.clone(), at));
                }
                // A function can be called by its name as if it were an operation.
                let what = What::Call(self.names.hash_one(&op));
                self.scope.sink(Sink { inputs: numbered(&inputs), op, at, what });
            }
            Effect::Computes => match text {
                Some(text) if op == "Const" => {
                    self.scope.text(self.names.hash_one(&name), name, text);
                }
                _ if dtype.is_some_and(|dtype| dtype != STRING) => {}
                _ if op == ops::ASSIGN => self.scope.sink(sink(
                    inputs.get(1).map(|value| (0, *value)).into_iter().collect(),
                    What::Call(flow::VARIABLE),
                )),
                _ if op == ops::RECALL => self.scope.variable(self.names.hash_one(&name)),
                _ => self.scope.node(&op, self.names.hash_one(&name), &inputs),
            },
        }
    }

    /// The functions that a node calls, and what it gives them.
    fn hand_over(&mut self, op: &str, at: u64, inputs: &[Name], calls: &[Name], types: &[u64]) {
        match ops::first_argument(op) {
            Some(first) => {
                let arguments = inputs.iter().skip(first).copied().enumerate();
                let count = inputs.len().saturating_sub(first);
                // Paths are texts; a call that lies about its types is refused.
                let is_text = |index: &usize| {
                    types.len() != count || types.get(*index).is_none_or(|dtype| *dtype == STRING)
                };
                let texts: Vec<_> = arguments.filter(|(index, _)| is_text(index)).collect();
                for callee in calls.iter().copied() {
                    let (op, inputs) = (op.to_owned(), texts.clone());
                    self.scope.sink(Sink { op, at, inputs, what: What::Call(callee) });
                }
            }
            None if calls.is_empty() => {}
            None => {
                self.scope.sink(Sink {
                    op: op.to_owned(),
                    at,
                    inputs: numbered(inputs),
                    what: What::Hand(calls.to_vec()),
                });
            }
        }
    }
}

/// Inputs with their places.
fn numbered(inputs: &[Name]) -> Vec<(usize, Name)> {
    inputs.iter().copied().enumerate().collect()
}
