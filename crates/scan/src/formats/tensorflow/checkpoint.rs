//! TensorFlow's checkpoints: an index of tensors, and their bytes in files beside it.
//!
//! The index is a table of `LevelDB`'s, whose values are names, types and places; the files beside it are
//! numbers without a structure of their own, known by their name alone. So are the files that models of ONNX,
//! `OpenVINO` and `torch.export` keep their numbers in.

use weighbridge_domain::Format;

use crate::analyse::{Entry, Head, Scan, Stop};
use crate::formats::{Reader, pickle};

/// The reader of indices.
pub(crate) static INDEX: Reader = Reader {
    format: Format::known("tf-checkpoint-index"),
    header_only: false,
    sniff: is_index,
    read: |_, _| Ok(INDEX.format.clone()),
};

/// The reader of numbers that another file describes.
pub(crate) static NUMBERS: Reader = Reader {
    format: Format::known("tensor-data"),
    header_only: false,
    sniff: |head| is_named_so(head.entry.file_name()) || is_exported(head.entry.name),
    read: read_numbers,
};

/// The end of a table.
const MAGIC: &[u8] = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb";
/// Two places of blocks, padding, and the magic.
const FOOTER: u64 = 48;
/// What a checkpoint's first key is empty for: the number of files, in a message of its own.
const FIRST_ENTRY: &[u8] = &[0, 0];

/// An index starts with an entry without a name, and ends as tables do.
fn is_index(head: &Head<'_>) -> bool {
    let entry = head.entry;
    let Some(at) = entry.size.checked_sub(FOOTER) else { return false };
    head.starts_with(FIRST_ENTRY)
        && entry.is_whole()
        && entry.read(at, 48).is_ok_and(|footer| footer.ends_with(MAGIC))
}

/// `model.ckpt.data-00000-of-00001`, `model.onnx.data`, `model.onnx_data`, `model.onnx_data_1`.
fn is_named_so(name: &str) -> bool {
    let digits = |text: &str| text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_shard = name.rsplit_once(".data-").is_some_and(|(_, shard)| {
        shard.split_once("-of-").is_some_and(|(number, count)| digits(number) && digits(count))
    });
    let is_beside_onnx = name.ends_with(".onnx.data")
        || name.rsplit_once(".onnx_data").is_some_and(|(_, rest)| {
            rest.is_empty()
                || rest
                    .strip_prefix('_')
                    .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        });
    // Optimum names the two files of a model so.
    let stem = name.strip_suffix(".bin").unwrap_or_default();
    let is_openvino = stem.starts_with("openvino_");
    is_shard || is_beside_onnx || is_openvino
}

/// `model/data/weights/weight_0` in what `torch.export` writes.
fn is_exported(path: &str) -> bool {
    let numbered = |name: &str, kind: &str| {
        let number = name.strip_prefix(kind).unwrap_or_default();
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    path.rsplit_once('/').is_some_and(|(folder, name)| {
        (folder.ends_with("data/weights") && numbered(name, "weight_"))
            || (folder.ends_with("data/constants") && numbered(name, "tensor_"))
    })
}

fn read_numbers(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    pickle::search(scan, entry, 0, entry.size)?;
    Ok(NUMBERS.format.clone())
}

#[cfg(test)]
mod tests {
    use super::{is_exported, is_named_so};

    #[test]
    fn files_of_numbers_are_known_by_their_names() {
        for name in [
            "variables.data-00000-of-00001",
            "model.ckpt-10.data-00001-of-00002",
            "model.onnx.data",
            "model.onnx_data",
            "model_q4.onnx_data_12",
            "openvino_model.bin",
        ] {
            assert!(is_named_so(name), "{name}");
        }
        for name in
            ["x.data-0-of-1", "model.data", "onnx_data", "model.onnx_data_", "a.onnx_data.so"]
        {
            assert!(!is_named_so(name), "{name}");
        }
        assert!(is_exported("model/data/weights/weight_12"));
        assert!(!is_exported("weights/weight_0") && !is_exported("m/data/weights/weight_"));
    }
}
