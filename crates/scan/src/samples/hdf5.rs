//! HDF5 files, in the older style and in the newer one. Checksums are left zero: nobody compares them.

/// Nothing is there.
const NOWHERE: [u8; 8] = [0xff; 8];

/// One message of an object header: its kind and its body.
pub type Message = (u8, Vec<u8>);

/// A file in the newer style whose root has these messages.
pub fn with_messages(messages: &[Message]) -> Vec<u8> {
    let mut out = b"\x89HDF\r\n\x1a\n\x02\x08\x08\0".to_vec();
    out.extend(0_u64.to_le_bytes());
    out.extend(NOWHERE);
    let size: usize = messages.iter().map(|(_, body)| body.len() + 4).sum();
    let root: u64 = 48;
    out.extend((root + 10 + size as u64 + 4).to_le_bytes());
    out.extend(root.to_le_bytes());
    out.extend([0; 4]);
    out.extend(b"OHDR\x02\x02");
    out.extend(u32_of(size).to_le_bytes());
    for (kind, body) in messages {
        out.push(*kind);
        out.extend(u16_of(body.len()).to_le_bytes());
        out.push(0);
        out.extend(body);
    }
    out.extend([0; 4]);
    out
}

/// A file of `PyTables`' whose rows are these objects, somewhere behind its structures.
pub fn rows_of_objects(pickled: &[u8]) -> Vec<u8> {
    let mut file = with_messages(&[attribute("PSEUDOATOM", "object")]);
    file.extend(pickled);
    let end = (file.len() as u64).to_le_bytes();
    file.splice(28..36, end);
    file
}

/// A dataset in the object's own header: bytes of this class of types, each of this size.
pub fn dataset(class: u8, size: usize, data: &[u8]) -> [Message; 2] {
    let kind = [&[0x10 | class, 0, 0, 0][..], &u32_of(size).to_le_bytes(), &[0; 4]].concat();
    let layout = [&[3, 0][..], &u16_of(data.len()).to_le_bytes(), data].concat();
    [(0x03, kind), (0x08, layout)]
}

/// An attribute that is a text of a fixed size.
pub fn attribute(name: &str, text: &str) -> Message {
    let mut body = vec![3, 0];
    body.extend(u16_of(name.len() + 1).to_le_bytes());
    body.extend(8_u16.to_le_bytes());
    body.extend(4_u16.to_le_bytes());
    body.push(0);
    body.extend(name.as_bytes());
    body.push(0);
    body.extend([0x13, 0, 0, 0]);
    body.extend(u32_of(text.len()).to_le_bytes());
    body.extend([2, 0, 0, 0]);
    body.extend(text.as_bytes());
    (0x0c, body)
}

/// A link to a path in another file.
pub fn external_link(name: &str, file: &str, path: &str) -> Message {
    let mut body = vec![1, 8, 64, u16_of(name.len()).to_le_bytes()[0]];
    body.extend(name.as_bytes());
    body.extend(u16_of(file.len() + path.len() + 3).to_le_bytes());
    body.push(0);
    body.extend(file.as_bytes());
    body.push(0);
    body.extend(path.as_bytes());
    body.push(0);
    (0x06, body)
}

/// A model in the older style: a configuration of variable length, and a dataset in a group.
pub fn model(configuration: &str) -> Vec<u8> {
    let mut out = b"\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0\x04\0\x10\0\0\0\0\0".to_vec();
    let size = configuration.len().next_multiple_of(8);
    let (root, tree, heap, table, data, values) = (96_u64, 256, 304, 352, 512, 640);
    let end = values + 16 + 16 + size as u64 + 16;
    for address in [0_u64.to_le_bytes(), NOWHERE, end.to_le_bytes(), NOWHERE] {
        out.extend(address);
    }
    // The root's entry: its name, its header, and what is remembered of it.
    for field in [0, root, 1, tree, heap] {
        out.extend(u64::to_le_bytes(field));
    }
    // The root: a table of its members, and the configuration.
    let mut attribute = vec![1, 0];
    for size in [13_u16, 16, 4] {
        attribute.extend(size.to_le_bytes());
    }
    attribute.extend(b"model_config\0\0\0\0");
    attribute.extend([0x19, 1, 0, 0, 16, 0, 0, 0, 0x13, 0, 0, 0, 1, 0, 0, 0]);
    attribute.extend([1, 0, 0, 0, 0, 0, 0, 0]);
    attribute.extend(u32_of(configuration.len()).to_le_bytes());
    attribute.extend(values.to_le_bytes());
    attribute.extend(1_u32.to_le_bytes());
    let table_of = [tree.to_le_bytes(), heap.to_le_bytes()].concat();
    header(&mut out, &[(0x11, table_of), (0x0c, attribute)]);
    out.resize(256, 0);
    out.extend(b"TREE\0\0\x01\0");
    for field in [u64::MAX, u64::MAX, 0, table, 8] {
        out.extend(field.to_le_bytes());
    }
    out.resize(304, 0);
    out.extend(b"HEAP\0\0\0\0");
    for field in [16, u64::MAX, 336] {
        out.extend(u64::to_le_bytes(field));
    }
    out.extend(b"\0\0\0\0\0\0\0\0weights\0");
    out.extend(b"SNOD\x01\0\x01\0");
    for field in [8, data, 0, 0, 0] {
        out.extend(u64::to_le_bytes(field));
    }
    out.resize(512, 0);
    // The dataset: where its bytes would lie.
    let mut layout = vec![3, 1];
    layout.extend(NOWHERE);
    layout.extend(0_u64.to_le_bytes());
    header(&mut out, &[(0x08, layout)]);
    out.resize(640, 0);
    out.extend(b"GCOL\x01\0\0\0");
    out.extend((48 + size as u64).to_le_bytes());
    out.extend([1, 0, 1, 0, 0, 0, 0, 0]);
    out.extend((configuration.len() as u64).to_le_bytes());
    out.extend(configuration.as_bytes());
    out.resize(640 + 32 + size + 16, 0);
    out
}

/// An object header in the older style.
fn header(out: &mut Vec<u8>, messages: &[Message]) {
    let size: usize = messages.iter().map(|(_, body)| body.len().next_multiple_of(8) + 8).sum();
    out.extend([1, 0]);
    out.extend(u16_of(messages.len()).to_le_bytes());
    out.extend(1_u32.to_le_bytes());
    out.extend(u32_of(size).to_le_bytes());
    out.extend([0; 4]);
    for (kind, body) in messages {
        out.extend(u16::from(*kind).to_le_bytes());
        let padded = body.len().next_multiple_of(8);
        out.extend(u16_of(padded).to_le_bytes());
        out.extend([0; 4]);
        out.extend(body);
        out.resize(out.len() + padded - body.len(), 0);
    }
}

fn u16_of(size: usize) -> u16 {
    u16::try_from(size).unwrap_or(u16::MAX)
}

fn u32_of(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}
