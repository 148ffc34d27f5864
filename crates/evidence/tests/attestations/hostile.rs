//! What is no attestation is refused with a reason, and never costs much.

use serde_json::json;
use weighbridge_evidence::predicate::check;
use weighbridge_evidence::{Envelope, MAX_SUBJECTS, PublicKey, Statement, envelope_in_bundle};

use crate::samples::{envelope, signer, written};

#[test]
fn an_envelope_cut_anywhere_is_none() {
    let (text, _) = written(1, 1000);
    for cut in 0..text.len() {
        assert!(Envelope::parse(&text.as_bytes()[..cut]).is_err(), "{cut}");
        assert_eq!(envelope_in_bundle(&text.as_bytes()[..cut]), Ok(None), "{cut}");
    }
}

#[test]
fn a_statement_cut_anywhere_is_none() {
    let payload = envelope(1).payload;
    for cut in 0..payload.len() {
        assert!(Statement::parse(&payload[..cut]).is_err(), "{cut}");
    }
}

#[test]
fn an_envelope_with_a_bent_byte_is_none_or_nobodys_or_the_same() {
    let (text, _) = written(1, 1000);
    let (own, keys) = (envelope(1), [signer(1).public().clone()]);
    for at in (0..text.len()).step_by(3) {
        let mut bent = text.clone().into_bytes();
        bent[at] ^= 0x11;
        let Ok(envelope) = Envelope::parse(&bent) else { continue };
        let is_same = envelope.payload == own.payload && envelope.payload_type == own.payload_type;
        assert!(is_same || envelope.signers(&keys).is_empty(), "{at}");
    }
}

fn refusal(statement: &serde_json::Value) -> String {
    Statement::parse(statement.to_string().as_bytes()).unwrap_err().to_string()
}

#[test]
fn statements_that_say_nothing_or_too_much_are_refused_with_the_reason() {
    let kind = "https://in-toto.io/Statement/v1";
    let statement = |subject: serde_json::Value| json!({"_type": kind, "subject": subject, "predicateType": "t"});
    let one = json!([{"name": "a", "digest": {"sha256": "00"}}]);
    assert!(Statement::parse(statement(one.clone()).to_string().as_bytes()).is_ok());
    let why = refusal(&json!({"_type": "other", "subject": one, "predicateType": "t"}));
    assert!(why.contains("it says that it is `other`"), "{why}");
    assert!(refusal(&statement(json!([]))).contains("about nothing"));
    assert!(refusal(&statement(json!([{"name": "a"}]))).contains("no digest"));
    let many: Vec<_> = (0..=MAX_SUBJECTS).map(|_| json!({"digest": {"sha256": "0"}})).collect();
    assert!(refusal(&statement(json!(many))).contains("more than 100000 subjects"));
    let long = "x".repeat(5_000);
    assert!(refusal(&statement(json!([{"digest": {"sha256": long}}]))).contains("too long"));
}

#[test]
fn deep_nesting_ends_in_a_refusal_and_not_in_the_stack() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let text = format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"digest":{{"sha256":"0"}}}}],"predicateType":"t","predicate":{deep}}}"#
    );
    let read = Statement::parse(text.as_bytes());
    let refused = match read {
        Ok(statement) => check("t", &statement.predicate).map(drop).map_err(|e| e.to_string()),
        Err(error) => Err(error.to_string()),
    };
    assert!(refused.unwrap_err().contains("nested more than 64 deep"));
}

#[test]
fn envelopes_without_and_with_too_many_signatures_are_refused() {
    let none = r#"{"payload":"","payloadType":"t","signatures":[]}"#;
    assert!(Envelope::parse(none.as_bytes()).unwrap_err().to_string().contains("nobody signed"));
    let signatures = vec![json!({"sig": ""}); 17];
    let many = json!({"payload": "", "payloadType": "t", "signatures": signatures}).to_string();
    assert!(Envelope::parse(many.as_bytes()).unwrap_err().to_string().contains("more than 16"));
}

#[test]
fn a_predicate_of_a_known_type_has_its_shape() {
    let raw = |text: &str| serde_json::value::RawValue::from_string(text.to_owned()).unwrap();
    let svr = "https://in-toto.io/attestation/svr/v0.2";
    assert!(check(svr, &raw("{}")).unwrap_err().to_string().contains("missing field `verifier`"));
    assert!(check("https://example.org/x", &raw("[1]")).is_ok());
}

#[test]
fn what_is_no_key_is_refused() {
    let good = signer(1).public().pem();
    for bad in ["", "x", &good[..60], &good.replace("BEGIN PUBLIC", "BEGIN RSA PUBLIC")] {
        assert!(PublicKey::from_pem(bad).is_err(), "{bad}");
    }
    // A point beside the curve.
    let other = good.replace(&good[100..104], "AAAA");
    assert!(PublicKey::from_pem(&other).is_err());
    // What openssl makes on the other curves.
    let p384 = "-----BEGIN PUBLIC KEY-----\n\
        MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE\n-----END PUBLIC KEY-----\n";
    assert!(PublicKey::from_pem(p384).is_err(), "no point at all");
}
