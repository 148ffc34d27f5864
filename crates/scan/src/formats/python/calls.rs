//! The calls of a statement, and what each means for whoever runs it.

use super::deeds::{Deed, Place};
use super::handed::Around;
use super::tokens::{Kind, Token};
use super::{ARGUMENTS, Program, allowed, first, imported, names, reached};
use crate::analyse::{Entry, Scan, shown};
use crate::rules;

impl<'t> Program<'t> {
    /// Judges every call of a statement. `is_kept`: its value gets a name.
    pub(super) fn calls(
        &mut self,
        scan: &mut Scan,
        entry: &Entry<'_>,
        tokens: &[Token<'t>],
        is_kept: bool,
        place: Place<'t>,
    ) {
        if let Some((token, message)) = reached::reached(tokens) {
            let at = entry.place(self.shift.and_then(|shift| shift(token.at)));
            scan.report(rules::PYTHON_HIDDEN.finding(at, message, line_at(self.text, token.at)));
        }
        let mut at = 0;
        let mut around = Around::default();
        let mut is_import = false;
        while let Some(token) = tokens.get(at) {
            let rest = tokens.get(at..).unwrap_or_default();
            let is_attribute = around.is_behind('.');
            let Kind::Name(name) = token.kind else {
                around.pass(token.kind);
                at += 1;
                continue;
            };
            if is_attribute {
                // A method of whatever stands before it; of a module, if that is one, it is no method of the program.
                if !is_import {
                    let is_call = rest.get(1).is_some_and(|next| next.kind == Kind::Mark('('));
                    self.deeds.uses_attribute(place, name, is_call);
                }
                self.method(rest, name, place);
                around.pass(token.kind);
                at += 1;
                continue;
            }
            let (full, used) = self.chain(rest);
            let used = used.max(1);
            let after = rest.get(used..).unwrap_or_default();
            let next = after.first().map(|next| next.kind);
            let words = rest.get(..used).unwrap_or_default();
            is_import = self.known.get(name).is_some_and(|full| !full.starts_with('<'));
            let is_call = next == Some(Kind::Mark('('));
            if !is_import {
                for (at, word) in words.iter().enumerate().skip(1) {
                    if let Kind::Name(attribute) = word.kind {
                        let is_last = at + 1 == words.len();
                        self.deeds.uses_attribute(place, attribute, is_call && is_last);
                    }
                }
            }
            // Somebody else calls what is handed over: `Thread(target=os.system)`, `map(eval, texts)`,
            // `builtins.print = os.system`.
            let is_kept = is_kept && !is_kept_elsewhere(tokens);
            let is_handed_over =
                !is_call && around.is_given(next, is_kept) && names::is_handed_over(&full);
            let is_used = is_call || next == Some(Kind::Mark('['));
            let held = if is_used { self.held_by(name, &full) } else { None };
            if full.starts_with('<') && next == Some(Kind::Mark('[')) {
                self.deeds.calls(place, Place::Hook(name));
            }
            if let Some(held) = held {
                self.call(scan, entry, (*token, &held, false), after, place);
            } else if is_call || around.is_behind('@') || is_handed_over {
                let is_looked_up = words.iter().any(|word| matches!(word.kind, Kind::Text(_)));
                self.call(scan, entry, (*token, &full, is_looked_up), after, place);
            }
            for word in words {
                around.pass(word.kind);
            }
            at += used;
        }
    }

    /// A method by whose name alone it is told what it does.
    fn method(&mut self, rest: &[Token<'t>], name: &'t str, place: Place<'t>) {
        let [token, after @ ..] = rest else { return };
        if after.first().is_none_or(|next| next.kind != Kind::Mark('(')) {
            return;
        }
        match name {
            "submit" => self.given(arguments(after), place),
            _ if allowed::writes(name) => {
                let offset = self.shift.and_then(|shift| shift(token.at));
                let evidence = line_at(self.text, token.at);
                let how = allowed::WRITES;
                let deed = Deed { how, name: name.to_owned(), offset, evidence, is_usual: false };
                self.deeds.does(place, deed);
            }
            _ => {}
        }
    }

    /// Notes that functions of the program are called by what gets them.
    fn given(&mut self, arguments: &[Token<'t>], place: Place<'t>) {
        for token in arguments {
            if let Kind::Name(name) = token.kind
                && let Some(full) = self.known.get(name).filter(|full| full.starts_with('<'))
            {
                self.calls_own(place, &full.clone());
            }
        }
    }

    /// Notes a call of a function or class of the program: `<name>`, and what of it.
    fn calls_own(&mut self, place: Place<'t>, full: &str) {
        let name = full.trim_start_matches('<').split('>').next().unwrap_or_default();
        if let Some((name, _)) = self.known.get_key_value(name) {
            self.deeds.calls(place, Place::Function(name));
        }
    }

    fn call(
        &mut self,
        scan: &mut Scan,
        entry: &Entry<'_>,
        (token, full, is_looked_up): (Token<'t>, &str, bool),
        after: &[Token<'t>],
        place: Place<'t>,
    ) {
        let offset = self.shift.and_then(|shift| shift(token.at));
        let text = self.text;
        let evidence = || format!("{full}: {}", line_at(text, token.at));
        if full.starts_with('<') {
            return self.calls_own(place, full);
        }
        let inside = arguments(after);
        let behind = after.get(inside.len() + 2..).unwrap_or_default();
        if let Some(message) = self.hides(full, is_looked_up, inside, behind) {
            scan.report(rules::PYTHON_HIDDEN.finding(entry.place(offset), message, evidence()));
            return;
        }
        if names::calls_what_it_gets(full) {
            self.given(inside, place);
        }
        if names::runs(full) {
            self.run_text(scan, entry, token.at, inside, place);
        }
        let how = names::acts(full).or_else(|| allowed::acts(full, inside));
        let Some(how) = how else { return };
        let texts = inside.iter().filter_map(|token| match token.kind {
            Kind::Text(text) => Some(text.unwrap_or_default()),
            _ => None,
        });
        let is_usual = how == "runs commands" && names::is_usual_command(texts);
        let deed = Deed { how, name: full.to_owned(), offset, evidence: evidence(), is_usual };
        self.deeds.does(place, deed);
    }

    /// What a call keeps from whoever reads the source.
    fn hides(
        &self,
        full: &str,
        is_looked_up: bool,
        arguments: &[Token<'t>],
        behind: &[Token<'t>],
    ) -> Option<String> {
        let begins = arguments.first().map(|token| token.kind);
        if matches!(begins, Some(Kind::Text(_))) && names::unpickles(full) {
            return Some(format!("{full} loads a pickle that the source holds as bytes"));
        }
        if names::runs(full) && is_looked_up {
            return Some(format!("{full} is reached by a text, so that nobody finds its name"));
        }
        if (names::runs(full) || full.starts_with("marshal.loads")) && self.is_hidden(arguments) {
            return Some(format!("{full} runs what the source does not show"));
        }
        let text = if names::runs(full) { first(arguments) } else { &[] };
        if imported::is_worked_out(self.text, text) && self.text_of(text).is_none() {
            return Some(format!("{full} runs a text that is worked out from texts and numbers"));
        }
        if names::imports(full) {
            return imported::hidden(self.text, arguments, behind).map(str::to_owned);
        }
        if reached::is_asked_for(full, arguments) {
            return Some("a function that acts is asked for by a text".to_owned());
        }
        let is_computed = full == "builtins.getattr" && self.is_taken_from_a_sink(arguments);
        is_computed.then(|| {
            "the name of a function that acts is worked out as the program runs".to_owned()
        })
    }

    /// `getattr(os, x)`: whatever it is, nobody reads it here.
    fn is_taken_from_a_sink(&self, arguments: &[Token<'t>]) -> bool {
        let (object, used) = self.attribute_of(arguments);
        let rest = arguments.get(used..).unwrap_or_default();
        let [Token { kind: Kind::Mark(','), .. }, name @ ..] = rest else { return false };
        let is_plain = match name {
            [Token { kind: Kind::Text(Some(_)), .. }, after @ ..] => {
                matches!(after, [] | [Token { kind: Kind::Mark(','), .. }, ..])
            }
            _ => false,
        };
        !is_plain && names::is_sink(&object)
    }
}

/// Whether a statement gives something to what others use: `a.b = c`, `a["b"] = c`.
fn is_kept_elsewhere(statement: &[Token<'_>]) -> bool {
    matches!(
        statement,
        [Token { kind: Kind::Name(_), .. }, Token { kind: Kind::Mark('.' | '['), .. }, ..]
    )
}

/// What stands between the brackets of a call.
fn arguments<'a, 't>(tokens: &'a [Token<'t>]) -> &'a [Token<'t>] {
    let mut depth = 0_u32;
    let tokens = tokens.get(..ARGUMENTS.min(tokens.len())).unwrap_or_default();
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Mark('(' | '[' | '{') => depth += 1,
            Kind::Mark(')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return tokens.get(1..at).unwrap_or_default();
        }
    }
    tokens.get(1..).unwrap_or_default()
}

/// The line that begins at a place, for people.
fn line_at(text: &str, at: usize) -> String {
    let rest = text.get(at..).unwrap_or_default();
    shown(rest.lines().next().unwrap_or_default().as_bytes(), 200)
}
