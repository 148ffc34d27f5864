//! What travels between the server and the process that runs own rules: JSON with a length before it.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::bundle::Found;
use crate::complaint::Complaint;
use crate::error::PolicyError;
use crate::judgement::{MAX_PER_RULE, Objection, Objections};
use crate::own::{OwnSaid, effect};

/// The longest question: the files of a policy, or a policy document and facts.
pub(crate) const QUESTION_BYTES: usize = 32 << 20;

/// The longest answer.
pub(crate) const ANSWER_BYTES: usize = 16 << 20;

/// From the server to the worker.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Question {
    /// Read the Rego among these files.
    Read(BTreeMap<String, String>),
    /// Ask the own rules of a policy about facts. The worker keeps policies by name; the document
    /// comes along when it has said that it has none of that name.
    Ask { policy: String, document: Option<String>, facts: String },
}

/// From the worker to the server.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// Not the answer yet: what is looked at next, a file or a rule.
    At(String),
    /// What the Rego is.
    Read(FoundWire),
    /// What the rules object to, in the order of their ids.
    Objections(Vec<ObjectionsWire>),
    /// No policy of that name is kept.
    Unknown,
    /// A rule gave no answer.
    Failed(FailureWire),
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FoundWire {
    own: BTreeMap<String, OwnSaid>,
    /// File names.
    libraries: Vec<String>,
    complaints: Vec<Complaint>,
}

impl From<Found> for FoundWire {
    fn from(found: Found) -> FoundWire {
        FoundWire {
            own: found.own.iter().map(|rule| (rule.id.clone(), OwnSaid::of(rule))).collect(),
            libraries: found.libraries.into_keys().collect(),
            complaints: found.complaints,
        }
    }
}

impl FoundWire {
    /// The same with its texts, which did not travel back.
    pub(crate) fn with(self, files: &BTreeMap<String, String>) -> Result<Found, String> {
        let text = |file: String| match files.get(&file) {
            Some(text) => Ok((file, text.clone())),
            None => Err(format!("nobody gave it `{file}`")),
        };
        Ok(Found {
            own: self
                .own
                .into_iter()
                .map(|(id, said)| said.rule(id, files))
                .collect::<Result<_, _>>()?,
            libraries: self.libraries.into_iter().map(text).collect::<Result<_, _>>()?,
            complaints: self.complaints,
        })
    }
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ObjectionsWire {
    told: Vec<ObjectionWire>,
    left_out: usize,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ObjectionWire {
    effect: String,
    message: String,
    remedy: String,
    contact: String,
}

impl From<Objections> for ObjectionsWire {
    fn from(objections: Objections) -> ObjectionsWire {
        let told = objections.told().iter().map(|objection| ObjectionWire {
            effect: objection.effect.0.as_str().to_owned(),
            message: objection.message.clone(),
            remedy: objection.remedy.clone(),
            contact: objection.contact.clone(),
        });
        ObjectionsWire { told: told.collect(), left_out: objections.left_out() }
    }
}

impl ObjectionsWire {
    /// Reads them back; `None` when they are garbled.
    pub(crate) fn read(self) -> Option<Objections> {
        if self.told.len() > MAX_PER_RULE {
            return None;
        }
        let told = self.told.into_iter().map(|objection| {
            Some(Objection {
                effect: Reverse(effect(&objection.effect)?),
                message: objection.message,
                remedy: objection.remedy,
                contact: objection.contact,
            })
        });
        Some(Objections::of(told.collect::<Option<_>>()?, self.left_out))
    }
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum FailureWire {
    BadRule { rule: String, why: String },
    RuleFailed { rule: String, why: String },
    RanAway { rule: String, limit_ms: u64 },
    Other(String),
}

impl From<PolicyError> for FailureWire {
    fn from(error: PolicyError) -> FailureWire {
        match error {
            PolicyError::BadRule { rule, why } => FailureWire::BadRule { rule, why },
            PolicyError::RuleFailed { rule, why } => FailureWire::RuleFailed { rule, why },
            PolicyError::RanAway { rule, limit } => {
                let limit_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
                FailureWire::RanAway { rule, limit_ms }
            }
            other => FailureWire::Other(other.to_string()),
        }
    }
}

impl From<FailureWire> for PolicyError {
    fn from(wire: FailureWire) -> PolicyError {
        match wire {
            FailureWire::BadRule { rule, why } => PolicyError::BadRule { rule, why },
            FailureWire::RuleFailed { rule, why } => PolicyError::RuleFailed { rule, why },
            FailureWire::RanAway { rule, limit_ms } => {
                PolicyError::RanAway { rule, limit: Duration::from_millis(limit_ms) }
            }
            FailureWire::Other(why) => PolicyError::NoAnswer(why),
        }
    }
}

/// Writes one message.
pub(crate) fn send(to: &mut impl Write, message: &impl Serialize, limit: usize) -> io::Result<()> {
    let body = serde_json::to_vec(message)?;
    if body.len() > limit {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the message is too long"));
    }
    let length = u32::try_from(body.len()).map_err(io::Error::other)?;
    // One write: the other end wakes up once.
    let mut frame = Vec::with_capacity(size_of::<u32>() + body.len());
    frame.extend(length.to_le_bytes());
    frame.extend(body);
    to.write_all(&frame)
}

/// Reads one message; `None` at the end, an error where it is cut off, too long or garbled.
pub(crate) fn receive<T: DeserializeOwned>(
    from: &mut impl Read,
    limit: usize,
) -> io::Result<Option<T>> {
    let mut length = Vec::new();
    from.by_ref().take(size_of::<u32>() as u64).read_to_end(&mut length)?;
    if length.is_empty() {
        return Ok(None);
    }
    let length: [u8; 4] =
        length.try_into().map_err(|_| io::Error::from(io::ErrorKind::UnexpectedEof))?;
    let length = u32::from_le_bytes(length);
    if usize::try_from(length).is_ok_and(|length| length > limit) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the message is too long"));
    }
    // What is there is read, not what was promised.
    let mut body = Vec::new();
    from.by_ref().take(length.into()).read_to_end(&mut body)?;
    if body.len() as u64 != u64::from(length) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let message = serde_json::from_slice(&body);
    message.map(Some).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers() -> Vec<Answer> {
        let objection = ObjectionWire {
            effect: "deny".to_owned(),
            message: "m".to_owned(),
            remedy: "r".to_owned(),
            contact: "admin".to_owned(),
        };
        let failure = FailureWire::RanAway { rule: "own-odd".to_owned(), limit_ms: 2_000 };
        vec![
            Answer::At("own-odd".to_owned()),
            Answer::Objections(vec![ObjectionsWire { told: vec![objection], left_out: 3 }]),
            Answer::Unknown,
            Answer::Failed(failure),
        ]
    }

    #[test]
    fn messages_cut_off_anywhere_are_errors_and_whole_ones_are_what_was_sent() {
        let mut bytes = Vec::new();
        for answer in answers() {
            let began = bytes.len();
            send(&mut bytes, &answer, ANSWER_BYTES).unwrap();
            for cut in began..bytes.len() {
                let mut rest = bytes.get(began..cut).unwrap();
                let read = receive::<Answer>(&mut rest, ANSWER_BYTES);
                assert!(
                    if cut == began { matches!(read, Ok(None)) } else { read.is_err() },
                    "{cut}"
                );
            }
        }
        let mut rest = bytes.as_slice();
        for answer in answers() {
            assert_eq!(receive(&mut rest, ANSWER_BYTES).unwrap(), Some(answer));
        }
        assert_eq!(receive::<Answer>(&mut rest, ANSWER_BYTES).unwrap(), None);
    }

    #[test]
    fn what_is_too_long_is_neither_sent_nor_read() {
        let mut bytes = Vec::new();
        let long = Answer::At("x".repeat(100));
        assert!(send(&mut bytes, &long, 50).is_err());
        send(&mut bytes, &long, 200).unwrap();
        assert!(receive::<Answer>(&mut bytes.as_slice(), 50).is_err());
        // A length that nothing follows takes no memory.
        let promise = u32::MAX.to_le_bytes();
        assert!(receive::<Answer>(&mut promise.as_slice(), usize::MAX).is_err());
    }

    #[test]
    fn garbled_objections_are_none() {
        let objection = |effect: &str| ObjectionWire {
            effect: effect.to_owned(),
            message: "m".to_owned(),
            remedy: "r".to_owned(),
            contact: "c".to_owned(),
        };
        let of = |told: Vec<ObjectionWire>| ObjectionsWire { told, left_out: 0 }.read();
        assert!(of(vec![objection("hold")]).is_some());
        assert_eq!(of(vec![objection("allow")]), None);
        assert_eq!(of((0..=MAX_PER_RULE).map(|_| objection("hold")).collect()), None);
    }
}
