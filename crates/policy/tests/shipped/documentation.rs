//! `docs/policy-rules.md` says what the table of rules says. After a change of the table, write the
//! page anew: `UPDATE_DOCS=1 cargo test -p weighbridge-policy documentation`.

use std::fmt::Write as _;
use std::path::Path;

use weighbridge_policy::{ParameterDefault, RuleInfo, rules};

const START: &str = "<!-- written from the table of rules; a test keeps it true -->\n";

#[test]
fn the_page_says_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/policy-rules.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (intro, written) = page.split_once(START).unwrap();
    let expected = tables();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{intro}{START}{expected}")).unwrap();
        return;
    }
    assert!(written == expected, "the page is behind the table; see the top of this file");
}

fn tables() -> String {
    let mut text = "\n## At a glance\n\n\
        | rule | gate | objects when | asks for | dev | staging | production | who can help |\n\
        |---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for rule in rules() {
        let RuleInfo { id, gate, title, effect, contact, modes, .. } = rule;
        writeln!(
            text,
            "| [`{id}`](#{id}) | {gate} | {title} | {effect} | {} | {} | {} | {contact} |",
            modes.dev, modes.staging, modes.production
        )
        .unwrap();
    }
    text.push_str("\n## Each rule\n");
    for rule in rules() {
        write!(text, "\n### {}\n\nObjects when {}. {}\n", rule.id, rule.title, rule.why).unwrap();
        if rule.parameters.is_empty() {
            text.push_str("\nIt has no parameters.\n");
        }
        for parameter in rule.parameters {
            let name = parameter.name;
            writeln!(text, "\n`{name}` ({}): {}.\n", parameter.kind.as_str(), parameter.doc)
                .unwrap();
            let default = parameter.default;
            if default.dev == default.staging && default.staging == default.production {
                writeln!(text, "- at first: {}", shown(default.dev)).unwrap();
            } else {
                writeln!(text, "- at first in `dev`: {}", shown(default.dev)).unwrap();
                writeln!(text, "- at first in `staging`: {}", shown(default.staging)).unwrap();
                writeln!(text, "- at first in `production`: {}", shown(default.production))
                    .unwrap();
            }
        }
    }
    text
}

fn shown(value: ParameterDefault) -> String {
    match value {
        ParameterDefault::Number(number) => number.to_string(),
        ParameterDefault::Words([]) => "an empty list".to_owned(),
        ParameterDefault::Words(words) => {
            words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
        }
    }
}
