//! Core ML models.

use super::protobuf::{bytes, message, number, text};

/// A model that is a network of these layers.
pub fn network(layers: &[Vec<u8>]) -> Vec<u8> {
    let network: Vec<u8> = layers.iter().flat_map(|layer| bytes(1, layer)).collect();
    model(500, &network)
}

/// A model of this kind.
pub fn model(kind: u32, content: &[u8]) -> Vec<u8> {
    let feature = bytes(1, &message(&[text(1, "x"), bytes(3, &[])]));
    let output = bytes(10, &message(&[text(1, "y"), bytes(3, &[])]));
    message(&[number(1, 4), bytes(2, &message(&[feature, output])), bytes(kind, content)])
}

/// A layer of this kind.
pub fn layer(kind: u32) -> Vec<u8> {
    message(&[text(1, "layer"), text(2, "x"), text(3, "y"), bytes(kind, &number(1, 2))])
}

/// A layer that a class of the program carries out.
pub fn custom(class: &str) -> Vec<u8> {
    message(&[text(1, "layer"), bytes(500, &text(10, class))])
}

/// A layer that is a branch of two networks.
pub fn branch(layers: &[Vec<u8>]) -> Vec<u8> {
    let network: Vec<u8> = layers.iter().flat_map(|layer| bytes(1, layer)).collect();
    message(&[text(1, "if"), bytes(605, &message(&[bytes(1, &network), bytes(2, &network)]))])
}

/// A model whose only weights lie at a path.
pub fn program(path: &str) -> Vec<u8> {
    let blob = bytes(5, &message(&[text(1, path), number(2, 64)]));
    let value = bytes(5, &message(&[text(1, "val"), bytes(2, &blob)]));
    model(502, &operation(&message(&[text(1, "const"), value])))
}

/// A model of one operation.
pub fn program_of(kind: &str) -> Vec<u8> {
    model(502, &operation(&text(1, kind)))
}

fn operation(operation: &[u8]) -> Vec<u8> {
    let block = bytes(3, operation);
    let blocks = bytes(3, &message(&[text(1, "CoreML5"), bytes(2, &block)]));
    let function = message(&[text(2, "CoreML5"), blocks]);
    let functions = bytes(2, &message(&[text(1, "main"), bytes(2, &function)]));
    message(&[number(1, 1), functions])
}

/// Weights in a file of their own.
pub fn weights(tensors: &[&[u8]]) -> Vec<u8> {
    let mut out = u32::try_from(tensors.len()).unwrap_or(0).to_le_bytes().to_vec();
    out.extend(2_u32.to_le_bytes());
    for tensor in tensors {
        out.resize(out.len().next_multiple_of(64), 0);
        let start = out.len() as u64 + 64;
        out.extend(0xdead_beef_u32.to_le_bytes());
        out.extend(2_u32.to_le_bytes());
        out.extend((tensor.len() as u64).to_le_bytes());
        out.extend(start.to_le_bytes());
        out.resize(out.len().next_multiple_of(64), 0);
        out.extend(*tensor);
    }
    out
}
