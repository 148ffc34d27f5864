//! Whatever people do, in whatever order and at once: an environment has a revision only while everybody who
//! had to answer has said yes, nothing that was done is lost, and the ledger alone tells what the tables tell.
//!
//! Stories are generated and shrunk by proptest, from a fixed seed; `PROPTEST_CASES` makes more of them.

mod acts;
mod model;
mod story;

use std::cell::Cell;
use std::time::Duration;

use http::{Method, header};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use weighbridge_domain::{Affected, Caller, DataClass, RiskAnswers, Role, Tier};
use weighbridge_engine::{Ask, NewAnswer, NewRequest, NewToken, NewWaiver, RequestFilter};
use weighbridge_testkit::{FakeHub, TestApp};

use self::acts::{Act, Deed, EVERYBODY, PLACES, Person, Step, Use, steps};
use self::model::{Model, Outcome, Planned, REPOS, Revision};
use self::story::{ledger, tables};
use crate::gateway;

const DAY: Duration = Duration::from_hours(24);
const FILES: [&str; 2] = ["config.json", "tokenizer.json"];
const SEED: [u8; 32] = *b"who may have what, until when...";

/// How often what matters came up: stories without it prove little.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    served: u32,
    ended: u32,
    recalled: u32,
    lost_races: u32,
    approved: usize,
}

/// A gateway, and what has to be true of it.
struct World {
    hub: FakeHub,
    app: TestApp,
    model: Model,
    tokens: Vec<String>,
    seen: Seen,
}

impl World {
    async fn new() -> World {
        let (hub, app) = gateway().await;
        app.advance(DAY * 60);
        let source = "hub".parse().unwrap();
        for repo in REPOS {
            if repo.is_tier_1 {
                let pattern = repo.pattern.parse().unwrap();
                let tier = Tier::PreApproved;
                app.engine.set_source_pattern(&app.admin(), &source, pattern, tier).await.unwrap();
            }
            if repo.has_licence {
                hub.repo(repo.name).licence("apache-2.0");
            }
        }
        let mut tokens = Vec::new();
        for place in PLACES {
            tokens.push(app.token(&format!("pulls-{place}"), place, &[]).await);
        }
        for person in EVERYBODY {
            let new = NewToken {
                name: person.name.to_owned(),
                role: person.role,
                environment: person.place.parse().unwrap(),
                entitled_to: Vec::new(),
                expires_at: None,
            };
            // A name is one token's: the first role of a person is the known one.
            drop(app.engine.create_token(&app.admin(), new).await);
        }
        let mut world = World { hub, app, model: Model::default(), tokens, seen: Seen::default() };
        for (repo, about) in REPOS.iter().enumerate() {
            world.hub.publish(about.name, FILES[1], format!("{{\"repo\":{repo}}}"));
            world.publish(repo, 0).await;
        }
        world
    }

    /// A new commit upstream, whose files are brought in at once: nobody has to wait for bytes.
    async fn publish(&mut self, repo: usize, file: usize) {
        let name = REPOS[repo].name;
        let number = self.model.revisions.len();
        let commit = self.hub.publish(name, FILES[file], format!("{{\"number\":{number}}}"));
        self.app.get(&format!("/api/models/{name}/revision/{commit}")).await;
        let ask = Ask::parse(&format!("{name}@{commit}")).unwrap();
        let shown = self.app.engine.show_revision(&ask.artifact, &ask.revision, None, 9).await;
        let shown = shown.unwrap().unwrap();
        assert_eq!(shown.count.missing, 0, "small files come in with the first pull");
        self.model.revisions.push(Revision {
            repo,
            commit: commit.to_string(),
            manifest: shown.revision.manifest.unwrap().to_string(),
            files: FILES.map(|path| self.hub.digest_of(name, path)),
        });
    }

    async fn step(&mut self, step: Step) -> Result<(), String> {
        match step {
            Step::Turns(acts) => {
                for act in acts {
                    let planned = self.model.plan(act);
                    let outcome = perform(&self.app, &self.model, &planned).await;
                    self.model.apply(&planned, &outcome, self.app.engine.settings().clock.now())?;
                }
            }
            Step::Together(acts) => Box::pin(self.together(acts)).await?,
            Step::Pass { hours } => {
                self.app.advance(Duration::from_hours(hours));
                self.app.engine.look_at_the_clock().await.unwrap();
                self.model.look_at_the_clock(self.app.engine.settings().clock.now());
            }
            Step::Publish { artifact, file } => self.publish(artifact, file).await,
        }
        self.agrees_with_tables().await?;
        self.agrees_with_pulls().await
    }

    /// What came out at once has to be what comes out one after the other, in some order.
    async fn together(&mut self, acts: Vec<Act>) -> Result<(), String> {
        let planned: Vec<Planned> = acts.into_iter().map(|act| self.model.plan(act)).collect();
        let (app, model) = (&self.app, &self.model);
        let outcomes = match planned.as_slice() {
            [a, b, c] => {
                let (a, b, c) = tokio::join!(
                    perform(app, model, a),
                    perform(app, model, b),
                    perform(app, model, c)
                );
                vec![a, b, c]
            }
            [a, b] => {
                let (a, b) = tokio::join!(perform(app, model, a), perform(app, model, b));
                vec![a, b]
            }
            _ => return Ok(()),
        };
        let now = app.engine.settings().clock.now();
        let found = tables(app, &model.commits()).await;
        let mut why = Vec::new();
        for order in orders(planned.len()) {
            let mut after = model.clone();
            let mut done = order.iter().map(|at| after.apply(&planned[*at], &outcomes[*at], now));
            let fits = done.find_map(Result::err);
            match fits.or_else(|| after.story.differs(&found)) {
                None => {
                    let lost = outcomes.iter().filter(|outcome| outcome.is_err()).count();
                    self.seen.lost_races += u32::from(lost > 0 && lost < outcomes.len());
                    self.model = after;
                    return Ok(());
                }
                Some(wrong) => why.push(wrong),
            }
        }
        Err(format!("no order explains {planned:?}, which came to {outcomes:?}: {why:#?}"))
    }

    async fn agrees_with_tables(&self) -> Result<(), String> {
        let found = tables(&self.app, &self.model.commits()).await;
        self.model.story.differs(&found).map_or(Ok(()), |why| Err(format!("in the tables: {why}")))
    }

    async fn agrees_with_pulls(&mut self) -> Result<(), String> {
        let now = self.app.engine.settings().clock.now();
        for (at, revision) in self.model.revisions.iter().enumerate() {
            let path =
                format!("/api/models/{}/revision/{}", REPOS[revision.repo].name, revision.commit);
            for (place, token) in PLACES.iter().zip(&self.tokens) {
                let (expected, has_ended) = self.model.verdict(at, place, now);
                let bearer = format!("Bearer {token}");
                let given = [(header::AUTHORIZATION.as_str(), bearer.as_str())];
                let said = self.app.send(Method::HEAD, &path, &given).await.summary();
                let is_so = match expected {
                    "served" => said.starts_with("200"),
                    other => said.starts_with("403") && said.contains(&format!(" is {other} for ")),
                };
                if !is_so {
                    return Err(format!("{path} in {place} has to be {expected}: {said}"));
                }
                if *place == "production" {
                    self.seen.served += u32::from(expected == "served");
                    self.seen.recalled += u32::from(expected == "refused");
                    self.seen.ended += u32::from(has_ended);
                }
            }
        }
        Ok(())
    }

    /// The ledger alone tells what the tables tell.
    async fn agrees_with_ledger(&mut self) -> Result<(), String> {
        let told = ledger(&self.app).await;
        let found = tables(&self.app, &self.model.commits()).await;
        if let Some(why) = told.differs(&found) {
            return Err(format!("the ledger tells something else: {why}"));
        }
        let fault = self.app.engine.verify_ledger().await.unwrap().fault;
        let is_approved = |told: &&story::Told| told.state == "approved";
        self.seen.approved = told.requests.values().filter(is_approved).count();
        fault.map_or(Ok(()), |fault| Err(fault.to_string()))
    }
}

/// Every order of so many things.
fn orders(count: usize) -> Vec<Vec<usize>> {
    match count {
        2 => vec![vec![0, 1], vec![1, 0]],
        _ => [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
            .map(|order| order.to_vec())
            .to_vec(),
    }
}

fn caller(app: &TestApp, by: Person) -> Caller {
    app.person(by.name, by.role, by.place)
}

/// Does it.
async fn perform(app: &TestApp, model: &Model, planned: &Planned) -> Outcome {
    let (engine, id) = (&app.engine, planned.request.as_str());
    let by = &caller(app, planned.act.by);
    let now = engine.settings().clock.now();
    let revision = &model.revisions[planned.revision];
    let repo = REPOS[revision.repo];
    let ask = Ask::parse(&format!("{}@{}", repo.name, revision.commit)).unwrap();
    let in_days = |days: u64| now.plus(DAY * u32::try_from(days).unwrap());
    let nothing = |_| None;
    match planned.act.deed.clone() {
        Deed::Ask { place, r#use } => {
            let class = if matches!(r#use, Use::Sensitive) {
                DataClass::Restricted
            } else {
                DataClass::Internal
            };
            let risk = RiskAnswers {
                affects_people: matches!(r#use, Use::AboutPeople),
                affected: Some(Affected::Team),
                ..RiskAnswers::about(class)
            };
            let (environment, because) = (place.parse().unwrap(), "why not".to_owned());
            let new = NewRequest { ask, environment, because, risk };
            engine.request_use(by, new).await.map(|report| Some(report.row.id)).map_err(shown)
        }
        Deed::Answer { is_yes, days } => {
            let new = NewAnswer {
                is_yes,
                comment: "looked".to_owned(),
                expires_at: days.map(in_days),
                conditions: String::new(),
            };
            engine.answer_request(by, id, new).await.map(nothing).map_err(shown)
        }
        Deed::Say(say) => {
            engine.say_on_request(by, id, say, "so").await.map(nothing).map_err(shown)
        }
        Deed::Reassign { part, to } => {
            let done = engine.reassign_request(by, id, part, to, "so").await;
            done.map(nothing).map_err(shown)
        }
        Deed::Escalate(part) => {
            let done = engine.escalate_request(by, id, Some(part), "so").await;
            done.map(nothing).map_err(shown)
        }
        Deed::Withdraw => engine.withdraw_request(by, id).await.map(nothing).map_err(shown),
        Deed::Grant { rule, days } => {
            let new = NewWaiver {
                rule: rule.to_owned(),
                pattern: repo.pattern.parse().unwrap(),
                environment: "production".parse().unwrap(),
                because: "so".to_owned(),
                expires_at: in_days(days),
            };
            engine.grant_waiver(by, new).await.map(|waiver| Some(waiver.id)).map_err(shown)
        }
        Deed::Revoke => {
            engine.revoke_waiver(by, &planned.waiver).await.map(|()| None).map_err(shown)
        }
        Deed::Recall { file } => {
            let paths = [FILES[file].parse().unwrap()];
            let done = engine.recall_files(by, &ask, &paths, "found bad").await;
            done.map(|_| None).map_err(shown)
        }
    }
}

fn shown(error: impl std::fmt::Display) -> String {
    error.to_string()
}

async fn tell(steps: Vec<Step>) -> Result<Seen, String> {
    let mut world = World::new().await;
    for step in steps {
        let shown = format!("{step:?}");
        Box::pin(world.step(step)).await.map_err(|why| format!("after {shown}: {why}"))?;
    }
    world.agrees_with_ledger().await?;
    Ok(world.seen)
}

#[test]
fn nothing_is_allowed_without_everybody_who_has_to_answer() {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    let config = Config {
        cases: cases.unwrap_or(16),
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &SEED);
    let all = Cell::new(Seen::default());
    let told = TestRunner::new_with_rng(config, rng).run(&steps(), |steps| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let seen = runtime.block_on(tell(steps)).map_err(TestCaseError::fail)?;
        let sum = all.get();
        all.set(Seen {
            served: sum.served + seen.served,
            ended: sum.ended + seen.ended,
            recalled: sum.recalled + seen.recalled,
            lost_races: sum.lost_races + seen.lost_races,
            approved: sum.approved + seen.approved,
        });
        Ok(())
    });
    if let Err(failed) = told {
        panic!("{failed}");
    }
    let seen = all.get();
    let is_varied = seen.served > 60 && seen.ended > 30 && seen.recalled > 40;
    let is_contested = seen.lost_races > 9 && seen.approved > 19;
    assert!(is_varied && is_contested, "these stories prove little: {seen:?}");
}

#[tokio::test]
async fn two_who_answer_at_once_do_not_both_count() {
    let (hub, app) = gateway().await;
    hub.publish("acme/tiny", "config.json", "{}");
    app.get("/api/models/acme/tiny").await;
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
