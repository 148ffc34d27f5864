//! YAML: tags that make Python objects, names that a loader calls, aliases that grow without end.
//!
//! Hydra, `OmegaConf` and `NeMo` import and call what stands under `_target_` (CVE-2025-23304), Lightning what
//! stands under `class_path`, latent diffusion what stands under `target` beside `params`, and `MLflow` the
//! module under `loader_module`; `HyperPyYAML` what the tags `!new:`, `!apply:` and `!name:` name. The rule: such a name is resolved by the tables that pickles are judged by.

mod tags;

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, Tag};
use weighbridge_domain::Hasher;

use super::callable::Named;
use crate::analyse::{Entry, Scan, shown};
use crate::rules;

/// Collections inside each other.
const DEPTH: usize = 500;
/// Anchors whose size is kept.
const ANCHORS: usize = 100_000;
/// Values after all aliases are followed, from which on a document may be a bomb.
const MANY: u64 = 1_000_000;
/// How many times more values than the text has make it one.
const GROWTH: u64 = 50;
/// The longest name.
const NAME: usize = 512;

/// Packages whose classes are what configurations usually name: layers, optimizers, parts of models.
const LIBRARIES: &[&str] = &[
    "lightning.",
    "monai.",
    "nemo.",
    "pytorch_lightning.",
    "torch.nn.",
    "torch.optim.",
    "torchaudio.transforms.",
    "torchmetrics.",
    "torchvision.transforms.",
];

/// How local tags begin that name classes of other languages.
const FOREIGN: &[&str] = &["java/", "perl/", "php/", "ruby/"];

/// Tags of `HyperPyYAML`, whose loader imports what they name and calls it.
const CALLING: &[&str] = &["!apply:", "!new:", "!name:"];

/// Looks into a document; `is_all` says that `text` is all of it.
pub(super) fn check(scan: &mut Scan, entry: &Entry<'_>, text: &str, is_all: bool) {
    tags::check(scan, entry, text);
    if !is_all {
        scan.skip(entry.place(None), "the YAML file is too long to be examined");
        return;
    }
    let (sizes, texts) = (HashMap::new(), HashMap::new());
    let walk = Walk { text, entry, open: Vec::new(), sizes, texts, events: 0, grown: 0 };
    if let Err((at, why)) = walk.run(scan) {
        let place = entry.place(at.map(|at| offset(text, at)));
        scan.skip(place, format!("it is named like YAML and is not read as such: {why}"));
    }
}

/// Feeds the tables into the rule set's digest.
pub(super) fn tables(hasher: &mut Hasher) {
    hasher.update(format!("{LIBRARIES:?}{FOREIGN:?}{CALLING:?} {MANY} {GROWTH}").as_bytes());
}

/// A walk through the events of a document.
struct Walk<'t, 'e> {
    text: &'t str,
    entry: &'e Entry<'e>,
    open: Vec<Open>,
    /// How many values an anchor stands for.
    sizes: HashMap<usize, u64>,
    /// The text that an anchor stands for.
    texts: HashMap<usize, String>,
    events: u64,
    /// How many values there are once aliases are followed.
    grown: u64,
}

/// A collection that is not complete yet.
#[derive(Default)]
struct Open {
    is_mapping: bool,
    anchor: usize,
    size: u64,
    /// The key whose value comes next.
    key: Option<String>,
    has_key: bool,
    /// Names under keys that only mean something together with other keys.
    named: Vec<Mention>,
    has_parameters: bool,
}

/// A name that a loader may call.
struct Mention {
    key: &'static str,
    name: String,
    at: usize,
}

/// Where it went wrong, in characters, and how.
type Failure = (Option<usize>, String);

impl Walk<'_, '_> {
    fn run(mut self, scan: &mut Scan) -> Result<(), Failure> {
        for event in Parser::new_from_str(self.text) {
            let (event, place) =
                event.map_err(|error| (Some(error.marker().index()), error.info().to_owned()))?;
            self.events += 1;
            if self.events.is_multiple_of(4096) {
                scan.budget.check_time().map_err(|spent| (None, spent.to_string()))?;
            }
            let at = place.start.index();
            match event {
                Event::Scalar(value, _, anchor, tag) => {
                    self.tag(scan, tag.as_deref(), at);
                    self.scalar(scan, &value, at);
                    if anchor > 0 && value.len() <= NAME && self.texts.len() < ANCHORS / 10 {
                        self.texts.insert(anchor, value.into_owned());
                    }
                    self.value(anchor, 1);
                }
                Event::Alias(id) => {
                    let size = self.sizes.get(&id).copied().unwrap_or(1);
                    match self.texts.get(&id).cloned() {
                        Some(text) => self.scalar(scan, &text, at),
                        None => _ = self.pass_key(""),
                    }
                    self.value(0, size);
                }
                Event::SequenceStart(anchor, tag) => {
                    self.tag(scan, tag.as_deref(), at);
                    self.start(false, anchor, at)?;
                }
                Event::MappingStart(anchor, tag) => {
                    self.tag(scan, tag.as_deref(), at);
                    self.start(true, anchor, at)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.end(scan),
                Event::Nothing
                | Event::StreamStart
                | Event::StreamEnd
                | Event::DocumentStart(_)
                | Event::DocumentEnd => {}
            }
            if self.grown > MANY && self.grown / GROWTH > self.events {
                let message = "the aliases of the YAML file stand for far more than it holds";
                let evidence = format!("more than {MANY} values from {} events", self.events);
                let place = self.entry.place(Some(offset(self.text, at)));
                scan.report(rules::TEXT_BOMB.finding(place, message, evidence));
                return Ok(());
            }
        }
        Ok(())
    }

    /// Tags that name classes of other languages: `!!javax.script.ScriptEngineManager`, `!ruby/object:Gem`.
    fn tag(&self, scan: &mut Scan, tag: Option<&Tag>, at: usize) {
        let Some(tag) = tag else { return };
        let full = format!("{}{}", tag.handle, tag.suffix);
        let called = CALLING.iter().find_map(|tag| Some((*tag, full.strip_prefix(tag)?)));
        if let Some((tag, name)) = called {
            return would_call(scan, self.entry, Some(offset(self.text, at)), tag, name);
        }
        let suffix = full.strip_prefix("tag:yaml.org,2002:");
        let is_class = if let Some(suffix) = suffix {
            suffix.contains('.') && !suffix.starts_with("python/") && !suffix.contains(' ')
        } else {
            let name = full.trim_start_matches('!');
            FOREIGN.iter().any(|language| name.starts_with(language))
        };
        if is_class {
            let message = "the YAML file makes an object of another language";
            let place = self.entry.place(Some(offset(self.text, at)));
            scan.report(rules::YAML_OBJECT.finding(place, message, shown(full.as_bytes(), 200)));
        }
    }

    fn start(&mut self, is_mapping: bool, anchor: usize, at: usize) -> Result<(), Failure> {
        if self.open.len() >= DEPTH {
            return Err((Some(at), "it is nested too deeply".to_owned()));
        }
        self.open.push(Open { is_mapping, anchor, ..Open::default() });
        Ok(())
    }

    fn end(&mut self, scan: &mut Scan) {
        let Some(open) = self.open.pop() else { return };
        for mention in open.named {
            let counts = match mention.key {
                "target" => open.has_parameters,
                _ => true,
            };
            if counts {
                self.mentioned(scan, &mention);
            }
        }
        self.pass_key("");
        self.value(open.anchor, open.size.saturating_add(1));
    }

    /// A value is complete: it counts for what holds it, and for its anchor.
    fn value(&mut self, anchor: usize, size: u64) {
        if anchor > 0 && self.sizes.len() < ANCHORS {
            self.sizes.insert(anchor, size);
        }
        match self.open.last_mut() {
            Some(open) => open.size = open.size.saturating_add(size),
            None => self.grown = self.grown.saturating_add(size),
        }
        // What is open counts as well: a bomb is told before its end.
        if size > MANY {
            self.grown = self.grown.max(size);
        }
    }

    /// A key or a value that is no text: keys and values take turns.
    fn pass_key(&mut self, key: &str) -> Option<String> {
        let open = self.open.last_mut().filter(|open| open.is_mapping)?;
        if open.has_key {
            open.has_key = false;
            return open.key.take();
        }
        open.has_key = true;
        open.key = (key.len() <= 32).then(|| key.to_owned());
        open.has_parameters |= matches!(key, "params" | "init_args" | "kwargs" | "args");
        None
    }

    fn scalar(&mut self, scan: &mut Scan, value: &str, at: usize) {
        let Some(key) = self.pass_key(value) else { return };
        let key = match key.as_str() {
            "_target_" => "_target_",
            "class_path" => "class_path",
            "target" => "target",
            "loader_module" if self.entry.file_name() == "MLmodel" => "loader_module",
            _ => return,
        };
        let mention = Mention { key, name: value.chars().take(NAME).collect(), at };
        match self.open.last_mut() {
            Some(open) if key == "target" => open.named.push(mention),
            _ => self.mentioned(scan, &mention),
        }
    }

    fn mentioned(&self, scan: &mut Scan, mention: &Mention) {
        let place = Some(offset(self.text, mention.at));
        would_call(scan, self.entry, place, mention.key, &mention.name);
    }
}

/// Reports what a loader would call that finds `name` under `key`.
pub(super) fn would_call(
    scan: &mut Scan,
    entry: &Entry<'_>,
    offset: Option<u64>,
    key: &str,
    name: &str,
) {
    let name: String = name.trim().chars().take(NAME).collect();
    let evidence = format!("{key}: {}", shown(name.as_bytes(), 300));
    match standing(key, &name) {
        Named::Vetted => {}
        Named::Acts(how) => {
            let message =
                format!("a loader would call {}, which {how}", shown(name.as_bytes(), 120));
            scan.report(rules::CONFIG_CALL.finding(entry.place(offset), message, evidence));
        }
        // Other programs use these keys for other things.
        Named::Unlisted if !matches!(key, "_target_" | "loader_module") => {}
        Named::Unlisted => {
            let message = format!("a loader would call {}", shown(name.as_bytes(), 120));
            scan.report(rules::CONFIG_CUSTOM.finding(entry.place(offset), message, evidence));
        }
    }
}

/// What a dotted name stands for. Loaders find out by trying where the module ends.
fn standing(key: &str, name: &str) -> Named {
    let hops: Vec<&str> = name.split('.').collect();
    let is_class = |hop: &&str| hop.chars().next().is_some_and(char::is_uppercase);
    if key == "loader_module" {
        let is_own = name == "mlflow" || name.starts_with("mlflow.");
        return if is_own { Named::Vetted } else { acts(name, "") };
    }
    let reaches = |hop: &&str| matches!(acts("", hop), Named::Acts(_));
    if hops.iter().skip(1).any(reaches) {
        return Named::Acts("reaches a module or a special attribute through another name");
    }
    for end in 1..hops.len() {
        let (module, rest) = hops.split_at(end);
        let (module, rest) = (module.join("."), rest.join("."));
        let is_end = end + 1 == hops.len();
        // A class and its method are an ordinary thing to call here.
        let is_method = !is_end && hops.get(end).is_some_and(is_class);
        let named = if is_end || is_method {
            acts(&module, hops.get(end).copied().unwrap_or(&rest))
        } else {
            Named::Unlisted
        };
        if let Named::Acts(_) = named {
            return named;
        }
        if is_method {
            break;
        }
    }
    let is_listed = LIBRARIES.iter().any(|library| name.starts_with(library));
    if is_listed && hops.last().is_some_and(is_class) { Named::Vetted } else { Named::Unlisted }
}

/// What acts there acts here; what is harmless in a pickle may be called here for its effects.
fn acts(module: &str, name: &str) -> Named {
    match Named::of(module, name) {
        Named::Acts(how) => Named::Acts(how),
        Named::Vetted | Named::Unlisted => Named::Unlisted,
    }
}

/// The byte at which a character begins.
fn offset(text: &str, index: usize) -> u64 {
    text.char_indices().nth(index).map_or(text.len(), |(at, _)| at) as u64
}

#[cfg(test)]
mod tests {
    use weighbridge_domain::{ScanReport, Verdict};

    use crate::{Limits, scan_bytes};

    fn scan(name: &str, text: &str) -> ScanReport {
        scan_bytes(&name.parse().unwrap(), text.as_bytes(), &Limits::default())
    }

    #[test]
    fn what_a_loader_would_call_decides() {
        for (text, rule) in [
            ("model:\n  _target_: os.system\n  _args_: [id]\n", "WB-CONFIG-CALL"),
            ("{a: [{_target_: builtins.eval}]}", "WB-CONFIG-CALL"),
            ("'_target_': >-\n  subprocess.Popen\n", "WB-CONFIG-CALL"),
            ("\"_targ\\x65t_\": pydoc.locate\n", "WB-CONFIG-CALL"),
            ("_target_: random._os.system\n", "WB-CONFIG-CALL"),
            ("_target_: acme.models.Net\n", "WB-CONFIG-CUSTOM"),
            ("a: &a os.system\nb: {_target_: *a}\n", "WB-CONFIG-CALL"),
            ("_target_: ${name}\n", "WB-CONFIG-CUSTOM"),
            ("model:\n  target: os.system\n  params: {}\n", "WB-CONFIG-CALL"),
            ("model:\n  class_path: subprocess.Popen\n  init_args: {}\n", "WB-CONFIG-CALL"),
            ("a: !apply:os.getpid\n", "WB-CONFIG-CALL"),
            ("a: !new:subprocess.Popen\n  args: [id]\n", "WB-CONFIG-CALL"),
            ("a: !name:os.system [id]\n", "WB-CONFIG-CALL"),
        ] {
            let report = scan("model_config.yaml", text);
            let rules: Vec<_> = report.findings.iter().map(|f| f.rule.as_str()).collect();
            assert_eq!(rules, [rule], "{text}: {report:?}");
        }
    }

    #[test]
    fn objects_of_other_languages_are_told() {
        for text in [
            "!!javax.script.ScriptEngineManager [!!java.net.URL [http://127.0.0.1]]\n",
            "a: !ruby/object:Gem::Installer\n  i: x\n",
            "--- !<tag:yaml.org,2002:com.acme.Thing> {}\n",
        ] {
            let report = scan("a.yaml", text);
            assert!(report.findings.iter().all(|f| f.rule == "WB-YAML-OBJECT"), "{report:?}");
            assert_eq!(report.verdict(), Verdict::Review, "{text}: {report:?}");
        }
        for text in
            ["a: !!set {b, c}\n", "a: !Ref x\n", "a: !!binary aGk=\n", "a: !include x.yaml\n"]
        {
            assert_eq!(scan("a.yaml", text).verdict(), Verdict::Clean, "{text}");
        }
    }

    #[test]
    fn usual_configurations_are_clean() {
        for text in [
            "preprocessor:\n  _target_: nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor\n",
            "optim:\n  _target_: torch.optim.AdamW\n  lr: 0.1\n",
            "model:\n  target: ldm.models.diffusion.ddpm.LatentDiffusion\n  params: {a: 1}\n",
            "target: os.system\n",
            "a: !new:speechbrain.nnet.CNN.Conv1d\n  out_channels: 3\nb: !ref <a>\nc: !name:torch.optim.Adam\n",
            "a: &a {x: 1}\nb: [*a, *a]\nc:\n  <<: *a\n",
            "note: _target_\n_target: os.system\n",
        ] {
            let report = scan("model_config.yaml", text);
            assert_eq!(report.verdict(), Verdict::Clean, "{text}: {report:?}");
        }
    }

    #[test]
    fn the_place_is_given_in_bytes() {
        let report = scan("a.yaml", "# ü\n_target_: os.system\n");
        assert_eq!(report.findings[0].place.offset, Some(15));
    }

    #[test]
    fn aliases_of_aliases_are_a_bomb() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let line = vec![format!("*a{}", level - 1); 10].join(", ");
            text +=
                &["a", &level.to_string(), ": &a", &level.to_string(), " [", &line, "]\n"].concat();
        }
        let report = scan("a.yaml", &text);
        assert_eq!(report.findings[0].rule, "WB-TEXT-BOMB", "{report:?}");
        assert!(scan("a.yaml", &"[".repeat(100_000)).verdict() != Verdict::Clean);
    }

    #[test]
    fn the_module_that_mlflow_would_import_is_named() {
        let text =
            |module: &str| format!("flavors:\n  python_function:\n    loader_module: {module}\n");
        assert_eq!(scan("MLmodel", &text("mlflow.sklearn")).verdict(), Verdict::Clean);
        assert_eq!(scan("MLmodel", &text("evil.loader")).verdict(), Verdict::Review);
    }
}
