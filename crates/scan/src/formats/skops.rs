//! skops: a tree of nodes in `schema.json`, each with the class that it makes and the way of making it
//! (`skops/io/_general.py`, `_numpy.py`, `_sklearn.py`, protocols 0 to 2).
//!
//! Every node imports what it names, and most call it: names are judged by the table that judges those of pickles.

use std::borrow::Cow;

use super::pickle::{Known, NameUse, known};
use crate::analyse::{Entry, Scan, shown};
use crate::json::{Event, Parser};
use crate::rules;

/// The longest name.
const NAME: usize = 512;
/// Findings about names that nobody has vetted.
const SHOWN: usize = 50;

/// One object of the document that is open.
#[derive(Default)]
struct Node {
    /// The key at which the next value stands.
    key: String,
    loader: Option<String>,
    module: Option<String>,
    class: Option<String>,
    /// `func` of a bound method, `function` of an older one.
    function: Option<String>,
    /// `module_path` of an older function.
    path: Option<String>,
    /// The content, where it is a text.
    text: Option<String>,
    /// Module and class of the object that a method is bound to.
    owner: Option<(String, String)>,
    /// What the object under `content` says.
    content: Option<Box<Node>>,
    /// Names of attributes.
    attributes: Vec<String>,
    /// The name of a bit generator, from under `content`.
    generator: Option<String>,
}

/// Whether a document looks like a tree of nodes.
pub(super) fn is_schema(text: &str) -> bool {
    text.contains("\"__loader__\"") || text.contains("\"_skops_version\"")
}

/// Reads the tree. Memory goes with its depth, not with its size.
pub(super) fn read(scan: &mut Scan, entry: &Entry<'_>, text: &str) {
    let mut parser = Parser::new(text);
    let mut open: Vec<Option<Node>> = Vec::new();
    let mut judge = Judge { scan, entry, unlisted: 0 };
    loop {
        let event = match parser.next() {
            Ok(Some(event)) => event,
            Ok(None) => return,
            Err(bad) => {
                let why = format!("the schema cannot be read: {}", bad.why);
                return judge.scan.skip(entry.place(Some(bad.at as u64)), why);
            }
        };
        match event {
            Event::StartObject => open.push(Some(Node::default())),
            Event::StartArray => open.push(None),
            Event::EndArray => {
                open.pop();
            }
            Event::EndObject => {
                let Some(Some(node)) = open.pop() else { continue };
                judge.node(&node, parser.position() as u64);
                if let Some(Some(parent)) = open.last_mut() {
                    parent.take(node);
                }
            }
            Event::Key(key) => {
                if let Some(Some(node)) = open.last_mut() {
                    node.key = short(key);
                }
            }
            Event::Text(value) => match open.as_mut_slice() {
                [.., Some(node)] => node.set(value),
                [.., Some(node), None] if node.key == "attrs" => node.attributes.push(short(value)),
                _ => {}
            },
            _ => {}
        }
        if judge.scan.budget.check_time().is_err() {
            return judge.scan.skip(entry.place(None), "the budget of seconds ran out");
        }
    }
}

fn short(text: Cow<'_, str>) -> String {
    if text.len() <= NAME { text.into_owned() } else { shown(text.as_bytes(), NAME) }
}

impl Node {
    fn set(&mut self, value: Cow<'_, str>) {
        let place = match self.key.as_str() {
            "__loader__" => &mut self.loader,
            "__module__" => &mut self.module,
            "__class__" => &mut self.class,
            "func" | "function" => &mut self.function,
            "module_path" => &mut self.path,
            "content" => &mut self.text,
            _ => return,
        };
        // Names may come twice, and readers take the last one: a harmless first one must not hide it, nor
        // the other way round.
        match place {
            Some(before) if *before != *value => {
                let both = format!("{before}|{}", short(value));
                *before = both;
            }
            _ => *place = Some(short(value)),
        }
    }

    /// Takes over what an object inside of it says.
    fn take(&mut self, inner: Node) {
        match self.key.as_str() {
            "obj" => {
                self.owner =
                    Some((inner.module.unwrap_or_default(), inner.class.unwrap_or_default()));
            }
            "bit_generator" => {
                let deeper = inner.content.and_then(|content| content.generator);
                self.generator = inner.text.or(deeper).or(inner.generator);
            }
            "content" => self.content = Some(Box::new(inner)),
            _ => {}
        }
    }
}

struct Judge<'s, 'e> {
    scan: &'s mut Scan,
    entry: &'s Entry<'e>,
    unlisted: usize,
}

/// Nodes that import what they name, and do no more with it.
const NAMES: &[&str] = &["FunctionNode", "TypeNode"];
/// Nodes that make an object without calling its class.
const OBJECTS: &[&str] = &["ObjectNode"];
/// Nodes that make an object of what their class returns, with a constructor that the file does not choose.
const MADE: &[&str] =
    &["TreeNode", "LossNode", "SGDNode", "QuantileForestNode", "DTypeNode", "SparseMatrixNode"];
/// Nodes that look their class up and call it, or ignore it.
const CALLED: &[&str] = &[
    "DictNode",
    "DefaultDictNode",
    "ListNode",
    "SetNode",
    "TupleNode",
    "BytesNode",
    "BytearrayNode",
    "SliceNode",
    "PartialNode",
    "ConstructorFromReduceNode",
    "NdArrayNode",
    "MaskedArrayNode",
    "RandomStateNode",
    "RandomGeneratorNode",
    "DatetimeNode",
];
/// Functions on arrays of `scipy.special`, under the modules that they name as theirs.
const SPECIAL: &[&str] =
    &["scipy.special", "scipy.special._ufuncs", "scipy.special._special_ufuncs"];
const SPECIAL_FUNCTIONS: &[&str] = &[
    "boxcox",
    "boxcox1p",
    "cbrt",
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfinv",
    "exp10",
    "exp2",
    "expit",
    "expm1",
    "gamma",
    "gammaln",
    "huber",
    "inv_boxcox",
    "inv_boxcox1p",
    "kl_div",
    "log1p",
    "log_expit",
    "logit",
    "ndtr",
    "ndtri",
    "pseudo_huber",
    "psi",
    "rel_entr",
    "xlog1py",
    "xlogy",
];
/// What `numpy.random` has for generators.
const GENERATORS: &[&str] = &["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"];

impl Judge<'_, '_> {
    fn node(&mut self, node: &Node, at: u64) {
        let Some(loader) = node.loader.as_deref() else { return };
        let module = node.module.as_deref().unwrap_or_default();
        let class = node.class.as_deref().unwrap_or_default();
        match loader {
            // The content is read as JSON, and nothing else of it.
            "JsonNode" | "CachedNode" => {}
            // Bytes that lie beside the schema, where they are looked into.
            "BytesNode" if (module, class) == ("builtins", "bytes") => {}
            "BytearrayNode" if (module, class) == ("builtins", "bytearray") => {}
            "MethodNode" => self.method(node, module, class, at),
            "OperatorFuncNode" => {
                let names = node.attributes.join(", ");
                self.name("operator", class, NameUse::Called, &names, at);
                self.name(module, class, NameUse::Called, &names, at);
            }
            "FunctionNode" => self.function(node, module, class, at),
            _ if NAMES.contains(&loader) => self.name(module, class, NameUse::Named, loader, at),
            _ if OBJECTS.contains(&loader) || MADE.contains(&loader) => {
                self.name(module, class, NameUse::Made, loader, at);
            }
            _ if CALLED.contains(&loader) => {
                self.name(module, class, NameUse::Called, loader, at);
                if loader == "RandomGeneratorNode" {
                    self.generator(node, at);
                }
            }
            // What acts does so under any loader.
            _ if matches!(
                known(module, class, NameUse::Called),
                Known::Acts(_) | Known::Escapes(_)
            ) =>
            {
                self.name(module, class, NameUse::Called, loader, at);
            }
            _ => self.unlisted(&format!("{module}.{class} by the unknown {loader}"), at),
        }
    }

    /// Older files name the function inside of the content.
    fn function(&mut self, node: &Node, module: &str, class: &str, at: u64) {
        let content = node.content.as_deref();
        let older = content
            .and_then(|content| Some((content.path.as_deref()?, content.function.as_deref()?)));
        let written = node.text.as_deref().and_then(|text| text.rsplit_once('.'));
        if let Some((path, function)) = older.or(written) {
            self.name(path, function, NameUse::Named, "FunctionNode", at);
        }
        if older.is_none() {
            self.name(module, class, NameUse::Named, "FunctionNode", at);
        }
    }

    /// A method of an object is any attribute of it.
    fn method(&mut self, node: &Node, module: &str, class: &str, at: u64) {
        let content = node.content.as_deref();
        let function = content.and_then(|content| content.function.as_deref()).unwrap_or_default();
        let owner = content.and_then(|content| content.owner.as_ref());
        let (owner_module, owner_class) =
            owner.map_or((module, class), |(module, class)| (module.as_str(), class.as_str()));
        let evidence = format!("{owner_module}.{owner_class}.{function}");
        self.name(module, class, NameUse::Made, "MethodNode", at);
        if function.starts_with('_') || function.contains('.') {
            let message = format!("skops takes the attribute {function} of an object");
            let place = self.entry.place(Some(at));
            self.scan.report(rules::SKOPS_CALL.finding(place, message, evidence));
        } else if (owner_module, owner_class) != (module, class) {
            let message = "skops takes a method of another object than it says";
            let place = self.entry.place(Some(at));
            self.scan.report(rules::SKOPS_CALL.finding(place, message, evidence));
        } else if known(owner_module, owner_class, NameUse::Made) != Known::Vetted {
            self.unlisted(&evidence, at);
        }
    }

    /// The generator is an attribute of `numpy.random` by the name that the state gives.
    fn generator(&mut self, node: &Node, at: u64) {
        let name = node.content.as_deref().and_then(|content| content.generator.as_deref());
        let Some(name) = name.map(|name| name.trim_matches('"')) else { return };
        if !GENERATORS.contains(&name) {
            let message = format!("skops calls numpy.random.{name}");
            let place = self.entry.place(Some(at));
            self.scan.report(rules::SKOPS_CALL.finding(place, message, name));
        }
    }

    fn name(&mut self, module: &str, class: &str, how: NameUse, evidence: &str, at: u64) {
        let full = format!("{module}.{class}");
        let place = self.entry.place(Some(at));
        let is_function = how == NameUse::Named
            && SPECIAL.contains(&module)
            && SPECIAL_FUNCTIONS.contains(&class);
        match known(module, class, how) {
            Known::Vetted => {}
            Known::Unlisted if is_function => {}
            Known::Acts(deed) => {
                let message = format!("skops names {full}, which {deed}");
                self.scan.report(rules::SKOPS_CALL.finding(place, message, evidence));
            }
            Known::Escapes(way) => {
                let message = format!("skops names {full}, which {way}");
                self.scan.report(rules::SKOPS_CALL.finding(place, message, evidence));
            }
            Known::Unlisted => self.unlisted(&full, at),
        }
    }

    fn unlisted(&mut self, name: &str, at: u64) {
        self.unlisted += 1;
        if self.unlisted <= SHOWN {
            let message = format!("skops names {name}, which nobody has vetted");
            let place = self.entry.place(Some(at));
            self.scan.report(rules::SKOPS_UNLISTED.finding(place, message, name));
        }
    }
}
