//! Safetensors files.

/// A file of tensors filled with zeros: name, dtype, shape. Unknown types get no bytes.
pub fn file(tensors: &[(&str, &str, &[u64])]) -> Vec<u8> {
    let mut at = 0;
    let mut fields = vec![r#""__metadata__":{"format":"pt"}"#.to_owned()];
    for (name, dtype, shape) in tensors {
        let size = match *dtype {
            "F64" | "I64" => 8,
            "F32" | "I32" => 4,
            "F16" | "BF16" => 2,
            "U8" | "I8" | "BOOL" => 1,
            _ => 0,
        };
        let end = at + size * shape.iter().product::<u64>();
        fields.push(format!(
            r#""{name}":{{"dtype":"{dtype}","shape":{shape:?},"data_offsets":[{at},{end}]}}"#
        ));
        at = end;
    }
    with_header(&format!("{{{}}}", fields.join(",")), usize::try_from(at).unwrap_or(0))
}

/// A file with any header and so many zeros behind it.
pub fn with_header(header: &str, data_bytes: usize) -> Vec<u8> {
    let mut out = (header.len() as u64).to_le_bytes().to_vec();
    out.extend_from_slice(header.as_bytes());
    out.resize(out.len() + data_bytes, 0);
    out
}
