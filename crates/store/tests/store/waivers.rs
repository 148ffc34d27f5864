//! Waivers: which hold, and which end without anybody having been told.

use weighbridge_domain::{Role, Timestamp};
use weighbridge_store::WaiverRow;

use crate::both::{NOW, commit, later};

fn waiver(id: &str, expires_at: Timestamp) -> WaiverRow {
    WaiverRow {
        id: id.to_owned(),
        rule: "licence-unknown".to_owned(),
        pattern: "acme/*".parse().unwrap(),
        environment: "production".parse().unwrap(),
        because: "its authors are asked".to_owned(),
        granted_by: "cleo".to_owned(),
        role: Role::ComplianceReviewer,
        granted_at: NOW,
        expires_at,
        revoked_at: None,
    }
}

both_databases! {
    async fn a_waiver_that_ends_is_found_once_ahead_and_once_afterwards(database: Database) {
        let store = database.open().await;
        let mut tx = store.write().await.unwrap();
        let row = waiver("1", later(9));
        tx.insert_waiver(&row).await.unwrap();
        tx.insert_waiver(&waiver("2", later(8))).await.unwrap();
        assert!(tx.revoke_waiver("2", later(1)).await.unwrap());
        let list = async |tx: &mut weighbridge_store::WriteTx, now, soon| {
            let rows = tx.list_ending_waivers(later(now), later(soon), 9).await.unwrap();
            rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
        };
        assert!(list(&mut tx, 5, 8).await.is_empty(), "it ends later");
        assert!(list(&mut tx, 4, 9).await.is_empty(), "half of its time is not over");
        assert_eq!(list(&mut tx, 5, 9).await, ["1"]);
        assert!(tx.set_waiver_expiring_told("1", later(5)).await.unwrap());
        assert!(!tx.set_waiver_expiring_told("1", later(5)).await.unwrap());
        assert!(list(&mut tx, 6, 20).await.is_empty());
        assert_eq!(list(&mut tx, 9, 20).await, ["1"]);
        assert!(tx.set_waiver_expired_told("1", later(9)).await.unwrap());
        assert!(!tx.set_waiver_expired_told("1", later(9)).await.unwrap());
        assert!(!tx.set_waiver_expiring_told("1", later(9)).await.unwrap());
        assert!(list(&mut tx, 9, 20).await.is_empty());
        assert!(!tx.set_waiver_expired_told("2", later(9)).await.unwrap(), "it was revoked");
        commit(tx).await.unwrap();
        let found = store.read().await.unwrap().find_waiver("1").await.unwrap();
        assert_eq!(found, Some(row));
    }
}
