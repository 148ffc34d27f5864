//! Entries of the ledger as lines of JSON: what the audit stream sends, and webhooks carry.
//!
//! `docs/audit-stream.schema.json` describes a line.

use weighbridge_domain::Digest;
use weighbridge_evidence::erased_digest;
use weighbridge_store::EntryRow;

/// One entry as one line of JSON, without its end. The body stands there as it was hashed, so that
/// whoever reads the line can compare it with `body_sha256`.
pub fn entry_line(entry: &EntryRow) -> String {
    let EntryRow { position, at, kind, body, leaf } = entry;
    let erased = erased_digest(body);
    let digest = erased.unwrap_or_else(|| Digest::of(body.as_bytes()));
    let body = if erased.is_some() { "null" } else { body };
    format!(
        "{{\"position\":{position},\"at\":\"{at}\",\"kind\":\"{kind}\",\"body_sha256\":\"{digest}\",\
         \"leaf\":\"{leaf}\",\"body\":{body}}}"
    )
}
