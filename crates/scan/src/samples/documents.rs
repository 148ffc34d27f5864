//! `MessagePack`, UBJSON, and the lists in skops models and model archives.

use super::zip;

/// What Flax makes of one array: a map of a map, and an extension with a shape, a type and bytes.
pub fn flax() -> Vec<u8> {
    let mut array = vec![0x93, 0x91, 4, 0xa7];
    array.extend(b"float32");
    array.extend([0xc4, 16]);
    array.extend([0; 16]);
    let mut out = vec![0x81, 0xa6];
    out.extend(b"params");
    out.extend([0x81, 0xa4]);
    out.extend(b"bias");
    out.extend([0xc7, u8::try_from(array.len()).unwrap_or(0), 1]);
    out.extend(array);
    out
}

/// An array of objects as `msgpack_numpy` writes it.
pub fn objects(pickle: &[u8]) -> Vec<u8> {
    let mut out = vec![0x84];
    let mut field = |key: &[u8], value: &[u8]| {
        out.extend([0xc4, u8::try_from(key.len()).unwrap_or(0)]);
        out.extend_from_slice(key);
        out.extend_from_slice(value);
    };
    field(b"nd", &[0xc3]);
    field(b"kind", &[0xc4, 1, b'O']);
    field(b"shape", &[0x91, 1]);
    let size = u16::try_from(pickle.len()).unwrap_or(u16::MAX).to_be_bytes();
    field(b"data", &[&[0xc5], size.as_slice(), pickle].concat());
    out
}

/// A model as `XGBoost` writes it.
pub fn ubjson() -> Vec<u8> {
    let mut out = b"{L\0\0\0\0\0\0\0\x07learner{L\0\0\0\0\0\0\0\x05treesl\0\0\0\x02".to_vec();
    out.extend(b"L\0\0\0\0\0\0\0\x04cats[$d#L\0\0\0\0\0\0\0\x02");
    out.extend([0; 8]);
    out.extend(b"L\0\0\0\0\0\0\0\x04nameSL\0\0\0\0\0\0\0\x06gbtree}");
    out.extend(b"L\0\0\0\0\0\0\0\x07version[$i#L\0\0\0\0\0\0\0\x03\x03\x02\0}");
    out
}

/// A skops model whose root is one node around a dictionary.
pub fn skops(loader: &str, module: &str, class: &str, more: &str) -> Vec<u8> {
    let schema = format!(
        r#"{{"__class__": "{class}", "__module__": "{module}", "__loader__": "{loader}", {more}
        "content": {{"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode",
        "content": {{"alpha": {{"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode",
        "content": "1.0", "is_json": true}}}}}}, "protocol": 2, "_skops_version": "0.16.0"}}"#
    );
    zip::of(&[("schema.json", schema.as_bytes())])
}

/// A model archive of `TorchServe` with this handler.
pub fn mar(handler: &str, members: &[(&str, &[u8])]) -> Vec<u8> {
    let manifest = format!(
        r#"{{"runtime": "python", "model": {{"modelName": "m", "serializedFile": "m.safetensors",
        "handler": "{handler}", "modelVersion": "1.0"}}, "archiverVersion": "0.12.0"}}"#
    );
    let mut all = vec![("MAR-INF/MANIFEST.json", manifest.as_bytes())];
    all.extend(members);
    zip::deflated(&all)
}
