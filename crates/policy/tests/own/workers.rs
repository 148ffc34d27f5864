//! Own rules in processes of their own: the same answers, and a rule that takes everything ends alone.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, setrlimit};
use weighbridge_domain::Digest;
use weighbridge_policy::{
    Bundle, Complaint, Judgement, Place, Policy, PolicyError, Workers, replay, worker_main,
};

use crate::fixture::{acme, environments, facts, files, read, rule_with};

/// What makes this program a worker, among the arguments of a test run.
const AS_WORKER: &str = "as-a-worker";

/// Doubles a text about one artifact only, so that it passes the door, where facts are made up.
pub(crate) const GROWING: &str = r#"
twice(text) := concat("", [text, text])

thousandfold(text) := twice(twice(twice(twice(twice(twice(twice(twice(twice(twice(text))))))))))

objections contains {"message": "m"} if {
	input.facts.artifact.name == "acme/slow"
	count(thousandfold(thousandfold(thousandfold("grow")))) == 0
}"#;

/// Not a claim: the process that the tests below start. In a common run it has nothing to do.
#[test]
#[expect(clippy::exit, reason = "what a test runner says at the end is no answer of a worker")]
fn a_worker() {
    if !std::env::args().any(|argument| argument == AS_WORKER) {
        return;
    }
    worker_main(|bytes| {
        let limit = Some(mapped() + bytes);
        setrlimit(Resource::As, Rlimit { current: limit, maximum: limit }).is_ok()
    });
    std::process::exit(0);
}

fn mapped() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').next().unwrap().parse::<u64>().unwrap() * 4_096
}

fn workers() -> Place {
    workers_of("somebody")
}

/// Workers that can be told from those of other tests by their arguments.
fn workers_of(test: &str) -> Place {
    let mark = mark(test);
    let words = ["--exact", "workers::a_worker", "--skip", AS_WORKER, "--skip", &mark];
    let program = std::env::current_exe().unwrap();
    Place::Apart(Workers::new(program, words.iter().map(Into::into).collect()))
}

fn mark(test: &str) -> String {
    format!("{test}-{}", std::process::id())
}

/// The workers of a test that are there now.
fn running(test: &str) -> Vec<Pid> {
    let mark = mark(test);
    let names = std::fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().file_name());
    let ids = names.filter_map(|name| Pid::from_raw(name.to_str()?.parse().ok()?));
    let words =
        |id: &Pid| std::fs::read_to_string(format!("/proc/{}/cmdline", id.as_raw_nonzero()));
    ids.filter(|id| words(id).is_ok_and(|words| words.contains(&mark))).collect()
}

fn ask(bundle: &Bundle, place: &Place, name: &str) -> Result<Judgement, PolicyError> {
    ask_policy(&Policy::of(bundle, place).unwrap(), name)
}

fn ask_policy(policy: &Policy, name: &str) -> Result<Judgement, PolicyError> {
    let facts = facts("production", ("acme/tiny-bert", name));
    let digest = Digest::of(facts.as_bytes());
    policy.decide_recorded(&"production".parse().unwrap(), &facts, digest)
}

fn odd(body: &str) -> Bundle {
    read(&[("odd.rego", &rule_with(body))]).unwrap().0
}

fn read_in(
    place: &Place,
    given: &[(&str, &str)],
) -> Result<(Bundle, Vec<Complaint>), Vec<Complaint>> {
    Bundle::read(files(given), &environments(), place)
}

#[test]
fn a_worker_reads_decides_and_decides_again_as_the_server_itself_would() {
    let place = workers();
    let bundle = acme();
    let given: Vec<(&str, &str)> =
        bundle.files().iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert_eq!(read_in(&place, &given), Ok((bundle.clone(), Vec::new())));
    let young = facts("production", ("\"age_hours\":1000", "\"age_hours\":400"));
    let here = Policy::of(&bundle, &Place::Here).unwrap();
    let apart = Policy::of(&bundle, &place).unwrap();
    for environment in environments() {
        let young = young.replace("\"production\"", &format!("\"{environment}\""));
        let digest = Digest::of(young.as_bytes());
        let expected = here.decide_recorded(&environment, &young, digest).unwrap();
        for _ in 0..3 {
            assert_eq!(apart.decide_recorded(&environment, &young, digest), Ok(expected.clone()));
        }
        let document = apart.document(&environment).unwrap();
        assert_eq!(replay(document, &young, &place), Ok(expected));
    }
    // Where every own rule is off, nobody waits for a worker.
    let asks =
        environments().iter().map(|environment| apart.asks_apart(environment)).collect::<Vec<_>>();
    assert_eq!(asks, [false, true, true]);
}

#[test]
fn what_is_wrong_with_a_policy_is_told_in_the_same_words() {
    let wrong = rule_with("objections contains 1 if input.facts.nothing == 1\n\nx := [");
    for body in [wrong.as_str(), "package weighbridge.own.x\n"] {
        let given = [("odd.rego", body), ("policy.toml", "odd = 1\n")];
        assert_eq!(read_in(&workers(), &given), read(&given));
    }
}

#[test]
fn a_rule_that_grows_without_end_is_cut_off_and_named_and_the_next_one_is_asked() {
    let place = workers();
    let grows = odd(GROWING);
    let list = GROWING.replace("concat(\"\", [text, text])", "array.concat(text, text)");
    let list = odd(&list.replace("\"grow\"", "[1]"));
    for bundle in [&grows, &list, &grows] {
        let error = ask(bundle, &place, "acme/slow").unwrap_err();
        let rule = "own-odd".to_owned();
        assert_eq!(error, PolicyError::OutOfMemory { rule, mib: 256 });
        assert_eq!(error.to_string(), "rule `own-odd` needed more memory than 256 MiB");
        assert!(ask(bundle, &place, "acme/tiny-bert").is_ok());
    }
}

#[test]
fn a_policy_that_grows_without_end_is_refused_at_the_door() {
    let at_once = rule_with(&GROWING.replace("acme/slow", "acme/tiny-bert"));
    let said = read_in(&workers(), &[("odd.rego", &at_once)]).unwrap_err();
    assert_eq!(
        said.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["odd.rego: error: it needed more memory than 256 MiB; make it look at less: a decision \
          has to come in microseconds"]
    );
    let of_itself = at_once
        .replace("\"title\": \"t\"", "\"title\": thousandfold(thousandfold(thousandfold(\"t\")))");
    let said = read_in(&workers(), &[("odd.rego", &of_itself)]).unwrap_err();
    assert!(said[0].to_string().starts_with("odd.rego: error: it needed more memory"), "{said:?}");
}

#[test]
fn what_a_rule_says_and_passes_on_is_bounded() {
    let many = "objections contains {\"message\": m} if {\n\tsome n in [1, 2, 3, 4, 5, 6, 7]\n\
                \tm := sprintf(\"%d%s\", [n, replace(sprintf(\"%0900d\", [1]), \"0\", \"x\")])\n}";
    let bundle = odd(many);
    let (here, apart) = (ask(&bundle, &Place::Here, "acme/a"), ask(&bundle, &workers(), "acme/a"));
    assert_eq!(here, apart);
    let words = "words := [sprintf(\"%d\", [1000 * a + b]) | some a in numbers; some b in numbers]\n\n\
                 numbers := [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]\n\n\
                 objections contains {\"message\": \"m\"} if false";
    let words = words.replace("1000 * a + b", "pow * a + b").replace("pow", &"9".repeat(180));
    let text =
        rule_with(&words).replace("\"title\"", "\"parameters\": {\"words\": words}, \"title\"");
    let said = read_in(&workers(), &[("odd.rego", &text)]).unwrap_err();
    assert!(said[0].what.contains("bytes, more than 65536"), "{said:?}");
}

#[test]
fn a_worker_that_was_killed_is_replaced_and_nobody_notices() {
    let policy = Policy::of(&acme(), &workers_of("killed")).unwrap();
    let expected = ask_policy(&policy, "acme/a").unwrap();
    let [worker] = running("killed")[..] else { panic!("one is kept") };
    kill_process(worker, Signal::KILL).unwrap();
    assert_eq!(ask_policy(&policy, "acme/a"), Ok(expected));
    assert_eq!(running("killed").len(), 1);
}

#[test]
fn a_worker_that_nobody_needs_is_ended_and_there_is_another_one_when_somebody_does() {
    let place = workers_of("idle");
    let policy = Policy::of(&acme(), &place).unwrap();
    assert_eq!(running("idle").len(), 0, "nobody asked yet");
    for _ in 0..2 {
        assert!(ask_policy(&policy, "acme/a").is_ok());
        place.end_idle(Duration::from_hours(1));
        assert_eq!(running("idle").len(), 1);
        place.end_idle(Duration::ZERO);
        assert_eq!(running("idle").len(), 0);
    }
}

#[test]
fn a_program_that_is_no_worker_is_an_error_and_no_rule_is_to_blame() {
    let garbling = "echo no frame >&0; read answer";
    for (program, script, words) in [
        ("/bin/false", "", "the policy worker ended"),
        ("/nowhere", "", "does not start"),
        ("/bin/sh", garbling, "garbled"),
    ] {
        let arguments = vec!["-c".into(), script.into()];
        let place = Place::Apart(Workers::new(program.into(), arguments));
        let error = ask(&acme(), &place, "acme/a").unwrap_err();
        assert!(matches!(&error, PolicyError::NoAnswer(why) if why.contains(words)), "{error:?}");
        assert_eq!(error.rule(), None);
        assert_eq!(read_in(&place, &[("odd.rego", "x")]).unwrap_err()[0].file, ".");
    }
}

/// One step that takes longer than anybody waits: the evaluator does not look at the clock in it.
#[test]
fn a_worker_that_does_not_answer_is_given_up() {
    let script = "sleep 60";
    let place = Place::Apart(Workers::new("/bin/sh".into(), vec!["-c".into(), script.into()]));
    let began = Instant::now();
    let error = ask(&acme(), &place, "acme/a").unwrap_err();
    let expected = "the rules of the house's own could not be asked: it was cut off after 10000 ms";
    assert_eq!(error.to_string(), expected);
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[test]
fn many_ask_at_once() {
    let policy = Policy::of(&acme(), &workers()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    assert!(ask_policy(&policy, "acme/a").is_ok());
                }
            });
        }
    });
}
