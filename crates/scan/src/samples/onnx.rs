//! ONNX models.

use super::protobuf::{bytes, message, number, text};

/// A model of these nodes and tensors.
pub fn model(nodes: &[Vec<u8>], tensors: &[Vec<u8>]) -> Vec<u8> {
    model_with(&graph(nodes, tensors), &[])
}

/// A model of this graph and these functions.
pub fn model_with(graph: &[u8], functions: &[Vec<u8>]) -> Vec<u8> {
    let mut out = message(&[
        number(1, 8),
        text(2, "pytorch"),
        bytes(7, graph),
        bytes(8, &message(&[text(1, ""), number(2, 17)])),
        bytes(14, &message(&[text(1, "note"), text(2, "os.system('id')")])),
    ]);
    for function in functions {
        out.extend(bytes(25, function));
    }
    out
}

/// A graph of these nodes and tensors.
pub fn graph(nodes: &[Vec<u8>], tensors: &[Vec<u8>]) -> Vec<u8> {
    let mut out: Vec<u8> = nodes.iter().flat_map(|node| bytes(1, node)).collect();
    out.extend(text(2, "main"));
    out.extend(tensors.iter().flat_map(|tensor| bytes(5, tensor)));
    out.extend(bytes(11, &text(1, "x")));
    out.extend(bytes(12, &text(1, "y")));
    out
}

/// A node that runs an operator.
pub fn node(domain: &str, operator: &str) -> Vec<u8> {
    node_with(domain, operator, &[])
}

/// A node that runs an operator with these attributes.
pub fn node_with(domain: &str, operator: &str, attributes: &[Vec<u8>]) -> Vec<u8> {
    let mut out = message(&[text(1, "x"), text(2, "y"), text(4, operator)]);
    out.extend(attributes.iter().flat_map(|attribute| bytes(5, attribute)));
    if !domain.is_empty() {
        out.extend(text(7, domain));
    }
    out
}

/// An attribute that is a graph.
pub fn branch(name: &str, graph: &[u8]) -> Vec<u8> {
    message(&[text(1, name), bytes(6, graph), number(20, 5)])
}

/// A function of the model's own.
pub fn function(domain: &str, name: &str, nodes: &[Vec<u8>]) -> Vec<u8> {
    let mut out = message(&[text(1, name), text(4, "x"), text(5, "y")]);
    out.extend(nodes.iter().flat_map(|node| bytes(7, node)));
    out.extend(text(10, domain));
    out
}

/// A tensor that holds its numbers.
pub fn tensor() -> Vec<u8> {
    message(&[number(1, 2), number(2, 1), text(8, "b"), bytes(9, &[0; 8])])
}

/// A tensor whose numbers lie elsewhere.
pub fn tensor_at(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut out = message(&[number(1, 2), number(2, 1), text(8, "w")]);
    for (key, value) in entries {
        out.extend(bytes(13, &message(&[text(1, key), text(2, value)])));
    }
    out.extend(number(14, 1));
    out
}
