//! Rules of the house's own: what one says of itself, as its text gives it.

use std::collections::BTreeMap;

use regorus::Value;
use serde::{Deserialize, Serialize};
use weighbridge_domain::{Mode, Outcome};

use crate::rules::PerEnvironment;
use crate::settings::{ParameterValue, is_word};

/// What the ids of own rules begin with. No shipped rule's does, in this version or a later one.
pub(crate) const PREFIX: &str = "own-";

/// What the packages of own rules begin with.
pub(crate) const PACKAGE: &str = "data.weighbridge.own.";

/// What the packages of modules that own rules share begin with.
pub(crate) const LIBRARY: &str = "data.weighbridge.own.lib.";

/// The roles that may answer for a rule.
const CONTACTS: [&str; 4] = ["admin", "approver", "compliance-reviewer", "security-reviewer"];

/// What a rule may say of itself.
const KNOWN: [&str; 7] = ["contact", "effect", "modes", "parameters", "title", "waivable", "why"];

/// How long a title or a reason may be.
const MAX_TEXT: usize = 400;

/// How long the parameters of a rule may be, all together.
const MAX_PARAMETER_BYTES: usize = 64 * 1024;

/// A rule that the house wrote itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnRule {
    /// Its id: `own-` and the last part of its package, with dashes.
    pub id: String,
    /// The file it stands in.
    pub file: String,
    /// What it objects to, in a few words.
    pub title: String,
    /// Why anybody would want it.
    pub why: String,
    /// What it asks for where an objection does not say.
    pub effect: Outcome,
    /// The role that can help where an objection does not say, and that may waive it.
    pub contact: String,
    /// Whether it can be set aside for a while.
    pub waivable: bool,
    /// What can be set, and the value at first.
    pub parameters: BTreeMap<String, ParameterValue>,
    /// How seriously it is taken where `policy.toml` does not say.
    pub modes: PerEnvironment<Mode>,
    /// Its text.
    pub(crate) rego: String,
}

/// What the policy document keeps of an own rule, beside text, mode and parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnDocument {
    pub(crate) file: String,
    pub(crate) effect: String,
    pub(crate) contact: String,
    pub(crate) waivable: bool,
}

/// What an own rule says of itself, as it is kept beside its text: nobody has to run it to know.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnSaid {
    pub(crate) file: String,
    title: String,
    why: String,
    effect: String,
    contact: String,
    waivable: bool,
    parameters: BTreeMap<String, ParameterValue>,
    modes: BTreeMap<String, String>,
}

impl OwnSaid {
    pub(crate) fn of(rule: &OwnRule) -> OwnSaid {
        let PerEnvironment { dev, staging, production } = rule.modes;
        let modes = [("dev", dev), ("staging", staging), ("production", production)];
        OwnSaid {
            file: rule.file.clone(),
            title: rule.title.clone(),
            why: rule.why.clone(),
            effect: rule.effect.as_str().to_owned(),
            contact: rule.contact.clone(),
            waivable: rule.waivable,
            parameters: rule.parameters.clone(),
            modes: modes.map(|(name, mode)| (name.to_owned(), mode.to_string())).into(),
        }
    }

    /// The rule, with its text from among the files of its policy.
    pub(crate) fn rule(
        self,
        id: String,
        files: &BTreeMap<String, String>,
    ) -> Result<OwnRule, String> {
        let bad = |what: &str| format!("{id}: {what}");
        let rego = files.get(&self.file).ok_or_else(|| bad("its file is missing"))?.clone();
        let mode = |name: &str| -> Result<Mode, String> {
            let word = self.modes.get(name).map(String::as_str).unwrap_or_default();
            word.parse().map_err(|error| bad(&format!("{error}")))
        };
        Ok(OwnRule {
            modes: PerEnvironment {
                dev: mode("dev")?,
                staging: mode("staging")?,
                production: mode("production")?,
            },
            effect: effect(&self.effect).ok_or_else(|| bad("its effect is neither"))?,
            file: self.file,
            title: self.title,
            why: self.why,
            contact: self.contact,
            waivable: self.waivable,
            parameters: self.parameters,
            rego,
            id,
        })
    }
}

impl OwnRule {
    /// Reads what the module says of itself; otherwise what is wrong, and what would mend it.
    pub(crate) fn read(
        id: &str,
        file: &str,
        rego: &str,
        said: &Value,
    ) -> Result<OwnRule, (String, String)> {
        let Ok(fields) = said.as_object() else {
            return Err((
                "it does not say what it is: `rule` is no object".to_owned(),
                "begin with `rule := {\"title\": …, \"why\": …, \"effect\": \"hold\", \
                 \"contact\": \"security-reviewer\"}`"
                    .to_owned(),
            ));
        };
        for (key, _) in fields.iter() {
            let name = key.as_string().map(ToString::to_string).unwrap_or_default();
            if !KNOWN.contains(&name.as_str()) {
                return Err((
                    format!("`rule` has a field `{name}` that nobody reads"),
                    format!("the fields are {}", KNOWN.map(|word| format!("`{word}`")).join(", ")),
                ));
            }
        }
        let effect = word(said, "effect")?;
        let effect = self::effect(&effect).ok_or_else(|| {
            (format!("`rule.effect` is `{effect}`"), "it is `hold` or `deny`".to_owned())
        })?;
        let contact = word(said, "contact")?;
        if !CONTACTS.contains(&contact.as_str()) {
            return Err((
                format!("`rule.contact` is `{contact}`, which is no role that helps"),
                format!("it is one of {}", CONTACTS.map(|word| format!("`{word}`")).join(", ")),
            ));
        }
        let waivable = match &said["waivable"] {
            Value::Undefined => true,
            Value::Bool(yes) => *yes,
            _ => {
                return Err((
                    "`rule.waivable` is no boolean".to_owned(),
                    "write `true` or `false`".to_owned(),
                ));
            }
        };
        Ok(OwnRule {
            id: id.to_owned(),
            file: file.to_owned(),
            title: word(said, "title")?,
            why: word(said, "why")?,
            effect,
            contact,
            waivable,
            parameters: parameters(&said["parameters"])?,
            modes: modes(&said["modes"])?,
            rego: rego.to_owned(),
        })
    }

    pub(crate) fn document(&self) -> OwnDocument {
        OwnDocument {
            file: self.file.clone(),
            effect: self.effect.as_str().to_owned(),
            contact: self.contact.clone(),
            waivable: self.waivable,
        }
    }
}

/// What an own rule may ask for.
pub(crate) fn effect(word: &str) -> Option<Outcome> {
    match word {
        "deny" => Some(Outcome::Deny),
        "hold" => Some(Outcome::Hold),
        _ => None,
    }
}

fn word(said: &Value, name: &str) -> Result<String, (String, String)> {
    let text = said[name].as_string().map(|text| text.trim().to_owned()).unwrap_or_default();
    if (1..=MAX_TEXT).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        return Ok(text);
    }
    Err((
        format!("`rule.{name}` is missing, or no text of 1 to {MAX_TEXT} characters on one line"),
        format!("add `\"{name}\": \"…\"` to `rule`"),
    ))
}

fn modes(said: &Value) -> Result<PerEnvironment<Mode>, (String, String)> {
    // Nobody is stopped on the first day by a rule that nobody has seen at work.
    let mut modes = PerEnvironment::all(Mode::Warn);
    let odd = |what: String| {
        (what, "the names are `dev`, `staging` and `production`, the modes `off`, `warn` and `enforce`".to_owned())
    };
    let fields = match said {
        Value::Undefined => return Ok(modes),
        Value::Object(fields) => fields,
        _ => return Err(odd("`rule.modes` is no object".to_owned())),
    };
    for (name, mode) in fields.iter() {
        let name = name.as_string().map(ToString::to_string).unwrap_or_default();
        let mode = mode.as_string().map(ToString::to_string).unwrap_or_default();
        let mode = mode.parse().map_err(|error| odd(format!("`rule.modes.{name}`: {error}")))?;
        match name.as_str() {
            "dev" => modes.dev = mode,
            "staging" => modes.staging = mode,
            "production" => modes.production = mode,
            other => return Err(odd(format!("`rule.modes` has `{other}`"))),
        }
    }
    Ok(modes)
}

fn parameters(said: &Value) -> Result<BTreeMap<String, ParameterValue>, (String, String)> {
    let odd = |name: &str| {
        (
            format!("parameter `{name}` is neither a whole number nor a list of words"),
            "write a number of 0 or more, or a list of texts".to_owned(),
        )
    };
    let fields = match said {
        Value::Undefined => return Ok(BTreeMap::new()),
        Value::Object(fields) => fields,
        _ => return Err(odd("*")),
    };
    let mut read: BTreeMap<String, ParameterValue> = BTreeMap::new();
    for (name, value) in fields.iter() {
        let name = name.as_string().map(ToString::to_string).unwrap_or_default();
        let is_name = !name.is_empty()
            && name.len() <= 40
            && name != "mode"
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !is_name {
            return Err((
                format!("`{name}` is no name for a parameter"),
                "up to 40 of `a-z`, `0-9` and `_`, and not `mode`".to_owned(),
            ));
        }
        let value = match value {
            Value::Number(_) => value.as_u64().map_err(|_| odd(&name))?.into(),
            Value::Array(items) => items
                .iter()
                .map(|item| {
                    item.as_string().ok().map(ToString::to_string).filter(|word| is_word(word))
                })
                .collect::<Option<Vec<String>>>()
                .ok_or_else(|| odd(&name))?
                .into(),
            _ => return Err(odd(&name)),
        };
        read.insert(name, value);
    }
    // They can be computed, and every document of the policy has them.
    let bytes = read.iter().map(|(name, value)| name.len() + value.bytes()).sum::<usize>();
    if bytes > MAX_PARAMETER_BYTES {
        return Err((
            format!("its parameters have {bytes} bytes, more than {MAX_PARAMETER_BYTES}"),
            "make the lists shorter: a decision looks through them".to_owned(),
        ));
    }
    Ok(read)
}
