//! Whether the clock can be right: the ledger, tokens and approvals rest on it.

use weighbridge_domain::{Clock, Timestamp};
use weighbridge_server::api::audit::EntryView;

use super::{Check, failed};
use crate::client::Client;

const HINT: &str = "set the clock, and keep it right with a time service such as chrony";

/// A machine without a battery wakes up in 1970.
pub(super) fn year() -> Check {
    let now = Clock::system().now();
    let built = Timestamp::from_rfc3339("2026-01-01T00:00:00Z");
    if built.is_some_and(|built| now < built) {
        return Check::bad("clock", format!("it says {now}, which is long ago"), HINT);
    }
    Check::well("clock", format!("it says {now}"))
}

/// The last entry of the ledger cannot lie in the future.
pub(super) async fn against_ledger(client: &Client) -> Option<Check> {
    let last = client.list::<EntryView>("/audit/entries", &[("last", Some("1"))], 1).await;
    let entries = match last {
        Ok(reply) => reply.view,
        Err(failure) => return Some(failed("clock and ledger", &failure)),
    };
    let at = Timestamp::from_rfc3339(&entries.first()?.at)?;
    let now = Clock::system().now();
    if at > now {
        let detail = format!("the last entry of the ledger is of {at}, and it is {now}");
        return Some(Check::bad("clock and ledger", detail, HINT));
    }
    Some(Check::well("clock and ledger", format!("the last entry is of {at}")))
}
