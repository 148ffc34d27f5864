//! Where the paths come from that a graph saves to, restores from and fills tables from.
//!
//! A saved model restores its variables at a path that its loader gives: a placeholder, or an argument of
//! a function. A path that stands in the graph itself and leads elsewhere is somebody else's choice.

use std::collections::{HashMap, HashSet};

use super::ops;
use crate::formats::paths;

/// Bytes that are kept of one graph or function.
const KEPT: usize = 8 << 20;
/// Steps back from one path.
const STEPS: usize = 1_000;
/// Paths, functions that use paths, and calls among functions.
const FOLLOWED: usize = 20_000;
/// Arguments that nobody knows the origin of.
const VAGUE: usize = 100_000;
/// Functions that hand a path on to each other.
const CHAIN: usize = 100;

/// The number of an argument that may be any.
const ANY: usize = usize::MAX;

/// The name of a node or a function, hashed: a key that changes with every run makes collisions useless.
pub(super) type Name = u64;

/// What stands for all variables: its argument is whatever is kept in one of them.
pub(super) const VARIABLE: Name = 1;

/// What is done at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Use {
    Save,
    Fill,
    Cache,
}

const USES: [Use; 3] = [Use::Save, Use::Fill, Use::Cache];

/// A node whose inputs matter.
pub(super) struct Sink {
    pub(super) op: String,
    pub(super) at: u64,
    /// With the numbers of the arguments that they become.
    pub(super) inputs: Vec<(usize, Name)>,
    pub(super) what: What,
}

/// What becomes of the inputs.
pub(super) enum What {
    Path(Use),
    /// They are the arguments of this function, one for one.
    Call(Name),
    /// Some of them are arguments of these functions.
    Hand(Vec<Name>),
}

/// A node that makes a text.
enum Maker {
    /// It is in the graph: the part that leads elsewhere, or as much as tells what it is.
    Text {
        node: String,
        text: String,
    },
    /// The caller gives it: the argument of this number, or any one.
    Given(usize),
    From(Vec<Name>),
    /// It was kept in a variable.
    Variable,
    /// It is made of other texts in a way that nobody follows.
    Computed,
}

/// One graph, or one function of the library.
#[derive(Default)]
pub(super) struct Scope {
    /// The function's name.
    pub(super) function: Option<Name>,
    arguments: usize,
    /// What argument a further one is cannot be said: one before it stands for several.
    is_shifted: bool,
    makers: HashMap<Name, Maker>,
    sinks: Vec<Sink>,
    kept: usize,
    is_full: bool,
}

impl Scope {
    /// The body of a function, whose name comes later.
    pub(super) fn of_function() -> Scope {
        Scope { function: Some(0), ..Scope::default() }
    }

    /// Keeps a constant text.
    pub(super) fn text(&mut self, name: Name, node: String, text: String) {
        self.keep(name, Maker::Text { node, text });
    }

    /// Keeps the next argument of the function, when it may be a text; it may stand for many.
    pub(super) fn argument(&mut self, name: Name, is_text: bool, is_many: bool) {
        self.is_shifted |= is_many;
        if is_text {
            self.keep(name, Maker::Given(if self.is_shifted { ANY } else { self.arguments }));
        }
        self.arguments += 1;
    }

    /// Keeps a node that gives back what a variable keeps.
    pub(super) fn variable(&mut self, name: Name) {
        self.keep(name, Maker::Variable);
    }

    /// Keeps a node that makes texts.
    pub(super) fn node(&mut self, op: &str, name: Name, inputs: &[Name]) {
        if ops::is_given(op) {
            self.keep(name, Maker::Given(ANY));
        } else if let Some((first, count)) = ops::passes_on(op) {
            let inputs = inputs.iter().skip(first).take(count).copied().collect();
            self.keep(name, Maker::From(inputs));
        } else if ops::makes_texts(op) {
            self.keep(name, Maker::Computed);
        }
    }

    fn keep(&mut self, name: Name, maker: Maker) {
        let size = match &maker {
            Maker::Text { node, text } => node.len() + text.len(),
            Maker::Given(_) | Maker::Variable | Maker::Computed => 0,
            Maker::From(inputs) => inputs.len() * 8,
        };
        if self.has_room(size) {
            self.makers.insert(name, maker);
        }
    }

    /// Keeps a node whose inputs matter.
    pub(super) fn sink(&mut self, sink: Sink) {
        let functions = if let What::Hand(functions) = &sink.what { functions.len() } else { 0 };
        if self.has_room(sink.op.len() + (sink.inputs.len() * 2 + functions) * 8) {
            self.sinks.push(sink);
        }
    }

    fn has_room(&mut self, size: usize) -> bool {
        self.kept = self.kept.saturating_add(size).saturating_add(100);
        self.is_full |= self.kept > KEPT;
        !self.is_full
    }

    /// Texts among the inputs of an operation, for the evidence.
    pub(super) fn texts(&self, inputs: &[Name]) -> Vec<&str> {
        let text = |input: &Name| match self.makers.get(input) {
            Some(Maker::Text { text, .. }) => Some(text.as_str()),
            _ => None,
        };
        inputs.iter().filter_map(text).take(3).collect()
    }

    fn origin(&self, input: Name, what: Option<Use>) -> Origin {
        let mut origin = Origin::default();
        let mut open = vec![input];
        let mut seen = HashSet::new();
        while let Some(name) = open.pop() {
            if !seen.insert(name) {
                continue;
            }
            if seen.len() > STEPS {
                origin.is_computed = true;
                break;
            }
            match self.makers.get(&name) {
                Some(Maker::Given(argument)) => origin.given.push(*argument),
                Some(Maker::Text { node, text }) => {
                    let is_file = what == Some(Use::Cache) && !text.is_empty();
                    let matters = is_file || paths::leads_out(text).is_some();
                    if matters && origin.fixed.is_none() {
                        origin.fixed = Some((name, node.clone(), text.clone()));
                    }
                }
                Some(Maker::From(inputs)) => open.extend(inputs),
                Some(Maker::Variable) => origin.is_kept = true,
                Some(Maker::Computed) => origin.is_computed = true,
                None => origin.is_vague = true,
            }
        }
        origin
    }
}

/// Where a text comes from.
#[derive(Default)]
struct Origin {
    given: Vec<usize>,
    is_computed: bool,
    /// A variable kept it.
    is_kept: bool,
    /// It comes from a node that makes no texts, or takes them from where nobody looks.
    is_vague: bool,
    /// It stands in the graph and leads elsewhere: the node and the text.
    fixed: Option<(Name, String, String)>,
}

/// A path that is fixed or computed, and may matter.
pub(super) struct Told {
    pub(super) op: String,
    pub(super) at: u64,
    /// The node whose text it is, and the text; `None` when it is computed.
    pub(super) fixed: Option<(Name, String, String)>,
    reaches: Reaches,
}

/// Where a path ends.
#[derive(Clone)]
enum Reaches {
    Use(Use),
    /// An argument of a function.
    Argument(Name, usize),
    /// Some argument of one of these functions.
    Any(Vec<Name>),
}

impl Reaches {
    fn of(what: &What, index: usize) -> Reaches {
        match what {
            What::Path(what) => Reaches::Use(*what),
            What::Call(function) => Reaches::Argument(*function, index),
            What::Hand(functions) => Reaches::Any(functions.clone()),
        }
    }
}

/// All scopes of one graph.
#[derive(Default)]
pub(super) struct Flow {
    /// What functions do at the paths that their arguments are.
    uses: HashSet<(Name, usize, Use)>,
    /// Functions that do it with any of their arguments.
    used: HashSet<(Name, Use)>,
    /// Functions that hand arguments of theirs to others.
    edges: Vec<(Name, usize, Reaches)>,
    told: Vec<Told>,
    /// Arguments of functions that are given something vague, and where first.
    vague: HashMap<(Name, usize), (&'static str, u64)>,
    /// There was more than is followed.
    is_full: bool,
}

impl Flow {
    /// Follows the paths of a scope that is complete.
    pub(super) fn close(&mut self, scope: &Scope) {
        self.is_full |= scope.is_full;
        for sink in &scope.sinks {
            let what = if let What::Path(what) = &sink.what { Some(*what) } else { None };
            for (index, input) in &sink.inputs {
                if self.told.len().max(self.uses.len()).max(self.edges.len()) >= FOLLOWED {
                    self.is_full = true;
                    return;
                }
                let origin = scope.origin(*input, what);
                let reaches = Reaches::of(&sink.what, *index);
                let given = scope.function.into_iter().flat_map(|function| {
                    origin.given.iter().map(move |argument| (function, *argument))
                });
                for (function, argument) in given.chain(origin.is_kept.then_some((VARIABLE, 0))) {
                    match what {
                        Some(what) => self.uses(function, argument, what),
                        None => self.edges.push((function, argument, reaches.clone())),
                    }
                }
                if origin.is_vague && what.is_none() {
                    self.vague(&reaches, sink.at);
                }
                let is_computed = origin.is_computed || (origin.is_vague && what.is_some());
                if origin.fixed.is_some() || is_computed {
                    let (op, at) = (sink.op.clone(), sink.at);
                    self.told.push(Told { op, at, fixed: origin.fixed, reaches });
                }
            }
        }
    }

    fn uses(&mut self, function: Name, argument: usize, what: Use) {
        self.uses.insert((function, argument, what));
        self.used.insert((function, what));
    }

    /// Most arguments of a call are numbers: that one of them is none is known at the end.
    fn vague(&mut self, reaches: &Reaches, at: u64) {
        let (functions, argument, how) = match reaches {
            Reaches::Use(_) => return,
            Reaches::Argument(function, argument) => {
                (std::slice::from_ref(function), *argument, "a call")
            }
            Reaches::Any(functions) => (functions.as_slice(), ANY, "a function"),
        };
        for function in functions {
            self.is_full |= self.vague.len() >= VAGUE;
            if !self.is_full {
                let first = self.vague.entry((*function, argument)).or_insert((how, at));
                first.1 = first.1.min(at);
            }
        }
    }

    fn reached(&self, reaches: &Reaches) -> Vec<Use> {
        let is_used = |what: &Use| match reaches {
            Reaches::Use(used) => used == what,
            Reaches::Argument(function, argument) => {
                let is_used = |argument| self.uses.contains(&(*function, argument, *what));
                is_used(*argument) || is_used(ANY)
            }
            Reaches::Any(functions) => functions.iter().any(|f| self.used.contains(&(*f, *what))),
        };
        USES.into_iter().filter(is_used).collect()
    }

    /// Paths that matter, with what is done at them, and whether these are all.
    pub(super) fn finish(mut self) -> (Vec<(Told, Use)>, bool) {
        let mut is_all = false;
        // What a function does with its arguments, those do that call it with theirs.
        for _ in 0..CHAIN {
            let before = self.uses.len();
            for (caller, argument, reaches) in std::mem::take(&mut self.edges) {
                for what in self.reached(&reaches) {
                    self.uses(caller, argument, what);
                }
                self.edges.push((caller, argument, reaches));
            }
            if self.uses.len() == before {
                is_all = !self.is_full;
                break;
            }
        }
        let mut told = std::mem::take(&mut self.told);
        let mut vague: Vec<_> = std::mem::take(&mut self.vague).into_iter().collect();
        vague.sort_unstable_by_key(|(_, (_, at))| *at);
        told.extend(vague.into_iter().map(|((function, argument), (how, at))| {
            let reaches = match argument {
                ANY => Reaches::Any(vec![function]),
                argument => Reaches::Argument(function, argument),
            };
            Told { op: how.to_owned(), at, fixed: None, reaches }
        }));
        let first = |told: Told| Some((self.reached(&told.reaches).first().copied()?, told));
        (told.into_iter().filter_map(first).map(|(what, told)| (told, what)).collect(), is_all)
    }
}
