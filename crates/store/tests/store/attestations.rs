//! Attestations and the keys of others.

use weighbridge_domain::{Digest, Grade};
use weighbridge_store::{
    AttestationRow, ForeignAttestationRow, StoreError, StoredSignature, TrustedKeyRow,
};

use crate::both::{NOW, commit, later, with_revision};

fn attestation(id: &str, trusted_key: Option<&str>) -> AttestationRow {
    AttestationRow {
        id: id.to_owned(),
        revision_id: "R".to_owned(),
        manifest: Digest::of(b"manifest"),
        about: format!("about/{id}"),
        predicate_type: "https://in-toto.io/attestation/svr/v0.2".to_owned(),
        grade: Grade::Declared,
        trusted_key: trusted_key.map(str::to_owned),
        keyid: "k".to_owned(),
        predicate: Some("{\"by\":\"ann\"}".to_owned()),
        envelope: trusted_key.map(|_| "{}".to_owned()),
        lists_files: true,
        signatures: vec![StoredSignature { keyid: "k".to_owned(), sig: "00ff".to_owned() }],
        envelope_digest: Digest::of(id.as_bytes()),
        payload_digest: Digest::of(b"payload"),
        position: 41,
        made_at: NOW,
    }
}

fn key(id: &str, name: &str, keyid: &str) -> TrustedKeyRow {
    TrustedKeyRow {
        id: id.to_owned(),
        name: name.to_owned(),
        keyid: keyid.to_owned(),
        pem: "PEM".to_owned(),
        predicates: vec!["https://in-toto.io/*".to_owned()],
        patterns: vec!["acme/*".parse().unwrap()],
        grade: Grade::Verified,
        added_at: NOW,
    }
}

both_databases! {
    async fn an_attestation_reads_back_is_told_once_and_names_its_entry(database: Database) {
        let store = with_revision(&database, &[]).await;
        let mut tx = store.write().await.unwrap();
        let row = attestation("1", None);
        tx.insert_attestation(&row).await.unwrap();
        assert_eq!(tx.find_attestation("R", "about/1").await.unwrap(), Some(row.clone()));
        let earlier = AttestationRow { position: 40, ..attestation("2", Some("builder")) };
        tx.insert_attestation(&earlier).await.unwrap();
        commit(tx).await.unwrap();

        let mut db = store.read().await.unwrap();
        let all = db.list_attestations("R", None, 9).await.unwrap();
        assert_eq!(all.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["2", "1"], "in the order of the ledger");
        assert_eq!(all[1], row);
        assert_eq!(db.list_attestations("R", Some("2"), 9).await.unwrap().len(), 1);
        assert_eq!(db.list_attestations_by_digest(Digest::of(b"1")).await.unwrap(), [row]);
        let foreign = ForeignAttestationRow {
            predicate_type: "https://in-toto.io/attestation/svr/v0.2".to_owned(),
            keyid: "k".to_owned(),
            grade: Grade::Declared,
        };
        assert_eq!(db.list_foreign_attestations("R").await.unwrap(), [foreign], "ours is none");
        drop(db);
        let mut tx = store.write().await.unwrap();
        let twice = AttestationRow { about: "about/1".to_owned(), ..attestation("3", None) };
        let twice = tx.insert_attestation(&twice).await.unwrap_err();
        assert!(matches!(twice, StoreError::Conflict(_)), "{twice}");
    }

    async fn what_an_attestation_tells_can_be_erased_and_that_it_was_there_cannot(database: Database) {
        let store = with_revision(&database, &[]).await;
        let mut tx = store.write().await.unwrap();
        tx.insert_attestation(&attestation("1", Some("builder"))).await.unwrap();
        assert!(tx.erase_attestation(Digest::of(b"1")).await.unwrap());
        assert!(!tx.erase_attestation(Digest::of(b"other")).await.unwrap());
        commit(tx).await.unwrap();
        let mut db = store.read().await.unwrap();
        let row = db.list_attestations("R", None, 9).await.unwrap().remove(0);
        assert_eq!((row.predicate, row.envelope), (None, None));
        assert_eq!(row.envelope_digest, Digest::of(b"1"));
    }

    async fn a_key_is_trusted_under_one_name_until_it_is_removed(database: Database) {
        let store = with_revision(&database, &[]).await;
        let mut tx = store.write().await.unwrap();
        tx.insert_trusted_key(&key("1", "builder", "k1")).await.unwrap();
        tx.insert_trusted_key(&key("2", "auditor", "k2")).await.unwrap();
        let names = |rows: Vec<TrustedKeyRow>| -> Vec<String> {
            rows.into_iter().map(|row| row.name).collect()
        };
        assert_eq!(names(tx.list_trusted_keys().await.unwrap()), ["auditor", "builder"]);
        assert!(tx.remove_trusted_key("builder", later(1)).await.unwrap());
        assert!(!tx.remove_trusted_key("builder", later(2)).await.unwrap());
        tx.insert_trusted_key(&key("3", "builder", "k1")).await.unwrap();
        assert_eq!(tx.list_trusted_keys().await.unwrap().len(), 2);
        commit(tx).await.unwrap();
        let mut tx = store.write().await.unwrap();
        let taken = tx.insert_trusted_key(&key("4", "other", "k1")).await.unwrap_err();
        assert!(matches!(taken, StoreError::Conflict(_)), "{taken}");
    }
}
