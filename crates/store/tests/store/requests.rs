//! Requests, their answers, and the approvals that hold.

use weighbridge_domain::{
    DataClass, Digest, Request, RequestState, RiskAnswers, Role, Timestamp, Vote,
};
use weighbridge_store::{RequestPage, RequestRow, StoreError};

use crate::both::{NOW, commit, later, with_revision};

fn request(id: &str, revision_id: &str, asked_by: &str) -> RequestRow {
    RequestRow {
        id: id.to_owned(),
        revision_id: revision_id.to_owned(),
        request: Request {
            asked_by: asked_by.to_owned(),
            environment: "production".parse().unwrap(),
            needs: vec![Role::SecurityReviewer, Role::Approver],
            state: RequestState::Open,
            votes: Vec::new(),
        },
        because: "\u{1F980} \"why\"".to_owned(),
        risk: RiskAnswers {
            data: DataClass::Confidential,
            user_facing: true,
            affects_people: false,
        },
        lane: "full".to_owned(),
        asked_at: NOW,
        decided_at: None,
        manifest: None,
        expires_at: None,
        conditions: String::new(),
    }
}

fn vote(by: &str, role: Role, at: Timestamp) -> Vote {
    Vote { by: by.to_owned(), role, is_yes: true, comment: "fine".to_owned(), at }
}

both_databases! {
    async fn a_request_reads_back_with_its_answers(database: Database) {
        let store = with_revision(&database, &[]).await;
        let mut tx = store.write().await.unwrap();
        let mut row = request("1", "R", "dana");
        tx.insert_request(&row).await.unwrap();
        let votes = [
            vote("sam", Role::SecurityReviewer, later(1)),
            vote("ann", Role::Approver, later(2)),
        ];
        for vote in &votes {
            tx.insert_vote("1", vote).await.unwrap();
        }
        row.request.votes = votes.to_vec();
        row.request.state = RequestState::Approved;
        row.decided_at = Some(later(2));
        row.manifest = Some(Digest::of(b"manifest"));
        row.expires_at = Some(later(9));
        row.conditions = "spelling only".to_owned();
        tx.set_request_outcome(&row).await.unwrap();
        commit(tx).await.unwrap();

        let mut tx = store.write().await.unwrap();
        assert_eq!(tx.lock_request("1").await.unwrap(), Some(row.clone()));
        assert_eq!(tx.lock_request("none").await.unwrap(), None);
        let again = tx.insert_vote("1", &vote("sam", Role::Approver, NOW)).await.unwrap_err();
        assert!(matches!(again, StoreError::Conflict(_)), "{again}");
    }

    async fn one_request_at_a_time_is_open_for_a_revision_in_an_environment(database: Database) {
        let store = with_revision(&database, &[]).await;
        let mut tx = store.write().await.unwrap();
        let production = "production".parse().unwrap();
        assert_eq!(tx.find_open_request("R", &production).await.unwrap(), None);
        let mut first = request("1", "R", "dana");
        tx.insert_request(&first).await.unwrap();
        first.request.state = RequestState::Withdrawn;
        tx.set_request_outcome(&first).await.unwrap();
        tx.insert_request(&request("2", "R", "eve")).await.unwrap();
        let open = tx.find_open_request("R", &production).await.unwrap().unwrap();
        assert_eq!(open.id, "2");
        commit(tx).await.unwrap();

        let mut db = store.read().await.unwrap();
        let mut ids = async |page: RequestPage<'_>| {
            let rows = db.list_requests(&page).await.unwrap();
            rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
        };
        let all = RequestPage { limit: 9, ..RequestPage::default() };
        assert_eq!(ids(all.clone()).await, ["2", "1"]);
        assert_eq!(ids(RequestPage { before: Some("2"), ..all.clone() }).await, ["1"]);
        assert_eq!(ids(RequestPage { asked_by: Some("eve"), ..all.clone() }).await, ["2"]);
        let withdrawn = Some(RequestState::Withdrawn);
        assert_eq!(ids(RequestPage { state: withdrawn, ..all }).await, ["1"]);
        drop(db);
        let mut tx = store.write().await.unwrap();
        let second = tx.insert_request(&request("3", "R", "fay")).await.unwrap_err();
        assert!(matches!(second, StoreError::Conflict(_)), "{second}");
    }

    async fn an_approval_holds_for_the_bytes_it_was_given_for_until_it_ends(database: Database) {
        let store = with_revision(&database, &[]).await;
        let mut tx = store.write().await.unwrap();
        let (production, dev) = ("production".parse().unwrap(), "dev".parse().unwrap());
        let mut row = request("1", "R", "dana");
        tx.insert_request(&row).await.unwrap();
        tx.insert_vote("1", &vote("ann", Role::Approver, later(1))).await.unwrap();
        row.request.state = RequestState::Approved;
        row.manifest = Some(Digest::of(b"manifest"));
        row.expires_at = Some(later(9));
        tx.set_request_outcome(&row).await.unwrap();
        assert!(tx.list_approvals("R", &production, NOW).await.unwrap().is_empty());
        tx.set_manifest("R", Digest::of(b"manifest")).await.unwrap();
        let held = tx.list_approvals("R", &production, NOW).await.unwrap();
        assert_eq!((held.len(), held[0].by.as_str(), held[0].expires_at), (1, "ann", later(9)));
        assert!(tx.list_approvals("R", &dev, NOW).await.unwrap().is_empty());
        assert!(tx.list_approvals("R", &production, later(9)).await.unwrap().is_empty());
        commit(tx).await.unwrap();
    }
}
