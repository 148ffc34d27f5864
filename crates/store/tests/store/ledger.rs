//! A change and its record are one.

use weighbridge_domain::Digest;
use weighbridge_store::{CheckpointRow, LedgerHead, LedgerNode, StoreError};

use crate::both::{NOW, artifact, commit, record};

both_databases! {
    async fn a_new_ledger_is_the_empty_tree(database: Database) {
        let store = database.open().await;
        let head = store.read().await.unwrap().ledger_head().await.unwrap();
        assert_eq!(head, LedgerHead { size: 0, frontier: vec![], root: Digest::of(b"") });
    }

    async fn a_change_without_its_commit_never_happened(database: Database) {
        let store = database.open().await;
        let mut tx = store.write().await.unwrap();
        tx.set_instance_value("name", "kept").await.unwrap();
        commit(tx).await.unwrap();
        let mut tx = store.write().await.unwrap();
        tx.set_instance_value("name", "lost").await.unwrap();
        drop(tx);
        drop(store);

        let again = database.open().await;
        let mut reader = again.read().await.unwrap();
        let name = reader.find_instance_value("name").await.unwrap();
        assert_eq!(name.as_deref(), Some("kept"));
        assert_eq!(reader.ledger_head().await.unwrap().size, 1);
        assert_eq!(reader.list_entries(0, 9).await.unwrap().len(), 1);
        drop(reader);
        // And the writer is free again.
        commit(again.write().await.unwrap()).await.unwrap();
    }

    async fn an_abandoned_writer_leaves_the_way_free(database: Database) {
        let store = database.open().await;
        let held = store.write().await.unwrap();
        let (second, rest) = (store.clone(), store.clone());
        // Given up while it waits, as when a client hangs up.
        let waiting = tokio::spawn(async move { second.write().await.map(drop) });
        tokio::task::yield_now().await;
        waiting.abort();
        drop(held);
        assert_eq!(commit(rest.write().await.unwrap()).await.unwrap(), 0);
    }

    async fn what_is_not_committed_is_not_seen(database: Database) {
        let store = database.open().await;
        let mut tx = store.write().await.unwrap();
        tx.set_instance_value("name", "ours").await.unwrap();
        let seen = tx.find_instance_value("name").await.unwrap();
        assert_eq!(seen.as_deref(), Some("ours"));
        let mut reader = store.read().await.unwrap();
        assert_eq!(reader.find_instance_value("name").await.unwrap(), None);
        commit(tx).await.unwrap();
        let seen = reader.find_instance_value("name").await.unwrap();
        assert_eq!(seen.as_deref(), Some("ours"));
    }

    async fn a_record_that_does_not_continue_the_ledger_is_refused(database: Database) {
        let store = database.open().await;
        commit(store.write().await.unwrap()).await.unwrap();
        let head = store.read().await.unwrap().ledger_head().await.unwrap();

        let mut stale = record(&head);
        stale.position = 0;
        let mut skipping = record(&head);
        skipping.head.size += 1;
        let mut standing = record(&head);
        standing.head.size -= 1;
        for wrong in [stale, skipping, standing] {
            let mut tx = store.write().await.unwrap();
            tx.set_instance_value("name", "lost").await.unwrap();
            let refused = tx.commit(wrong).await.unwrap_err();
            assert!(matches!(refused, StoreError::OutOfStep { size: 1, .. }), "{refused}");
        }

        let mut reader = store.read().await.unwrap();
        assert_eq!(reader.find_instance_value("name").await.unwrap(), None);
        assert_eq!(reader.ledger_head().await.unwrap(), head);
    }

    async fn writers_of_two_processes_never_skip_or_share_a_position(database: Database) {
        // Two stores on one database are to each other what two processes are.
        let stores = [database.open().await, database.open().await];
        let writers = (0..8_usize).map(|writer| {
            let store = stores[writer % 2].clone();
            tokio::spawn(async move {
                let mut positions = Vec::new();
                for _ in 0..10 {
                    let mut tx = store.write().await.unwrap();
                    // What a change has read stays true until it commits: no count gets lost.
                    let count = tx.find_instance_value("count").await.unwrap();
                    let next = count.map_or(1, |count| count.parse::<u32>().unwrap() + 1);
                    tx.set_instance_value("count", &next.to_string()).await.unwrap();
                    tx.bump_generation().await.unwrap();
                    positions.push(commit(tx).await.unwrap());
                }
                positions
            })
        });
        let mut positions = Vec::new();
        for writer in writers.collect::<Vec<_>>() {
            positions.extend(writer.await.unwrap());
        }
        positions.sort_unstable();
        assert_eq!(positions, (0..80).collect::<Vec<u64>>());

        let mut reader = stores[0].read().await.unwrap();
        let entries = reader.list_entries(0, 100).await.unwrap();
        let listed: Vec<u64> = entries.iter().map(|entry| entry.position).collect();
        assert_eq!(listed, positions);
        assert_eq!(reader.ledger_head().await.unwrap().size, 80);
        assert_eq!(reader.generation().await.unwrap(), 80);
        let count = reader.find_instance_value("count").await.unwrap();
        assert_eq!(count.as_deref(), Some("80"));
    }

    async fn entries_and_head_read_back_what_was_committed(database: Database) {
        let store = database.open().await;
        for _ in 0..3 {
            commit(store.write().await.unwrap()).await.unwrap();
        }
        let mut reader = store.read().await.unwrap();
        let middle = reader.list_entries(1, 1).await.unwrap().remove(0);
        assert_eq!((middle.position, middle.at, middle.kind.as_str()), (1, NOW, "test.happened"));
        assert_eq!(middle.body, "{\"n\":1}");
        assert_eq!(middle.leaf, Digest::of(&1_u64.to_be_bytes()));
        let last = reader.list_last_entries(2).await.unwrap();
        assert_eq!(last.iter().map(|entry| entry.position).collect::<Vec<_>>(), [2, 1]);
        let head = reader.ledger_head().await.unwrap();
        assert_eq!((head.size, head.root), (3, last[0].leaf));
        assert_eq!(head.frontier, [middle.leaf, last[0].leaf]);
    }

    async fn the_first_checkpoint_of_a_size_stays(database: Database) {
        let store = database.open().await;
        let checkpoint = |size, note: &str| CheckpointRow {
            size,
            root: Digest::of(note.as_bytes()),
            note: note.to_owned(),
            signed_at: NOW,
        };
        for (size, note) in [(3, "three"), (9, "nine"), (3, "other")] {
            store.insert_checkpoint(&checkpoint(size, note)).await.unwrap();
        }
        let mut reader = store.read().await.unwrap();
        let latest = reader.find_latest_checkpoint().await.unwrap();
        assert_eq!(latest, Some(checkpoint(9, "nine")));
        let covering = reader.find_checkpoint_covering(2).await.unwrap();
        assert_eq!(covering, Some(checkpoint(3, "three")));
        assert_eq!(reader.find_checkpoint_covering(10).await.unwrap(), None);
        assert_eq!(reader.list_checkpoints(4, 9).await.unwrap(), [checkpoint(9, "nine")]);
    }

    async fn changes_that_wait_for_each_other_share_a_sync_and_nothing_else(database: Database) {
        let store = database.open().await;
        // All of them queue behind one turn, so that they meet in one transaction.
        let held = store.write().await.unwrap();
        let writers: Vec<_> = (0..24_usize)
            .map(|writer| {
                let store = store.clone();
                tokio::spawn(async move {
                    let mut tx = store.write().await.unwrap();
                    let name = format!("writer {writer}");
                    tx.set_instance_value(&name, "was here").await.unwrap();
                    match writer % 3 {
                        0 => Some(commit(tx).await.unwrap()),
                        // Given up.
                        1 => None,
                        // Fails: the row exists.
                        _ => {
                            let twice = artifact("A", "acme/tiny");
                            tx.insert_artifact(&twice).await.ok();
                            assert!(tx.insert_artifact(&twice).await.is_err());
                            // What follows a failed statement must not run on its own.
                            assert!(tx.set_instance_value("stray", "yes").await.is_err());
                            assert!(commit(tx).await.is_err());
                            None
                        }
                    }
                })
            })
            .collect();
        tokio::task::yield_now().await;
        assert_eq!(commit(held).await.unwrap(), 0);
        let mut positions = Vec::new();
        let mut reader = store.read().await.unwrap();
        for (writer, done) in writers.into_iter().enumerate() {
            let position = done.await.unwrap();
            let found = reader.find_instance_value(&format!("writer {writer}")).await.unwrap();
            assert_eq!(found.is_some(), position.is_some(), "writer {writer}");
            positions.extend(position);
        }
        positions.sort_unstable();
        assert_eq!(positions, (1..=8).collect::<Vec<u64>>());
        assert_eq!(reader.find_instance_value("stray").await.unwrap(), None);
        assert_eq!(reader.list_entries(0, 99).await.unwrap().len(), 9);
        assert_eq!(reader.ledger_head().await.unwrap().size, 9);
    }

    async fn a_group_that_cannot_be_committed_fails_for_everybody_in_it(database: Database) {
        let store = database.open().await;
        let held = store.write().await.unwrap();
        let mut writers = Vec::new();
        for _ in 0..4 {
            let store = store.clone();
            writers.push(tokio::spawn(async move { commit(store.write().await?).await }));
        }
        tokio::task::yield_now().await;
        // The entry is refused when the group is written, long after its change was made.
        let mut taken = record(held.head());
        taken.nodes = vec![node(), node()];
        assert!(matches!(held.commit(taken).await, Err(StoreError::Conflict(_))));
        let mut made = 0;
        for writer in writers {
            match writer.await.unwrap() {
                Ok(_) => made += 1,
                Err(error) => assert!(matches!(error, StoreError::Conflict(_)), "{error}"),
            }
        }
        let mut reader = store.read().await.unwrap();
        assert_eq!(reader.ledger_head().await.unwrap().size, made);
        assert_eq!(reader.list_entries(0, 9).await.unwrap().len() as u64, made);
        drop(reader);
        assert_eq!(commit(store.write().await.unwrap()).await.unwrap(), made);
    }

    async fn a_closed_store_answers_instead_of_waiting(database: Database) {
        let store = database.open().await;
        commit(store.write().await.unwrap()).await.unwrap();
        store.close().await;
        assert!(store.write().await.is_err());
    }
}

fn node() -> LedgerNode {
    LedgerNode { level: 1, position: 0, hash: Digest::of(b"node") }
}
