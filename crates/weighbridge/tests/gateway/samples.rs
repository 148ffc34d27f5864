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
