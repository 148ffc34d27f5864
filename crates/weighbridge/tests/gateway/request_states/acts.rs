//! What people do, in small values that print and shrink to something readable.

use proptest::prelude::*;
use proptest::sample::select;
use weighbridge_domain::Role;
use weighbridge_engine::Say;

/// Somebody, in the role of one of their tokens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) role: Role,
    pub(super) place: &'static str,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} as {} of {}", self.name, self.role, self.place)
    }
}

const fn person(name: &'static str, role: Role, place: &'static str) -> Person {
    Person { name, role, place }
}

pub(super) const SAM: Person = person("sam", Role::SecurityReviewer, "dev");
const SUE: Person = person("sue", Role::SecurityReviewer, "production");
const CLEO: Person = person("cleo", Role::ComplianceReviewer, "dev");
const ANN: Person = person("ann", Role::Approver, "production");
const AL: Person = person("al", Role::Approver, "staging");
const DANA: Person = person("dana", Role::Developer, "dev");
const PAT: [Person; 3] = [
    person("pat", Role::SecurityReviewer, "dev"),
    person("pat", Role::ComplianceReviewer, "dev"),
    person("pat", Role::Approver, "production"),
];

/// Everybody. Pat has three roles, and dana reviews too.
pub(super) const EVERYBODY: [Person; 14] = [
    DANA,
    SAM,
    CLEO,
    ANN,
    SUE,
    person("cole", Role::ComplianceReviewer, "production"),
    AL,
    PAT[0],
    PAT[1],
    PAT[2],
    person("dana", Role::SecurityReviewer, "dev"),
    person("audrey", Role::Auditor, "production"),
    person("ci", Role::Reader, "production"),
    person("root", Role::Admin, "production"),
];

/// The parts that a request can have.
pub(super) const PARTS: [Role; 3] =
    [Role::SecurityReviewer, Role::ComplianceReviewer, Role::Approver];
pub(super) const PLACES: [&str; 2] = ["production", "staging"];
pub(super) const RULES: [&str; 3] = ["data-tier", "licence-unknown", "approval-required"];

/// The use that somebody asks for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Use {
    Harmless,
    Sensitive,
    AboutPeople,
}

#[derive(Clone, Debug)]
pub(super) enum Deed {
    Ask { place: &'static str, r#use: Use },
    Answer { is_yes: bool, days: Option<u64> },
    Say(Say),
    Reassign { part: Role, to: &'static str },
    Escalate(Role),
    Withdraw,
    Grant { rule: &'static str, days: u64 },
    Revoke,
    Recall { file: usize },
}

/// One thing that one person does. What it is done to follows from `on` and what is there.
#[derive(Clone, Debug)]
pub(super) struct Act {
    pub(super) by: Person,
    pub(super) on: usize,
    pub(super) deed: Deed,
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    /// One after the other.
    Turns(Vec<Act>),
    /// At once.
    Together(Vec<Act>),
    /// Time passes, and the clock is looked at.
    Pass { hours: u64 },
    /// Upstream changes a file.
    Publish { artifact: usize, file: usize },
}

fn answer(by: Person, on: usize, days: Option<u64>) -> Act {
    Act { by, on, deed: Deed::Answer { is_yes: true, days } }
}

fn days() -> impl Strategy<Value = Option<u64>> {
    select(vec![None, Some(1), Some(40), Some(180), Some(181), Some(365), Some(366), Some(0)])
}

fn deed() -> impl Strategy<Value = Deed> {
    let uses = select(vec![Use::Harmless, Use::Harmless, Use::Sensitive, Use::AboutPeople]);
    let names = select(vec!["sam", "sue", "cleo", "ann", "al", "dana", "nobody"]);
    let says = select(vec![Say::Question, Say::Reply, Say::Comment]);
    prop_oneof![
        6 => (select(&PLACES), uses).prop_map(|(place, r#use)| Deed::Ask { place, r#use }),
        9 => (prop::bool::weighted(0.9), days())
            .prop_map(|(is_yes, days)| Deed::Answer { is_yes, days }),
        3 => says.prop_map(Deed::Say),
        3 => (select(&PARTS), names).prop_map(|(part, to)| Deed::Reassign { part, to }),
        1 => select(&PARTS).prop_map(Deed::Escalate),
        1 => Just(Deed::Withdraw),
        4 => (select(&RULES), select(vec![30, 400, 0]))
            .prop_map(|(rule, days)| Deed::Grant { rule, days }),
        1 => Just(Deed::Revoke),
        1 => (0..2_usize).prop_map(|file| Deed::Recall { file }),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    (select(&EVERYBODY), 0..24_usize, deed()).prop_map(|(by, on, deed)| Act { by, on, deed })
}

/// Somebody asks and those who usually do answer: without it, little would ever be approved.
fn asked_and_answered() -> impl Strategy<Value = Step> {
    let places = select(vec![("production", ANN), ("production", ANN), ("staging", AL)]);
    let uses = select(vec![Use::Harmless, Use::Sensitive]);
    (0..6_usize, select(vec![SAM, SUE, PAT[0]]), places, uses, days()).prop_map(
        |(on, security, (place, approver), r#use, days)| {
            let ask = Act { by: DANA, on, deed: Deed::Ask { place, r#use } };
            let answers = [security, CLEO, approver].map(|by| answer(by, on, days));
            Step::Turns(std::iter::once(ask).chain(answers).collect())
        },
    )
}

/// What happens in one case.
pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let race =
        (0..24_usize, select(vec![[SAM, SUE, CLEO], [SUE, PAT[0], PAT[1]], [ANN, PAT[2], CLEO]]));
    let race = race.prop_map(|(on, people)| people.map(|by| answer(by, on, None)).to_vec());
    let any_two = prop::collection::vec(act(), 2..=3).prop_map(|mut acts| {
        let on = acts.first().map_or(0, |first| first.on);
        for act in &mut acts {
            act.on = on;
        }
        acts
    });
    let step = prop_oneof![
        8 => act().prop_map(|act| Step::Turns(vec![act])),
        4 => asked_and_answered(),
        2 => race.prop_map(Step::Together),
        3 => any_two.prop_map(Step::Together),
        4 => select(vec![1, 24, 73, 480, 2_400, 4_320, 8_760])
            .prop_map(|hours| Step::Pass { hours }),
        1 => (0..3_usize, 0..2_usize)
            .prop_map(|(artifact, file)| Step::Publish { artifact, file }),
    ];
    prop::collection::vec(step, 20..32)
}
