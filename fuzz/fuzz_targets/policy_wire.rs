//! Messages between the server and the process that runs own rules: what one end understood reads the same when
//! it is written and read again. The first byte picks the end, and whether the length before a message is true.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weighbridge_policy::fuzzing::{answers, questions};

fuzz_target!(|bytes: &[u8]| {
    let Some((end, body)) = bytes.split_first() else { return };
    let read = if end % 2 == 0 { answers } else { questions };
    let length = u32::try_from(body.len()).expect("the fuzzer's bytes are few").to_le_bytes();
    let understood = if end & 2 == 0 { read(&[&length, body].concat()) } else { read(body) };
    assert_eq!(read(&understood), understood, "it changes when it is repeated");
});
