//! How an environment takes the rules: a mode and parameters for each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use weighbridge_domain::{Environment, Mode};

use crate::own::OwnRule;
use crate::rules::{self, ParameterDefault, ParameterKind, RuleInfo};

/// How many words a list may have.
const MAX_WORDS: usize = 10_000;

/// How long a word may be.
const MAX_WORD: usize = 200;

/// How one environment takes every rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentPolicy {
    environment: Environment,
    rules: BTreeMap<String, RuleSetting>,
}

/// How one environment takes one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSetting {
    /// How seriously.
    pub mode: Mode,
    /// Its parameters, every one of them.
    pub parameters: BTreeMap<String, ParameterValue>,
}

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ParameterValue {
    /// A whole number.
    Number(u64),
    /// A list of words: in lower case, sorted, each once.
    Words(Vec<String>),
}

/// A setting that no rule has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// No rule has that id.
    #[error("no rule is called `{given}`{}", did_you_mean(nearest.as_deref()))]
    UnknownRule {
        /// What was asked for.
        given: String,
        /// The rule that is spelled most like it.
        nearest: Option<String>,
    },
    /// The rule has no parameter of that name.
    #[error("rule `{rule}` has no parameter `{given}`{}", did_you_mean(nearest.as_deref()))]
    UnknownParameter {
        /// The rule.
        rule: String,
        /// What was asked for.
        given: String,
        /// The parameter that is spelled most like it.
        nearest: Option<String>,
    },
    /// The parameter takes something else.
    #[error("parameter `{parameter}` of rule `{rule}` takes {}", expected.as_str())]
    WrongKind {
        /// The rule.
        rule: String,
        /// The parameter.
        parameter: String,
        /// What it takes.
        expected: ParameterKind,
    },
    /// A word has a character that patterns give a meaning to, or is too long.
    #[error(
        "`{word}` in parameter `{parameter}` of rule `{rule}` is not a word: \
         up to {MAX_WORD} characters, no control characters and none of `[]{{}}?\\!,`"
    )]
    BadWord {
        /// The rule.
        rule: String,
        /// The parameter.
        parameter: String,
        /// The word.
        word: String,
    },
    /// The list is too long to be asked at every decision.
    #[error("parameter `{parameter}` of rule `{rule}` has more than {MAX_WORDS} words")]
    TooManyWords {
        /// The rule.
        rule: String,
        /// The parameter.
        parameter: String,
    },
}

impl EnvironmentPolicy {
    /// The first-run defaults. Environments other than `dev` and `production` get those of `staging`.
    pub fn shipped(environment: &Environment) -> EnvironmentPolicy {
        let setting = |rule: &RuleInfo| RuleSetting {
            mode: rule.modes.of(environment),
            parameters: rule
                .parameters
                .iter()
                .map(|parameter| {
                    (parameter.name.to_owned(), parameter.default.of(environment).into())
                })
                .collect(),
        };
        EnvironmentPolicy {
            environment: environment.clone(),
            rules: rules::rules().iter().map(|rule| (rule.id.to_owned(), setting(rule))).collect(),
        }
    }

    /// Adds a rule of the house's own, as it wants to be taken at first.
    pub(crate) fn with_own(mut self, rule: &OwnRule) -> EnvironmentPolicy {
        let mode = rule.modes.of(&self.environment);
        let setting = RuleSetting { mode, parameters: rule.parameters.clone() };
        self.rules.insert(rule.id.clone(), setting);
        self
    }

    /// Changes how seriously a rule is taken.
    pub fn with_mode(mut self, rule: &str, mode: Mode) -> Result<EnvironmentPolicy, SettingError> {
        self.setting_mut(rule)?.mode = mode;
        Ok(self)
    }

    /// Changes a parameter of a rule.
    pub fn with_parameter(
        mut self,
        rule: &str,
        parameter: &str,
        value: impl Into<ParameterValue>,
    ) -> Result<EnvironmentPolicy, SettingError> {
        let kind = self.kind_of(rule, parameter)?;
        let value = value.into();
        let (rule_id, name) = (rule.to_owned(), parameter.to_owned());
        match (&value, kind) {
            (ParameterValue::Number(_), ParameterKind::Number) => {}
            (ParameterValue::Words(words), ParameterKind::Words) => {
                if words.len() > MAX_WORDS {
                    return Err(SettingError::TooManyWords { rule: rule_id, parameter: name });
                }
                if let Some(bad) = words.iter().find(|word| !is_word(word)) {
                    let word = shortened(bad);
                    return Err(SettingError::BadWord { rule: rule_id, parameter: name, word });
                }
            }
            (_, expected) => {
                return Err(SettingError::WrongKind { rule: rule_id, parameter: name, expected });
            }
        }
        self.setting_mut(rule)?.parameters.insert(name, value);
        Ok(self)
    }

    /// The environment.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Every rule's setting, by rule id.
    pub fn rules(&self) -> &BTreeMap<String, RuleSetting> {
        &self.rules
    }

    fn setting_mut(&mut self, rule: &str) -> Result<&mut RuleSetting, SettingError> {
        if !self.rules.contains_key(rule) {
            return Err(self.unknown_rule(rule));
        }
        self.rules.get_mut(rule).ok_or_else(|| unknown_rule(rule, std::iter::empty()))
    }

    fn unknown_rule(&self, rule: &str) -> SettingError {
        unknown_rule(rule, self.rules.keys().map(String::as_str))
    }

    /// What a parameter takes. An own rule's takes what it has at first.
    fn kind_of(&self, rule: &str, parameter: &str) -> Result<ParameterKind, SettingError> {
        let setting = self.rules.get(rule).ok_or_else(|| self.unknown_rule(rule))?;
        match setting.parameters.get(parameter) {
            Some(ParameterValue::Number(_)) => Ok(ParameterKind::Number),
            Some(ParameterValue::Words(_)) => Ok(ParameterKind::Words),
            None => Err(SettingError::UnknownParameter {
                rule: rule.to_owned(),
                given: shortened(parameter),
                nearest: nearest(parameter, setting.parameters.keys().map(String::as_str)),
            }),
        }
    }
}

impl ParameterValue {
    pub(crate) fn as_json(&self) -> serde_json::Value {
        match self {
            ParameterValue::Number(number) => (*number).into(),
            ParameterValue::Words(words) => words.clone().into(),
        }
    }

    /// About how long it is as JSON.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            ParameterValue::Number(_) => size_of::<u64>(),
            ParameterValue::Words(words) => words.iter().map(|word| word.len() + 3).sum(),
        }
    }
}

impl From<u64> for ParameterValue {
    fn from(number: u64) -> ParameterValue {
        ParameterValue::Number(number)
    }
}

impl From<Vec<String>> for ParameterValue {
    /// Brings the words into lower case and order, so that equal lists have equal digests.
    fn from(words: Vec<String>) -> ParameterValue {
        let mut words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
        words.sort();
        words.dedup();
        ParameterValue::Words(words)
    }
}

impl From<&[&str]> for ParameterValue {
    fn from(words: &[&str]) -> ParameterValue {
        words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>().into()
    }
}

impl From<ParameterDefault> for ParameterValue {
    fn from(value: ParameterDefault) -> ParameterValue {
        match value {
            ParameterDefault::Number(number) => number.into(),
            ParameterDefault::Words(words) => words.into(),
        }
    }
}

fn unknown_rule<'a>(id: &str, known: impl Iterator<Item = &'a str>) -> SettingError {
    SettingError::UnknownRule { given: shortened(id), nearest: nearest(id, known) }
}

fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let given = shortened(given);
    known
        .map(|word| (strsim::jaro_winkler(&given, word), word))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, word)| word.to_owned())
}

pub(crate) fn is_word(text: &str) -> bool {
    (1..=MAX_WORD).contains(&text.chars().count())
        && !text.chars().any(|c| c.is_control() || "[]{}?\\!,".contains(c))
}

fn shortened(given: &str) -> String {
    given.chars().take(60).collect()
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|word| format!(": did you mean `{word}`?")).unwrap_or_default()
}
