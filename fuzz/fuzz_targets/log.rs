//! What an auditor is handed: tile paths, bundles of entries, receipts and signed notes. What is read is
//! written as it was, and what is written is read again. The first byte picks the reader.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weighbridge_evidence::{LogVerifier, Receipt, Tile, read_bundle, write_bundle};

/// A key whose other half nobody here has.
const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

fuzz_target!(|bytes: &[u8]| {
    let Some((reader, body)) = bytes.split_first() else { return };
    if reader % 4 == 0 {
        if let Some(entries) = read_bundle(body) {
            assert_eq!(
                write_bundle(entries).as_deref(),
                Some(body),
                "another spelling of a bundle"
            );
        }
        return;
    }
    let Ok(text) = std::str::from_utf8(body) else { return };
    match reader % 4 {
        1 => {
            if let Some(tile) = Tile::parse(text) {
                assert_eq!(tile.path(), text, "another spelling of a tile");
                let _ = tile.leaves();
            }
        }
        2 => {
            let text = format!("c2sp.org/tlog-proof@v1\nextra {text}");
            if let Ok(receipt) = Receipt::parse(&text) {
                assert_eq!(Receipt::parse(&receipt.text()).as_ref(), Ok(&receipt));
                let verifier = LogVerifier::from_vkey(KEY).expect("a key");
                assert!(receipt.verify(&verifier).is_err(), "nobody signed it");
            }
        }
        _ => {
            let _ = LogVerifier::from_vkey(text);
            let verifier = LogVerifier::from_vkey(KEY).expect("a key");
            assert!(verifier.verify(text).is_err(), "nobody signed it");
        }
    }
});
