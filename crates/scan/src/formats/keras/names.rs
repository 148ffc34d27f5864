//! What a name in a Keras configuration stands for, found the way Keras finds it.
//!
//! Source: `keras/src/saving/serialization_lib.py` (`_retrieve_class_or_fn`), of Keras 3.0 to 3.15, and the
//! lookups by name of Keras 1 and 2. Versions before 3.9 import whatever module the file names
//! (CVE-2025-1550); so the module decides, and inside of Keras' own packages the name.

use std::collections::HashSet;
use std::sync::OnceLock;

use weighbridge_domain::Hasher;

use crate::formats::callable::Named;

/// Layers, functions and the like that only compute, in lower case and without underscores: the public
/// names of Keras 3.15, the classes of its modelling packages, and those of Keras 1 and 2.
static MODELLING: &str = include_str!("names.txt");

/// Where Keras' packages lie; longer ones first.
const HOMES: &[&str] = &[
    "keras._tf_keras.keras",
    "keras.api._v2.keras",
    "keras.api._v1.keras",
    "tensorflow.python.keras",
    "tensorflow.keras",
    "tf_keras.src",
    "keras.src",
    "keras.api",
    "tf_keras",
    "tf.keras",
    "keras",
];

/// Packages that hold what models are made of, below a home.
const PACKAGES: &[&str] = &[
    "",
    "activations",
    "applications",
    "constraints",
    "dtype_policies",
    "engine",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "mixed_precision",
    "models",
    "ops",
    "optimizers",
    "quantizers",
    "random",
    "regularizers",
    "trainers",
];

/// Libraries of models whose classes Keras finds like its own.
const LIBRARIES: &[&str] = &["keras_hub", "keras_nlp", "keras_cv"];

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Keras' own, and it only computes.
    Known,
    /// It can act; the text says how.
    Acts(&'static str),
    /// It comes from somewhere else.
    Unlisted,
}

/// Resolves a class or a function; no module means that it is looked up by name.
pub(super) fn standing(module: Option<&str>, name: &str) -> Standing {
    let Some(module) = module else {
        return if is_modelling(name) { Standing::Known } else { Standing::Unlisted };
    };
    if module == "builtins" && is_modelling(name) {
        return Standing::Known;
    }
    let home = HOMES.iter().find_map(|home| below(module, home));
    if let Some(inside) = home {
        return in_keras(inside, name);
    }
    let is_class = is_class(name);
    if is_class && LIBRARIES.iter().any(|library| below(module, library).is_some()) {
        return Standing::Known;
    }
    let is_spec = below(module, "tensorflow.python").is_some() && name.ends_with("Spec");
    if is_class && is_spec {
        return Standing::Known;
    }
    match Named::of(module, name) {
        Named::Acts(how) => Standing::Acts(how),
        Named::Vetted | Named::Unlisted => Standing::Unlisted,
    }
}

fn in_keras(inside: &str, name: &str) -> Standing {
    if name.contains('.') {
        return Standing::Acts("walks over attributes");
    }
    let package = inside.split('.').next().unwrap_or_default();
    let is_modelling_package = PACKAGES.contains(&package);
    if is_modelling_package && is_modelling(name) {
        return Standing::Known;
    }
    if matches!(Named::of(name, ""), Named::Acts(_)) {
        return Standing::Acts("reaches a module through another one");
    }
    // Outside of these packages Keras keeps what fetches, reads, writes and switches protection off.
    if is_class(name) || (is_modelling_package && !package.is_empty() && package != "models") {
        Standing::Unlisted
    } else {
        Standing::Acts("is a function of Keras that no model is made of")
    }
}

/// What follows a package in the name of a module inside of it.
fn below<'a>(module: &'a str, package: &str) -> Option<&'a str> {
    let rest = module.strip_prefix(package)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('.') }
}

fn is_class(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Whether a name is one of those that models are made of.
fn is_modelling(name: &str) -> bool {
    static NAMES: OnceLock<HashSet<&'static str>> = OnceLock::new();
    let names = NAMES.get_or_init(|| MODELLING.split_whitespace().collect());
    let plain: String =
        name.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).take(64).collect();
    names.contains(plain.as_str())
}

/// Names of TensorFlow's symbols that a layer may call: those below these, and those without a dot.
const SYMBOLS: &[&str] = &[
    "__operators__",
    "bitwise",
    "dtypes",
    "image",
    "keras",
    "linalg",
    "math",
    "nn",
    "quantization",
    "ragged",
    "random",
    "sets",
    "signal",
    "sparse",
    "strings",
];

/// Symbols without a dot that run code, and the ends of those that do wherever they stand.
const ACTING_SYMBOLS: &[&str] = &[
    "function",
    "get_file",
    "load_file_system_library",
    "load_library",
    "load_model",
    "load_op_library",
    "map_fn",
    "numpy_function",
    "print",
    "py_func",
    "py_function",
    "read_file",
    "while_loop",
    "write_file",
];

/// What a symbol of TensorFlow stands for, named as `TFOpLambda` names it.
pub(super) fn symbol(name: &str) -> Standing {
    let name =
        ["compat.v1.", "compat.v2."].iter().find_map(|p| name.strip_prefix(p)).unwrap_or(name);
    let (first, last) =
        (name.split('.').next().unwrap_or(name), name.rsplit('.').next().unwrap_or(name));
    if ACTING_SYMBOLS.contains(&last) || matches!(first, "io" | "raw_ops" | "saved_model") {
        Standing::Acts("is a symbol of TensorFlow that reaches files or runs code")
    } else if !name.contains('.') || SYMBOLS.contains(&first) {
        Standing::Known
    } else {
        Standing::Unlisted
    }
}

/// Feeds the tables into the rule set's digest.
pub(super) fn tables(hasher: &mut Hasher) {
    hasher.update(MODELLING.as_bytes());
    let lists = [HOMES, PACKAGES, LIBRARIES, SYMBOLS, ACTING_SYMBOLS];
    hasher.update(format!("{lists:?}").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_models_are_made_of_is_known() {
        for (module, name) in [
            (Some("keras.layers"), "Dense"),
            (Some("keras.src.models.functional"), "Functional"),
            (Some("keras.src.ops.numpy"), "GetItem"),
            (Some("keras"), "DTypePolicy"),
            (Some("builtins"), "relu"),
            (Some("keras.optimizers.schedules"), "CosineDecay"),
            (Some("keras_hub.src.models.gemma.gemma_backbone"), "GemmaBackbone"),
            (None, "CuDNNLSTM"),
        ] {
            assert_eq!(standing(module, name), Standing::Known, "{module:?} {name}");
        }
    }

    #[test]
    fn what_acts_is_told_from_what_is_only_unknown() {
        for (module, name) in [
            ("os", "system"),
            ("builtins", "eval"),
            ("keras.utils", "get_file"),
            ("keras", "keras.utils.get_file"),
            ("keras.models", "load_model"),
            ("keras.config", "enable_unsafe_deserialization"),
            ("keras.src.utils.python_utils", "func_load"),
            ("keras.src.utils.file_utils", "os"),
        ] {
            assert!(matches!(standing(Some(module), name), Standing::Acts(_)), "{module} {name}");
        }
        for (module, name) in
            [("acme.layers", "Gate"), ("keras.layers", "NewLayer"), ("kerasx", "Dense")]
        {
            assert_eq!(standing(Some(module), name), Standing::Unlisted, "{module} {name}");
        }
        assert_eq!(symbol("math.multiply"), Standing::Known);
        assert_eq!(symbol("concat"), Standing::Known);
        assert!(matches!(symbol("compat.v1.io.read_file"), Standing::Acts(_)));
        assert!(matches!(symbol("py_function"), Standing::Acts(_)));
    }
}
