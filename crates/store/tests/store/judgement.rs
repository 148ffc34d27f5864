//! Blobs, scans, documents and decisions.

use weighbridge_domain::{
    Custody, Decision, DecisionId, Digest, Finding, FindingPlace, Format, Gate, Mode, Outcome,
    Reason, ScanReport, Severity, Unexamined,
};
use weighbridge_store::{
    ArtifactRow, BlobRow, PathFinding, RepositoryScanRow, ScanRow, StoreError, WriteTx,
};

use crate::both::{NOW, artifact, commit, later, oid, with_revision};

fn finding(severity: Severity) -> Finding {
    Finding {
        rule: "WB-PICKLE-CALL".to_owned(),
        severity,
        place: FindingPlace { member: "archive/data.pkl".to_owned(), offset: Some(57) },
        message: "pickle calls os.system".to_owned(),
        evidence: "os.system('\u{1F980} \"quoted\" \\0')".to_owned(),
    }
}

fn decision(id: &str, environment: &str, outcome: Outcome, seconds: u64) -> Decision {
    let reason = |gate, mode| Reason {
        rule: "licence-denied".to_owned(),
        gate,
        mode,
        effect: Outcome::Hold,
        message: "the licence is unknown".to_owned(),
        remedy: "ask for a review".to_owned(),
        contact: "compliance".to_owned(),
    };
    Decision {
        id: DecisionId::new(id.to_owned()),
        environment: environment.parse().unwrap(),
        outcome,
        reasons: vec![reason(Gate::Use, Mode::Enforce), reason(Gate::Admit, Mode::Warn)],
        policy: Digest::of(b"policy"),
        facts: Digest::of(b"facts"),
        decided_at: later(seconds),
    }
}

async fn put_documents(tx: &mut WriteTx) {
    for text in ["policy", "facts", "facts"] {
        tx.put_document(Digest::of(text.as_bytes()), text).await.unwrap();
    }
}

both_databases! {
    async fn bytes_come_in_once_and_keep_their_custody(database: Database) {
        let store = database.open().await;
        let digest = Digest::of(b"weights");
        let mut tx = store.write().await.unwrap();
        assert!(tx.insert_blob(digest, 7, None, NOW).await.unwrap());
        tx.set_custody(digest, Custody::Quarantined, Custody::Released, later(1)).await.unwrap();
        assert!(!tx.insert_blob(digest, 7, Some(oid(1)), later(2)).await.unwrap());
        assert!(tx.set_git_oid(digest, oid(1)).await.unwrap());
        assert!(!tx.set_git_oid(Digest::of(b"none"), oid(1)).await.unwrap());
        commit(tx).await.unwrap();

        let expected = BlobRow {
            digest,
            size_bytes: 7,
            git_oid: Some(oid(1)),
            custody: Custody::Released,
            quarantined_at: NOW,
            judged_at: Some(later(1)),
        };
        let mut tx = store.write().await.unwrap();
        assert_eq!(tx.find_blob(digest).await.unwrap(), Some(expected.clone()));
        assert_eq!(tx.find_blob(Digest::of(b"none")).await.unwrap(), None);
        let by_oid = tx.find_blob_by_git_oid(oid(1), 7).await.unwrap();
        assert_eq!(by_oid, Some(expected.clone()));
        assert_eq!(tx.find_blob_by_git_oid(oid(1), 8).await.unwrap(), None);
        // A second blob with the same SHA-1: neither is believed.
        tx.insert_blob(Digest::of(b"collision"), 7, Some(oid(1)), NOW).await.unwrap();
        assert_eq!(tx.find_blob_by_git_oid(oid(1), 7).await.unwrap(), None);
        assert_eq!(tx.list_blobs(Custody::Released, None, 9).await.unwrap(), [expected]);
        assert!(tx.list_blobs(Custody::Released, Some(digest), 9).await.unwrap().is_empty());
    }

    async fn bytes_are_open_to_those_whose_source_gave_them(database: Database) {
        let store = database.open().await;
        let digest = Digest::of(b"weights");
        let mut tx = store.write().await.unwrap();
        let gated = ArtifactRow { restricted: true, ..artifact("G", "meta/gated") };
        tx.insert_artifact(&gated).await.unwrap();
        tx.insert_artifact(&artifact("O", "acme/open")).await.unwrap();
        tx.insert_blob(digest, 7, None, NOW).await.unwrap();
        assert!(!tx.is_blob_open_to(digest, "G").await.unwrap(), "nobody gave them yet");
        assert!(tx.insert_blob_origin(digest, "G").await.unwrap());
        assert!(!tx.insert_blob_origin(digest, "G").await.unwrap());
        assert!(tx.is_blob_open_to(digest, "G").await.unwrap());
        assert!(!tx.is_blob_open_to(digest, "O").await.unwrap());
        tx.insert_blob_origin(digest, "O").await.unwrap();
        assert!(tx.is_blob_open_to(digest, "any other").await.unwrap());
        tx.set_restricted("O", true).await.unwrap();
        assert!(!tx.is_blob_open_to(digest, "any other").await.unwrap());
        commit(tx).await.unwrap();
    }

    async fn custody_goes_forward_only(database: Database) {
        use Custody::{Quarantined, Recalled, Rejected, Released};
        let store = database.open().await;
        let digest = Digest::of(b"weights");
        let mut tx = store.write().await.unwrap();
        tx.insert_blob(digest, 7, None, NOW).await.unwrap();
        tx.set_custody(digest, Quarantined, Rejected, later(1)).await.unwrap();
        for (from, to) in [(Quarantined, Released), (Rejected, Released), (Released, Recalled)] {
            let refused = tx.set_custody(digest, from, to, later(2)).await.unwrap_err();
            assert!(matches!(refused, StoreError::Conflict(_)), "{refused}");
        }
        let found = tx.find_blob(digest).await.unwrap().unwrap();
        assert_eq!((found.custody, found.judged_at), (Rejected, Some(later(1))));
        tx.requarantine(digest, later(3)).await.unwrap();
        let found = tx.find_blob(digest).await.unwrap().unwrap();
        assert_eq!((found.custody, found.quarantined_at, found.judged_at), (Quarantined, later(3), None));
        assert!(matches!(tx.requarantine(digest, later(4)).await, Err(StoreError::Conflict(_))));
    }

    async fn a_report_reads_back_whole(database: Database) {
        let store = with_revision(&database, &["model.pt"]).await;
        let digest = Digest::of(b"weights");
        let report = ScanReport {
            format: Format::known("pickle"),
            findings: vec![finding(Severity::Dangerous), finding(Severity::Note)],
            unexamined: vec![Unexamined {
                place: FindingPlace { member: String::new(), offset: None },
                why: "step budget".to_owned(),
            }],
        };
        let row = |ruleset: &str, report: &ScanReport, seconds| ScanRow {
            digest,
            suffix: "pt".to_owned(),
            ruleset: ruleset.to_owned(),
            report: report.clone(),
            scanned_at: later(seconds),
        };
        let clean = ScanReport { findings: vec![], unexamined: vec![], ..report.clone() };
        let mut tx = store.write().await.unwrap();
        tx.insert_blob(digest, 7, None, NOW).await.unwrap();
        tx.set_file_digests("R", &[("model.pt".parse().unwrap(), digest)]).await.unwrap();
        tx.set_scan(&row("rules-1", &clean, 0)).await.unwrap();
        tx.set_scan(&row("rules-1", &report, 1)).await.unwrap();
        tx.set_scan(&row("rules-2", &clean, 2)).await.unwrap();
        commit(tx).await.unwrap();

        let mut reader = store.read().await.unwrap();
        let found = reader.find_scan(digest, "pt", "rules-1").await.unwrap();
        assert_eq!(found, Some(row("rules-1", &report, 1)));
        assert_eq!(reader.find_scan(digest, "bin", "rules-1").await.unwrap(), None);
        let all = [row("rules-2", &clean, 2), row("rules-1", &report, 1)];
        assert_eq!(reader.list_scans(digest).await.unwrap(), all);
        let of_revision = reader.list_scans_of_revision("R", "rules-2").await.unwrap();
        assert_eq!(of_revision, [row("rules-2", &clean, 2)]);
        let blobs = reader.list_blobs_of_revision("R").await.unwrap();
        assert_eq!(blobs.iter().map(|blob| blob.digest).collect::<Vec<_>>(), [digest]);
    }

    async fn a_repository_report_reads_back_whole(database: Database) {
        let store = with_revision(&database, &[]).await;
        let mut row = RepositoryScanRow {
            revision_id: "R".to_owned(),
            ruleset: "rules-1".to_owned(),
            findings: vec![],
            unexamined: vec!["config.json is too large".to_owned()],
            scanned_at: NOW,
        };
        let mut tx = store.write().await.unwrap();
        tx.set_repository_scan(&row).await.unwrap();
        let path = "code/modeling.py".parse().unwrap();
        row.findings.push(PathFinding { path, finding: finding(Severity::Review) });
        tx.set_repository_scan(&row).await.unwrap();
        commit(tx).await.unwrap();
        let mut reader = store.read().await.unwrap();
        let found = reader.find_repository_scan("R", "rules-1").await.unwrap();
        assert_eq!(found, Some(row));
        assert_eq!(reader.find_repository_scan("R", "rules-2").await.unwrap(), None);
    }

    async fn the_latest_decision_holds_and_the_others_stay_on_record(database: Database) {
        let store = with_revision(&database, &[]).await;
        let rounds = [
            decision("01", "dev", Outcome::Hold, 1),
            decision("02", "dev", Outcome::Allow, 2),
            decision("03", "production", Outcome::Deny, 3),
        ];
        for decided in &rounds {
            let mut tx = store.write().await.unwrap();
            put_documents(&mut tx).await;
            tx.insert_decision("R", decided).await.unwrap();
            commit(tx).await.unwrap();
        }

        let mut reader = store.read().await.unwrap();
        let current = reader.find_current_decision("R", &"dev".parse().unwrap()).await.unwrap();
        let current = current.unwrap();
        assert_eq!((&current.decision, current.superseded_at), (&rounds[1], None));
        assert_eq!(current.revision_id, "R");
        let first = reader.find_decision(&rounds[0].id).await.unwrap().unwrap();
        assert_eq!((&first.decision, first.superseded_at), (&rounds[0], Some(later(2))));
        let none = reader.find_current_decision("R", &"staging".parse().unwrap()).await.unwrap();
        assert_eq!(none, None);

        let ids = |rows: Vec<weighbridge_store::DecisionRow>| {
            rows.iter().map(|row| row.decision.id.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(ids(reader.list_decisions_of_revision("R").await.unwrap()), ["03", "02", "01"]);
        assert_eq!(ids(reader.list_decisions(None, 2).await.unwrap()), ["03", "02"]);
        let before = Some(&rounds[1].id);
        assert_eq!(ids(reader.list_decisions(before, 2).await.unwrap()), ["01"]);
        let denied = reader.list_current_decisions(Outcome::Deny, None, 9).await.unwrap();
        assert_eq!(ids(denied), ["03"]);
        assert!(reader.list_current_decisions(Outcome::Hold, None, 9).await.unwrap().is_empty());
        let facts = reader.find_document(Digest::of(b"facts")).await.unwrap();
        assert_eq!(facts.as_deref(), Some("facts"));
        assert_eq!(reader.find_document(Digest::of(b"none")).await.unwrap(), None);
    }

    async fn a_decision_that_cannot_be_replayed_is_refused(database: Database) {
        let store = with_revision(&database, &[]).await;
        let mut tx = store.write().await.unwrap();
        let undocumented = decision("01", "dev", Outcome::Allow, 1);
        let refused = tx.insert_decision("R", &undocumented).await.unwrap_err();
        assert!(matches!(refused, StoreError::Conflict(_)), "{refused}");
    }
}
