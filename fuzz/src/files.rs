//! Files around what the fuzzer varies: what a mutation would only break is put in place afterwards, so
//! that an execution reaches its reader. Bytes that are such a file already stay as they are.

use std::borrow::Cow;

use weighbridge_scan::samples::{
    coreml, hdf5, paddle, protobuf, tar, tensorflow, tfrecord, torch, zip,
};

/// The start of `PyTorch`'s older files.
const LEGACY: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e";

/// The bytes, after these if they do not begin with them.
pub fn starting_with<'a>(magic: &[u8], bytes: &'a [u8]) -> Cow<'a, [u8]> {
    if bytes.starts_with(magic) {
        return Cow::Borrowed(bytes);
    }
    Cow::Owned([magic, bytes].concat())
}

/// A pickle: protocol 4 where none is named.
pub fn pickle(bytes: &[u8]) -> Cow<'_, [u8]> {
    match bytes {
        [0x80, 0..=5, ..] => Cow::Borrowed(bytes),
        _ => starting_with(b"\x80\x04", bytes),
    }
}

/// A safetensors file: the first line is the header, the rest the tensors.
pub fn safetensors(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.get(8) == Some(&b'{') && bytes.get(3..8) == Some(&[0; 5]) {
        return Cow::Borrowed(bytes);
    }
    let (header, data) = line(bytes);
    let mut file = (header.len() as u64 + 1).to_le_bytes().to_vec();
    file.push(b'{');
    file.extend_from_slice(header);
    file.extend_from_slice(data);
    Cow::Owned(file)
}

/// An array file: the first line is the header, the rest the values.
pub fn npy(bytes: &[u8]) -> Cow<'_, [u8]> {
    const MAGIC: &[u8] = b"\x93NUMPY";
    if bytes.starts_with(MAGIC) {
        return Cow::Borrowed(bytes);
    }
    let (header, data) = line(bytes);
    let length = u16::try_from(header.len()).unwrap_or(u16::MAX).to_le_bytes();
    Cow::Owned([MAGIC, b"\x01\x00", &length, header, data].concat())
}

/// A checkpoint: an archive around a pickle and storages of zeros, whose number and size the first two
/// bytes say; or an older file.
pub fn torch(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.starts_with(LEGACY) || bytes.starts_with(b"PK") {
        return Cow::Borrowed(bytes);
    }
    let [count, size, data @ ..] = bytes else { return starting_with(LEGACY, bytes) };
    if *count >= 0x80 {
        return starting_with(LEGACY, data);
    }
    let storages: Vec<(String, Vec<u8>)> = (0..count % 4)
        .map(|key| (format!("archive/data/{key}"), vec![0; usize::from(*size)]))
        .collect();
    Cow::Owned(torch::archive_of(&pickle(data), &storages))
}

/// The starts of compressed files of each kind.
const COMPRESSED: [&[u8]; 8] = [
    b"\x1f\x8b\x08\0\0\0\0\0\0\x03",
    b"\x78\x9c",
    b"BZh1\x31\x41\x59\x26\x53\x59",
    b"\xfd7zXZ\0\0\0\xff\x12\xd9\x41",
    b"\x28\xb5\x2f\xfd",
    b"\x04\x22\x4d\x18",
    b"\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0",
    // A header follows at once: it packs itself, or is plain.
    b"7z\xbc\xaf\x27\x1c\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0\0\0\0\0",
];

/// A compressed file, its kind by the first byte: its bytes as they are, or as one stored block of deflate.
pub fn compressed(bytes: &[u8]) -> Cow<'_, [u8]> {
    if COMPRESSED.iter().any(|head| bytes.starts_with(&head[..2])) {
        return Cow::Borrowed(bytes);
    }
    let Some((how, rest)) = bytes.split_first() else { return Cow::Borrowed(bytes) };
    let head = COMPRESSED[usize::from(how >> 1) % COMPRESSED.len()];
    if how & 1 == 0 || usize::from(how >> 1) % COMPRESSED.len() > 1 {
        return Cow::Owned([head, rest].concat());
    }
    let size = u16::try_from(rest.len()).unwrap_or(u16::MAX);
    let block = [&[1], &size.to_le_bytes()[..], &(!size).to_le_bytes()].concat();
    Cow::Owned([head, &block, rest, &[0; 8]].concat())
}

/// A zip archive; or one of members that each begin with how they lie, the size of their name and the size of their
/// content. With a first byte of 128 or more each of them is an archive of its own, one behind the other.
pub fn zip(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.starts_with(b"PK") {
        return Cow::Borrowed(bytes);
    }
    let mut members = Vec::new();
    let mut rest = bytes;
    while let [how, name, size, after @ ..] = rest {
        let (name, after) = after.split_at(after.len().min(usize::from(*name)));
        let (content, after) = after.split_at(after.len().min(usize::from(*size)));
        let name = String::from_utf8_lossy(name);
        let make = if how & 1 == 0 { zip::Member::stored } else { zip::Member::deflated };
        let mut member = make(&name, content);
        match how >> 1 & 15 {
            1 => member.flags = 1,
            2 => member.crc ^= 1,
            3 => member.local_name = b"other".to_vec(),
            4 => member.gap = b"gap".to_vec(),
            5 => member.sizes = zip::Sizes::Behind,
            6 => member.sizes = zip::Sizes::FarBehind,
            7 => member.expanded = member.expanded.wrapping_sub(1),
            8 => member.body.truncate(member.body.len() / 2),
            9 => member.method = 12,
            _ => {}
        }
        members.push(member);
        rest = after;
    }
    if bytes.first().is_some_and(|first| *first >= 128) {
        let archives = members.iter().map(|one| zip::build(std::slice::from_ref(one), b""));
        return Cow::Owned(archives.collect::<Vec<_>>().concat());
    }
    Cow::Owned(zip::build(&members, b""))
}

/// Records of `TensorFlow`, each as long as its first byte says; the rest as it is.
pub fn tfrecord(bytes: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut rest = bytes;
    while let [size, after @ ..] = rest {
        let Some((data, after)) = after.split_at_checked(usize::from(*size)) else {
            file.extend_from_slice(rest);
            break;
        };
        file.extend(tfrecord::record(data));
        rest = after;
    }
    file
}

/// A tar archive, its checksums put right; or one of members that each begin with their kind, the
/// size of their name and the size of their content.
pub fn tar(bytes: &[u8]) -> Cow<'_, [u8]> {
    const MAGIC: std::ops::Range<usize> = 257..262;
    if bytes.get(MAGIC) == Some(b"ustar") {
        let mut file = bytes.to_vec();
        for block in file.chunks_exact_mut(512).filter(|block| block.get(MAGIC) == Some(b"ustar")) {
            block[148..156].fill(b' ');
            let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
            block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
        return Cow::Owned(file);
    }
    let mut file = Vec::new();
    let mut rest = bytes;
    while let [kind, name, size, after @ ..] = rest {
        let (name, after) = after.split_at(after.len().min(usize::from(*name)));
        let (content, after) = after.split_at(after.len().min(usize::from(*size)));
        let name = String::from_utf8_lossy(name);
        file.extend(tar::header(&name, content.len(), *kind, &name));
        file.extend_from_slice(content);
        file.resize(file.len().next_multiple_of(512), 0);
        rest = after;
    }
    file.resize(file.len() + 1024, 0);
    Cow::Owned(file)
}

/// An ONNX model; or one whose graph the bytes are.
pub fn onnx(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.starts_with(b"\x08\x08") {
        return Cow::Borrowed(bytes);
    }
    let graph = [&protobuf::text(2, "g"), bytes].concat();
    Cow::Owned([protobuf::number(1, 8), protobuf::bytes(7, &graph)].concat())
}

/// A graph of `TensorFlow`'s; or one whose library or only node the bytes are, or what Keras keeps beside
/// it, by the first of them.
pub fn tensorflow(bytes: &[u8]) -> Cow<'_, [u8]> {
    match bytes {
        [0, node @ ..] => {
            let node = [&protobuf::text(1, "n"), &protobuf::text(2, "Const"), node].concat();
            Cow::Owned(protobuf::bytes(1, &node))
        }
        [1, library @ ..] => {
            let library = protobuf::bytes(2, library);
            Cow::Owned([library, protobuf::bytes(4, &[])].concat())
        }
        [2, metadata @ ..] => {
            Cow::Owned(tensorflow::keras_metadata(&[&String::from_utf8_lossy(metadata)]))
        }
        _ => Cow::Borrowed(bytes),
    }
}

/// An HDF5 file; or one whose root has messages that each begin with their kind and size.
pub fn hdf5(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.starts_with(b"\x89HDF") {
        return Cow::Borrowed(bytes);
    }
    let mut messages = Vec::new();
    let mut rest = bytes;
    while let [kind, size, after @ ..] = rest {
        let (body, after) = after.split_at(after.len().min(usize::from(*size)));
        messages.push((*kind, body.to_vec()));
        rest = after;
    }
    Cow::Owned(hdf5::with_messages(&messages))
}

/// A flatbuffer: of `TensorFlow` Lite's or `ExecuTorch`'s, by the first byte, where it has no identifier.
pub fn flat(bytes: &[u8]) -> Cow<'_, [u8]> {
    if let Some(b"TFL3" | b"ET12") = bytes.get(4..8) {
        return Cow::Borrowed(bytes);
    }
    let Some((kind, rest)) = bytes.split_first() else { return Cow::Borrowed(bytes) };
    let (root, rest) = rest.split_at(rest.len().min(4));
    let mut root = root.to_vec();
    root.resize(4, 0);
    let identifier = if kind & 1 == 0 { b"TFL3" } else { b"ET12" };
    Cow::Owned([&root, identifier.as_slice(), rest].concat())
}

/// A model of Core ML's or Paddle's; or one whose layers, program or operators the bytes are, by the
/// first of them.
pub fn graph(bytes: &[u8]) -> Cow<'_, [u8]> {
    match bytes {
        [0, network @ ..] => Cow::Owned(coreml::model(500, network)),
        [1, program @ ..] => Cow::Owned(coreml::model(502, program)),
        [2, operator @ ..] => Cow::Owned(paddle::program_of(&[operator.to_vec()])),
        [3, parameters @ ..] => Cow::Owned([&[0; 16], parameters].concat()),
        _ => Cow::Borrowed(bytes),
    }
}

/// Text: whatever is none is replaced.
pub fn text(bytes: &[u8]) -> Cow<'_, [u8]> {
    let is_text = |byte: &u8| *byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r');
    if bytes.iter().all(is_text) && std::str::from_utf8(bytes).is_ok() {
        return Cow::Borrowed(bytes);
    }
    let bytes: Vec<u8> =
        bytes.iter().map(|byte| if is_text(byte) { *byte } else { b' ' }).collect();
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned().into_bytes())
}

/// The first line without its end, and what follows.
fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[]),
    }
}
