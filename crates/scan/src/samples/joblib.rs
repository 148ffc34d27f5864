//! What `joblib.dump` writes: an array's values stand behind the object that describes it.

use super::pickle::Assembler;

/// A list of one array of four numbers, whose values are these 32 bytes.
pub fn array(values: &[u8; 32]) -> Vec<u8> {
    describe("f8", 4).raw(&[3, 0xff, 0xff, 0xff]).raw(values).raw(b"a").stop()
}

/// A list of one array of objects, whose pickle is this.
pub fn objects(pickle: &[u8]) -> Vec<u8> {
    describe("O8", 1).raw(pickle).raw(b"a").stop()
}

fn describe(dtype: &str, elements: u32) -> Assembler {
    Assembler::new(3)
        .raw(b"]")
        .global("joblib.numpy_pickle", "NumpyArrayWrapper")
        .raw(b")\x81}(")
        .text("shape")
        .number(elements)
        .raw(b"\x85")
        .text("dtype")
        .global("numpy", "dtype")
        .tuple(|args| args.text(dtype).raw(b"\x89\x88"))
        .reduce()
        .tuple(|state| state.number(3).text("<").raw(b"NNN").number(8).number(8).number(0))
        .raw(b"b")
        .text("numpy_array_alignment_bytes")
        .number(16)
        .raw(b"ub")
}
