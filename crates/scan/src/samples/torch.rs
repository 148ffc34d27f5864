//! What `torch.save` writes.

use super::pickle::{self, Assembler};
use super::zip::{self, Member, Sizes};

/// The pickle of a state dictionary of 32-bit tensors, each with a storage of its own.
pub fn state_dict(tensors: &[(&str, &[u32])]) -> Vec<u8> {
    let mut stream = Assembler::new(2).raw(b"ccollections\nOrderedDict\n)R(");
    for (key, (name, shape)) in tensors.iter().enumerate() {
        stream = stream.text(name);
        stream = tensor(stream, &key.to_string(), shape);
    }
    stream.raw(b"u").stop()
}

fn tensor(stream: Assembler, key: &str, shape: &[u32]) -> Assembler {
    let elements: u32 = shape.iter().product();
    stream
        .global("torch._utils", "_rebuild_tensor_v2")
        .tuple(|args| {
            args.tuple(|id| {
                id.text("storage")
                    .global("torch", "FloatStorage")
                    .text(key)
                    .text("cpu")
                    .number(elements)
            })
            .raw(b"Q")
            .number(0)
            .tuple(|sides| shape.iter().fold(sides, |sides, side| sides.number(*side)))
            .tuple(|strides| {
                (1..=shape.len()).fold(strides, |strides, from| {
                    strides.number(shape.get(from..).unwrap_or_default().iter().product())
                })
            })
            .raw(b"\x89ccollections\nOrderedDict\n)R")
        })
        .reduce()
}

/// The archive of a state dictionary, its tensors filled with zeros.
pub fn archive(tensors: &[(&str, &[u32])]) -> Vec<u8> {
    let storages: Vec<(String, Vec<u8>)> = tensors
        .iter()
        .enumerate()
        .map(|(key, (_, shape))| {
            let elements: u32 = shape.iter().product();
            (format!("archive/data/{key}"), vec![0; 4 * elements as usize])
        })
        .collect();
    let data = state_dict(tensors);
    archive_of(&data, &storages)
}

/// An archive whose pickle calls something.
pub fn archive_calling(module: &str, name: &str, argument: &str) -> Vec<u8> {
    archive_of(&pickle::calling(module, name, argument), &[])
}

/// An archive of any pickle and storages.
pub fn archive_of(data: &[u8], storages: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut members: Vec<(&str, &[u8])> =
        vec![("archive/data.pkl", data), ("archive/byteorder", b"little")];
    members.extend(storages.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
    members.push(("archive/version", b"3\n"));
    let members: Vec<Member> = members
        .iter()
        .map(|(name, content)| Member {
            sizes: Sizes::FarBehind,
            flags: 1 << 11,
            ..Member::stored(name, content)
        })
        .collect();
    zip::build(&members, b"")
}

/// The older kind of file: five pickles and the storages behind them.
pub fn legacy() -> Vec<u8> {
    let mut out = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e".to_vec();
    out.extend(Assembler::new(2).raw(b"M\xe9\x03").stop());
    out.extend(Assembler::new(2).raw(b"}").text("little_endian").raw(b"\x88s").stop());
    out.extend(state_dict(&[("w", &[2, 2])]));
    out.extend(Assembler::new(2).raw(b"](").text("0").raw(b"e").stop());
    out.extend(4_u64.to_le_bytes());
    out.extend([0; 16]);
    out
}
