//! Keras models: configurations, and archives around them.

use super::{hdf5, zip};

/// A model of one layer, and whatever else stands among its layers.
pub fn configuration(extra: &str) -> String {
    let comma = if extra.is_empty() { "" } else { ", " };
    format!(
        r#"{{"module": "keras", "class_name": "Sequential", "registered_name": null, "config": {{"name": "m", "layers": [{{"module": "keras.layers", "class_name": "Dense", "registered_name": null, "config": {{"name": "d", "units": 2, "activation": "relu"}}}}{comma}{extra}]}}}}"#
    )
}

/// A layer that carries marshalled code.
pub fn lambda() -> &'static str {
    r#"{"module": "keras.layers", "class_name": "Lambda", "registered_name": null, "config": {"name": "l", "function": {"class_name": "__lambda__", "config": {"code": "4wAAAAAAAAAA", "defaults": null, "closure": null}}}}"#
}

/// An archive as `model.save` writes it.
pub fn archive(configuration: &str) -> Vec<u8> {
    zip::of(&[
        ("metadata.json", br#"{"keras_version": "3.15.1"}"#),
        ("config.json", configuration.as_bytes()),
        ("model.weights.h5", &hdf5::with_messages(&[])),
    ])
}
