//! The ledger: signed, verified, and found out when its end is gone.

use weighbridge_engine::{CheckpointRow, LedgerFault};

use crate::door::Door;
use crate::weighed;

#[tokio::test]
async fn the_ledger_of_a_working_gateway_is_intact_and_signed() {
    let (_hub, app) = weighed().await;
    let door = Door::of_admin(&app).await;
    let signed = door.get("/audit/checkpoint").await;
    let verified = door.get("/audit/verification").await;
    assert_eq!(verified["is_intact"], true, "{verified}");
    // Refusals are recorded in the background, so the ledger may have grown meanwhile.
    assert!(verified["entries"].as_u64() >= signed["entries"].as_u64());
    assert!(verified["checkpoints"].as_u64().unwrap() >= 1);
    assert!(signed["note"].as_str().unwrap().starts_with("weighbridge.test/log\n"));
}

#[tokio::test]
async fn a_signed_end_that_is_gone_is_a_fault() {
    let (_hub, app) = weighed().await;
    let signed = app.engine.checkpoint().await.unwrap();
    // Refusals are recorded in the background: the ledger may still grow by a few entries.
    let size = signed.size + 1_000;
    app.engine.store().insert_checkpoint(&CheckpointRow { size, ..signed }).await.unwrap();
    let report = app.engine.verify_ledger().await.unwrap();
    assert!(
        matches!(report.fault, Some(LedgerFault::Cut { signed, .. }) if signed == size),
        "{report:?}"
    );
}

#[tokio::test]
async fn a_checkpoint_over_another_history_is_a_fault() {
    let (_hub, app) = weighed().await;
    let entries = app.engine.list_entries(0, 10).await.unwrap();
    let size = u64::try_from(entries.len()).unwrap();
    let now = app.engine.checkpoint().await.unwrap();
    assert!(now.size > size);
    // Our own key signed it, for another size.
    let forged = CheckpointRow { size, ..now };
    app.engine.store().insert_checkpoint(&forged).await.unwrap();
    let report = app.engine.verify_ledger().await.unwrap();
    assert_eq!(report.fault, Some(LedgerFault::Checkpoint(size)));
}
