//! Programs that stand in a program as texts and are run by it: `exec("import os")`.

use super::tokens::{Kind, Token, literal};
use super::{Deed, Place, Program, first};
use crate::analyse::{Entry, Scan};

/// Texts inside each other.
const DEPTH: u32 = 4;
/// How many are looked into, and the bytes of all of them.
const TEXTS: u32 = 200;
const BYTES: usize = 1 << 20;

/// How much was looked into.
#[derive(Clone, Copy, Default)]
pub(super) struct Ran {
    depth: u32,
    texts: u32,
    bytes: usize,
}

impl<'t> Program<'t> {
    /// Notes what a text does for the place that runs it. `arguments` are those of the call that stands at `at`.
    pub(super) fn run_text(
        &mut self,
        scan: &mut Scan,
        entry: &Entry<'_>,
        at: usize,
        arguments: &[Token<'t>],
        place: Place<'t>,
    ) {
        let Some(text) = self.text_of(first(arguments)) else { return };
        let offset = self.shift.and_then(|shift| shift(at));
        let Ran { depth, texts, bytes } = self.ran;
        if depth >= DEPTH || texts >= TEXTS || bytes + text.len() > BYTES {
            let why = "the program runs more texts than are examined";
            return scan.skip(entry.place(offset), why);
        }
        let mut inner = Program {
            text: &text,
            run: self.run,
            known: self.known.clone(),
            stars: self.stars.clone(),
            hidden: self.hidden.clone(),
            ran: Ran { depth: depth + 1, texts: texts + 1, bytes: bytes + text.len() },
            ..Program::default()
        };
        inner.read(scan, entry);
        self.ran = Ran { depth, ..inner.ran };
        self.is_cut |= inner.is_cut || inner.deeds.is_cut;
        for (deed, _) in inner.deeds.on_import() {
            self.deeds.does(place, Deed { offset, ..deed });
        }
    }

    /// The text that an expression is: one or several in a row, a list of them that is joined, or a name that stands for
    /// them.
    pub(super) fn text_of(&self, expression: &[Token<'t>]) -> Option<String> {
        let places = match expression {
            [Token { kind: Kind::Name(name), .. }] => self.texts.get(name)?.clone(),
            [between, rest @ ..] => match joined(rest) {
                Some(list) => return self.joined(*between, list),
                None => texts(expression)?,
            },
            [] => return None,
        };
        places.into_iter().map(|at| literal(self.text, at)).collect()
    }

    fn joined(&self, between: Token<'t>, list: &[Token<'t>]) -> Option<String> {
        let between = literal(self.text, between.at)?;
        let pieces = list.split(|token| token.kind == Kind::Mark(','));
        let pieces = pieces.filter(|piece| !piece.is_empty());
        let pieces: Option<Vec<String>> = pieces
            .map(|piece| texts(piece)?.into_iter().map(|at| literal(self.text, at)).collect())
            .collect();
        Some(pieces?.join(&between))
    }
}

/// What stands between the brackets of `.join([…])`, when that is all there is.
fn joined<'a, 't>(call: &'a [Token<'t>]) -> Option<&'a [Token<'t>]> {
    let [
        Token { kind: Kind::Mark('.'), .. },
        Token { kind: Kind::Name("join"), .. },
        Token { kind: Kind::Mark('('), .. },
        Token { kind: Kind::Mark('[' | '('), .. },
        list @ ..,
        Token { kind: Kind::Mark(']' | ')'), .. },
        Token { kind: Kind::Mark(')'), .. },
    ] = call
    else {
        return None;
    };
    Some(list)
}

/// Where the texts begin that an expression is put together from, when it is nothing else.
pub(super) fn texts(expression: &[Token<'_>]) -> Option<Vec<usize>> {
    let mut places = Vec::new();
    for token in expression {
        match token.kind {
            Kind::Text(_) => places.push(token.at),
            Kind::Mark('+' | '(' | ')') => {}
            _ => return None,
        }
    }
    (!places.is_empty()).then_some(places)
}
