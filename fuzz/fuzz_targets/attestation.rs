//! What somebody else gives us to believe: envelopes, bundles, statements, predicates and keys. What is read
//! is written as it was read, and nobody here signed it. The first byte picks the reader.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weighbridge_evidence::predicate::check;
use weighbridge_evidence::{AttestationSigner, Envelope, PublicKey, Statement, envelope_in_bundle};

fuzz_target!(|bytes: &[u8]| {
    let Some((reader, body)) = bytes.split_first() else { return };
    let keys = || [AttestationSigner::from_seed([7; 32]).public().clone()];
    match reader % 4 {
        0 => {
            let Ok(envelope) = Envelope::parse(body) else { return };
            assert_eq!(Envelope::parse(envelope.json().as_bytes()).as_ref(), Ok(&envelope));
            assert!(envelope.signers(&keys()).is_empty(), "nobody signed it");
        }
        1 => {
            let Ok(Some(envelope)) = envelope_in_bundle(body) else { return };
            assert!(envelope.signers(&keys()).is_empty(), "nobody signed it");
        }
        2 => {
            let Ok(statement) = Statement::parse(body) else { return };
            assert!(!statement.subjects.is_empty());
            if let Err(error) = check(&statement.predicate_type, &statement.predicate) {
                let text = error.to_string();
                assert!(text.chars().count() < 1_000 && !text.chars().any(char::is_control));
            }
        }
        _ => {
            let Ok(text) = std::str::from_utf8(body) else { return };
            let text = format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n");
            if let Ok(key) = PublicKey::from_pem(&text) {
                assert_eq!(PublicKey::from_pem(&key.pem()), Ok(key));
            }
        }
    }
});
