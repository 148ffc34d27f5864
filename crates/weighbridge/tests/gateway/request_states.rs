//! Whatever people do, in whatever order: an environment has a revision only while everybody who had to
//! answer has said yes, and the ledger tells the same story as the tables.

use std::time::Duration;

use http::StatusCode;
use weighbridge_domain::{
    Affected, Caller, DataClass, RequestState, RiskAnswers, Role, Tier, Timestamp,
};
use weighbridge_engine::{Ask, NewAnswer, NewRequest, RequestFilter};
use weighbridge_testkit::TestApp;

use crate::gateway;

const DAY: Duration = Duration::from_hours(24);
const PATH: &str = "/api/models/acme/tiny";

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let count = u64::try_from(all.len()).unwrap();
        all.get(usize::try_from(self.below(count)).unwrap()).unwrap()
    }
}

/// What has to hold, written down a second time.
struct Story {
    open: Option<String>,
    allowed_until: Option<Timestamp>,
    answers: usize,
}

fn people(app: &TestApp) -> Vec<Caller> {
    vec![
        app.person("dana", Role::Developer, "dev"),
        app.person("eve", Role::Developer, "production"),
        app.person("sam", Role::SecurityReviewer, "dev"),
        app.person("sue", Role::SecurityReviewer, "production"),
        app.person("cleo", Role::ComplianceReviewer, "dev"),
        app.person("ann", Role::Approver, "production"),
        app.person("al", Role::Approver, "staging"),
        app.person("audrey", Role::Auditor, "production"),
        app.person("root", Role::Admin, "production"),
    ]
}

async fn step(app: &TestApp, dice: &mut Dice, story: &mut Story) {
    let people = people(app);
    let somebody = dice.one_of(&people);
    match dice.below(10) {
        0 | 1 => {
            let risk = RiskAnswers {
                affects_people: dice.below(4) == 0,
                affected: Some(Affected::Team),
                ..RiskAnswers::about(*dice.one_of(&[DataClass::Public, DataClass::Restricted]))
            };
            let new = NewRequest {
                ask: Ask::parse("acme/tiny").unwrap(),
                environment: "production".parse().unwrap(),
                because: "why not".to_owned(),
                risk,
            };
            let asked = app.engine.request_use(somebody, new).await;
            assert_eq!(asked.is_ok(), story.open.is_none() && somebody.role.may_ask());
            if let Ok(report) = asked {
                story.open = Some(report.row.id);
            }
        }
        2 => app.advance(DAY * u32::try_from(dice.below(60)).unwrap()),
        3 => {
            let Some(id) = story.open.clone() else { return };
            if app.engine.withdraw_request(somebody, &id).await.is_ok() {
                story.open = None;
            }
        }
        _ => {
            let Some(id) = story.open.clone() else { return };
            let now = app.engine.settings().clock.now();
            let new = NewAnswer {
                is_yes: dice.below(12) > 0,
                comment: "looked".to_owned(),
                expires_at: (dice.below(2) == 0).then(|| now.plus(DAY * 30)),
                conditions: String::new(),
            };
            let Ok(report) = app.engine.answer_request(somebody, &id, new).await else { return };
            story.answers += 1;
            let request = &report.row.request;
            assert!(request.votes.iter().all(|vote| vote.by != request.asked_by), "their own");
            if request.state != RequestState::Open {
                story.open = None;
            }
            if request.state == RequestState::Approved {
                for role in &request.needs {
                    let said = request.votes.iter().filter(|vote| vote.role == *role);
                    assert_eq!(said.filter(|vote| vote.is_yes).count(), 1, "{role}");
                }
                assert!(report.row.manifest.is_some(), "approved for no bytes");
                story.allowed_until = story.allowed_until.max(report.row.expires_at);
            }
        }
    }
}

/// Answers whether anything was approved on the way.
async fn walk(seed: u64) -> bool {
    let (hub, app) = gateway().await;
    hub.repo("acme/tiny").licence("apache-2.0");
    hub.publish("acme/tiny", "config.json", "{}");
    let (source, pattern) = ("hub".parse().unwrap(), "acme/*".parse().unwrap());
    let tier = Tier::PreApproved;
    app.engine.set_source_pattern(&app.admin(), &source, pattern, tier).await.unwrap();
    app.advance(DAY * 60);
    // Brought in before, so that nobody has to wait for bytes.
    assert_eq!(app.get(PATH).await.status, StatusCode::OK);
    let token = app.token("ci", "production", &[]).await;
    let mut dice = Dice(seed);
    let mut story = Story { open: None, allowed_until: None, answers: 0 };
    for number in 0..110 {
        step(&app, &mut dice, &mut story).await;
        let now = app.engine.settings().clock.now();
        let may = story.allowed_until.is_some_and(|end| now < end);
        let pulled = app.get_as(&token, PATH).await;
        assert_eq!(
            pulled.status == StatusCode::OK,
            may,
            "seed {seed}, step {number}: {}",
            pulled.summary()
        );
    }
    let entries = app.engine.list_entries(0, 10_000).await.unwrap();
    let told = |kind: &str| entries.iter().filter(|entry| entry.kind == kind).count();
    let auditor = app.person("audrey", Role::Auditor, "dev");
    let listed =
        app.engine.list_requests(&auditor, &RequestFilter::default(), None, 500).await.unwrap();
    assert_eq!(told("request.made"), listed.len());
    assert_eq!(told("request.answered"), story.answers);
    assert_eq!(app.engine.verify_ledger().await.unwrap().fault, None);
    story.allowed_until.is_some()
}

#[tokio::test]
async fn nothing_is_allowed_without_everybody_who_has_to_answer() {
    let mut approved = 0;
    for seed in 1..=6 {
        approved += usize::from(walk(seed).await);
    }
    assert!(approved >= 3, "walks that approve nothing prove little: {approved} of 6 did");
}

#[tokio::test]
async fn two_who_answer_at_once_do_not_both_count() {
    let (hub, app) = gateway().await;
    hub.publish("acme/tiny", "config.json", "{}");
    app.get(PATH).await;
    let dana = app.person("dana", Role::Developer, "dev");
    let new = NewRequest {
        ask: Ask::parse("acme/tiny").unwrap(),
        environment: "production".parse().unwrap(),
        because: "why not".to_owned(),
        risk: RiskAnswers::about(DataClass::Public),
    };
    let id = app.engine.request_use(&dana, new).await.unwrap().row.id;
    let yes = || NewAnswer {
        is_yes: true,
        comment: "looked".to_owned(),
        expires_at: None,
        conditions: String::new(),
    };
    let (sam, sue, cleo) = (
        app.person("sam", Role::SecurityReviewer, "dev"),
        app.person("sue", Role::SecurityReviewer, "dev"),
        app.person("cleo", Role::ComplianceReviewer, "dev"),
    );
    let (one, other, third) = tokio::join!(
        app.engine.answer_request(&sam, &id, yes()),
        app.engine.answer_request(&sue, &id, yes()),
        app.engine.answer_request(&cleo, &id, yes()),
    );
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    assert!(third.is_ok(), "{third:?}");
    let shown = app.engine.show_request(&dana, &id).await.unwrap();
    assert_eq!(shown.row.request.missing(), [Role::Approver]);
    let listed = app.engine.list_requests(&dana, &RequestFilter::default(), None, 9).await.unwrap();
    assert_eq!(listed[0].row.request.missing(), [Role::Approver], "the list tells the same");
}
