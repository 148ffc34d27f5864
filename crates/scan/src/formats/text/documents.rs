//! Documents that programs read: JSON, YAML, templates, XML, graphs.

use weighbridge_domain::Format;

use crate::analyse::{Entry, Scan};
use crate::formats::{keras, markup, notebook, paddle, template, textual, xml, yaml};
use crate::json::{BadJson, Event, Parser};

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
    if let Some(format) = textual::read(scan, entry, text, is_all) {
        return format;
    }
    if xml::is_picture(extension, text) {
        markup::check_picture(scan, entry, text, is_all);
    }
    if xml::is_document(extension, text) {
        return xml::check(scan, entry, text, is_all);
    }
    match extension {
        "ipynb" => {
            if is_all {
                notebook::check(scan, entry, text);
            } else {
                scan.skip(entry.place(None), "the notebook is too long to be examined");
            }
            Format::known("notebook")
        }
        "json" | "webmanifest" => {
            if is_all {
                return read_json(scan, entry, text);
            } else if CONFIGURATIONS.contains(&entry.file_name()) {
                scan.skip(entry.place(None), "the configuration is too long to be examined");
            }
            Format::known("json")
        }
        "yaml" | "yml" => {
            yaml::check(scan, entry, text, is_all);
            Format::known("yaml")
        }
        "jinja" | "jinja2" | "j2" => {
            template::check(scan, entry, None, text);
            if !is_all {
                scan.skip(entry.place(None), "the template is too long to be examined");
            }
            Format::known("jinja")
        }
        "" if entry.file_name() == "MLmodel" => {
            yaml::check(scan, entry, text, is_all);
            Format::known("yaml")
        }
        "md" => Format::known("markdown"),
        _ => Format::known("text"),
    }
}

fn read_json(scan: &mut Scan, entry: &Entry<'_>, text: &str) -> Format {
    let mut parser = Parser::new(text);
    let mut kind = Kind::default();
    if let Err(bad) = find_templates(scan, entry, &mut parser, &mut kind) {
        let place = entry.place(Some(bad.at as u64));
        scan.skip(place, format!("it is named like JSON and is not read as such: {}", bad.why));
    } else if kind.has_objects {
        keras::check(scan, entry, None, entry.file_name(), text.as_bytes());
    }
    if kind.is_program {
        paddle::check_program(scan, entry, text);
        return Format::known("paddle");
    }
    if kind.has_of_onnx == [true; 2] {
        scan.skip(entry.place(None), "graphs of ONNX's in JSON are not read");
        return Format::known("onnx");
    }
    Format::known("json")
}

/// What a document is, by its names.
#[derive(Default)]
struct Kind {
    /// There are objects of Keras.
    has_objects: bool,
    /// It is a program of Paddle's.
    is_program: bool,
    /// Whether it has what a model of ONNX's has: a graph, and versions.
    has_of_onnx: [bool; 2],
}

impl Kind {
    fn see(&mut self, entry: &Entry<'_>, key: &str, depth: usize) {
        self.has_objects |= is_keras(entry, key, depth);
        if depth == 1 {
            self.is_program |= key == "base_code";
            let [graph, versions] = &mut self.has_of_onnx;
            *graph |= key == "graph";
            *versions |= matches!(key, "irVersion" | "ir_version" | "opsetImport" | "opset_import");
        }
    }
}

/// Whether a field can only be that of a Keras object: in the document itself, or anywhere in the
/// configuration of an archive.
fn is_keras(entry: &Entry<'_>, key: &str, depth: usize) -> bool {
    key == "class_name" && (depth == 1 || (entry.depth > 0 && entry.file_name() == "config.json"))
}

/// Keys under which loaders find what they import and call: Hydra and Lightning read JSON as well as YAML, the others are
/// jsonpickle's.
const NAMING: &[&str] = &["_target_", "class_path", "py/function", "py/object", "py/type"];

/// Templates stand in `chat_template`: one text, or a list of objects with a `template` each, or an
/// object of texts. What else the document is is seen on the way.
fn find_templates(
    scan: &mut Scan,
    entry: &Entry<'_>,
    parser: &mut Parser<'_>,
    kind: &mut Kind,
) -> Result<(), BadJson> {
    let mut inside: Option<usize> = None;
    let mut naming = None;
    while let Some(event) = parser.next()? {
        if let Event::Key(key) = &event {
            kind.see(entry, key, parser.depth());
        }
        if inside.is_some_and(|depth| parser.depth() < depth) {
            inside = None;
        }
        let next = match &event {
            Event::Key(key) => NAMING.iter().copied().find(|known| known == key),
            _ => None,
        };
        match (std::mem::replace(&mut naming, next), event) {
            (Some(key), Event::Text(name)) => {
                let offset = u64::try_from(parser.position()).ok();
                yaml::would_call(scan, entry, offset, key, &name);
            }
            (_, Event::Key(key)) if key == "chat_template" && inside.is_none() => {
                inside = Some(parser.depth());
            }
            (_, Event::Key(key)) if inside == Some(parser.depth()) && key != "chat_template" => {
                inside = None;
            }
            (_, Event::Text(text)) if inside.is_some() => {
                let offset = u64::try_from(parser.position()).ok();
                template::check(scan, entry, offset, &text);
            }
            _ => {}
        }
    }
    Ok(())
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
    fn what_a_loader_would_call_is_told_in_json_as_well() {
        let text = |name: &str| format!(r#"{{"a": [{{"_target_": "{name}", "x": 1}}]}}"#);
        assert_eq!(verdict("config.json", &text("os.system")), Verdict::Dangerous);
        assert_eq!(verdict("config.json", &text("acme.Net")), Verdict::Review);
        assert_eq!(verdict("config.json", &text("torch.optim.AdamW")), Verdict::Clean);
        let pickled =
            r#"{"a": {"py/reduce": [{"py/function": "posix.getpid"}, {"py/tuple": []}]}}"#;
        assert_eq!(verdict("config.json", pickled), Verdict::Dangerous);
        assert_eq!(verdict("a.json", r#"{"py/object": "acme.Net", "a": 1}"#), Verdict::Clean);
        assert_eq!(
            verdict("config.json", r#"{"a": "_target_", "b": "os.system"}"#),
            Verdict::Clean
        );
    }

    #[test]
    fn json_that_is_none_is_unknown() {
        assert_eq!(verdict("config.json", "{\"a\": "), Verdict::Unknown);
        assert_eq!(verdict("trainer_state.json", "{\"loss\": NaN}"), Verdict::Clean);
    }
}
