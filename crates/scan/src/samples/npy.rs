//! numpy's array files.

/// Four numbers.
pub fn array() -> Vec<u8> {
    file("{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }", &[0; 16])
}

/// An array of objects: a header and any pickle.
pub fn objects(pickle: &[u8]) -> Vec<u8> {
    file("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", pickle)
}

fn file(header: &str, data: &[u8]) -> Vec<u8> {
    let padded = (10 + header.len() + 1).next_multiple_of(64) - 11;
    let header = format!("{header:padded$}\n");
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend(u16::try_from(header.len()).unwrap_or(u16::MAX).to_le_bytes());
    out.extend(header.as_bytes());
    out.extend(data);
    out
}
