//! Documents that programs read: JSON, YAML, templates.

use weighbridge_domain::Format;

use crate::analyse::{Entry, Scan, shown};
use crate::formats::template;
use crate::json::{BadJson, Event, Parser};
use crate::rules;

/// Files whose fields are programs.
const CONFIGURATIONS: &[&str] = &["tokenizer_config.json", "chat_template.json", "config.json"];

/// Looks into a document; `is_all` says that `text` is all of it.
pub(super) fn read(
    scan: &mut Scan,
    entry: &Entry<'_>,
    extension: &str,
    text: &str,
    is_all: bool,
) -> Format {
    match extension {
        "json" | "ipynb" | "webmanifest" => {
            if is_all {
                read_json(scan, entry, text);
            } else if CONFIGURATIONS.contains(&entry.file_name()) {
                scan.skip(entry.place(None), "the configuration is too long to be examined");
            }
            Format::known("json")
        }
        "yaml" | "yml" => {
            read_yaml(scan, entry, text);
            if !is_all {
                scan.skip(entry.place(None), "the YAML file is too long to be examined");
            }
            Format::known("yaml")
        }
        "jinja" | "jinja2" | "j2" => {
            template::check(scan, entry, None, text);
            if !is_all {
                scan.skip(entry.place(None), "the template is too long to be examined");
            }
            Format::known("jinja")
        }
        "md" => Format::known("markdown"),
        _ => Format::known("text"),
    }
}

fn read_json(scan: &mut Scan, entry: &Entry<'_>, text: &str) {
    let mut parser = Parser::new(text);
    if let Err(bad) = find_templates(scan, entry, &mut parser) {
        let place = entry.place(Some(bad.at as u64));
        scan.skip(place, format!("it is named like JSON and is none: {}", bad.why));
    }
}

/// Templates stand in `chat_template`: one text, or a list of objects with a `template` each, or an
/// object of texts.
fn find_templates(
    scan: &mut Scan,
    entry: &Entry<'_>,
    parser: &mut Parser<'_>,
) -> Result<(), BadJson> {
    let mut inside: Option<usize> = None;
    while let Some(event) = parser.next()? {
        if inside.is_some_and(|depth| parser.depth() < depth) {
            inside = None;
        }
        match event {
            Event::Key(key) if key == "chat_template" && inside.is_none() => {
                inside = Some(parser.depth());
            }
            Event::Key(key) if inside == Some(parser.depth()) && key != "chat_template" => {
                inside = None;
            }
            Event::Text(text) if inside.is_some() => {
                let offset = u64::try_from(parser.position()).ok();
                template::check(scan, entry, offset, &text);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Tags that make Python objects stand before a value, outside of comments.
fn read_yaml(scan: &mut Scan, entry: &Entry<'_>, text: &str) {
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let code = line.split(" #").next().unwrap_or(line);
        let is_comment = code.trim_start().starts_with('#');
        let has_tag = ["!!python/", "tag:yaml.org,2002:python/", "!python/"]
            .iter()
            .any(|tag| code.contains(tag));
        if has_tag && !is_comment {
            let message = "the YAML file makes Python objects";
            let evidence = shown(code.trim().as_bytes(), 200);
            scan.report(rules::YAML_PYTHON.finding(entry.place(Some(offset)), message, evidence));
        }
        offset += line.len() as u64;
    }
}

#[cfg(test)]
mod tests {
    use weighbridge_domain::Verdict;

    use crate::{Limits, scan_bytes};

    fn verdict(name: &str, text: &str) -> Verdict {
        scan_bytes(&name.parse().unwrap(), text.as_bytes(), &Limits::default()).verdict()
    }

    #[test]
    fn templates_in_json_are_read_wherever_they_stand() {
        let bad = "{{ x.__class__ }}";
        for json in [
            format!(r#"{{"chat_template": "{bad}"}}"#),
            format!(r#"{{"chat_template": [{{"name": "a", "template": "{bad}"}}]}}"#),
            format!(r#"{{"x": {{"y": 1}}, "processor": {{"chat_template": "{bad}"}}}}"#),
        ] {
            assert_eq!(verdict("tokenizer_config.json", &json), Verdict::Dangerous, "{json}");
        }
        let harmless = format!(r#"{{"chat_template": "ok", "note": "{bad}"}}"#);
        assert_eq!(verdict("tokenizer_config.json", &harmless), Verdict::Clean);
    }

    #[test]
    fn json_that_is_none_is_unknown() {
        assert_eq!(verdict("config.json", "{\"a\": "), Verdict::Unknown);
        assert_eq!(verdict("trainer_state.json", "{\"loss\": NaN}"), Verdict::Clean);
    }

    #[test]
    fn python_tags_in_yaml_are_dangerous_and_words_about_them_are_not() {
        assert_eq!(
            verdict("a.yaml", "x: !!python/object/apply:os.getpid []\n"),
            Verdict::Dangerous
        );
        assert_eq!(verdict("a.yaml", "# no !!python/name here\nx: 1\n"), Verdict::Clean);
    }
}
