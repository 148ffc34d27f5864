//! Whether the worker starts that runs rules of the house's own.

use std::collections::BTreeMap;
use std::ffi::OsString;

use weighbridge_engine::{Bundle, Place, Workers};

use super::Check;

/// A rule that objects to nothing.
const HARMLESS: &str = r#"package weighbridge.own.nothing

import rego.v1

rule := {"title": "nothing", "why": "To see it run.", "effect": "hold", "contact": "admin"}

objections contains {"message": "never"} if false
"#;

/// Has a rule read by a worker.
pub(super) fn check() -> Check {
    match answer() {
        Ok(()) => Check::well("policy worker", "own rules run apart, and answer"),
        Err(why) => Check::bad(
            "policy worker",
            why,
            "no rule of the house's own can be asked, so what they judge is denied; may this user start \
             processes?",
        ),
    }
}

fn answer() -> Result<(), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let place = Place::Apart(Workers::new(program, vec![OsString::from("policy-worker")]));
    let files = BTreeMap::from([("nothing.rego".to_owned(), HARMLESS.to_owned())]);
    let read = Bundle::read(files, &[], &place);
    read.map(drop).map_err(|complaints| {
        complaints.first().map(|complaint| complaint.what.clone()).unwrap_or_default()
    })
}
