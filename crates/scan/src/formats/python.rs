//! Python source: what it imports and calls when it is imported, and what its functions would call.
//!
//! Names are followed through imports, plain assignments, `getattr` with a constant and `__import__`; texts
//! are never searched. Code in functions, and below `if __name__ == "__main__":`, does not run on import.

mod deeds;
mod follow;
mod imported;
mod names;
mod ran;
mod tokens;

use std::collections::{BTreeMap, BTreeSet};

use weighbridge_domain::Hasher;

use self::deeds::{Deed, Deeds, Place};
use self::ran::Ran;
use self::tokens::{Kind, Line, Lines, Token};
use crate::analyse::{Entry, Scan, shown};
use crate::rules;

/// Tokens of one call that are looked at.
const ARGUMENTS: usize = 400;
/// Names that are followed.
const NAMES: usize = 50_000;
/// The longest dotted name.
const LONGEST: usize = 300;
/// Encodings in which plain letters stand for something else than themselves.
const ENCODINGS: &[&str] = &[
    "base64",
    "bz2",
    "cp037",
    "cp1026",
    "cp1140",
    "cp273",
    "cp424",
    "cp500",
    "cp875",
    "hex",
    "hz",
    "idna",
    "iso-2022",
    "iso2022",
    "punycode",
    "quopri",
    "raw-unicode-escape",
    "rot",
    "unicode-escape",
    "utf-16",
    "utf-32",
    "utf-7",
    "uu",
    "zip",
    "zlib",
];

/// Looks into a program. `shift` gives the place of one of its bytes in the file; none where it has none.
pub(super) fn check(
    scan: &mut Scan,
    entry: &Entry<'_>,
    text: &str,
    run: Run,
    shift: fn(usize) -> Option<u64>,
) {
    check_encoding(scan, entry, text);
    let mut program = Program { text, shift: Some(shift), run, ..Program::default() };
    program.read(scan, entry);
    program.tell(scan, entry);
}

/// An encoding can turn a comment into code (PEP 263).
fn check_encoding(scan: &mut Scan, entry: &Entry<'_>, text: &str) {
    for line in text.lines().take(2).filter(|line| line.trim_start().starts_with('#')) {
        let Some((_, after)) = line.split_once("coding") else { continue };
        let Some(after) = after.strip_prefix([':', '=']) else { continue };
        let name: String = after
            .trim_start()
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
            .collect();
        let lower = name.to_ascii_lowercase().replace('_', "-");
        if ENCODINGS.iter().any(|known| lower.starts_with(known)) {
            let message = "the program is written in an encoding that hides what it says";
            scan.report(rules::PYTHON_HIDDEN.finding(entry.place(None), message, name));
        }
    }
}

/// Feeds the tables into the rule set's digest.
pub(super) fn tables(hasher: &mut Hasher) {
    names::tables(hasher);
    hasher.update(format!("{ENCODINGS:?}").as_bytes());
}

/// Who runs a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Run {
    /// Whoever imports it, often without having read it.
    #[default]
    Import,
    /// A person, cell by cell.
    Person,
}

/// A program as it is read.
#[derive(Default)]
struct Program<'t> {
    text: &'t str,
    shift: Option<fn(usize) -> Option<u64>>,
    run: Run,
    /// What names stand for.
    known: BTreeMap<&'t str, String>,
    /// Modules of which every name was imported.
    stars: Vec<String>,
    /// Names that hold what the source does not show.
    hidden: BTreeSet<&'t str>,
    /// Names that hold texts, and where those begin.
    texts: BTreeMap<&'t str, Vec<usize>>,
    /// How much was looked into of texts that the program runs.
    ran: Ran,
    /// Blocks around the line, from the outermost one: how far they are indented, and what runs them.
    blocks: Vec<(usize, Place<'t>)>,
    /// What its functions do, and which of them run.
    deeds: Deeds<'t>,
}

impl<'t> Program<'t> {
    fn read(&mut self, scan: &mut Scan, entry: &Entry<'_>) {
        let mut lines = Lines::new(self.text);
        let mut count = 0_u32;
        while let Some(line) = lines.next() {
            self.line(scan, entry, &line);
            count = count.wrapping_add(1);
            if count.is_multiple_of(256)
                && let Err(spent) = scan.budget.check_time()
            {
                return scan.skip(entry.place(None), spent.to_string());
            }
        }
        if lines.is_cut {
            scan.skip(entry.place(None), "the program is too deeply nested to be examined");
        }
    }

    fn line(&mut self, scan: &mut Scan, entry: &Entry<'_>, line: &Line<'t>) {
        while self.blocks.last().is_some_and(|(indent, _)| line.indent <= *indent) {
            self.blocks.pop();
        }
        let mut depth = 0_u32;
        let is_end = |token: &Token<'_>| {
            match token.kind {
                Kind::Mark('(' | '[' | '{') => depth += 1,
                Kind::Mark(')' | ']' | '}') => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && token.kind == Kind::Mark(';')
        };
        let disguised = line
            .tokens
            .iter()
            .find(|token| matches!(token.kind, Kind::Name(name) if names::is_disguised(name)));
        if let Some(Token { kind: Kind::Name(name), at }) = disguised {
            let place = entry.place(self.shift.and_then(|shift| shift(*at)));
            let message = "a name is written in letters that Python reads as others";
            scan.report(rules::PYTHON_HIDDEN.finding(place, message, shown(name.as_bytes(), 200)));
        }
        for statement in line.tokens.split(is_end) {
            if scan.budget.check_time().is_err() {
                return;
            }
            self.statement(scan, entry, statement, line.indent);
        }
    }

    fn statement(
        &mut self,
        scan: &mut Scan,
        entry: &Entry<'_>,
        statement: &[Token<'t>],
        indent: usize,
    ) {
        let word = |index: usize| match statement.get(index).map(|token| token.kind) {
            Some(Kind::Name(name)) => name,
            _ => "",
        };
        match word(0) {
            "import" => return self.import(statement.get(1..).unwrap_or_default()),
            "from" => return self.import_from(statement.get(1..).unwrap_or_default()),
            _ => {}
        }
        let is_function = word(0) == "def" || (word(0) == "async" && word(1) == "def");
        if is_function || word(0) == "class" {
            let name = word(1 + usize::from(word(0) == "async"));
            self.known.remove(name);
            self.learn(name, format!("<{name}>"));
        }
        let is_type_checking = word(0) == "if" && word(1) == "TYPE_CHECKING";
        // `if __name__ != "__main__":` runs on import.
        let is_main = word(0) == "if"
            && word(1) == "__name__"
            && statement.get(2).is_some_and(|token| token.kind == Kind::Mark('='));
        self.assign(statement);
        let is_block = is_function || is_main || is_type_checking;
        // The body stands behind the first colon.
        let body = if is_block { outside_brackets(statement, ':') } else { statement.len() };
        let place = self.place();
        // The name that a definition gives is no call.
        let header = match word(0) {
            "class" => 2,
            _ if is_function => 2 + usize::from(word(0) == "async"),
            _ => 0,
        };
        self.calls(scan, entry, statement.get(header..body).unwrap_or_default(), place);
        let inner = match word(0) {
            "class" => {
                let name = word(1);
                self.deeds.class(name, place, &self.parents(statement));
                // The body of a class runs where the class stands.
                return self.blocks.push((indent, place.class(name)));
            }
            _ if is_function => {
                let name = word(1 + usize::from(word(0) == "async"));
                place.function(name)
            }
            _ if is_block => Place::Elsewhere,
            _ => return,
        };
        self.calls(scan, entry, statement.get(body..).unwrap_or_default(), inner);
        self.blocks.push((indent, inner));
    }

    fn place(&self) -> Place<'t> {
        self.blocks.last().map_or(Place::Import, |(_, place)| *place)
    }

    /// The classes of the program that a class is made from, its metaclass among them.
    fn parents(&self, statement: &[Token<'t>]) -> Vec<&'t str> {
        let named = statement.iter().skip(2).filter_map(|token| match token.kind {
            Kind::Name(name) if self.known.get(name).is_some_and(|full| full.starts_with('<')) => {
                Some(name)
            }
            _ => None,
        });
        named.take(16).collect()
    }

    /// Judges every call of a statement.
    fn calls(
        &mut self,
        scan: &mut Scan,
        entry: &Entry<'_>,
        tokens: &[Token<'t>],
        place: Place<'t>,
    ) {
        let mut at = 0;
        let mut before = None;
        let mut depth = 0_u32;
        while let Some(token) = tokens.get(at) {
            let is_start = before != Some(Kind::Mark('.'));
            match token.kind {
                Kind::Mark('(') => depth += 1,
                Kind::Mark(')') => depth = depth.saturating_sub(1),
                _ => {}
            }
            let (true, Kind::Name(_)) = (is_start, token.kind) else {
                before = Some(token.kind);
                at += 1;
                continue;
            };
            let rest = tokens.get(at..).unwrap_or_default();
            let (full, used) = self.chain(rest);
            let after = rest.get(used..).unwrap_or_default();
            let is_call = after.first().is_some_and(|next| next.kind == Kind::Mark('('));
            // Somebody else calls what is handed over: `Thread(target=os.system)`, `map(eval, texts)`,
            // `builtins.print = os.system`.
            let is_given = match before {
                Some(Kind::Mark('=')) => depth > 0 || is_kept_elsewhere(tokens),
                Some(Kind::Mark('(' | ',')) => depth > 0,
                _ => false,
            };
            let is_handed_over = is_given
                && matches!(
                    after.first().map(|next| next.kind),
                    Some(Kind::Mark(',' | ')')) | None
                )
                && names::is_handed_over(&full);
            if is_call || before == Some(Kind::Mark('@')) || is_handed_over {
                let words = rest.get(..used).unwrap_or_default();
                let is_looked_up = words.iter().any(|word| matches!(word.kind, Kind::Text(_)));
                self.call(scan, entry, (*token, &full, is_looked_up), after, place);
            }
            before = Some(Kind::Name(""));
            at += used.max(1);
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
        let evidence = || {
            let rest = self.text.get(token.at..).unwrap_or_default();
            let line = rest.lines().next().unwrap_or_default();
            format!("{full}: {}", shown(line.as_bytes(), 200))
        };
        if full.starts_with('<') {
            return self.deeds.calls(place, full);
        }
        let inside = arguments(after);
        let behind = after.get(inside.len() + 2..).unwrap_or_default();
        if let Some(message) = self.hides(full, is_looked_up, inside, behind) {
            scan.report(rules::PYTHON_HIDDEN.finding(entry.place(offset), message, evidence()));
            return;
        }
        if names::runs(full) {
            self.run_text(scan, entry, token.at, inside, place);
        }
        let Some(how) = names::acts(full) else { return };
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
        let text = names::runs(full).then(|| first(arguments)).unwrap_or_default();
        if imported::is_worked_out(self.text, text) && self.text_of(text).is_none() {
            return Some(format!("{full} runs a text that is worked out from texts and numbers"));
        }
        if names::imports(full) {
            return imported::hidden(self.text, arguments, behind).map(str::to_owned);
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

    /// Says what runs when the program is imported, and what its functions would do.
    fn tell(self, scan: &mut Scan, entry: &Entry<'_>) {
        for (deed, through) in self.deeds.on_import() {
            let Deed { how, name, offset, evidence, is_usual } = deed;
            let message = match through {
                None => format!("importing the file calls {name}, which {how}"),
                Some(function) => {
                    format!("importing the file calls {function}, which calls {name}, which {how}")
                }
            };
            let rule = match (self.run, how, is_usual) {
                (Run::Import, "runs commands", false) => rules::PYTHON_COMMAND,
                (Run::Import, ..) if names::connects(&name) => rules::PYTHON_COMMAND,
                _ => rules::PYTHON_IMPORT,
            };
            scan.report(rule.finding(entry.place(offset), message, evidence));
        }
        for Deed { how, name, offset, evidence, .. } in self.deeds.later() {
            let message = format!("a function of the file calls {name}, which {how}");
            scan.report(rules::PYTHON_CALLS.finding(entry.place(offset), message, evidence));
        }
    }
}

/// Whether a statement gives something to what others use: `a.b = c`, `a["b"] = c`.
fn is_kept_elsewhere(statement: &[Token<'_>]) -> bool {
    matches!(
        statement,
        [Token { kind: Kind::Name(_), .. }, Token { kind: Kind::Mark('.' | '['), .. }, ..]
    )
}

/// Where a mark stands outside of brackets: behind the last token where none does.
fn outside_brackets(tokens: &[Token<'_>], mark: char) -> usize {
    let mut depth = 0_u32;
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Mark('(' | '[' | '{') => depth += 1,
            Kind::Mark(')' | ']' | '}') => depth = depth.saturating_sub(1),
            Kind::Mark(found) if depth == 0 && found == mark => return at,
            _ => {}
        }
    }
    tokens.len()
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

/// The first argument.
fn first<'a, 't>(arguments: &'a [Token<'t>]) -> &'a [Token<'t>] {
    arguments.get(..outside_brackets(arguments, ',')).unwrap_or_default()
}

#[cfg(test)]
mod tests;
