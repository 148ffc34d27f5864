//! Where every value came from, and what a mistake is answered with.

use super::desk::Desk;
use crate::assert_said;

/// The lines of `config show` that do not come from a default, whatever the rules are today.
fn chosen(desk: &Desk, extra: &[(&str, &str)]) -> String {
    let mut command = desk.command(&["config", "show"]);
    command.envs(extra.iter().copied());
    let output = command.output().unwrap();
    let text = desk.redacted(&String::from_utf8_lossy(&output.stdout));
    let kept = text.lines().filter(|line| !line.ends_with("# default"));
    // How far the origins are moved to the right depends on all the others.
    kept.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect()
}

#[test]
fn every_value_says_where_it_came_from_and_secrets_are_never_shown() {
    let desk = Desk::new();
    let file = "\
[upstream]
public_hub = \"\"

[environment.production.rules]
licence-unknown = \"warn\"

[environment.dev.rules.minimum-age]
mode = \"enforce\"
hours = 24
";
    desk.write("none.toml", file);
    let secret = desk.write("db-url", "postgres://weigh:hunter2@db.example/w\n");
    let extra = [
        ("WEIGHBRIDGE_SCAN__MEMORY_MIB", "512"),
        ("WEIGHBRIDGE_DATABASE__URL_FILE", secret.to_str().unwrap()),
    ];
    let shown = chosen(&desk, &extra);
    assert!(!shown.contains("hunter2"), "{shown}");
    assert_said!(shown);
}

#[test]
fn what_is_shown_can_be_saved_and_means_the_same() {
    let desk = Desk::new();
    let first = desk.json(&["config", "show"]);
    let output = desk.command(&["config", "show"]).output().unwrap();
    desk.write("none.toml", &String::from_utf8(output.stdout).unwrap());
    let mut second = desk.json(&["config", "show"]);
    let values = |all: &serde_json::Value| -> Vec<(String, serde_json::Value)> {
        let lines = all.as_array().unwrap().iter();
        lines.map(|line| (line["key"].to_string(), line["value"].clone())).collect()
    };
    assert_eq!(values(&first), values(&second));
    let origins = second.as_array_mut().unwrap().iter().filter(|line| line["origin"] == "default");
    let unset: Vec<&str> = origins.map(|line| line["key"].as_str().unwrap()).collect();
    assert_eq!(
        unset,
        ["public_url", "database.url", "ledger.stream_to"],
        "all but these came from the file"
    );
}

#[test]
fn a_mistake_is_named_with_its_place_and_the_way_out() {
    let desk = Desk::new();
    let mut said = String::new();
    for text in [
        "lisen = \"127.0.0.1:1\"",
        "[scan]\nmemory_mib = 1",
        "[scan]\nmemory_mib = \"much\"",
        "listen = \"here\"",
        "[environment.dev.rules]\nlicence-unknwon = \"off\"",
        "[environment.dev.rules]\nlicence-unknown = \"maybe\"",
        "a = = 1",
    ] {
        desk.write("none.toml", text);
        said.push_str(&desk.run(&["status"]));
    }
    let mut command = desk.command(&["status"]);
    command.env("WEIGHBRIDGE_CONFIG", "").env("WEIGHBRIDGE_SCAN__MEMRY_MIB", "512");
    said.push_str(&String::from_utf8_lossy(&command.output().unwrap().stderr));
    assert_said!(said);
    assert!(!desk.data().exists(), "a mistake in the configuration makes nothing");
}

#[test]
fn kubernetes_may_put_the_address_of_a_service_into_the_environment() {
    let desk = Desk::new();
    let mut command = desk.command(&["config", "show"]);
    command
        .env("WEIGHBRIDGE_PORT", "tcp://10.0.0.1:80")
        .env("WEIGHBRIDGE_SERVICE_HOST", "10.0.0.1");
    assert!(command.status().unwrap().success());
}
