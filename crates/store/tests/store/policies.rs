//! Versions of the policy, and what one is tried out on.

use weighbridge_domain::{
    Decision, DecisionId, Digest, Outcome, PolicyOrigin, PolicyState, Proposal,
};
use weighbridge_store::{CallerCount, DownloadRow, PolicyRow};

use crate::both::{NOW, commit, later, with_revision};

fn version(number: u64, state: PolicyState) -> PolicyRow {
    let proposed_by = "ann".to_owned();
    PolicyRow {
        proposal: Proposal { number, state, proposed_by, base: number - 1 },
        digest: Digest::of(b"policy"),
        origin: PolicyOrigin::Proposal,
        restores: (number == 3).then_some(1),
        because: "\u{1F980} \"why\"".to_owned(),
        simulation: "{\"pulls\":14}".to_owned(),
        effective: String::new(),
        proposed_at: NOW,
        settled_by: None,
        settled_at: None,
        ended_at: None,
    }
}

fn download(id: &str, caller: &str, seconds: u64) -> DownloadRow {
    DownloadRow {
        id: id.to_owned(),
        at: later(seconds),
        caller: caller.to_owned(),
        token_id: None,
        environment: "dev".parse().unwrap(),
        revision_id: "R".to_owned(),
        path: "model.safetensors".parse().unwrap(),
        digest: Digest::of(b"weights"),
        first_byte: 0,
        length_bytes: 7,
        client: String::new(),
        address: String::new(),
    }
}

both_databases! {
    async fn one_version_is_active_and_all_are_remembered(database: Database) {
        let store = database.open().await;
        let mut tx = store.write().await.unwrap();
        assert_eq!(tx.next_policy_number().await.unwrap(), 1);
        tx.put_document(Digest::of(b"policy"), "policy").await.unwrap();
        let first = version(1, PolicyState::Active);
        tx.insert_policy(&first).await.unwrap();
        tx.insert_policy(&version(2, PolicyState::Proposed)).await.unwrap();
        tx.insert_policy(&version(3, PolicyState::Proposed)).await.unwrap();
        commit(tx).await.unwrap();

        let mut tx = store.write().await.unwrap();
        assert_eq!(tx.find_active_policy().await.unwrap(), Some(first));
        tx.supersede_policy(later(5)).await.unwrap();
        let mut row = tx.find_policy(3).await.unwrap().unwrap();
        assert_eq!(row, version(3, PolicyState::Proposed));
        row.proposal.state = PolicyState::Active;
        row.settled_by = Some("sam".to_owned());
        row.settled_at = Some(later(5));
        row.effective = "{}".to_owned();
        tx.settle_policy(&row).await.unwrap();
        tx.set_policy_effective(3, "{\"dev\":\"x\"}").await.unwrap();
        assert_eq!(tx.next_policy_number().await.unwrap(), 4);
        commit(tx).await.unwrap();

        let mut reader = store.read().await.unwrap();
        row.effective = "{\"dev\":\"x\"}".to_owned();
        assert_eq!(reader.find_active_policy().await.unwrap(), Some(row));
        let listed = reader.list_policies(None, 2).await.unwrap();
        let numbers: Vec<u64> = listed.iter().map(|row| row.proposal.number).collect();
        assert_eq!(numbers, [3, 2]);
        let older = reader.list_policies(Some(2), 2).await.unwrap();
        assert_eq!(older.first().map(|row| (row.proposal.state, row.ended_at)), Some((PolicyState::Superseded, Some(later(5)))));
        assert_eq!(reader.find_last_configured_policy().await.unwrap(), None);
        assert_eq!(reader.find_policy(9).await.unwrap(), None);
    }

    async fn two_versions_are_never_active_at_once(database: Database) {
        let store = database.open().await;
        let mut tx = store.write().await.unwrap();
        tx.put_document(Digest::of(b"policy"), "policy").await.unwrap();
        tx.insert_policy(&version(1, PolicyState::Active)).await.unwrap();
        assert!(tx.insert_policy(&version(2, PolicyState::Active)).await.is_err());
    }

    async fn decisions_that_hold_come_with_their_facts_and_pulls_are_counted(database: Database) {
        let store = with_revision(&database, &[]).await;
        let mut tx = store.write().await.unwrap();
        for text in ["policy", "facts"] {
            tx.put_document(Digest::of(text.as_bytes()), text).await.unwrap();
        }
        for (id, environment) in [("1", "dev"), ("2", "dev"), ("3", "production")] {
            let decision = Decision {
                id: DecisionId::new(id.to_owned()),
                environment: environment.parse().unwrap(),
                outcome: Outcome::Allow,
                reasons: Vec::new(),
                policy: Digest::of(b"policy"),
                facts: Digest::of(b"facts"),
                decided_at: NOW,
            };
            tx.insert_decision("R", &decision).await.unwrap();
        }
        let downloads = [download("1", "ann", 1), download("2", "ann", 9), download("3", "bob", 9), download("4", "ann", 10)];
        tx.insert_downloads(&downloads).await.unwrap();
        commit(tx).await.unwrap();

        let mut reader = store.read().await.unwrap();
        assert_eq!(reader.count_for_replay().await.unwrap(), (1, 2));
        let all = reader.list_for_replay("", 10).await.unwrap();
        let told: Vec<(&str, &str)> = all.iter().map(|row| (row.id.as_str(), row.document.as_str())).collect();
        assert_eq!(told, [("2", "facts"), ("3", "facts")]);
        assert_eq!(reader.list_for_replay("2", 1).await.unwrap().len(), 1);
        let dev = "dev".parse().unwrap();
        let counted = reader.count_downloads_by_caller("R", &dev, later(9)).await.unwrap();
        let count = |caller: &str, downloads| CallerCount { caller: caller.to_owned(), downloads };
        assert_eq!(counted, [count("ann", 2), count("bob", 1)]);
        let production = "production".parse().unwrap();
        assert_eq!(reader.count_downloads_by_caller("R", &production, NOW).await.unwrap(), []);
    }
}
