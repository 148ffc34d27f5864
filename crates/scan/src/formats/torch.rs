//! What `PyTorch` writes around its pickles: the archive's members, and the older file of five pickles
//! with raw storages behind them.

use std::collections::BTreeMap;

use weighbridge_domain::Format;

use super::pickle::{self, Storage, Streams};
use crate::analyse::{Entry, Scan, Stop};
use crate::rules;
use crate::source::read_some;

/// `PyTorch`'s magic number and the end of its pickle, with which the older files start.
const MAGIC: &[u8] = b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e";
/// A mark of the protocol, and from the fourth on that of a frame.
const MARKS: usize = 2 + 9;

/// Magic, protocol, system, object, keys.
const LEGACY_STREAMS: u32 = 5;

/// Bytes of one element of a storage type.
pub(crate) fn element_bytes(kind: &str) -> Option<u64> {
    Some(match kind {
        "ComplexDoubleStorage" => 16,
        "DoubleStorage" | "LongStorage" | "ComplexFloatStorage" => 8,
        "FloatStorage" | "IntStorage" | "QInt32Storage" => 4,
        "HalfStorage" | "BFloat16Storage" | "ShortStorage" => 2,
        "CharStorage" | "ByteStorage" | "BoolStorage" | "QUInt8Storage" | "QInt8Storage"
        | "QUInt4x2Storage" | "QUInt2x4Storage" | "UntypedStorage" | "_UntypedStorage" => 1,
        _ => return None,
    })
}

/// Whether the file is one of the older kind.
pub(super) fn is_legacy(entry: &Entry<'_>) -> bool {
    read_some(entry.source, 0, MARKS + MAGIC.len()).is_ok_and(|head| match head.as_slice() {
        [0x80, 4 | 5, 0x95, rest @ ..] => rest.get(8..).is_some_and(|rest| rest.starts_with(MAGIC)),
        [0x80, 2..=5, rest @ ..] => rest.starts_with(MAGIC),
        _ => false,
    })
}

/// Reads the five pickles; what follows has to be exactly the storages that they name.
pub(super) fn read_legacy(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let format = Format::known("torch");
    let mut streams = Streams::default();
    let end = pickle::read_streams(scan, entry, 0, LEGACY_STREAMS, &mut streams)?;
    if streams.complete < LEGACY_STREAMS {
        if end >= entry.size {
            scan.skip(entry.place(Some(end)), "the file ends before its five pickles do");
        }
        return Ok(format);
    }
    let mut expected: u64 = 0;
    for storage in distinct(&streams.storages).values() {
        let Some(size) = element_bytes(&storage.kind) else {
            scan.skip(entry.place(Some(storage.offset)), "a storage has an unknown type");
            return Ok(format);
        };
        let bytes = storage.elements.saturating_mul(size).saturating_add(8);
        expected = expected.saturating_add(bytes);
    }
    let rest = entry.size.saturating_sub(end);
    if rest < expected {
        let why = format!("{rest} bytes of storages follow where {expected} are named");
        scan.skip(entry.place(Some(end)), why);
    }
    if rest > expected {
        let message = format!("{rest} bytes of storages follow where {expected} are named");
        let evidence = format!("{} storages", streams.storages.len());
        scan.report(rules::TORCH_STORAGE.finding(entry.place(Some(end)), message, evidence));
        pickle::search(scan, entry, end, entry.size)?;
    }
    Ok(format)
}

/// One storage per key: tensors share them.
pub(crate) fn distinct(storages: &[Storage]) -> BTreeMap<&str, &Storage> {
    storages.iter().map(|storage| (storage.key.as_str(), storage)).collect()
}
