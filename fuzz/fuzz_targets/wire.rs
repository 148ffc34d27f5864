//! Messages between the scanner and its worker: what one end understood reads the same when it is
//! written and read again. The first byte picks the end.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weighbridge_scan::fuzzing::{answer, question};

fuzz_target!(|bytes: &[u8]| {
    let Some((end, body)) = bytes.split_first() else { return };
    let read = if end % 2 == 0 { answer } else { question };
    if let Some(understood) = read(body) {
        assert_eq!(read(&understood).as_ref(), Some(&understood), "it changes when it is repeated");
    }
});
