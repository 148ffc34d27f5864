//! The text of one entry of the ledger: what its leaf is the hash of.

use weighbridge_domain::{Digest, Timestamp};

/// What stands where a body was erased, before its digest. A body is JSON and never begins so.
const ERASED: &str = "erased:";

/// One line of JSON. It names the body by its digest, so that a body can be erased, and has any length,
/// while the tree stays what it was.
pub fn entry_text(at: Timestamp, kind: &str, body: &str) -> String {
    let digest = erased_digest(body).unwrap_or_else(|| Digest::of(body.as_bytes()));
    format!("{{\"at\":\"{at}\",\"kind\":\"{kind}\",\"body_sha256\":\"{digest}\"}}")
}

/// What is kept of a body that is erased.
pub fn erased_body(digest: Digest) -> String {
    format!("{ERASED}{digest}")
}

/// The digest of the body that was here, when it was erased.
pub fn erased_digest(body: &str) -> Option<Digest> {
    body.strip_prefix(ERASED)?.parse().ok()
}
