//! The worker: runs rules that somebody wrote, in a process of its own that is closed in before the first one
//! arrives. It takes questions from standard input, which is a socket, and answers on it.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::fd::AsFd as _;
use std::process::ExitCode;

use regorus::Value;

use crate::bundle::read_modules;
use crate::document::PolicyDocument;
use crate::error::PolicyError;
use crate::program::TIME_LIMIT;
use crate::rule_set::{ReadyRule, RuleSet};
use crate::wire::{self, ANSWER_BYTES, Answer, QUESTION_BYTES, Question};

/// How much memory a worker has for everything, beyond what it begins with.
pub(crate) const MEMORY_MIB: u64 = 256;

/// How many policies are kept compiled.
const MAX_KEPT: usize = 8;

/// Runs the worker until standard input ends. `weighbridge policy-worker` is nothing but this.
///
/// `close` is told how many bytes of memory the process may take, closes it in, and says whether that holds.
/// It has to leave reading and writing what is open.
pub fn worker_main(close: impl FnOnce(u64) -> bool) -> ExitCode {
    let Ok(mut link) = io::stdin().as_fd().try_clone_to_owned().map(File::from) else {
        return ExitCode::FAILURE;
    };
    if !close(MEMORY_MIB << 20) {
        return ExitCode::FAILURE;
    }
    match work(&mut link) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn work(link: &mut File) -> io::Result<()> {
    let mut kept = Kept::default();
    while let Some(question) = wire::receive(link, QUESTION_BYTES)? {
        // Whoever asked has gone away when this cannot be written: the answer cannot either.
        let mut name = |what: &str| drop(send(link, &Answer::At(what.to_owned())));
        let answer = match question {
            Question::Read(files) => Answer::Read(read_modules(&files, &mut name).into()),
            Question::Ask { policy, document, facts } => {
                kept.answer(policy, document.as_deref(), &facts, &mut name)
            }
        };
        send(link, &answer)?;
    }
    Ok(())
}

fn send(link: &mut File, answer: &Answer) -> io::Result<()> {
    wire::send(link, answer, ANSWER_BYTES)
}

/// The own rules of policies, compiled; the one that was asked last comes first.
#[derive(Default)]
struct Kept(VecDeque<(String, RuleSet)>);

impl Kept {
    fn answer(
        &mut self,
        policy: String,
        document: Option<&str>,
        facts: &str,
        name: &mut dyn FnMut(&str),
    ) -> Answer {
        if let Some(place) = self.0.iter().position(|(known, _)| *known == policy) {
            self.0.make_contiguous().get_mut(..=place).unwrap_or_default().rotate_right(1);
        } else {
            let Some(document) = document else { return Answer::Unknown };
            match compiled(document, name) {
                Ok(rules) => self.0.push_front((policy, rules)),
                Err(error) => return Answer::Failed(error.into()),
            }
            self.0.truncate(MAX_KEPT);
        }
        let Some((_, rules)) = self.0.front() else { return Answer::Unknown };
        let asked = Value::from_json_str(facts)
            .map_err(|error| PolicyError::BadFacts(error.to_string()))
            .and_then(|facts| rules.ask(&facts, name));
        match asked {
            Ok(told) => Answer::Objections(told.into_iter().map(Into::into).collect()),
            Err(error) => Answer::Failed(error.into()),
        }
    }
}

fn compiled(document: &str, name: &mut dyn FnMut(&str)) -> Result<RuleSet, PolicyError> {
    let document = PolicyDocument::read(document)?;
    let (_, own) = ReadyRule::read(&document)?;
    RuleSet::compile(own, &document, TIME_LIMIT, name)
}
