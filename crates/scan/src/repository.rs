//! Rules over a whole repository: what only shows when files are looked at together.
//!
//! A rule is one entry in [`RULES`]: what it reports, and the function that looks for it.

mod configured;
mod listed;

use weighbridge_domain::{FindingPlace, RepoPath};

use crate::analyse::shown;
use crate::job::{RepositoryFile, RepositoryFinding};
use crate::json::Json;
use crate::limits::Limits;
use crate::rules::{self, Rule};
use crate::source::{ReadAt, read_some};

/// A repository as the rules see it.
#[derive(Debug, Default)]
pub struct Tree {
    /// Every file.
    pub files: Vec<RepositoryFile>,
    documents: Vec<Document>,
    unread: Vec<String>,
}

/// A file whose content the rules look at.
#[derive(Debug)]
struct Document {
    path: RepoPath,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Json(Json),
    Text(String),
}

/// Something a rule saw in a file.
struct Sighting {
    path: RepoPath,
    message: String,
    evidence: String,
}

/// One rule and how it looks.
struct RepositoryRule {
    rule: &'static Rule,
    look: fn(&Tree) -> Vec<Sighting>,
}

/// Every rule over repositories.
static RULES: &[RepositoryRule] = &[
    RepositoryRule { rule: &rules::REPO_AUTO_MAP, look: configured::auto_map },
    RepositoryRule { rule: &rules::REPO_FOREIGN_CODE, look: configured::foreign_code },
    RepositoryRule { rule: &rules::REPO_TRUST_FLAG, look: configured::trust_flag },
    RepositoryRule { rule: &rules::REPO_ATTENTION, look: configured::attention },
    RepositoryRule { rule: &rules::REPO_CUSTOM_MODULE, look: configured::custom_modules },
    RepositoryRule { rule: &rules::REPO_PIPELINE, look: configured::pipelines },
    RepositoryRule { rule: &rules::REPO_INDEX, look: configured::weight_index },
    RepositoryRule { rule: &rules::REPO_OUTSIDE, look: configured::outside },
    RepositoryRule { rule: &rules::REPO_DATASET_SCRIPT, look: configured::dataset_scripts },
    RepositoryRule { rule: &rules::REPO_HANDLER, look: listed::handlers },
    RepositoryRule { rule: &rules::REPO_PYTHON, look: listed::python },
    RepositoryRule { rule: &rules::REPO_EXECUTABLE, look: listed::executables },
    RepositoryRule { rule: &rules::REPO_PICKLE_BESIDE, look: listed::pickle_beside },
];

/// The longest file that the rules read.
const DOCUMENT_BYTES: u64 = 16 << 20;
/// Values of one JSON document.
const JSON_VALUES: usize = 500_000;
/// Sightings of one rule that are reported.
const SIGHTINGS: usize = 50;

/// JSON files that loaders take instructions from.
const CONFIGURATIONS: &[&str] =
    &["modules.json", "model_index.json", "processor.json", "configuration.json"];

impl Tree {
    /// Adds the content of a file that [`is_config`] names; `whole` says that all of it is there.
    pub fn add_config(&mut self, path: RepoPath, source: &dyn ReadAt, whole: bool) {
        match read_document(&path, source, whole) {
            Ok(content) => self.documents.push(Document { path, content }),
            Err(why) => self.unread.push(format!("{path}: {why}")),
        }
    }

    fn has(&self, path: &str) -> bool {
        self.files.iter().any(|file| file.path.as_str() == path)
    }

    fn jsons(&self) -> impl Iterator<Item = (&RepoPath, &Json)> {
        self.documents.iter().filter_map(|document| match &document.content {
            Content::Json(json) => Some((&document.path, json)),
            Content::Text(_) => None,
        })
    }

    fn texts(&self) -> impl Iterator<Item = (&RepoPath, &str)> {
        self.documents.iter().filter_map(|document| match &document.content {
            Content::Json(_) => None,
            Content::Text(text) => Some((&document.path, text.as_str())),
        })
    }
}

fn read_document(path: &RepoPath, source: &dyn ReadAt, whole: bool) -> Result<Content, String> {
    if !whole {
        return Err("it has not arrived".to_owned());
    }
    if source.size() > DOCUMENT_BYTES {
        return Err(format!("it is longer than {DOCUMENT_BYTES} bytes"));
    }
    let size = usize::try_from(source.size()).unwrap_or(usize::MAX);
    let bytes =
        read_some(source, 0, size).map_err(|error| format!("it cannot be read: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    if path.extension() == "py" {
        return Ok(Content::Text(text));
    }
    Json::parse(&text, JSON_VALUES).map(Content::Json).map_err(|bad| bad.to_string())
}

/// Whether the repository rules want to read this file.
pub fn is_config(path: &RepoPath) -> bool {
    let name = path.file_name();
    name.ends_with("config.json")
        || name.ends_with(".index.json")
        || CONFIGURATIONS.contains(&name)
        || (path.extension() == "py" && !path.as_str().contains('/'))
}

/// Runs every repository rule. The second part names what they could not look at.
pub fn judge(tree: &Tree, limits: &Limits) -> (Vec<RepositoryFinding>, Vec<String>) {
    let mut findings = Vec::new();
    let mut unexamined = tree.unread.clone();
    for file in tree.files.iter().filter(|file| is_config(&file.path)) {
        let is_read = tree.documents.iter().any(|document| document.path == file.path)
            || tree.unread.iter().any(|unread| unread.starts_with(&format!("{}:", file.path)));
        if !is_read {
            unexamined.push(format!("{}: it was not among the scanned files", file.path));
        }
    }
    for RepositoryRule { rule, look } in RULES {
        let sightings = look(tree);
        let count = sightings.len();
        for (index, sighting) in sightings.into_iter().take(SIGHTINGS).enumerate() {
            let mut message = sighting.message;
            if index + 1 == SIGHTINGS && count > SIGHTINGS {
                message = format!("{message}, and {} more files", count - SIGHTINGS);
            }
            let evidence = shown(sighting.evidence.as_bytes(), 600);
            let finding = rule.finding(FindingPlace::default(), message, evidence);
            findings.push(RepositoryFinding { path: sighting.path, finding });
        }
    }
    unexamined.truncate(limits.findings.max(1));
    (findings, unexamined)
}

/// Feeds the rules into the rule set's digest.
pub(crate) fn tables(hasher: &mut weighbridge_domain::Hasher) {
    for RepositoryRule { rule, .. } in RULES {
        hasher.update(rule.code.as_bytes());
    }
    configured::tables(hasher);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(files: &[(&str, &str)]) -> Vec<String> {
        let mut tree = Tree::default();
        for (path, content) in files {
            let path: RepoPath = path.parse().unwrap();
            let size_bytes = content.len() as u64;
            tree.files.push(RepositoryFile { path: path.clone(), size_bytes });
            if is_config(&path) {
                tree.add_config(path, &content.as_bytes(), true);
            }
        }
        let (findings, unexamined) = judge(&tree, &Limits::default());
        let mut lines: Vec<String> = findings
            .iter()
            .map(|found| {
                format!("{} {} {}", found.finding.rule, found.path, found.finding.evidence)
            })
            .collect();
        lines.extend(unexamined.into_iter().map(|gap| format!("unexamined {gap}")));
        lines
    }

    #[test]
    fn an_ordinary_model_has_no_findings() {
        let found = judged(&[
            ("config.json", r#"{"architectures": ["BertModel"], "model_type": "bert"}"#),
            ("tokenizer_config.json", r#"{"tokenizer_class": "BertTokenizer"}"#),
            ("model.safetensors.index.json", r#"{"weight_map": {"w": "m-1.safetensors"}}"#),
            ("m-1.safetensors", ""),
            ("modules.json", r#"[{"idx": 0, "type": "sentence_transformers.models.Pooling"}]"#),
            ("model_index.json", r#"{"_class_name": "X", "vae": ["diffusers", "AutoencoderKL"]}"#),
            ("README.md", ""),
        ]);
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn exactly_the_code_that_would_run_is_named() {
        let found = judged(&[
            (
                "config.json",
                r#"{"auto_map": {"AutoModel": "modeling_x.Net", "AutoConfig": "a/b--conf.C"}}"#,
            ),
            ("modeling_x.py", "class Net: pass"),
        ]);
        assert_eq!(
            found,
            [
                "WB-REPO-AUTOMAP config.json AutoModel: modeling_x.Net in modeling_x.py",
                "WB-REPO-FOREIGN-CODE config.json AutoConfig: conf.C in the repository a/b",
                "WB-REPO-PYTHON modeling_x.py modeling_x.py",
            ]
        );
    }

    #[test]
    fn fields_with_known_holes_are_dangerous_wherever_they_stand() {
        let found = judged(&[(
            "sub/config.json",
            r#"{"text_config": {"trust_remote_code": true, "_attn_implementation_internal": "a/b"}}"#,
        )]);
        assert_eq!(
            found,
            [
                "WB-REPO-TRUST-FLAG sub/config.json text_config.trust_remote_code: true",
                "WB-REPO-ATTENTION sub/config.json text_config._attn_implementation_internal: a/b",
            ]
        );
    }

    #[test]
    fn what_could_not_be_read_is_said() {
        let mut tree = Tree::default();
        let path: RepoPath = "config.json".parse().unwrap();
        tree.files.push(RepositoryFile { path: path.clone(), size_bytes: 10 });
        let (_, missing) = judge(&tree, &Limits::default());
        assert_eq!(missing, ["config.json: it was not among the scanned files"]);
        tree.add_config(path, &b"{".as_slice(), true);
        let (_, broken) = judge(&tree, &Limits::default());
        assert_eq!(broken, ["config.json: no JSON at byte 1: a name is expected"]);
    }

    #[test]
    fn every_kind_of_code_beside_the_weights_is_listed() {
        let found = judged(&[
            ("modules.json", r#"[{"type": "custom_st.Transformer"}, {"type": "a/b--m.T"}]"#),
            ("model_index.json", r#"{"_class_name": ["pipe", "P"], "unet": ["my_unet", "U"]}"#),
            ("unet/my_unet.py", ""),
            ("handler.py", ""),
            ("data.py", "import datasets\nclass D(datasets.GeneratorBasedBuilder): pass"),
            ("lib/kernel.so", ""),
            ("pytorch_model.bin", ""),
            ("model.safetensors", ""),
            ("x.index.json", r#"{"weight_map": {"a": "../up.bin", "b": "gone.safetensors"}}"#),
            ("adapter_config.json", r#"{"auto_mapping": {"parent_library": "evil.lib"}}"#),
        ]);
        let codes: Vec<&str> =
            found.iter().map(|line| line.split(' ').next().unwrap_or_default()).collect();
        assert_eq!(
            codes,
            [
                "WB-REPO-AUTOMAP",
                "WB-REPO-CUSTOM-MODULE",
                "WB-REPO-CUSTOM-MODULE",
                "WB-REPO-PIPELINE",
                "WB-REPO-PIPELINE",
                "WB-REPO-INDEX",
                "WB-REPO-OUTSIDE",
                "WB-REPO-DATASET-SCRIPT",
                "WB-REPO-HANDLER",
                "WB-REPO-PYTHON",
                "WB-REPO-PYTHON",
                "WB-REPO-PYTHON",
                "WB-REPO-EXECUTABLE",
                "WB-REPO-PICKLE-BESIDE",
            ],
            "{found:#?}"
        );
    }
}
