//! The text of one entry of the ledger: what its leaf is the hash of.

use weighbridge_domain::{Digest, Timestamp};

/// One line of JSON. It names the body by its digest, so that a body can be erased, and has any length,
/// while the tree stays what it was.
pub fn entry_text(at: Timestamp, kind: &str, body: &str) -> String {
    let digest = Digest::of(body.as_bytes());
    format!("{{\"at\":\"{at}\",\"kind\":\"{kind}\",\"body_sha256\":\"{digest}\"}}")
}
