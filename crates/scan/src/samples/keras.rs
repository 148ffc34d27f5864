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

/// A layer as Keras describes it in the metadata of a saved model.
pub fn metadata(class: &str, configuration: &str) -> String {
    format!(
        r#"{{"name": "l", "trainable": true, "dtype": "float32", "class_name": "{class}", "config": {{"name": "l"{configuration}}}, "shared_object_id": 1}}"#
    )
}

/// What a Lambda layer of an older Keras has in its configuration: marshalled code.
pub fn older_lambda() -> &'static str {
    r#", "function": {"class_name": "__tuple__", "items": ["4wAAAAAAAAAA\n", null, null]}, "function_type": "lambda", "module": "__main__""#
}

/// An archive as `model.save` writes it.
pub fn archive(configuration: &str) -> Vec<u8> {
    zip::of(&[
        ("metadata.json", br#"{"keras_version": "3.15.1"}"#),
        ("config.json", configuration.as_bytes()),
        ("model.weights.h5", &hdf5::with_messages(&[])),
    ])
}
