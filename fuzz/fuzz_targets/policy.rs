//! A policy that anybody may have written: switches, own rules, what they share, and tests. It is a policy or
//! complaints, within a bounded time; and what is a policy is the same after its document was read again.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use weighbridge_domain::Environment;
use weighbridge_policy::{Bundle, Place, Policy};

const RULE: &str = "package weighbridge.own.odd\n\nimport rego.v1\n\nrule := {\"title\": \"t\", \"why\": \"w\", \
    \"effect\": \"deny\", \"contact\": \"admin\"}\n\n";

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, body)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(body) else { return };
    let (name, text) = match kind % 4 {
        0 => ("policy.toml", text.to_owned()),
        1 => ("odd.rego", format!("{RULE}{text}")),
        2 => ("lib.rego", text.to_owned()),
        _ => ("odd_test.rego", text.to_owned()),
    };
    let environments: Vec<Environment> =
        ["dev", "production"].iter().map(|name| name.parse().expect("an environment")).collect();
    let files = BTreeMap::from([(name.to_owned(), text)]);
    let Ok((bundle, _)) = Bundle::read(files, &environments, &Place::Here) else { return };
    let again = Bundle::from_document(&bundle.document(), &environments).expect("its own document");
    assert_eq!(again, bundle, "a policy that changes when it is kept");
    Policy::of(&bundle, &Place::Here).expect("what was taken compiles");
});
