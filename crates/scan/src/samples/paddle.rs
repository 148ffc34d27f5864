//! Paddle's programs and parameters.

use super::protobuf::{bytes, message, number, text};

/// A program of these operators.
pub fn program(operators: &[&str]) -> Vec<u8> {
    let operators: Vec<Vec<u8>> = operators.iter().map(|kind| operator(kind, "")).collect();
    program_of(&operators)
}

/// A program of these operators.
pub fn program_of(operators: &[Vec<u8>]) -> Vec<u8> {
    let variable = bytes(3, &message(&[text(1, "x"), bytes(2, &number(1, 7))]));
    let mut block = message(&[number(1, 0), number(2, u64::MAX), variable]);
    block.extend(operators.iter().flat_map(|operator| bytes(4, operator)));
    message(&[bytes(1, &block), bytes(4, &number(1, 0))])
}

/// An operator with a text.
pub fn operator(kind: &str, path: &str) -> Vec<u8> {
    let attribute = message(&[text(1, "file_path"), number(2, 2), text(5, path)]);
    let input = message(&[text(1, "X"), text(2, "x")]);
    message(&[bytes(1, &input), text(3, kind), bytes(4, &attribute)])
}

/// Tensors of zeros of these shapes, one behind the other.
pub fn parameters(shapes: &[&[u64]]) -> Vec<u8> {
    let mut out = Vec::new();
    for shape in shapes {
        let mut description = number(1, 5);
        description.extend(shape.iter().flat_map(|side| number(2, *side)));
        out.extend([0; 16]);
        out.extend(u32::try_from(description.len()).unwrap_or(0).to_le_bytes());
        out.extend(description);
        let bytes = usize::try_from(shape.iter().product::<u64>() * 4).unwrap_or(0);
        out.resize(out.len() + bytes, 0);
    }
    out
}

/// A program of these operators as Paddle 3 writes it: the last one is given a text.
pub fn pir(operators: &[&str], given: &str) -> String {
    let region = pir_region(operators, given);
    format!(
        r#"{{"base_code":{{"magic":"pir","trainable":true,"version":4}},"program":{{"regions":[{region}]}}}}"#
    )
}

/// A region of these operators: the last one is given a text.
pub fn pir_region(operators: &[&str], given: &str) -> String {
    let last = operators.len().saturating_sub(1);
    let operator = |(index, name): (usize, &&str)| {
        let attributes = if index == last && !given.is_empty() {
            format!(r##"{{"AT":{{"#":"0.a_str","D":"{given}"}},"N":"file_path"}}"##)
        } else {
            String::new()
        };
        format!(r##"{{"#":"{name}","A":[{attributes}],"I":[{{"%":1}}],"O":[]}}"##)
    };
    let operators: Vec<String> = operators.iter().enumerate().map(operator).collect();
    let operators = operators.join(",");
    format!(r##"{{"#":"region_0","blocks":[{{"#":"block_0","args":[],"ops":[{operators}]}}]}}"##)
}
