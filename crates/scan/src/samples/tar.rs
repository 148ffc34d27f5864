//! tar archives.

/// An archive of plain files.
pub fn of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, content) in members {
        out.extend(header(name, content.len(), b'0', ""));
        out.extend_from_slice(content);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

/// The header of one member: its name, size, kind, and what it links to.
pub fn header(name: &str, size: usize, kind: u8, link: &str) -> Vec<u8> {
    let mut fields: Vec<(usize, Vec<u8>)> = vec![
        (0, name.as_bytes().to_vec()),
        (100, b"0000644\0".to_vec()),
        (124, format!("{size:011o}\0").into_bytes()),
        (136, b"00000000000\0".to_vec()),
        (148, b"        ".to_vec()),
        (156, vec![kind]),
        (157, link.as_bytes().to_vec()),
        (257, b"ustar\x0000".to_vec()),
    ];
    let sum: u64 = fields.iter().flat_map(|(_, field)| field).map(|byte| u64::from(*byte)).sum();
    fields.push((148, format!("{sum:06o}\0 ").into_bytes()));
    let mut block = vec![0; 512];
    for (at, field) in fields {
        for (place, byte) in block.iter_mut().skip(at).zip(field) {
            *place = byte;
        }
    }
    block
}
