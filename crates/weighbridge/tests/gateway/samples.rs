//! Small files of the formats the tests need.

/// A safetensors file with one tensor of `floats` zeros.
pub(crate) fn safetensors(floats: usize) -> Vec<u8> {
    let bytes = floats * 4;
    let header =
        format!(r#"{{"w":{{"dtype":"F32","shape":[{floats}],"data_offsets":[0,{bytes}]}}}}"#);
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.resize(file.len() + bytes, 0);
    file
}

/// A pickle that calls `os.system("id")` when it is loaded.
pub(crate) fn calling_os_system() -> Vec<u8> {
    b"\x80\x04cos\nsystem\nX\x02\x00\x00\x00id\x85R.".to_vec()
}

/// The bytes in a gzip file, as they are.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let size = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    let mut file = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x01".to_vec();
    file.extend(size.to_le_bytes());
    file.extend((!size).to_le_bytes());
    file.extend(bytes);
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg());
        }
    }
    file.extend((!sum).to_le_bytes());
    file.extend(u32::from(size).to_le_bytes());
    file
}
