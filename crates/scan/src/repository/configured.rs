//! Rules that read what configuration files tell loaders to do.

use std::fmt::Write as _;

use weighbridge_domain::{Hasher, RepoPath};

use super::{Sighting, Tree};
use crate::formats::Named;
use crate::json::Json;

/// Libraries from which the parts of a pipeline come without code of the repository.
const LIBRARIES: &[&str] =
    &["diffusers", "transformers", "optimum", "onnxruntime", "peft", "torch"];

/// Names that a dataset's loading script cannot do without.
const BUILDERS: &[&str] =
    &["GeneratorBasedBuilder", "ArrowBasedBuilder", "DatasetBuilder", "BeamBasedBuilder"];

/// Class references that some configuration makes: which loader, and which class.
struct Reference<'a> {
    path: &'a RepoPath,
    loader: String,
    class: &'a str,
}

pub(super) fn auto_map(tree: &Tree) -> Vec<Sighting> {
    let mut found: Vec<Sighting> = references(tree)
        .into_iter()
        .filter(|reference| !reference.class.contains("--"))
        .map(|reference| {
            let file = code_file(tree, reference.path, reference.class);
            Sighting {
                path: reference.path.clone(),
                message: format!("the configuration would run {}", reference.class),
                evidence: format!("{}: {} in {file}", reference.loader, reference.class),
            }
        })
        .collect();
    found.extend(parent_libraries(tree));
    found
}

pub(super) fn foreign_code(tree: &Tree) -> Vec<Sighting> {
    references(tree)
        .into_iter()
        .filter_map(|reference| {
            let (repository, class) = reference.class.split_once("--")?;
            Some(Sighting {
                path: reference.path.clone(),
                message: format!("the configuration would run code of {repository}"),
                evidence: format!("{}: {class} in the repository {repository}", reference.loader),
            })
        })
        .collect()
}

pub(super) fn trust_flag(tree: &Tree) -> Vec<Sighting> {
    everywhere(tree, |key, value| {
        let is_off = matches!(value, Json::Bool(false) | Json::Null);
        (key == "trust_remote_code" && !is_off).then_some("the configuration asks to be trusted")
    })
}

pub(super) fn attention(tree: &Tree) -> Vec<Sighting> {
    everywhere(tree, |key, value| {
        let names_repository = value.as_text().is_some_and(|text| text.contains('/'));
        let fires = match key {
            "_attn_implementation_internal" => *value != Json::Null,
            "_attn_implementation" | "attn_implementation" => names_repository,
            _ => false,
        };
        fires.then_some("the configuration loads an attention kernel from elsewhere")
    })
}

pub(super) fn custom_modules(tree: &Tree) -> Vec<Sighting> {
    let mut found = Vec::new();
    for (path, json) in tree.jsons().filter(|(path, _)| path.file_name() == "modules.json") {
        for module in json.items() {
            for class in module.all("type").filter_map(Json::as_text) {
                if class.starts_with("sentence_transformers.") || acts(class).is_some() {
                    continue;
                }
                let file = code_file(tree, path, class);
                found.push(Sighting {
                    path: path.clone(),
                    message: format!("sentence-transformers would run {class}"),
                    evidence: format!("{class} in {file}"),
                });
            }
        }
    }
    found.extend(everywhere(tree, |key, value| {
        let class = named_activation(key, value)?;
        acts(class).is_none().then_some("sentence-transformers would call its activation function")
    }));
    found
}

/// What `sentence_transformers.models.Dense` imports and calls, where it is none of `PyTorch`'s.
fn named_activation<'a>(key: &str, value: &'a Json) -> Option<&'a str> {
    let class = value.as_text().filter(|_| key == "activation_function")?;
    (class.contains('.') && !class.starts_with("torch.nn.")).then_some(class)
}

/// How a dotted name acts: what stands before its last dot is the module.
fn acts(name: &str) -> Option<&'static str> {
    let (module, class) = name.rsplit_once('.')?;
    match Named::of(module, class) {
        Named::Acts(how) => Some(how),
        _ => None,
    }
}

pub(super) fn pipelines(tree: &Tree) -> Vec<Sighting> {
    let mut found = Vec::new();
    for (path, json) in tree.jsons().filter(|(path, _)| path.file_name() == "model_index.json") {
        for (part, value) in json.fields() {
            let [Json::Text(library), Json::Text(class)] = value.items() else { continue };
            let file = format!("{library}.py");
            let lies_beside = tree.has(&beside(path, &file))
                || tree.has(&beside(path, &format!("{part}/{file}")));
            let is_known = LIBRARIES.iter().any(|known| {
                library == known || library.strip_prefix(known).is_some_and(|r| r.starts_with('.'))
            });
            let leads_away = library.contains("--") || library.contains('/');
            if part == "_class_name" || lies_beside || (leads_away && !is_known) {
                found.push(Sighting {
                    path: path.clone(),
                    message: format!("diffusers would run {library}.{class}"),
                    evidence: format!("{part}: {library}.{class}"),
                });
            }
        }
    }
    found
}

pub(super) fn weight_index(tree: &Tree) -> Vec<Sighting> {
    shards(tree)
        .into_iter()
        .filter(|(_, shard)| shard.parse::<RepoPath>().is_ok())
        .filter_map(|(path, shard)| {
            let is_safe = path.file_name().contains("safetensors");
            let why = if !tree.has(&beside(path, shard)) {
                "is not in the repository"
            } else if is_safe && !shard.ends_with(".safetensors") {
                "is not safetensors"
            } else {
                return None;
            };
            Some(Sighting {
                path: path.clone(),
                message: format!("a file that the index names {why}"),
                evidence: shard.to_owned(),
            })
        })
        .collect()
}

/// What configurations open or import beyond the repository and its libraries.
pub(super) fn outside(tree: &Tree) -> Vec<Sighting> {
    let mut found: Vec<Sighting> = shards(tree)
        .into_iter()
        .filter(|(_, shard)| shard.parse::<RepoPath>().is_err())
        .map(|(path, shard)| Sighting {
            path: path.clone(),
            message: "a file that the index names is outside of the repository".to_owned(),
            evidence: shard.to_owned(),
        })
        .collect();
    for (path, class) in named_classes(tree) {
        if let Some(how) = acts(&class) {
            found.push(Sighting {
                path: path.clone(),
                message: format!("the loader would call {class}, which {how}"),
                evidence: class,
            });
        }
    }
    found.extend(everywhere(tree, |key, value| {
        acts(named_activation(key, value)?)?;
        Some("sentence-transformers would call a function that acts")
    }));
    for (path, library) in named_libraries(tree) {
        // What acts there does so under any of its names.
        if let Named::Acts(how) = Named::of(library, "") {
            found.push(Sighting {
                path: path.clone(),
                message: format!("the adapter would import {library}, which {how}"),
                evidence: format!("auto_mapping.parent_library: {library}"),
            });
        }
    }
    found
}

/// Classes that the loaders of sentence-transformers and diffusers import.
fn named_classes(tree: &Tree) -> Vec<(&RepoPath, String)> {
    let mut found = Vec::new();
    for (path, json) in tree.jsons() {
        match path.file_name() {
            "modules.json" => {
                let types = json.items().iter().flat_map(|module| module.all("type"));
                found.extend(types.filter_map(Json::as_text).map(|name| (path, name.to_owned())));
            }
            "model_index.json" => {
                let named = json.fields().iter().filter_map(|(_, value)| match value.items() {
                    [Json::Text(library), Json::Text(class)] => Some(format!("{library}.{class}")),
                    _ => None,
                });
                found.extend(named.map(|name| (path, name)));
            }
            _ => {}
        }
    }
    found
}

/// The files that weight indices name, each once.
fn shards(tree: &Tree) -> Vec<(&RepoPath, &str)> {
    let mut found = Vec::new();
    for (path, json) in tree.jsons().filter(|(path, _)| path.file_name().ends_with(".index.json")) {
        let mut shards: Vec<&str> = json
            .all("weight_map")
            .flat_map(Json::fields)
            .filter_map(|(_, shard)| shard.as_text())
            .collect();
        shards.sort_unstable();
        shards.dedup();
        found.extend(shards.into_iter().map(|shard| (path, shard)));
    }
    found
}

pub(super) fn dataset_scripts(tree: &Tree) -> Vec<Sighting> {
    tree.texts()
        .filter_map(|(path, text)| {
            let builder = BUILDERS.iter().find(|builder| text.contains(**builder))?;
            Some(Sighting {
                path: path.clone(),
                message: "the dataset has a loading script".to_owned(),
                evidence: (*builder).to_owned(),
            })
        })
        .collect()
}

/// Every class that `auto_map` and `custom_pipelines` name, at any depth.
fn references(tree: &Tree) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    for (path, json) in tree.jsons() {
        walk(json, &mut String::new(), &mut |_, key, value| match key {
            "auto_map" => {
                for (loader, classes) in value.fields() {
                    let several = classes.items().iter().filter_map(Json::as_text);
                    for class in several.chain(classes.as_text()) {
                        found.push(Reference { path, loader: loader.clone(), class });
                    }
                }
                // Some configurations name one class without saying for what.
                if let Some(class) = value.as_text() {
                    found.push(Reference { path, loader: key.to_owned(), class });
                }
            }
            "custom_pipelines" => {
                for (task, pipeline) in value.fields() {
                    for class in pipeline.all("impl").filter_map(Json::as_text) {
                        found.push(Reference { path, loader: task.clone(), class });
                    }
                }
            }
            _ => {}
        });
    }
    found
}

/// PEFT imports the library that an adapter says its base model is from.
fn parent_libraries(tree: &Tree) -> Vec<Sighting> {
    named_libraries(tree)
        .into_iter()
        .filter(|(_, library)| {
            let top = library.split('.').next().unwrap_or(library);
            !LIBRARIES.contains(&top) && !matches!(Named::of(library, ""), Named::Acts(_))
        })
        .map(|(path, library)| Sighting {
            path: path.clone(),
            message: format!("the adapter would import {library}"),
            evidence: format!("auto_mapping.parent_library: {library}"),
        })
        .collect()
}

/// The libraries that adapters name as those of their base models.
fn named_libraries(tree: &Tree) -> Vec<(&RepoPath, &str)> {
    tree.jsons()
        .filter(|(path, _)| path.file_name() == "adapter_config.json")
        .flat_map(|(path, json)| {
            json.all("auto_mapping")
                .flat_map(|mapping| mapping.all("parent_library"))
                .filter_map(move |library| Some((path, library.as_text()?)))
        })
        .collect()
}

/// Looks at every field of every JSON document.
fn everywhere(tree: &Tree, judge: impl Fn(&str, &Json) -> Option<&'static str>) -> Vec<Sighting> {
    let mut found = Vec::new();
    for (path, json) in tree.jsons() {
        walk(json, &mut String::new(), &mut |trail, key, value| {
            if let Some(message) = judge(key, value) {
                let value = match value {
                    Json::Text(text) | Json::Number(text) => text.clone(),
                    Json::Bool(value) => value.to_string(),
                    _ => "…".to_owned(),
                };
                found.push(Sighting {
                    path: path.clone(),
                    message: message.to_owned(),
                    evidence: format!("{trail}{key}: {value}"),
                });
            }
        });
    }
    found
}

/// Calls `visit` with the trail to every field, its name and its value. The parser capped the depth.
fn walk<'a>(json: &'a Json, trail: &mut String, visit: &mut dyn FnMut(&str, &'a str, &'a Json)) {
    for (key, value) in json.fields() {
        visit(trail, key, value);
        let size = trail.len();
        let _ = write!(trail, "{key}.");
        walk(value, trail, visit);
        trail.truncate(size);
    }
    for item in json.items() {
        walk(item, trail, visit);
    }
}

/// The file that holds a class: `modeling_x.Net` is in `modeling_x.py` beside the configuration.
fn code_file(tree: &Tree, config: &RepoPath, class: &str) -> String {
    let class = class.split_once("--").map_or(class, |(_, class)| class);
    let module = class.rsplit_once('.').map_or(class, |(module, _)| module);
    let name = format!("{}.py", module.replace('.', "/"));
    let path = beside(config, &name);
    if tree.has(&path) { path } else { format!("{name}, which is not in this repository") }
}

fn beside(path: &RepoPath, name: &str) -> String {
    match path.as_str().rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{name}"),
        None => name.to_owned(),
    }
}

pub(super) fn tables(hasher: &mut Hasher) {
    hasher.update(format!("{LIBRARIES:?}{BUILDERS:?}").as_bytes());
}
