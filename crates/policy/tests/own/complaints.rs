//! Everything that is refused at the door is refused with its place, its cause and its cure.

use crate::fixture::{CARE, WORDS, read, rule_with, told};

fn about(body: &str) -> String {
    told(&[("odd.rego", &rule_with(body))])
}

#[test]
fn what_is_no_rego_is_told_with_its_line() {
    let said = about("objections contains {\"message\": } if true");
    assert!(said.starts_with("odd.rego:7: error: "), "{said}");
}

#[test]
fn facts_that_nobody_states_are_found() {
    let said =
        about("objections contains {\"message\": \"m\"} if input.facts.revision.licenses == 1");
    assert!(
        said.starts_with(
            "odd.rego:7: error: `input.facts.revision` has no `licenses`; it has `age_hours`,"
        ),
        "{said}"
    );
    let said =
        about("objections contains {\"message\": \"m\"} if input.facts.findings[_].path.x == 1");
    assert!(said.contains("`input.facts.findings.path` is a value without parts"), "{said}");
    let said = about("objections contains {\"message\": \"m\"} if input.fact.revision == 1");
    assert!(said.contains("`input` has no `fact`"), "{said}");
    let said = about("objections contains {\"message\": \"m\"} if input.parameters.hours > 1");
    assert!(said.contains("`rule.parameters` has no `hours`"), "{said}");
}

#[test]
fn functions_that_reach_out_or_eat_the_machine_are_refused() {
    for call in [
        "http.send({\"method\": \"get\", \"url\": \"http://x\"})",
        "time.now_ns() > 1",
        "rand.intn(\"x\", 2) == 1",
        "numbers.range(1, 9999999999999)",
        "bits.lsh(1, 9999999999)",
        "opa.runtime()",
        "net.lookup_ip_addr(\"x\")",
    ] {
        let said = about(&format!("objections contains {{\"message\": \"m\"}} if {call}"));
        assert!(said.starts_with("odd.rego:7: error: `"), "{call}: {said}");
        assert!(said.contains("; decide by the facts in `input`"), "{call}: {said}");
    }
}

#[test]
fn a_function_that_nobody_defined_is_no_silent_rule() {
    let said = about(
        "objections contains {\"message\": \"m\"} if definitely_not_there(input.facts.schema)",
    );
    assert!(said.contains("odd.rego:7: error: "), "{said}");
}

#[test]
fn a_rule_says_what_it_is() {
    let said = told(&[(
        "a.rego",
        "package weighbridge.own.a\n\nobjections contains {\"message\": \"m\"} if false\n",
    )]);
    assert!(said.starts_with("a.rego:1: error: it has no `rule`"), "{said}");
    let said = told(&[("a.rego", &rule_with("x := 1"))]);
    assert!(said.contains("it has no `objections`"), "{said}");
    let body = "objections contains {\"message\": \"m\"} if false";
    for (from, to, expected) in [
        ("\"deny\"", "\"no\"", "`rule.effect` is `no`; it is `hold` or `deny`"),
        ("\"admin\"", "\"boss\"", "`rule.contact` is `boss`, which is no role that helps"),
        ("\"why\": \"w\", ", "", "`rule.why` is missing"),
        ("\"why\": \"w\", ", "\"why\": \"w\", \"who\": 1, ", "has a field `who` that nobody reads"),
    ] {
        let said = told(&[("a.rego", &rule_with(body).replace(from, to))]);
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn packages_are_of_own_rules_and_each_once() {
    let said = told(&[("a.rego", "package weighbridge.custody_bad\n\nobjections := set()\n")]);
    assert!(
        said.contains("`data.weighbridge.custody_bad` is not a package of own rules"),
        "{said}"
    );
    let twice = rule_with("objections contains {\"message\": \"m\"} if false");
    let said = told(&[("a.rego", &twice), ("b.rego", &twice)]);
    assert!(said.contains("b.rego:1: error: `a.rego` has the same package"), "{said}");
    let said = told(&[(
        "a.rego",
        &rule_with("objections contains {\"message\": \"m\"} if data.weighbridge.own.other.rule"),
    )]);
    assert!(said.contains("it refers to data that is not there"), "{said}");
}

#[test]
fn objections_have_a_shape() {
    let said = about("objections contains \"text\" if true");
    assert!(said.contains("odd: \"text\""), "{said}");
    let said = about("objections := 7");
    assert!(said.contains("its objections are not a set"), "{said}");
    let said = about("objections contains {\"message\": \"m\", \"effect\": \"allow\"} if true");
    assert!(said.contains("odd: "), "{said}");
}

#[test]
fn switches_are_read_with_their_lines() {
    let said = told(&[("policy.toml", "[environment.prod.rules.minimum-age]\nmode = \"warn\"\n")]);
    assert_eq!(
        said,
        "policy.toml:1: error: there is no environment `prod` here; there are `dev`, `staging`, `production`"
    );
    let said = told(&[("policy.toml", "\n[environment.dev.rules.minimum-age]\nmode = \"no\"\n")]);
    assert!(
        said.starts_with("policy.toml:3: error: `minimum-age.mode`: `no` is not one of"),
        "{said}"
    );
    let said = told(&[("policy.toml", "[environment.dev.rules.minimum-agee]\nmode = \"off\"\n")]);
    assert!(
        said.contains("no rule is called `minimum-agee`: did you mean `minimum-age`?"),
        "{said}"
    );
    let said = told(&[
        ("policy.toml", "[environment.dev.rules.own-acme-care]\nhourz = 3\n"),
        ("a.rego", CARE),
        ("w.rego", WORDS),
    ]);
    assert!(said.contains("has no parameter `hourz`: did you mean `hours`?"), "{said}");
    let said = told(&[("policy.toml", "[server]\nlisten = 1\n")]);
    assert!(said.contains("`server` is nothing that a policy has"), "{said}");
    let said = told(&[("policy.toml", "x = = 1")]);
    assert!(said.starts_with("policy.toml:1: error: it is not TOML"), "{said}");
}

#[test]
fn names_and_sizes_are_bounded() {
    for name in ["../a.rego", "/a.rego", "a b.rego", ".git/a.rego", "a//b.rego"] {
        assert!(told(&[(name, "x")]).contains("the file's name does not fit"), "{name}");
    }
    assert!(told(&[("README.md", "x")]).contains("nobody reads this file"));
    let long = "#".repeat(70_000);
    assert!(told(&[("a.rego", &long)]).contains("the file has 70000 bytes"));
    let many: Vec<(String, String)> =
        (0..201).map(|at| (format!("a{at}.rego"), String::new())).collect();
    let many: Vec<(&str, &str)> =
        many.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert!(told(&many).contains("the policy has 201 files"));
}

#[test]
fn whatever_is_cut_short_is_a_complaint_or_a_policy() {
    for (name, text) in [("a.rego", CARE), ("w.rego", WORDS)] {
        for end in 0..text.len() {
            let cut = &text[..end];
            let other = if name == "a.rego" { ("w.rego", WORDS) } else { ("a.rego", CARE) };
            drop(read(&[(name, cut), other]));
        }
    }
    let switches = "[environment.dev.rules.minimum-age]\nmode = \"warn\"\nhours = 0x10\n";
    for end in 0..switches.len() {
        drop(read(&[("policy.toml", &switches[..end])]));
    }
}

/// `docs/policy.md` lists the facts there are. `WEIGHBRIDGE_TEST_BLESS=1` writes it anew.
#[test]
fn the_documentation_lists_every_fact() {
    const BEGIN: &str = "<!-- begin: facts, written from the code; a test keeps it true -->\n";
    const END: &str = "<!-- end -->";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/policy.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, after) = page.split_once(BEGIN).unwrap();
    let (documented, after) = after.split_once(END).unwrap();
    let rows = weighbridge_policy::FACTS.iter();
    let rows: String =
        rows.map(|fact| ["| `", fact.path, "` | ", fact.meaning, " |\n"].concat()).collect();
    let table = format!("| fact | what it says |\n|---|---|\n{rows}");
    if std::env::var_os("WEIGHBRIDGE_TEST_BLESS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(documented, table, "docs/policy.md: bless it or mend it");
}
