//! Requests, their answers, and the approvals that hold.

use weighbridge_domain::{
    Affected, CheckAnswer, Checked, DataClass, Digest, Grade, LaneTable, OpenQuestion, Request,
    RequestState, Review, RiskAnswers, Role, Timestamp, Vote,
};
use weighbridge_store::{MinePage, NoteRow, Place, RequestPage, RequestRow, StoreError};

use crate::both::{NOW, commit, later, with_revision};

fn part(role: Role, due_at: Option<Timestamp>) -> Review {
    Review {
        role,
        assignee: None,
        hours: 48,
        due_at,
        escalates_to: Role::Admin,
        overdue_at: None,
        escalated_at: None,
    }
}

fn checked(row: weighbridge_domain::LaneRow) -> Checked {
    let detail = "nobody says".to_owned();
    Checked { row, answer: CheckAnswer::Unknown, grade: Grade::Missing, detail }
}

fn request(id: &str, revision_id: &str, asked_by: &str) -> RequestRow {
    RequestRow {
        id: id.to_owned(),
        revision_id: revision_id.to_owned(),
        request: Request {
            asked_by: asked_by.to_owned(),
            environment: "production".parse().unwrap(),
            needs: vec![Role::SecurityReviewer, Role::Approver],
            reviews: vec![part(Role::SecurityReviewer, Some(later(5))), part(Role::Approver, None)],
            question: None,
            state: RequestState::Open,
            votes: Vec::new(),
        },
        because: "\u{1F980} \"why\"".to_owned(),
        risk: RiskAnswers {
            use_case: "spelling".to_owned(),
            residency: Some("eu".parse().unwrap()),
            affected: Some(Affected::Customers),
            user_facing: true,
            ..RiskAnswers::about(DataClass::Confidential)
        },
        lane: "full".to_owned(),
        checks: LaneTable::shipped().rows.into_iter().map(checked).collect(),
        table: Some(Digest::of(b"table")),
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

fn mine<'a>(person: &'a str, roles: &'a [Role]) -> MinePage<'a> {
    let (state, environment, late_by, after) = (None, None, None, None);
    MinePage { person, roles, state, environment, late_by, after, limit: 9 }
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
        row.request.question = Some(OpenQuestion { by: "sam".to_owned(), at: later(1) });
        row.request.reviews[1].assignee = Some("ann".to_owned());
        tx.save_request(&row).await.unwrap();
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
        tx.save_request(&first).await.unwrap();
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
        tx.save_request(&row).await.unwrap();
        assert!(tx.list_approvals("R", &production, NOW).await.unwrap().is_empty());
        tx.set_manifest("R", Digest::of(b"manifest")).await.unwrap();
        let held = tx.list_approvals("R", &production, NOW).await.unwrap();
        assert_eq!((held.len(), held[0].by.as_str(), held[0].expires_at), (1, "ann", later(9)));
        assert!(tx.list_approvals("R", &dev, NOW).await.unwrap().is_empty());
        assert!(tx.list_approvals("R", &production, later(9)).await.unwrap().is_empty());
        commit(tx).await.unwrap();
    }

    async fn a_request_is_found_by_those_who_can_act_on_it(database: Database) {
        let store = with_revision(&database, &[]).await;
        let mut tx = store.write().await.unwrap();
        let mut row = request("1", "R", "dana");
        tx.insert_request(&row).await.unwrap();
        let found = async |tx: &mut weighbridge_store::WriteTx, who: &str, role| {
            let roles = [role];
            tx.list_requests_of(&mine(who, &roles)).await.unwrap().len()
        };
        let security = Role::SecurityReviewer;
        assert_eq!(found(&mut tx, "dana", Role::Developer).await, 1);
        assert_eq!(found(&mut tx, "eve", Role::Developer).await, 0);
        assert_eq!(found(&mut tx, "sam", security).await, 1);
        assert_eq!(found(&mut tx, "ann", Role::Approver).await, 0, "the reviews come first");
        row.request.reviews[0].assignee = Some("s%e".to_owned());
        tx.save_request(&row).await.unwrap();
        assert_eq!(found(&mut tx, "sam", security).await, 0);
        assert_eq!(found(&mut tx, "s%e", security).await, 1);
        row.request.votes.push(vote("s%e", security, later(1)));
        tx.save_request(&row).await.unwrap();
        assert_eq!(found(&mut tx, "ann", Role::Approver).await, 1);
        row.request.question = Some(OpenQuestion { by: "ann".to_owned(), at: later(1) });
        tx.save_request(&row).await.unwrap();
        assert_eq!(found(&mut tx, "ann", Role::Approver).await, 0, "dana has to reply");
        commit(tx).await.unwrap();
    }

    async fn what_is_late_or_ends_is_found_until_it_was_told(database: Database) {
        let store = with_revision(&database, &[]).await;
        let mut tx = store.write().await.unwrap();
        let mut row = request("1", "R", "dana");
        tx.insert_request(&row).await.unwrap();
        assert!(tx.list_late_requests(later(4), 9).await.unwrap().is_empty());
        assert_eq!(tx.list_late_requests(later(5), 9).await.unwrap(), [row.clone()]);
        let late = |by| RequestPage { late_by: Some(by), limit: 9, ..RequestPage::default() };
        row.request.reviews[0].overdue_at = Some(later(5));
        row.request.reviews[0].escalated_at = Some(later(5));
        tx.save_request(&row).await.unwrap();
        assert!(tx.list_late_requests(later(9), 9).await.unwrap().is_empty());
        assert_eq!(tx.list_requests(&late(later(5))).await.unwrap().len(), 1);
        assert!(tx.list_requests(&late(later(4))).await.unwrap().is_empty());

        row.request.state = RequestState::Approved;
        row.expires_at = Some(later(9));
        tx.save_request(&row).await.unwrap();
        assert!(tx.list_requests(&late(later(99))).await.unwrap().is_empty());
        assert!(tx.list_ending_approvals(later(5), later(8), 9).await.unwrap().is_empty());
        let half = tx.list_ending_approvals(later(4), later(9), 9).await.unwrap();
        assert!(half.is_empty(), "half of its time is not over");
        assert_eq!(tx.list_ending_approvals(later(5), later(9), 9).await.unwrap().len(), 1);
        assert!(tx.set_expiring_told("1", later(1)).await.unwrap());
        assert!(!tx.set_expiring_told("1", later(1)).await.unwrap());
        assert!(tx.list_ending_approvals(later(5), later(9), 9).await.unwrap().is_empty());
        assert_eq!(tx.list_ending_approvals(later(9), later(20), 9).await.unwrap().len(), 1);
        assert!(tx.set_expired_told("1", later(9)).await.unwrap());
        assert!(!tx.set_expired_told("1", later(9)).await.unwrap());
        assert!(tx.list_ending_approvals(later(9), later(20), 9).await.unwrap().is_empty());
        commit(tx).await.unwrap();
    }

    async fn what_concerns_a_person_is_read_page_by_page_in_the_order_of_what_is_due(
        database: Database
    ) {
        let store = with_revision(&database, &[]).await;
        let mut tx = store.write().await.unwrap();
        // Answered and asked for again, for other places: one is open at a time in each.
        for (id, place, asker, due) in [
            ("1", "dev", "dana", Some(later(90))),
            ("2", "staging", "sam", Some(later(10))),
            ("3", "production", "dana", Some(later(50))),
            ("4", "lab", "dana", None),
        ] {
            let mut row = request(id, "R", asker);
            row.request.environment = place.parse().unwrap();
            row.request.reviews[0].due_at = due;
            tx.insert_request(&row).await.unwrap();
        }
        let mut asked = request("5", "R", "sam");
        asked.request.environment = "test".parse().unwrap();
        asked.request.question = Some(OpenQuestion { by: "sue".to_owned(), at: later(1) });
        tx.insert_request(&asked).await.unwrap();
        for (id, place, at) in [("6", "past", later(1)), ("7", "late", later(2))] {
            let mut row = request(id, "R", "sam");
            row.request.environment = place.parse().unwrap();
            row.request.state = RequestState::Withdrawn;
            row.asked_at = at;
            tx.insert_request(&row).await.unwrap();
        }
        let roles = [Role::SecurityReviewer, Role::Approver];
        let mut page = mine("sam", &roles);
        let all = tx.list_requests_of(&page).await.unwrap();
        let ids = |rows: &[(Place, RequestRow)]| {
            rows.iter().map(|(_, row)| row.id.clone()).collect::<Vec<_>>()
        };
        // Their reply, by what is due, what is never due, what is settled with the newest first.
        assert_eq!(ids(&all), ["5", "2", "3", "1", "4", "7", "6"]);
        page.limit = 2;
        let (mut found, mut after) = (Vec::new(), None::<Place>);
        loop {
            let behind = MinePage { after: after.as_ref(), ..page.clone() };
            let next = tx.list_requests_of(&behind).await.unwrap();
            let Some((place, _)) = next.last() else { break };
            after = Some(place.to_string().parse().unwrap());
            found.extend(ids(&next));
        }
        assert_eq!(found, ids(&all));
        let staging = "staging".parse().unwrap();
        page.environment = Some(&staging);
        assert_eq!(ids(&tx.list_requests_of(&page).await.unwrap()), ["2"]);
        page.environment = None;
        page.late_by = Some(later(50));
        assert_eq!(ids(&tx.list_requests_of(&page).await.unwrap()), ["2", "3"]);
        commit(tx).await.unwrap();
    }

    async fn what_was_said_and_the_table_in_force_read_back(database: Database) {
        let store = with_revision(&database, &[]).await;
        let mut tx = store.write().await.unwrap();
        tx.insert_request(&request("1", "R", "dana")).await.unwrap();
        let note = NoteRow {
            id: "N".to_owned(),
            request_id: "1".to_owned(),
            kind: "question".to_owned(),
            author: "sam".to_owned(),
            role: Role::SecurityReviewer,
            text: "why \u{1F980}?".to_owned(),
            at: later(1),
        };
        tx.insert_note(&note).await.unwrap();
        assert_eq!(tx.list_notes("1").await.unwrap(), [note]);
        assert_eq!(tx.find_lane_table().await.unwrap(), None);
        let table = LaneTable { full_days: 30, ..LaneTable::shipped() };
        let digest = tx.put_lane_table(&table).await.unwrap();
        tx.set_lane_table(Some(digest)).await.unwrap();
        assert_eq!(tx.find_lane_table().await.unwrap(), Some(table));
        tx.set_lane_table(None).await.unwrap();
        assert_eq!(tx.find_lane_table().await.unwrap(), None);
        commit(tx).await.unwrap();
    }

    async fn a_page_of_requests_is_read_with_what_it_is_about(database: Database) {
        let store = with_revision(&database, &[]).await;
        let mut db = store.read().await.unwrap();
        let ids = ["R".to_owned(), "none".to_owned()];
        let revisions = db.find_revisions_by_id(&ids).await.unwrap();
        assert_eq!(revisions.len(), 1);
        let artifacts = [revisions[0].artifact_id.clone()];
        assert_eq!(db.find_artifacts_by_id(&artifacts).await.unwrap().len(), 1);
        let one = db.count_files("R").await.unwrap();
        let counts = db.count_files_of(&ids).await.unwrap();
        assert_eq!(counts.get("R").copied().unwrap_or_default(), one);
        assert!(db.find_revisions_by_id(&[]).await.unwrap().is_empty());
    }
}
