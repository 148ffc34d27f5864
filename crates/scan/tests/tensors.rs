//! The table of a checkpoint's tensors: what stands in it lies in the file, whatever was done to the file.

use weighbridge_scan::samples::pickle::Assembler;
use weighbridge_scan::samples::torch;
use weighbridge_scan::{Limits, TensorPlace, tensor_table};

fn table(bytes: &[u8]) -> Result<Vec<TensorPlace>, String> {
    let found = tensor_table(&bytes, &Limits::default(), None);
    if let Ok(tensors) = &found {
        assert!(tensors.iter().all(|tensor| tensor.fits(bytes.len() as u64)), "{tensors:?}");
    }
    found
}

/// A tensor as later versions write the types that came later: over a storage of bytes.
fn later(dtype: &str, sides: &[u32], bytes: u32) -> Vec<u8> {
    let tensor = Assembler::new(2)
        .raw(b"}")
        .text("w")
        .global("torch._utils", "_rebuild_tensor_v3")
        .tuple(|args| {
            args.tuple(|id| {
                let id = id.text("storage").global("torch.storage", "UntypedStorage").text("0");
                id.text("cpu").number(bytes)
            })
            .raw(b"Q")
            .number(0)
            .tuple(|tuple| sides.iter().fold(tuple, |tuple, side| tuple.number(*side)))
            .tuple(|tuple| sides.iter().fold(tuple, |tuple, _| tuple.number(1)))
            .raw(b"\x89ccollections\nOrderedDict\n)R")
            .global("torch", dtype)
            .raw(b"N")
        })
        .reduce()
        .raw(b"s")
        .stop();
    torch::archive_of(&tensor, &[("archive/data/0".to_owned(), vec![7; bytes as usize])])
}

#[test]
fn both_kinds_of_file_have_a_table() {
    let found = table(&torch::archive(&[("a", &[2, 3]), ("b", &[4])])).unwrap();
    let told: Vec<_> = found.iter().map(|it| (it.name.as_str(), it.dtype.word)).collect();
    assert_eq!(told, [("a", "F32"), ("b", "F32")]);
    assert_eq!((found[0].shape.as_slice(), found[0].storage_bytes), ([2, 3].as_slice(), 24));
    let found = table(&torch::legacy()).unwrap();
    assert_eq!((found[0].name.as_str(), found[0].storage_bytes), ("w", 16));
    assert_eq!(found[0].storage_start, torch::legacy().len() as u64 - 16);
}

#[test]
fn types_that_came_later_lie_in_storages_of_bytes() {
    for (dtype, word, bytes) in [("uint16", "U16", 6), ("float8_e4m3fn", "F8_E4M3", 3)] {
        let found = table(&later(dtype, &[3], bytes)).unwrap();
        assert_eq!((found[0].dtype.word, found[0].elements()), (word, Some(3)));
    }
    let refused = table(&later("uint16", &[4], 6)).unwrap_err();
    assert!(refused.contains("`w` is larger than its storage"), "{refused}");
    let refused = table(&later("bits8", &[3], 3)).unwrap_err();
    assert!(refused.contains("of a type that safetensors has not"), "{refused}");
}

#[test]
fn what_acts_or_is_no_checkpoint_has_none() {
    for (bytes, why) in [
        (torch::archive_calling("os", "getpid", "x"), "os.getpid"),
        (b"not a checkpoint".to_vec(), "no checkpoint of PyTorch's"),
        (torch::archive_of(&Assembler::new(2).raw(b"}").stop(), &[]), "it holds no tensor"),
    ] {
        let refused = table(&bytes).unwrap_err();
        assert!(refused.contains(why), "{refused}");
    }
}

#[test]
fn files_cut_or_bent_anywhere_have_a_table_inside_them_or_none() {
    for whole in [torch::archive(&[("a", &[2, 2])]), torch::legacy(), later("uint16", &[2], 4)] {
        for cut in 0..whole.len() {
            table(&whole[..cut]).unwrap_err();
            for bent in [0x01, 0x80, 0xff] {
                let mut bytes = whole.clone();
                bytes[cut] ^= bent;
                table(&bytes).ok();
            }
        }
    }
}
