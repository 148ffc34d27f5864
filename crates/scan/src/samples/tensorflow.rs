//! TensorFlow's graphs.

use super::protobuf::{bytes, message, number, text as field};

/// A saved model of one graph.
pub fn saved_model(graph: &[u8]) -> Vec<u8> {
    message(&[number(1, 1), bytes(2, &meta_graph(graph))])
}

/// A graph with what is known of it.
pub fn meta_graph(graph: &[u8]) -> Vec<u8> {
    let info = message(&[field(4, "serve"), field(5, "2.20.0")]);
    message(&[bytes(1, &info), bytes(2, graph)])
}

/// A graph with a file that belongs to it, whose path is put into a node.
pub fn meta_graph_with_asset(graph: &[u8], node: &str, file: &str) -> Vec<u8> {
    let info = field(1, &format!("{node}:0"));
    message(&[meta_graph(graph), bytes(6, &message(&[bytes(1, &info), field(2, file)]))])
}

/// A saved model whose objects have this metadata, as Keras wrote it before TensorFlow 2.5.
pub fn saved_model_of_keras(graph: &[u8], metadata: &[&str]) -> Vec<u8> {
    let objects: Vec<u8> = metadata
        .iter()
        .flat_map(|text| {
            let version = bytes(2, &message(&[number(1, 1), number(2, 1)]));
            let object = message(&[field(1, "_tf_keras_layer"), version, field(3, text)]);
            bytes(1, &bytes(4, &object))
        })
        .collect();
    let meta_graph = message(&[meta_graph(graph), bytes(7, &objects)]);
    message(&[number(1, 1), bytes(2, &meta_graph)])
}

/// The metadata of these objects in a file of its own, as Keras wrote it since TensorFlow 2.5.
pub fn keras_metadata(metadata: &[&str]) -> Vec<u8> {
    let object = |(index, text): (usize, &&str)| {
        let version = bytes(6, &number(1, 2));
        let id = number(2, index as u64);
        let object = [id, field(3, "root"), field(4, "_tf_keras_layer"), field(5, text), version];
        bytes(1, &message(&object))
    };
    metadata.iter().enumerate().flat_map(object).collect()
}

/// A graph of these nodes and functions.
pub fn graph(nodes: &[Vec<u8>], functions: &[Vec<u8>]) -> Vec<u8> {
    let mut out: Vec<u8> = nodes.iter().flat_map(|node| bytes(1, node)).collect();
    let library: Vec<u8> = functions.iter().flat_map(|function| bytes(1, function)).collect();
    if !library.is_empty() {
        out.extend(bytes(2, &library));
    }
    out.extend(bytes(4, &number(1, 2000)));
    out
}

/// A function of one argument.
pub fn function(name: &str, argument: &str, nodes: &[Vec<u8>]) -> Vec<u8> {
    with_signature(name, &[field(1, argument)], nodes)
}

/// A function of these arguments, each with its type.
pub fn function_of(name: &str, arguments: &[(&str, u64)], nodes: &[Vec<u8>]) -> Vec<u8> {
    let argument = |(name, dtype): &(&str, u64)| message(&[field(1, name), number(3, *dtype)]);
    let arguments: Vec<Vec<u8>> = arguments.iter().map(argument).collect();
    with_signature(name, &arguments, nodes)
}

/// A function of one argument that stands for as many as an attribute says.
pub fn function_spread(name: &str, argument: &str, nodes: &[Vec<u8>]) -> Vec<u8> {
    with_signature(name, &[message(&[field(1, argument), number(3, 7), field(5, "N")])], nodes)
}

fn with_signature(name: &str, arguments: &[Vec<u8>], nodes: &[Vec<u8>]) -> Vec<u8> {
    let arguments: Vec<u8> = arguments.iter().flat_map(|argument| bytes(2, argument)).collect();
    let mut out = bytes(1, &message(&[field(1, name), arguments]));
    out.extend(nodes.iter().flat_map(|node| bytes(3, node)));
    out
}

/// A node that runs an operation.
pub fn node(name: &str, op: &str, inputs: &[&str]) -> Vec<u8> {
    let mut out = message(&[field(1, name), field(2, op)]);
    out.extend(inputs.iter().flat_map(|input| field(3, input)));
    out
}

/// A node with an attribute that is a text.
pub fn node_saying(name: &str, op: &str, key: &str, value: &str) -> Vec<u8> {
    with_attribute(node(name, op, &[]), key, &field(2, value))
}

/// A node that calls a function.
pub fn calling(name: &str, function: &str, inputs: &[&str]) -> Vec<u8> {
    calling_by(name, "StatefulPartitionedCall", function, inputs)
}

/// A node whose operation calls a function.
pub fn calling_by(name: &str, op: &str, function: &str, inputs: &[&str]) -> Vec<u8> {
    with_attribute(node(name, op, inputs), "f", &bytes(10, &field(1, function)))
}

/// A node that calls a function with arguments of these types.
pub fn calling_with(name: &str, function: &str, inputs: &[&str], types: &[u8]) -> Vec<u8> {
    with_attribute(calling(name, function, inputs), "Tin", &bytes(1, &bytes(6, types)))
}

/// A constant text.
pub fn text(name: &str, content: &str) -> Vec<u8> {
    constant(name, content.as_bytes())
}

/// A constant of bytes.
pub fn constant(name: &str, content: &[u8]) -> Vec<u8> {
    let tensor = message(&[number(1, 7), bytes(2, &[]), bytes(8, content)]);
    with_attribute(node(name, "Const", &[]), "value", &bytes(8, &tensor))
}

/// Constant texts in one piece: their sizes, then the texts.
pub fn packed(name: &str, contents: &[&[u8]]) -> Vec<u8> {
    let mut packed: Vec<u8> =
        contents.iter().flat_map(|content| super::protobuf::varint(content.len() as u64)).collect();
    packed.extend(contents.iter().flat_map(|content| content.iter().copied()));
    content(name, &packed)
}

/// A constant of texts whose content is this.
pub fn content(name: &str, content: &[u8]) -> Vec<u8> {
    let tensor = message(&[number(1, 7), bytes(4, content)]);
    with_attribute(node(name, "Const", &[]), "value", &bytes(8, &tensor))
}

fn with_attribute(mut node: Vec<u8>, key: &str, value: &[u8]) -> Vec<u8> {
    node.extend(bytes(5, &message(&[field(1, key), bytes(2, value)])));
    node
}
