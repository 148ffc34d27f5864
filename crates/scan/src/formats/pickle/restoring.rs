//! States that a class's own code runs when it restores an object.
//!
//! Distributions of `scipy.stats` keep the source of a few methods and run it
//! (`scipy/stats/_distn_infrastructure.py`); models of `statsmodels` evaluate the formula that they were made from
//! (`statsmodels/base/data.py`).

use super::calls::looks_like;
use super::facts::Deed;
use super::machine::Machine;
use super::names::Check;
use super::value::{LIST_ITEMS, Node, Value};

/// The source that a distribution runs.
const SOURCE: &str = "_parse_arg_template";
/// Methods that are called on restoring: the state may stand before those of the class.
const METHODS: &[&str] = &["_attach_methods", "_attach_argparser_methods"];
/// That a model evaluates its formula, and the formula.
const RESTORES: &str = "restore_design_info";
const FORMULA: &str = "formula";
/// Fields that a class without a check of its own may run.
const RUN: &[&str] = &[SOURCE, RESTORES, FORMULA];

impl Machine<'_> {
    /// Judges a state before `target` gets it.
    pub(super) fn restored(&mut self, target: Value, state: Value) {
        let is_distribution = self.is_distribution(target);
        let (fields, is_whole) = self.fields(state, is_distribution);
        let mut restores = false;
        let mut formula = None;
        for (key, value) in fields {
            match self.text(key).as_deref() {
                Some(SOURCE) if self.text(value).is_none_or(|source| !is_usual(&source)) => {
                    return self.runs(target, SOURCE, value);
                }
                Some(method) if is_distribution && METHODS.contains(&method) => {
                    return self.runs(target, method, value);
                }
                Some(RESTORES) => restores = true,
                Some(FORMULA) => formula = Some(value),
                None if is_distribution => return self.runs(target, "a computed field", value),
                _ => {}
            }
        }
        let is_code = |value| self.text(value).as_deref().and_then(looks_like).is_some();
        match formula {
            Some(formula) if restores && is_code(formula) => self.runs(target, FORMULA, formula),
            _ if is_distribution && !is_whole => {
                let evidence = self.express(target);
                let subject = "a distribution gets a state that is not scipy's".to_owned();
                self.note(Deed::UsesOddly, subject, evidence);
            }
            _ => {}
        }
    }

    fn is_distribution(&self, value: Value) -> bool {
        let Some(Node::Made(index)) = self.heap.node(value) else { return false };
        let vetted = self.heap.made(index).and_then(|made| made.vetted);
        vetted.is_some_and(|vetted| vetted.check == Check::Distribution)
    }

    /// The fields of a state that may be run, and whether all of it was kept. Every state comes by here: of the
    /// others no key is read. A list of pairs fills a dictionary as well.
    fn fields(&self, state: Value, is_distribution: bool) -> (Vec<(Value, Value)>, bool) {
        let may_run = |key: Value| match key {
            Value::Text(span) => {
                let size = self.heap.span_size(span);
                is_distribution || RUN.iter().any(|name| name.len() as u64 == size)
            }
            _ => is_distribution,
        };
        let pair = |items: &[Value]| match items {
            [key, value] if may_run(*key) => Some((*key, *value)),
            _ => None,
        };
        let pairs = |items: &[Value]| -> Vec<_> {
            items.iter().filter_map(|item| pair(self.heap.items(*item)?)).collect()
        };
        match self.heap.node(state) {
            Some(Node::Dict(contents)) => {
                let items = self.heap.contents(contents);
                (items.chunks(2).filter_map(pair).collect(), items.len() < LIST_ITEMS)
            }
            Some(Node::List(contents)) => (pairs(self.heap.contents(contents)), false),
            Some(Node::Tuple { .. }) => (pairs(self.heap.items(state).unwrap_or_default()), false),
            _ => (Vec::new(), false),
        }
    }

    fn runs(&mut self, target: Value, field: &str, value: Value) {
        let evidence = format!("{}, {field} = {}", self.express(target), self.express(value));
        self.note(Deed::RunsState, format!("its {field}"), evidence);
    }
}

/// Whether this is the source that scipy itself writes, for whatever shapes.
fn is_usual(source: &str) -> bool {
    let Some(first) = source.lines().nth(1) else { return false };
    let Some(arguments) = first.strip_prefix("def _parse_args(self, ") else { return false };
    [(" loc=0, scale=1):", "loc, scale"), (" loc=0):", "loc, 1")].into_iter().any(|(end, out)| {
        let Some(shapes) = arguments.strip_suffix(end) else { return false };
        let inner = end.strip_suffix("):").unwrap_or(end);
        are_names(shapes) && source == source_of(shapes, inner, out)
    })
}

/// `a, b, ` or nothing.
fn are_names(shapes: &str) -> bool {
    let Some(shapes) = shapes.strip_suffix(", ") else { return shapes.is_empty() };
    shapes.split(", ").all(|name| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

/// `parse_arg_template` of scipy, filled in.
fn source_of(shapes: &str, inner: &str, out: &str) -> String {
    format!(
        "
def _parse_args(self, {shapes}{inner}):
    return ({shapes}), {out}

def _parse_args_rvs(self, {shapes}{inner}, size=None):
    return self._argcheck_rvs({shapes} {out}, size=size)

def _parse_args_stats(self, {shapes}{inner}, moments='mv'):
    return ({shapes}), {out}, moments
"
    )
}
