//! What came out of an evaluation, in an order people can rely on.

use std::cmp::Reverse;

use weighbridge_domain::{Digest, Gate, Mode, Outcome, Reason};

/// How many objections of one rule are told; the last one says how many more there are.
pub(crate) const MAX_PER_RULE: usize = 5;

/// How long a told text may be: names and paths in it come from outside.
const MAX_TEXT: usize = 600;

/// What policy says about one revision in one environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The answer: the worst effect among the enforced reasons.
    pub outcome: Outcome,
    /// Every objection: the enforced ones first, then `Deny` before `Hold`, then by rule id.
    pub reasons: Vec<Reason>,
    /// The policy document it rests on.
    pub policy: Digest,
    /// The facts document it rests on.
    pub facts: Digest,
}

/// One objection, as a rule's text gives it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Objection {
    pub(crate) effect: Reverse<Outcome>,
    pub(crate) message: String,
    pub(crate) remedy: String,
    pub(crate) contact: String,
}

/// What one rule objects to: at most [`MAX_PER_RULE`] objections in their order, of tellable texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Objections {
    told: Vec<Objection>,
    left_out: usize,
}

impl Objections {
    /// The first of these, when `left_out` others were left out already.
    pub(crate) fn of(mut objections: Vec<Objection>, left_out: usize) -> Objections {
        objections.sort();
        let left_out = left_out.saturating_add(objections.len().saturating_sub(MAX_PER_RULE));
        objections.truncate(MAX_PER_RULE);
        for objection in &mut objections {
            let Objection { effect: _, message, remedy, contact } = objection;
            for text in [message, remedy, contact] {
                *text = tellable(text);
            }
        }
        Objections { told: objections, left_out }
    }

    pub(crate) fn told(&self) -> &[Objection] {
        &self.told
    }

    pub(crate) fn left_out(&self) -> usize {
        self.left_out
    }
}

/// Turns one rule's objections into reasons.
pub(crate) fn reasons(rule: &str, gate: Gate, mode: Mode, objections: Objections) -> Vec<Reason> {
    let Objections { told, left_out } = objections;
    let mut reasons: Vec<Reason> = told
        .into_iter()
        .map(|objection| Reason {
            rule: rule.to_owned(),
            gate,
            mode,
            effect: objection.effect.0,
            message: objection.message,
            remedy: objection.remedy,
            contact: objection.contact,
        })
        .collect();
    if let (1.., Some(last)) = (left_out, reasons.last_mut()) {
        last.message = format!("{} (and {left_out} more)", last.message);
    }
    reasons
}

/// Reasons of a rule that somebody set aside: they are told, and stop nothing.
pub(crate) fn waived(reasons: Vec<Reason>, waiver: &str) -> Vec<Reason> {
    let tell = |reason: Reason| Reason {
        mode: Mode::Warn,
        message: tellable(&format!("{}; {waiver}", reason.message)),
        ..reason
    };
    reasons.into_iter().map(tell).collect()
}

/// Puts all reasons into their order and draws the conclusion.
pub(crate) fn judge(mut reasons: Vec<Reason>, policy: Digest, facts: Digest) -> Judgement {
    // Stable: the reasons of one rule keep the order they have.
    reasons.sort_by(|one, other| {
        (other.mode, other.effect, &one.rule).cmp(&(one.mode, one.effect, &other.rule))
    });
    let outcome = reasons
        .iter()
        .filter(|reason| reason.mode == Mode::Enforce)
        .map(|reason| reason.effect)
        .max()
        .unwrap_or(Outcome::Allow);
    Judgement { outcome, reasons, policy, facts }
}

/// Bounds a text and takes out what could act on a terminal or a header. Doing it twice changes nothing.
pub(crate) fn tellable(text: &str) -> String {
    let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    if text.chars().count() <= MAX_TEXT {
        return text.chars().map(clean).collect();
    }
    text.chars().take(MAX_TEXT).map(clean).chain(['…']).collect()
}
