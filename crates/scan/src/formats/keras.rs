//! Keras configurations: trees of objects, each with a class that Keras looks up, calls and fills.
//!
//! A configuration is a program: it stands in `config.json` of a `.keras` archive, in attributes of an
//! HDF5 file, in the metadata of a `SavedModel`, and in what `to_json` writes. The rule: every object of the tree is resolved as Keras would
//! resolve it, whether this version of Keras would get as far or not.

mod names;

use std::fmt::Write as _;

use weighbridge_domain::Hasher;

use self::names::Standing;
use super::protobuf::Extent;
use crate::analyse::{Entry, Scan, Stop, shown};
use crate::json::Json;
use crate::rules;

/// Values of one configuration.
const VALUES: usize = 200_000;
/// The longest configuration.
const BYTES: usize = 8 << 20;

/// Classes that stand for values, not for something to be called.
const VALUE_CLASSES: &[&str] = &[
    "__bytes__",
    "__ellipsis__",
    "__keras_tensor__",
    "__numpy__",
    "__slice__",
    "__tensor__",
    "__tuple__",
];

/// Layers that call a symbol of TensorFlow.
const SYMBOL_LAYERS: &[&str] = &[
    "ClassMethod",
    "InstanceMethod",
    "InstanceProperty",
    "SlicingOpLambda",
    "TFClassMethodDispatcher",
    "TFOpLambda",
];

/// Operations of TensorFlow graphs that reach files or call Python.
const ACTING_OPERATIONS: &[&str] =
    &["EagerPyFunc", "MatchingFiles", "PyFunc", "PyFuncStateless", "ReadFile", "WriteFile"];

/// What Keras does about a class that it does not find by its name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    /// It fails: the class has to come from somewhere.
    Fails,
    /// It makes one of its own around the functions of the graph.
    IsRevived,
}

/// Looks into a configuration. `offset` and `name` say where it stands.
pub(super) fn check(
    scan: &mut Scan,
    entry: &Entry<'_>,
    offset: Option<u64>,
    name: &str,
    bytes: &[u8],
) {
    check_as(scan, entry, offset, name, bytes, Missing::Fails);
}

/// Looks into what Keras keeps of an object of a `SavedModel`: its class and its configuration, or nothing.
pub(super) fn check_revived(
    scan: &mut Scan,
    entry: &Entry<'_>,
    extent: Extent,
) -> Result<(), Stop> {
    let place = entry.place(Some(extent.start));
    let size = usize::try_from(extent.size()).unwrap_or(usize::MAX);
    if size > BYTES {
        scan.skip(place, format!("metadata: it is longer than {BYTES} bytes"));
        return Ok(());
    }
    let bytes = entry.read(extent.start, size)?;
    // Objects that are none of Keras' keep other texts here, or none.
    if bytes.trim_ascii_start().first().is_some_and(|first| b"{[".contains(first)) {
        let offset = Some(extent.start);
        check_as(scan, entry, offset, "metadata", &bytes, Missing::IsRevived);
    }
    Ok(())
}

fn check_as(
    scan: &mut Scan,
    entry: &Entry<'_>,
    offset: Option<u64>,
    name: &str,
    bytes: &[u8],
    missing: Missing,
) {
    let parsed = match std::str::from_utf8(bytes) {
        Ok(text) if text.len() <= BYTES => Json::parse(text, VALUES).map_err(|bad| bad.to_string()),
        Ok(_) => Err(format!("it is longer than {BYTES} bytes")),
        Err(_) => Err("it is no text".to_owned()),
    };
    match parsed {
        Ok(json) => Walk { scan, entry, offset, missing }.value(&json, &mut name.to_owned()),
        Err(why) => scan.skip(entry.place(offset), format!("{name}: {why}")),
    }
}

/// Feeds the tables into the rule set's digest.
pub(super) fn tables(hasher: &mut Hasher) {
    names::tables(hasher);
    let lists = [VALUE_CLASSES, SYMBOL_LAYERS, ACTING_OPERATIONS];
    hasher.update(format!("{lists:?}").as_bytes());
}

struct Walk<'s, 'e> {
    scan: &'s mut Scan,
    entry: &'e Entry<'e>,
    offset: Option<u64>,
    missing: Missing,
}

/// One object of the tree.
struct Object<'j> {
    class: &'j str,
    module: Option<&'j str>,
    registered: Option<&'j str>,
    config: &'j Json,
}

impl Walk<'_, '_> {
    /// The parser capped the depth.
    fn value(&mut self, json: &Json, trail: &mut String) {
        for object in objects(json) {
            self.object(&object, trail);
        }
        let size = trail.len();
        for (key, value) in json.fields() {
            trail.push('.');
            trail.push_str(&shown(key.as_bytes(), 40));
            self.value(value, trail);
            trail.truncate(size);
        }
        for (index, item) in json.items().iter().enumerate() {
            let _ = write!(trail, "[{index}]");
            self.value(item, trail);
            trail.truncate(size);
        }
    }

    fn object(&mut self, object: &Object<'_>, trail: &str) {
        // A class of the model's maker goes by its package and its name.
        let class = object.class.rsplit('>').next().unwrap_or(object.class);
        match class {
            "__lambda__" => {
                let message = "the model carries a function as marshalled code";
                self.report(&rules::KERAS_LAMBDA, message, trail, &brief(object.config));
            }
            "function" => self.function(object, trail),
            _ if VALUE_CLASSES.contains(&class) => {}
            _ => self.class(object, class, trail),
        }
    }

    fn function(&mut self, object: &Object<'_>, trail: &str) {
        let Some(name) = object.config.as_text() else { return };
        let full = full_name(object.module, name);
        match names::standing(object.module, name) {
            Standing::Known => {}
            Standing::Unlisted if self.is_revived(object) => {}
            Standing::Acts(how) => {
                let message = format!("the model calls {full}, which {how}");
                self.report(&rules::KERAS_CALL, &message, trail, &full);
            }
            Standing::Unlisted => {
                let message = format!("the model calls {full}, which is not part of Keras");
                self.report(&rules::KERAS_CUSTOM, &message, trail, &full);
            }
        }
    }

    fn class(&mut self, object: &Object<'_>, class: &str, trail: &str) {
        let full = full_name(object.module, class);
        let call = format!("{full}({})", brief(object.config));
        let is_special = self.special(object, class, trail, &call);
        // A registered name wins over what the class is called.
        let is_registered =
            object.module.is_none() && object.registered.is_some_and(|name| name.contains('>'));
        let is_own = is_registered || object.class.contains('>');
        let standing = match names::standing(object.module, class) {
            Standing::Known if is_own => Standing::Unlisted,
            standing => standing,
        };
        match standing {
            Standing::Known => {}
            Standing::Acts(how) => {
                let message = format!("the model makes {full}, which {how}");
                self.report(&rules::KERAS_CALL, &message, trail, &call);
            }
            Standing::Unlisted if is_special || self.is_revived(object) => {}
            Standing::Unlisted => {
                let message = format!("the model makes {full}, which is not part of Keras");
                self.report(&rules::KERAS_CUSTOM, &message, trail, &call);
            }
        }
    }

    /// Whether nothing is lost without the class that an object names: no module is imported for it.
    fn is_revived(&self, object: &Object<'_>) -> bool {
        self.missing == Missing::IsRevived && object.module.is_none()
    }

    /// Classes of Keras that do more than compute; whether it is one.
    fn special(&mut self, object: &Object<'_>, class: &str, trail: &str, call: &str) -> bool {
        for key in ["vocabulary", "idf_weights"] {
            for path in object.config.all(key).filter_map(Json::as_text) {
                let message = format!("the layer {class} opens a file that the model names");
                self.report(&rules::KERAS_PATH, &message, trail, &format!("{key}={path:?}"));
            }
        }
        match class {
            "Lambda" => {
                for key in ["function", "mask", "output_shape"] {
                    for function in object.config.all(key) {
                        self.lambda(key, function, trail);
                    }
                }
            }
            "TorchModuleWrapper" => {
                let message = "the model carries a PyTorch module as a pickle";
                self.report(&rules::KERAS_TORCH, message, trail, call);
            }
            "TFSMLayer" => {
                let message = "the layer TFSMLayer loads a SavedModel that the model names";
                self.report(&rules::KERAS_PATH, message, trail, call);
            }
            "TensorFlowOpLayer" => {
                let definitions = object.config.all("node_def").filter_map(Json::as_text);
                for definition in definitions {
                    self.operation(definition, trail);
                }
            }
            _ if SYMBOL_LAYERS.contains(&class) => {
                for function in object.config.all("function").filter_map(Json::as_text) {
                    self.symbol(class, function, trail);
                }
            }
            _ => return false,
        }
        true
    }

    /// What a Lambda layer calls.
    fn lambda(&mut self, key: &str, function: &Json, trail: &str) {
        // Shapes stand where functions may stand as well.
        let is_shape = key != "function"
            && (*function == Json::Null || function.items().iter().all(is_dimension))
            && function.as_text().is_none()
            && function.fields().is_empty();
        let is_known = |module, name| names::standing(module, name) == Standing::Known;
        let named = objects(function);
        let is_known = function.as_text().is_some_and(|name| is_known(None, name))
            || named.first().is_some_and(|object| {
                // Marshalled code is told by itself.
                object.class == "__lambda__"
                    || object.config.as_text().is_some_and(|name| is_known(object.module, name))
            });
        if !is_shape && !is_known {
            let message = "a Lambda layer calls a function of the model's maker";
            self.report(
                &rules::KERAS_LAMBDA,
                message,
                trail,
                &format!("{key}={}", brief(function)),
            );
        }
    }

    fn symbol(&mut self, class: &str, function: &str, trail: &str) {
        let name = function.strip_prefix("tf.").unwrap_or(function);
        match names::symbol(name) {
            Standing::Known => {}
            Standing::Acts(how) => {
                let message = format!("the layer {class} calls {name}, which {how}");
                self.report(&rules::KERAS_CALL, &message, trail, function);
            }
            Standing::Unlisted => {
                let message = format!("the layer {class} calls {name}");
                self.report(&rules::KERAS_CUSTOM, &message, trail, function);
            }
        }
    }

    fn operation(&mut self, definition: &str, trail: &str) {
        let Ok(node) = Json::parse(definition, VALUES) else {
            let place = self.entry.place(self.offset);
            self.scan.skip(
                place,
                format!("{}: an operation that is no JSON", shown(trail.as_bytes(), 200)),
            );
            return;
        };
        for operation in node.all("op").filter_map(Json::as_text) {
            if ACTING_OPERATIONS.contains(&operation) {
                let message = format!("the model holds the operation {operation}");
                self.report(&rules::KERAS_CALL, &message, trail, &brief(&node));
            }
        }
    }

    fn report(&mut self, rule: &rules::Rule, message: &str, trail: &str, evidence: &str) {
        let evidence = format!("{trail}: {evidence}");
        self.scan.report(rule.finding(self.entry.place(self.offset), message, evidence));
    }
}

fn is_dimension(json: &Json) -> bool {
    matches!(json, Json::Null | Json::Number(_)) || json.items().iter().any(is_dimension)
}

/// The objects that a value may stand for: one, unless its fields come twice.
fn objects(json: &Json) -> Vec<Object<'_>> {
    let texts = |key| json.all(key).filter_map(Json::as_text).take(4);
    let registered = texts("registered_name").next();
    let mut modules: Vec<Option<&str>> = texts("module").map(Some).collect();
    if modules.is_empty() {
        modules.push(None);
    }
    let mut found = Vec::new();
    for class in texts("class_name") {
        let spec = texts("spec_name").next().filter(|_| class == "__typespec__");
        let class = spec.unwrap_or(class);
        let bare = spec.map(|_| json);
        for config in json.all("config").take(4).chain(bare) {
            for module in modules.iter().copied() {
                found.push(Object { class, module, registered, config });
            }
        }
    }
    found
}

fn full_name(module: Option<&str>, name: &str) -> String {
    match module {
        Some(module) => format!("{module}.{name}"),
        None => name.to_owned(),
    }
}

/// A value as it is shown in evidence.
fn brief(json: &Json) -> String {
    let mut out = String::new();
    express(&mut out, json, 3);
    shown(out.as_bytes(), 240)
}

fn express(out: &mut String, json: &Json, depth: u32) {
    if out.len() > 1000 || depth == 0 {
        out.push('…');
        return;
    }
    match json {
        Json::Null => out.push_str("None"),
        Json::Bool(value) => out.push_str(if *value { "True" } else { "False" }),
        Json::Number(text) => out.push_str(&shown(text.as_bytes(), 40)),
        Json::Text(text) => {
            let _ = write!(out, "{:?}", shown(text.as_bytes(), 80));
        }
        Json::Array(items) => {
            out.push('[');
            for item in items.iter().take(6) {
                express(out, item, depth - 1);
                out.push_str(", ");
            }
            out.push(']');
        }
        Json::Object(fields) => {
            for (key, value) in fields.iter().take(8) {
                out.push_str(&shown(key.as_bytes(), 40));
                out.push('=');
                express(out, value, depth - 1);
                out.push_str(", ");
            }
        }
    }
}
