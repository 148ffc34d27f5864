//! Models of older programs: R, Torch7, `CatBoost`, engines.

/// What R's `saveRDS` writes of one value, before it is compressed.
pub fn rds(value: &[u8]) -> Vec<u8> {
    let mut out = b"X\n\0\0\0\x03\0\x04\x03\0\0\x03\x05\0\0\0\0\x05UTF-8".to_vec();
    out.extend_from_slice(value);
    out
}

/// A list of a number and a text, with names.
pub fn r_list() -> Vec<u8> {
    let mut out = vec![0, 0, 2, 19, 0, 0, 0, 2];
    out.extend([0, 0, 0, 14, 0, 0, 0, 1]);
    out.extend(1.5_f64.to_be_bytes());
    out.extend([0, 0, 0, 16, 0, 0, 0, 1, 0, 4, 0, 9, 0, 0, 0, 1, b'a']);
    // The attribute `names`, and the end of the attributes.
    out.extend([0, 0, 4, 2, 0, 0, 0, 1, 0, 4, 0, 9, 0, 0, 0, 5]);
    out.extend(b"names");
    out.extend([0, 0, 0, 16, 0, 0, 0, 2]);
    out.extend([0, 4, 0, 9, 0, 0, 0, 1, b'x', 0, 4, 0, 9, 0, 0, 0, 1, b'y']);
    out.extend([0, 0, 0, 254]);
    out
}

/// A call of `Sys.getpid()`: in a promise, in a function, or alone.
pub fn r_code(kind: u8) -> Vec<u8> {
    let mut call = vec![0, 0, 0, 6, 0, 0, 0, 1, 0, 4, 0, 9, 0, 0, 0, 10];
    call.extend(b"Sys.getpid");
    call.extend([0, 0, 0, 254]);
    match kind {
        // The environment, the value, the expression.
        5 => [&[0, 0, 4, 5, 0, 0, 0, 253, 0, 0, 0, 252], call.as_slice()].concat(),
        // The environment, the arguments, the body.
        3 => [&[0, 0, 4, 3, 0, 0, 0, 253, 0, 0, 0, 254], call.as_slice()].concat(),
        _ => call,
    }
}

/// A module of Torch7: a table with a tensor and, perhaps, a function.
pub fn torch7(has_function: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let ints = |out: &mut Vec<u8>, values: &[i32]| {
        out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    };
    let text = |out: &mut Vec<u8>, text: &str| {
        out.extend(i32::try_from(text.len()).unwrap_or(0).to_le_bytes());
        out.extend(text.as_bytes());
    };
    ints(&mut out, &[4, 1]);
    text(&mut out, "V 1");
    text(&mut out, "nn.Linear");
    ints(&mut out, &[3, 2, 1 + i32::from(has_function)]);
    ints(&mut out, &[2]);
    text(&mut out, "weight");
    ints(&mut out, &[4, 3]);
    text(&mut out, "V 1");
    text(&mut out, "torch.FloatTensor");
    ints(&mut out, &[1]);
    out.extend([2_i64, 1, 1].iter().flat_map(|value| value.to_le_bytes()));
    ints(&mut out, &[4, 4]);
    text(&mut out, "V 1");
    text(&mut out, "torch.FloatStorage");
    out.extend(2_i64.to_le_bytes());
    out.extend([0; 8]);
    if has_function {
        ints(&mut out, &[2]);
        text(&mut out, "forward");
        ints(&mut out, &[8, 5]);
        text(&mut out, "\u{1b}LJ");
        ints(&mut out, &[3, 6, 0]);
    }
    out
}

/// A `CatBoost` model of a small flatbuffer.
pub fn catboost() -> Vec<u8> {
    [b"CBM1\x10\0\0\0\x08\0\0\0".as_slice(), &[0; 12]].concat()
}

/// The start of an engine of `TensorRT`.
pub fn engine() -> Vec<u8> {
    [b"ftrt\0\0\0\0".as_slice(), &[7; 64]].concat()
}
