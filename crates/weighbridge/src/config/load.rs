//! Brings the layers together and blames the one that is wrong.

mod place;
mod values;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use serde_json::Value;

use super::environment::EnvironmentConfig;
use super::known::Tree;
use super::secret::SECRET_KEYS;
use super::{Config, Objection, Origin, file, variables};
use place::{default_data, find_file, variable};
use values::{kind, same_kind, typed};

/// What the command line says about the configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    pub(crate) config: Option<PathBuf>,
    pub(crate) data: Option<PathBuf>,
    pub(crate) listen: Option<String>,
}

/// One value for one key.
pub(crate) struct Setting {
    pub(crate) key: Vec<String>,
    pub(crate) value: Given,
    pub(crate) origin: Origin,
}

/// A value as its layer writes it.
pub(crate) enum Given {
    /// With a type of its own.
    Typed(Value),
    /// As text, to be read as what the key takes.
    Text(String),
}

/// The configuration, and where each value came from.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The values.
    pub(crate) config: Config,
    tree: Tree,
    origins: BTreeMap<String, Origin>,
}

/// A configuration that cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ConfigError {
    pub(crate) what: String,
    pub(crate) reason: Option<String>,
    pub(crate) hint: Option<String>,
}

impl ConfigError {
    pub(crate) fn new(what: impl Into<String>) -> ConfigError {
        ConfigError { what: what.into(), reason: None, hint: None }
    }

    pub(crate) fn because(mut self, reason: impl Into<String>) -> ConfigError {
        self.reason = Some(reason.into());
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> ConfigError {
        self.hint = Some(hint.into());
        self
    }
}

/// One line of `config show`.
pub(crate) struct Shown {
    pub(crate) key: String,
    pub(crate) value: Value,
    pub(crate) origin: Origin,
}

impl Loaded {
    /// Every value with its origin, secrets as `(set)`.
    pub(crate) fn show(&self) -> Vec<Shown> {
        let shown = |(key, value): (String, &Value)| {
            let hidden = SECRET_KEYS.contains(&key.as_str()) && !value.is_null();
            let value = if hidden { Value::from("(set)") } else { value.clone() };
            let origin = self.origins.get(&key).cloned().unwrap_or(Origin::Default);
            Shown { key, value, origin }
        };
        self.tree.leaves().into_iter().map(shown).collect()
    }
}

/// Loads the configuration for `flags` and `variables`.
pub(crate) fn load(
    flags: &Flags,
    variables: &[(OsString, OsString)],
) -> Result<Loaded, ConfigError> {
    let from_variables = variables::read(variables.iter().cloned())?;
    let data = match (&flags.data, variable(variables, "WEIGHBRIDGE_DATA")) {
        (Some(data), _) => data.clone(),
        (None, Some(data)) => PathBuf::from(data),
        (None, None) => default_data(variables),
    };
    let mut settings = match find_file(flags, variables, &data) {
        Some(path) => from_file(&path, &data)?,
        None => Vec::new(),
    };
    settings.extend(from_variables);
    settings.extend(from_flags(flags));
    build(default_data(variables), settings)
}

/// Applies the settings, the later ones over the earlier ones.
fn build(data: PathBuf, settings: Vec<Setting>) -> Result<Loaded, ConfigError> {
    let config = Config::default_for(data);
    let tree = serde_json::to_value(&config).map_err(|error| {
        ConfigError::new("the defaults cannot be shown").because(error.to_string())
    })?;
    let mut loaded = Loaded { config, tree: Tree(tree), origins: BTreeMap::new() };
    if !settings.is_empty() {
        apply_all(&mut loaded, settings)?;
    }
    loaded.config.data = std::path::absolute(&loaded.config.data).map_err(|error| {
        ConfigError::new("the data directory has no absolute path").because(error.to_string())
    })?;
    loaded.tree.set(&["data".to_owned()], Value::from(loaded.config.data.display().to_string()));
    Ok(loaded)
}

/// Applies the settings to the defaults, which need no check: short commands do not wait for one.
fn apply_all(loaded: &mut Loaded, settings: Vec<Setting>) -> Result<(), ConfigError> {
    // The list of environments says which sections there are, so it has to be known first.
    let (lists, others): (Vec<Setting>, Vec<Setting>) =
        settings.into_iter().partition(|setting| setting.key == ["environments"]);
    for setting in lists {
        apply(loaded, setting)?;
    }
    open_environments(loaded)?;
    for setting in others {
        apply(loaded, setting)?;
    }
    check(loaded)
}

fn apply(loaded: &mut Loaded, setting: Setting) -> Result<(), ConfigError> {
    let Setting { key, value, origin } = read_secret_file(setting)?;
    let key = loaded.tree.resolve(&key).map_err(|unknown| {
        let error = ConfigError::new(format!("there is no setting `{}` ({origin})", key.join(".")));
        match unknown.nearest {
            Some(nearest) => error.hint(format!("did you mean `{nearest}`?")),
            None => error.hint("`weighbridge config show` lists every setting"),
        }
    })?;
    let dotted = key.join(".");
    let wrong = |why: String| {
        ConfigError::new(format!("`{dotted}` cannot be used ({origin})")).because(why)
    };
    let before = loaded.tree.value(&key).unwrap_or(&Value::Null);
    let value = match value {
        Given::Typed(value) => value,
        Given::Text(text) => typed(before, text).map_err(wrong)?,
    };
    if !same_kind(before, &value) {
        return Err(wrong(format!("it takes {}, not {}", kind(before), kind(&value))));
    }
    let mut tree = loaded.tree.clone();
    tree.set(&key, value);
    loaded.config = Config::deserialize(&tree.0).map_err(|error| wrong(error.to_string()))?;
    loaded.tree = tree;
    loaded.origins.insert(dotted, origin);
    Ok(())
}

/// Gives each listed environment its section, and takes those away that are not listed.
fn open_environments(loaded: &mut Loaded) -> Result<(), ConfigError> {
    let listed = loaded.config.environments.clone();
    let origin = loaded.origins.get("environments").unwrap_or(&Origin::Default);
    let wrong = |why: String| {
        ConfigError::new(format!("`environments` cannot be used ({origin})")).because(why)
    };
    if listed.is_empty() {
        return Err(wrong("there has to be at least one environment".to_owned()));
    }
    let mut sections = BTreeMap::new();
    for name in listed {
        name.parse::<weighbridge_domain::Environment>()
            .map_err(|error| wrong(error.to_string()))?;
        let section = EnvironmentConfig::shipped(&name);
        if sections.insert(name.clone(), section).is_some() {
            return Err(wrong(format!("`{name}` is listed twice")));
        }
    }
    let value = serde_json::to_value(&sections).map_err(|error| wrong(error.to_string()))?;
    // Who lists other environments need not say which of them is the default.
    if !sections.contains_key(&loaded.config.default_environment)
        && let Some(first) = loaded.config.environments.first().cloned()
    {
        loaded.tree.set(&["default_environment".to_owned()], Value::from(first.as_str()));
        loaded.config.default_environment = first;
    }
    loaded.config.environment = sections;
    loaded.tree.set(&["environment".to_owned()], value);
    Ok(())
}

fn check(loaded: &Loaded) -> Result<(), ConfigError> {
    let config = &loaded.config;
    let blame = |section: &str, objection: Objection| {
        let key = match (section, objection.key.as_str()) {
            ("", key) => key.to_owned(),
            (section, key) => format!("{section}.{key}"),
        };
        let origin = loaded.origins.get(&key).unwrap_or(&Origin::Default);
        ConfigError::new(format!("`{key}` cannot be used ({origin})")).because(objection.why)
    };
    config.database.check().map_err(|objection| blame("database", objection))?;
    config.upstream.check().map_err(|objection| blame("upstream", objection))?;
    config.outgoing.check().map_err(|objection| blame("outgoing", objection))?;
    config.break_glass.check().map_err(|objection| blame("break_glass", objection))?;
    config.scan.check().map_err(|objection| blame("scan", objection))?;
    config.hold.check().map_err(|objection| blame("hold", objection))?;
    config.limits.check().map_err(|objection| blame("limits", objection))?;
    config.ledger.check().map_err(|objection| blame("ledger", objection))?;
    for (name, environment) in &config.environment {
        environment
            .policy(name)
            .map_err(|objection| blame(&format!("environment.{name}"), objection))?;
    }
    if !config.environments.contains(&config.default_environment) {
        let known = config.environments.join("`, `");
        let why = format!("`{}` is not one of `{known}`", config.default_environment);
        return Err(blame("", Objection::new("default_environment", why)));
    }
    match &config.public_url {
        Some(url) => check_url(url).map_err(|why| blame("", Objection::new("public_url", why))),
        None => Ok(()),
    }
}

fn check_url(url: &str) -> Result<(), String> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let Some(rest) = rest else {
        return Err(format!("`{url}` does not start with `https://` or `http://`"));
    };
    if rest.is_empty() || rest.starts_with('/') || !rest.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(format!("`{url}` names no host"));
    }
    if rest.contains(['?', '#', '@']) {
        return Err(format!("`{url}` may hold a host, a port and a path, nothing else"));
    }
    Ok(())
}

fn read_secret_file(setting: Setting) -> Result<Setting, ConfigError> {
    let Some(secret) = SECRET_KEYS.iter().find(|secret| {
        setting.key.join(".").strip_suffix("_file").is_some_and(|stem| stem == **secret)
    }) else {
        return Ok(setting);
    };
    let (Given::Text(path) | Given::Typed(Value::String(path))) = setting.value else {
        return Err(ConfigError::new(format!("`{secret}_file` takes a path ({})", setting.origin)));
    };
    let text = std::fs::read_to_string(&path).map_err(|error| {
        ConfigError::new(format!("the secret file `{path}` cannot be read ({})", setting.origin))
            .because(error.to_string())
    })?;
    let origin = Origin::SecretFile { path: path.into(), named_by: Box::new(setting.origin) };
    Ok(Setting {
        key: secret.split('.').map(str::to_owned).collect(),
        value: Given::Text(text.trim_end_matches(['\r', '\n']).to_owned()),
        origin,
    })
}

fn from_file(path: &Path, data: &Path) -> Result<Vec<Setting>, ConfigError> {
    let mut settings = file::read(path)?;
    for setting in &mut settings {
        if setting.key != ["data"] {
            continue;
        }
        if path.parent() == Some(data) {
            return Err(ConfigError::new(format!(
                "the file in the data directory cannot move it ({})",
                setting.origin
            ))
            .hint("keep the file elsewhere and name it with `--config`"));
        }
        // A path in a file is meant from where the file is, wherever the command is given.
        if let (Given::Typed(Value::String(text)), Some(folder)) = (&setting.value, path.parent()) {
            let joined = folder.join(text).display().to_string();
            setting.value = Given::Typed(Value::String(joined));
        }
    }
    Ok(settings)
}

fn from_flags(flags: &Flags) -> Vec<Setting> {
    let setting = |key: &str, value: String, flag| Setting {
        key: vec![key.to_owned()],
        value: Given::Text(value),
        origin: Origin::Flag(flag),
    };
    let data = flags.data.iter().map(|path| setting("data", path.display().to_string(), "--data"));
    let listen = flags.listen.iter().map(|text| setting("listen", text.clone(), "--listen"));
    data.chain(listen).collect()
}

#[cfg(test)]
mod tests;
