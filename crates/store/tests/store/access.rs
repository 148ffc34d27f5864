//! Tokens, downloads, counts and what is true of the whole instance.

use weighbridge_domain::{
    Custody, Decision, DecisionId, Digest, Ids, Outcome, Role, Timestamp, TokenSecret,
};
use weighbridge_store::{
    BlobCount, Counts, DecisionCount, DownloadPage, DownloadRow, StoreError, TokenRow,
};

use crate::both::{NOW, artifact, commit, later, revision, with_revision};

fn token(id: &str, name: &str, expires_at: Option<Timestamp>) -> TokenRow {
    TokenRow {
        id: id.to_owned(),
        name: name.to_owned(),
        role: Role::Reader,
        environment: "staging".parse().unwrap(),
        entitled_to: vec!["acme/*".parse().unwrap(), "datasets/Corp/*".parse().unwrap()],
        created_at: NOW,
        expires_at,
        revoked_at: None,
        account_id: None,
        service: None,
        last_used_at: None,
    }
}

fn download(id: &str, revision_id: &str) -> DownloadRow {
    DownloadRow {
        id: id.to_owned(),
        at: later(5),
        caller: "anonymous".to_owned(),
        token_id: None,
        environment: "dev".parse().unwrap(),
        revision_id: revision_id.to_owned(),
        path: "model.safetensors".parse().unwrap(),
        digest: Digest::of(b"weights"),
        first_byte: 5_000_000_000,
        length_bytes: 7,
        client: "huggingface_hub/2.4.0".to_owned(),
        address: "127.0.0.1".to_owned(),
    }
}

both_databases! {
    async fn a_token_works_until_it_ends_or_is_revoked(database: Database) {
        let store = database.open().await;
        let ids = Ids::seeded(1);
        let (eternal, brief) = (TokenSecret::generate(&ids), TokenSecret::generate(&ids));
        let mut tx = store.write().await.unwrap();
        tx.insert_token(&token("1", "ci", None), eternal.digest()).await.unwrap();
        tx.insert_token(&token("2", "trial", Some(later(10))), brief.digest()).await.unwrap();
        commit(tx).await.unwrap();

        let mut tx = store.write().await.unwrap();
        let found = tx.find_active_token(eternal.digest(), NOW).await.unwrap();
        assert_eq!(found, Some(token("1", "ci", None)));
        assert!(tx.find_active_token(brief.digest(), later(9)).await.unwrap().is_some());
        assert!(tx.find_active_token(brief.digest(), later(10)).await.unwrap().is_none());
        let stranger = TokenSecret::generate(&ids);
        assert!(tx.find_active_token(stranger.digest(), NOW).await.unwrap().is_none());

        assert!(tx.revoke_token("1", later(3)).await.unwrap());
        assert!(!tx.revoke_token("1", later(4)).await.unwrap());
        assert!(tx.find_active_token(eternal.digest(), NOW).await.unwrap().is_none());
        assert!(tx.find_token_by_name("ci").await.unwrap().is_none());
        let revoked = tx.find_token("1").await.unwrap().unwrap();
        assert_eq!(revoked.revoked_at, Some(later(3)));
        // Its name is free again, and only once.
        tx.insert_token(&token("3", "ci", None), stranger.digest()).await.unwrap();
        assert_eq!(tx.find_token_by_name("ci").await.unwrap(), Some(token("3", "ci", None)));
        let listed = tx.list_tokens().await.unwrap();
        assert_eq!(listed.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["1", "2", "3"]);
        let other = TokenSecret::generate(&ids);
        let taken = tx.insert_token(&token("4", "ci", None), other.digest()).await.unwrap_err();
        assert!(matches!(taken, StoreError::Conflict(_)), "{taken}");
    }

    async fn downloads_are_listed_newest_first_and_by_artifact(database: Database) {
        let store = with_revision(&database, &[]).await;
        let mut tx = store.write().await.unwrap();
        tx.insert_artifact(&artifact("B", "acme/other")).await.unwrap();
        tx.insert_revision(&revision("S", "B", "b")).await.unwrap();
        let secret = TokenSecret::generate(&Ids::seeded(1));
        tx.insert_token(&token("1", "ci", None), secret.digest()).await.unwrap();
        let mut batch: Vec<DownloadRow> =
            (0..600).map(|number| download(&format!("{number:04}"), "R")).collect();
        let named = DownloadRow { token_id: Some("1".to_owned()), ..download("9999", "S") };
        batch.push(named.clone());
        tx.insert_downloads(&batch).await.unwrap();
        tx.insert_downloads(&[]).await.unwrap();
        commit(tx).await.unwrap();

        let mut reader = store.read().await.unwrap();
        let page = DownloadPage { limit: 2, ..DownloadPage::default() };
        let newest = reader.list_downloads(&page).await.unwrap();
        assert_eq!(newest, [named.clone(), download("0599", "R")]);
        let page = DownloadPage { artifact_id: Some("A"), before: Some("0001"), limit: 2 };
        assert_eq!(reader.list_downloads(&page).await.unwrap(), [download("0000", "R")]);
        let page = DownloadPage { artifact_id: Some("B"), before: None, limit: 2 };
        assert_eq!(reader.list_downloads(&page).await.unwrap(), [named]);
        assert_eq!(reader.count_downloads("A").await.unwrap(), 600);
        assert_eq!(reader.count_downloads("none").await.unwrap(), 0);
        let (dev, production) = ("dev".parse().unwrap(), "production".parse().unwrap());
        assert!(reader.was_downloaded("R", &dev).await.unwrap());
        assert!(!reader.was_downloaded("R", &production).await.unwrap());
        assert!(!reader.was_downloaded("none", &dev).await.unwrap());
        assert!(reader.was_artifact_downloaded("B").await.unwrap());
        assert!(!reader.was_artifact_downloaded("none").await.unwrap());
    }

    async fn the_counts_say_what_is_there(database: Database) {
        let store = database.open().await;
        let empty = store.read().await.unwrap().counts().await.unwrap();
        assert_eq!(empty, Counts::default());
        let store = with_revision(&database, &[]).await;
        let mut tx = store.write().await.unwrap();
        for bytes in [&b"one"[..], b"three"] {
            tx.insert_blob(Digest::of(bytes), bytes.len() as u64, None, NOW).await.unwrap();
        }
        let (from, to) = (Custody::Quarantined, Custody::Rejected);
        tx.insert_blob(Digest::of(b"bad"), 1 << 40, None, NOW).await.unwrap();
        tx.set_custody(Digest::of(b"bad"), from, to, NOW).await.unwrap();
        tx.put_document(Digest::of(b"x"), "x").await.unwrap();
        for (id, outcome) in [("01", Outcome::Hold), ("02", Outcome::Allow)] {
            let decision = Decision {
                id: DecisionId::new(id.to_owned()),
                environment: "dev".parse().unwrap(),
                outcome,
                reasons: vec![],
                policy: Digest::of(b"x"),
                facts: Digest::of(b"x"),
                decided_at: NOW,
            };
            tx.insert_decision("R", &decision).await.unwrap();
        }
        tx.insert_downloads(&[download("1", "R")]).await.unwrap();
        commit(tx).await.unwrap();

        let count = |custody, blobs, size_bytes| BlobCount { custody, blobs, size_bytes };
        let counts = store.read().await.unwrap().counts().await.unwrap();
        let expected = Counts {
            artifacts: 1,
            revisions: 1,
            downloads: 1,
            ledger_entries: 2,
            blobs: vec![count(Custody::Quarantined, 2, 8), count(Custody::Rejected, 1, 1 << 40)],
            decisions: vec![DecisionCount {
                environment: "dev".parse().unwrap(),
                outcome: Outcome::Allow,
                decisions: 1,
            }],
        };
        assert_eq!(counts, expected);
    }

    async fn the_generation_counts_committed_bumps(database: Database) {
        let store = database.open().await;
        assert_eq!(store.generation().await.unwrap(), 0);
        let mut tx = store.write().await.unwrap();
        assert_eq!(tx.bump_generation().await.unwrap(), 1);
        assert_eq!(store.generation().await.unwrap(), 0);
        commit(tx).await.unwrap();
        assert_eq!(store.generation().await.unwrap(), 1);
        let mut tx = store.write().await.unwrap();
        tx.bump_generation().await.unwrap();
        drop(tx);
        assert_eq!(store.generation().await.unwrap(), 1);
    }
}
