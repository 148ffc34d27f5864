//! Ways into what travels between the server and the process that runs own rules, for the fuzz targets alone.

use std::collections::BTreeMap;

use crate::wire::{self, ANSWER_BYTES, Answer, ObjectionsWire, QUESTION_BYTES, Question};

/// Reads messages as the worker does, and writes what it understood.
pub fn questions(mut bytes: &[u8]) -> Vec<u8> {
    let mut understood = Vec::new();
    while let Ok(Some(question)) = wire::receive::<Question>(&mut bytes, QUESTION_BYTES) {
        wire::send(&mut understood, &question, usize::MAX).unwrap_or_default();
    }
    understood
}

/// Reads messages as the server does, and writes what it understood.
pub fn answers(mut bytes: &[u8]) -> Vec<u8> {
    let mut understood = Vec::new();
    while let Ok(Some(answer)) = wire::receive::<Answer>(&mut bytes, ANSWER_BYTES) {
        let answer = match answer {
            Answer::Objections(told) => {
                let told: Option<Vec<_>> = told.into_iter().map(ObjectionsWire::read).collect();
                let Some(told) = told else { continue };
                Answer::Objections(told.into_iter().map(Into::into).collect())
            }
            Answer::Read(found) => match found.with(&BTreeMap::new()) {
                Ok(found) => Answer::Read(found.into()),
                Err(_) => continue,
            },
            other => other,
        };
        wire::send(&mut understood, &answer, usize::MAX).unwrap_or_default();
    }
    understood
}
