//! Sources, artifacts, branches, revisions and their files.

use weighbridge_domain::{Artifact, ArtifactKind, Digest, RepoPath, Tier};
use weighbridge_store::{
    ArtifactPage, FileCount, FilePage, RefRow, ReservedNameRow, SourceCredentialRow,
    SourcePatternRow, SourceRow, StoreError,
};

use crate::both::{NOW, artifact, commit, file, later, oid, revision, with_revision};

fn source(name: &str, position: u32) -> SourceRow {
    SourceRow {
        name: name.parse().unwrap(),
        kind: "hub".to_owned(),
        url: format!("https://{name}.example"),
        tier: Tier::Conditional,
        position,
        created_at: NOW,
    }
}

both_databases! {
    async fn sources_are_asked_in_their_order(database: Database) {
        let store = database.open().await;
        let mut tx = store.write().await.unwrap();
        for row in [source("first", 5), source("second", 6), source("third", 6)] {
            tx.insert_source(&row).await.unwrap();
        }
        let taken = tx.insert_source(&source("first", 1)).await.unwrap_err();
        assert!(matches!(taken, StoreError::Conflict(_)), "{taken}");
        drop(tx);

        let mut tx = store.write().await.unwrap();
        for row in [source("first", 5), source("second", 6), source("third", 6)] {
            tx.insert_source(&row).await.unwrap();
        }
        assert!(tx.set_source_position(&"third".parse().unwrap(), 1).await.unwrap());
        assert!(tx.set_source_tier(&"first".parse().unwrap(), Tier::Prohibited).await.unwrap());
        assert!(!tx.set_source_tier(&"none".parse().unwrap(), Tier::Prohibited).await.unwrap());
        assert!(!tx.set_source_position(&"none".parse().unwrap(), 1).await.unwrap());
        commit(tx).await.unwrap();

        let mut reader = store.read().await.unwrap();
        let listed = reader.list_sources().await.unwrap();
        let names: Vec<&str> = listed.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["third", "first", "second"]);
        let first = reader.find_source(&"first".parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(first, SourceRow { tier: Tier::Prohibited, ..source("first", 5) });
        assert_eq!(reader.find_source(&"none".parse().unwrap()).await.unwrap(), None);
    }

    async fn a_source_goes_with_its_patterns_and_credentials(database: Database) {
        let store = database.open().await;
        let mut tx = store.write().await.unwrap();
        let (kept, gone) = (source("kept", 1), source("gone", 2));
        for row in [&kept, &gone] {
            tx.insert_source(row).await.unwrap();
            for tier in [Tier::Prohibited, Tier::PreApproved] {
                let pattern = "acme/*".parse().unwrap();
                let row = SourcePatternRow { source: row.name.clone(), pattern, tier };
                tx.set_source_pattern(&row).await.unwrap();
            }
            for secret in ["old", "sealed"] {
                let (source, pattern) = (row.name.clone(), "**".parse().unwrap());
                let secret = secret.to_owned();
                let row = SourceCredentialRow { source, pattern, secret };
                assert!(!format!("{row:?}").contains(&row.secret));
                tx.set_source_credential(&row).await.unwrap();
            }
        }
        assert!(tx.delete_source(&gone.name).await.unwrap());
        assert!(!tx.delete_source(&gone.name).await.unwrap());
        let orphan = SourcePatternRow {
            source: gone.name.clone(),
            pattern: "x".parse().unwrap(),
            tier: Tier::Conditional,
        };
        let patterns = tx.list_source_patterns().await.unwrap();
        assert_eq!(patterns.len(), 1);
        assert_eq!((&patterns[0].source, patterns[0].tier), (&kept.name, Tier::PreApproved));
        let credentials = tx.list_source_credentials().await.unwrap();
        assert_eq!(credentials.len(), 1);
        assert_eq!((&credentials[0].source, credentials[0].secret.as_str()), (&kept.name, "sealed"));
        let acme = "acme/*".parse().unwrap();
        assert!(tx.delete_source_pattern(&kept.name, &acme).await.unwrap());
        assert!(!tx.delete_source_pattern(&kept.name, &acme).await.unwrap());
        let all = "**".parse().unwrap();
        assert!(tx.delete_source_credential(&kept.name, &all).await.unwrap());
        assert!(!tx.delete_source_credential(&kept.name, &all).await.unwrap());
        let refused = tx.set_source_pattern(&orphan).await.unwrap_err();
        assert!(matches!(refused, StoreError::Conflict(_)), "{refused}");
    }

    async fn reserved_names_are_ours_until_given_up(database: Database) {
        let store = database.open().await;
        let row = ReservedNameRow {
            pattern: "Acme/*".parse().unwrap(),
            reason: "our company".to_owned(),
            created_at: NOW,
        };
        let mut tx = store.write().await.unwrap();
        tx.insert_reserved_name(&row).await.unwrap();
        commit(tx).await.unwrap();
        let mut tx = store.write().await.unwrap();
        assert_eq!(tx.list_reserved_names().await.unwrap(), std::slice::from_ref(&row));
        assert!(tx.delete_reserved_name(&row.pattern).await.unwrap());
        assert!(!tx.delete_reserved_name(&row.pattern).await.unwrap());
        assert_eq!(tx.list_reserved_names().await.unwrap(), []);
    }

    async fn every_spelling_and_alias_is_one_artifact(database: Database) {
        let store = database.open().await;
        let mut tx = store.write().await.unwrap();
        let bert = artifact("A", "Acme/Tiny-Bert");
        tx.insert_artifact(&bert).await.unwrap();
        tx.insert_artifact(&artifact("D", "datasets/acme/tiny-bert")).await.unwrap();
        tx.insert_artifact(&artifact("N", "acme/new")).await.unwrap();
        let old: Artifact = "Bert-Old".parse().unwrap();
        tx.set_artifact_alias(&old, "N").await.unwrap();
        tx.set_artifact_alias(&old, "A").await.unwrap();
        commit(tx).await.unwrap();

        let mut tx = store.write().await.unwrap();
        for spelling in ["acme/tiny-bert", "ACME/TINY-BERT", "bert-old", "BERT-OLD"] {
            let found = tx.find_artifact(&spelling.parse().unwrap()).await.unwrap();
            assert_eq!(found.as_ref(), Some(&bert), "{spelling}");
        }
        assert_eq!(tx.find_artifact(&"datasets/bert-old".parse().unwrap()).await.unwrap(), None);
        // A name that was given to another artifact means that one, until it is given back.
        let new: Artifact = "acme/new".parse().unwrap();
        tx.set_artifact_alias(&new, "A").await.unwrap();
        assert_eq!(tx.find_artifact(&new).await.unwrap().unwrap().id, "A");
        assert_eq!(tx.find_artifact_called(&new).await.unwrap().unwrap().id, "N");
        assert!(tx.delete_artifact_alias(&new).await.unwrap());
        assert!(!tx.delete_artifact_alias(&new).await.unwrap());
        assert_eq!(tx.find_artifact(&new).await.unwrap().unwrap().id, "N");
        assert!(tx.set_restricted("A", true).await.unwrap());
        assert!(!tx.set_restricted("none", true).await.unwrap());
        let restricted = tx.find_artifact_by_id("A").await.unwrap().unwrap();
        assert!(restricted.restricted);
        let taken = tx.insert_artifact(&artifact("X", "acme/TINY-bert")).await.unwrap_err();
        assert!(matches!(taken, StoreError::Conflict(_)), "{taken}");
    }

    async fn artifacts_are_listed_page_by_page(database: Database) {
        let store = database.open().await;
        let mut tx = store.write().await.unwrap();
        let names =
            ["b/y", "a_b/x", "datasets/b/y", "B/x", "a-b/x", "axb/x", "datasets/c", "c/100.5"];
        for (number, name) in names.iter().enumerate() {
            tx.insert_artifact(&artifact(&number.to_string(), name)).await.unwrap();
        }
        commit(tx).await.unwrap();

        let mut reader = store.read().await.unwrap();
        let mut seen = Vec::new();
        let mut after: Option<Artifact> = None;
        loop {
            let page = ArtifactPage { after: after.as_ref(), limit: 3, ..ArtifactPage::default() };
            let rows = reader.list_artifacts(&page).await.unwrap();
            let Some(last) = rows.last() else { break };
            after = Some(last.artifact.clone());
            seen.extend(rows.iter().map(|row| row.artifact.to_string()));
        }
        let all = ["a-b/x", "a_b/x", "axb/x", "B/x", "datasets/b/y", "b/y", "datasets/c", "c/100.5"];
        assert_eq!(seen, all);

        for (containing, expected) in [
            ("A_B", &["a_b/x"][..]),
            ("B/", &["a-b/x", "a_b/x", "axb/x", "B/x", "b/y"]),
            ("%", &[]),
            ("\\", &[]),
        ] {
            let page = ArtifactPage {
                kind: Some(ArtifactKind::Model),
                containing: Some(containing),
                after: None,
                limit: 10,
            };
            let rows = reader.list_artifacts(&page).await.unwrap();
            let found: Vec<String> = rows.iter().map(|row| row.artifact.to_string()).collect();
            assert_eq!(found, expected, "{containing}");
        }
    }

    async fn a_branch_moves_and_is_confirmed(database: Database) {
        let store = with_revision(&database, &[]).await;
        let at = |letter: &str, seconds| RefRow {
            artifact_id: "A".to_owned(),
            name: "main".parse().unwrap(),
            commit: letter.repeat(40).parse().unwrap(),
            checked_at: later(seconds),
        };
        for row in [at("a", 0), at("b", 1)] {
            let mut tx = store.write().await.unwrap();
            tx.set_ref(&row).await.unwrap();
            commit(tx).await.unwrap();
        }
        assert!(store.confirm_ref(&at("b", 5)).await.unwrap());
        // Neither a commit it has left nor an older look changes anything.
        assert!(!store.confirm_ref(&at("a", 9)).await.unwrap());
        assert!(!store.confirm_ref(&at("b", 2)).await.unwrap());
        let mut reader = store.read().await.unwrap();
        let found = reader.find_ref("A", &"refs/heads/main".parse().unwrap()).await.unwrap();
        assert_eq!(found, Some(at("b", 5)));
        assert_eq!(reader.list_refs("A").await.unwrap(), [at("b", 5)]);
        assert_eq!(reader.find_ref("A", &"dev".parse().unwrap()).await.unwrap(), None);
    }

    async fn a_revision_is_found_by_each_of_its_names(database: Database) {
        let store = with_revision(&database, &[]).await;
        let mut tx = store.write().await.unwrap();
        let other = revision("S", "A", "ab");
        tx.insert_revision(&other).await.unwrap();
        let manifest = Digest::of(b"manifest");
        tx.set_manifest("S", manifest).await.unwrap();
        tx.set_manifest("S", manifest).await.unwrap();
        commit(tx).await.unwrap();
        let named = weighbridge_store::RevisionRow { manifest: Some(manifest), ..other };

        let mut tx = store.write().await.unwrap();
        assert_eq!(tx.find_revision("A", &named.commit).await.unwrap(), Some(named.clone()));
        assert_eq!(tx.find_revision("B", &named.commit).await.unwrap(), None);
        assert_eq!(tx.find_revision_by_id("S").await.unwrap(), Some(named.clone()));
        let same = tx.list_revisions_with_manifest(manifest, 9).await.unwrap();
        assert_eq!(same, std::slice::from_ref(&named));
        let beginning = tx.list_commits_beginning("A", "a").await.unwrap();
        assert_eq!(beginning.len(), 2);
        let only = tx.list_commits_beginning("A", "ab").await.unwrap();
        assert_eq!(only, std::slice::from_ref(&named.commit));
        assert!(tx.list_commits_beginning("A", "b").await.unwrap().is_empty());
        let ids = |rows: Vec<weighbridge_store::RevisionRow>| {
            rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(tx.list_revisions("A", None, 9).await.unwrap()), ["S", "R"]);
        assert_eq!(ids(tx.list_revisions("A", Some("S"), 9).await.unwrap()), ["R"]);
        assert_eq!(ids(tx.list_latest_revisions(None, 1).await.unwrap()), ["S"]);
        assert_eq!(ids(tx.list_latest_revisions(Some("S"), 9).await.unwrap()), ["R"]);
        let changed = tx.set_manifest("S", Digest::of(b"other")).await.unwrap_err();
        assert!(matches!(changed, StoreError::Conflict(_)), "{changed}");
        let again = tx.insert_revision(&revision("T", "A", "ab")).await.unwrap_err();
        assert!(matches!(again, StoreError::Conflict(_)), "{again}");
    }

    async fn files_are_listed_in_byte_order_by_folder_and_page(database: Database) {
        let paths = ["a/b.txt", "B.txt", "a.txt", "a/c/d.txt", "a0", "ä.txt", "a b/x", "Z/y"];
        let store = with_revision(&database, &paths).await;
        let mut reader = store.read().await.unwrap();
        let mut sorted = paths;
        sorted.sort_unstable();
        let mut seen = Vec::new();
        let mut after: Option<RepoPath> = None;
        loop {
            let page = FilePage { folder: "", after: after.as_ref(), limit: 3 };
            let rows = reader.list_files("R", &page).await.unwrap();
            let Some(last) = rows.last() else { break };
            after = Some(last.path.clone());
            seen.extend(rows.iter().map(|row| row.path.to_string()));
        }
        assert_eq!(seen, sorted);

        let below = |rows: Vec<weighbridge_store::FileRow>| {
            rows.into_iter().map(|row| row.path.to_string()).collect::<Vec<_>>()
        };
        let page = FilePage { folder: "a", after: None, limit: 9 };
        assert_eq!(below(reader.list_files("R", &page).await.unwrap()), ["a/b.txt", "a/c/d.txt"]);
        let after = "a/b.txt".parse().unwrap();
        let page = FilePage { folder: "a", after: Some(&after), limit: 9 };
        assert_eq!(below(reader.list_files("R", &page).await.unwrap()), ["a/c/d.txt"]);
        assert_eq!(reader.find_file("R", &after).await.unwrap(), Some(file("a/b.txt")));
        assert_eq!(reader.find_file("S", &after).await.unwrap(), None);
    }

    async fn files_learn_their_digests_in_bulk(database: Database) {
        let paths: Vec<String> = (0..1203).map(|number| format!("data/{number:05}")).collect();
        let texts: Vec<&str> = paths.iter().map(String::as_str).collect();
        let store = with_revision(&database, &texts).await;
        let mut tx = store.write().await.unwrap();
        tx.insert_revision(&revision("S", "A", "b")).await.unwrap();
        tx.insert_files("S", &[file("data/00000")]).await.unwrap();
        let mut lfs = file("big.bin");
        (lfs.lfs, lfs.size_bytes) = (Some(Digest::of(b"big")), 700_000_000_000);
        tx.insert_files("S", std::slice::from_ref(&lfs)).await.unwrap();
        let digest = Digest::of(b"content");
        assert!(tx.insert_blob(digest, 7, Some(oid(7)), NOW).await.unwrap());
        let known: Vec<(RepoPath, Digest)> =
            paths.iter().skip(1).map(|path| (path.parse().unwrap(), digest)).collect();
        tx.set_file_digests("R", &known).await.unwrap();
        commit(tx).await.unwrap();

        let mut tx = store.write().await.unwrap();
        let count = tx.count_files("R").await.unwrap();
        assert_eq!(count, FileCount { files: 1203, size_bytes: 1203 * 7, missing: 1 });
        let found = tx.find_file("R", &"data/01202".parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(found.digest, Some(digest));
        assert_eq!(tx.find_file("S", &lfs.path).await.unwrap(), Some(lfs));
        assert_eq!(tx.count_files("S").await.unwrap().missing, 2);
        let fetched = tx.list_fetched_files("R").await.unwrap();
        assert_eq!(fetched.len(), 1202);
        assert_eq!((fetched[0].path.as_str(), fetched[0].digest), ("data/00001", Some(digest)));
        assert!(tx.list_fetched_files("S").await.unwrap().is_empty());
        assert_eq!(tx.count_files("none").await.unwrap(), FileCount::default());
        let with = tx.list_revisions_with_blob(digest, None, 9).await.unwrap();
        assert_eq!(with.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["R"]);
        assert!(tx.list_revisions_with_blob(digest, Some("R"), 9).await.unwrap().is_empty());

        let stray = [("not/listed".parse().unwrap(), digest)];
        let refused = tx.set_file_digests("R", &stray).await.unwrap_err();
        assert!(matches!(refused, StoreError::Conflict(_)), "{refused}");
        let unheld = [("data/00000".parse().unwrap(), Digest::of(b"never fetched"))];
        let refused = tx.set_file_digests("R", &unheld).await.unwrap_err();
        assert!(matches!(refused, StoreError::Conflict(_)), "{refused}");
    }

    async fn sizes_beyond_counting_are_refused(database: Database) {
        let store = with_revision(&database, &[]).await;
        let mut tx = store.write().await.unwrap();
        let huge = |path: &str, size_bytes| weighbridge_store::FileRow { size_bytes, ..file(path) };
        for files in [
            vec![huge("a", u64::MAX)],
            vec![huge("a", u64::MAX), huge("b", u64::MAX)],
            vec![huge("a", 1 << 62), huge("b", 1 << 62)],
        ] {
            let refused = tx.insert_files("R", &files).await.unwrap_err();
            assert!(matches!(refused, StoreError::Other(_)), "{refused}");
        }
        tx.insert_files("R", &[huge("a", 1 << 62)]).await.unwrap();
        assert_eq!(tx.count_files("R").await.unwrap().size_bytes, 1 << 62);
    }
}
