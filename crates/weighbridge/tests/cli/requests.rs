//! A request from the question to the approval, by people with tokens of their own.

use weighbridge_testkit::FakeHub;

use super::desk::Desk;
use crate::assert_said;

#[tokio::test(flavor = "multi_thread")]
async fn people_ask_answer_and_see_where_it_stands() {
    let hub = FakeHub::start().await;
    hub.publish("acme/words", "words.txt", b"weighed");
    let desk = Desk::new();
    desk.run(&["source", "add", "upstream", &hub.url(), "--tier", "1"]);
    let server = desk.serve();
    let token = |name: &str, role: &str, environment: &str| {
        let words = ["token", "create", name, "--role", role, "--environment", environment];
        desk.json(&words)["token"].as_str().unwrap().to_owned()
    };
    let (dana, ann) = (token("dana", "developer", "dev"), token("ann", "approver", "production"));
    let (sam, cleo) =
        (token("sam", "security-reviewer", "dev"), token("cleo", "compliance-reviewer", "dev"));
    let machine = token("ci", "reader", "production");
    let ask = [
        "request",
        "acme/words",
        "--for",
        "production",
        "--because",
        "the spelling checker",
        "--data-class",
        "internal",
        "--affected",
        "team",
        "--use-case",
        "spelling",
    ];
    let mut said = desk.run_as(&machine, &ask);
    said += &desk.run_as(&dana, &ask);
    let id = desk.json(&["requests", "--state", "open"])[0]["id"].as_str().unwrap().to_owned();
    while desk.json(&["requests"])[0]["missing_files"] != 0 {
        std::thread::yield_now();
    }
    said += &desk.run_as(&dana, &["approve", &id, "--comment", "mine"]);
    for reviewer in [&sam, &cleo] {
        said += &desk.run_as(reviewer, &["approve", &id, "--comment", "looked"]);
    }
    said += &desk.run_as(&ann, &["approve", &id, "--comment", "fine", "--expires", "900d"]);
    said +=
        &desk.run_as(&ann, &["approve", &id, "--comment", "fine", "--conditions", "spelling only"]);
    said += &desk.run_as(&dana, &["requests", &id]);
    said += &desk.run_as(&dana, &["withdraw", &id]);
    said += &desk.run_as(&dana, &["requests", "--mine"]);
    // How far the fetch is when it is told of is a matter of moments.
    let told = said.lines().filter(|line| !line.contains("not here yet"));
    assert_said!(told.map(|line| line.trim_end().to_owned() + "\n").collect::<String>());
    drop(server);
}

#[test]
fn a_rule_is_set_aside_by_the_role_that_it_names() {
    let desk = Desk::new();
    let token = |name: &str, role: &str| {
        let made = desk.json(&["token", "create", name, "--role", role]);
        made["token"].as_str().unwrap().to_owned()
    };
    let (ann, cleo) = (token("ann", "approver"), token("cleo", "compliance-reviewer"));
    let grant = |rule| {
        let scope = ["--on", "acme/*", "--for", "production"];
        let why = ["--because", "its authors are asked", "--expires", "30d"];
        [&["waiver", "grant", rule], &scope[..], &why[..]].concat()
    };
    let mut said = desk.run_as(&ann, &grant("licence-unknown"));
    said += &desk.run_as(&cleo, &grant("approval-required"));
    said += &desk.run_as(&cleo, &grant("licence-unknown"));
    said += &desk.run_as(&ann, &["waiver", "list"]);
    let id = desk.json(&["waiver", "list"])[0]["id"].as_str().unwrap().to_owned();
    said += &desk.run_as(&cleo, &["waiver", "revoke", &id]);
    said += &desk.run_as(&cleo, &["waiver", "list"]);
    said += &desk.run_as(&cleo, &["waiver", "list", "--all"]);
    assert_said!(said.lines().map(|line| line.trim_end().to_owned() + "\n").collect::<String>());
}

#[test]
fn the_decision_table_is_shown_changed_and_put_back_as_toml() {
    let desk = Desk::new();
    let token = desk.json(&["token", "create", "audrey", "--role", "auditor"]);
    let auditor = token["token"].as_str().unwrap().to_owned();
    let mut said = desk.run(&["lanes", "show"]);
    let (_, table) = said.split_once("lanes show\n").unwrap();
    let table = table.rsplit_once("exit 0").unwrap().0.to_owned();
    let file = desk.home().join("lanes.toml");
    let path = file.to_str().unwrap();
    std::fs::write(&file, table.replace("full_days = 180", "full_days = 30")).unwrap();
    said += &desk.run_as(&auditor, &["lanes", "set", path]);
    said += desk.run(&["lanes", "set", path]).split("\n[[row]]").next().unwrap();
    std::fs::write(&file, table.replace("check = \"licence\"", "check = \"card\"")).unwrap();
    said += &desk.run(&["lanes", "set", path]);
    std::fs::write(&file, table.replace("hours = 120", "days = 5")).unwrap();
    said += &desk.run(&["lanes", "set", path]);
    said += desk.run(&["lanes", "reset"]).split("\n[[row]]").next().unwrap();
    let kinds = desk.json(&["audit", "tail"]).to_string();
    assert_eq!(kinds.matches("lanes.changed").count(), 2, "{kinds}");
    assert_said!(desk.redacted(&said));
}
