//! Python source: what it imports and calls when it is imported, and what its functions would call.
//!
//! Names are followed through imports, plain assignments, `getattr` with a constant and `__import__`; texts
//! are never searched. Code in functions, and below `if __name__ == "__main__":`, does not run on import.

mod allowed;
mod calls;
mod deeds;
mod follow;
mod handed;
mod imported;
mod names;
mod ran;
mod reached;
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
    /// Names that hold functions that act, among other things, and attributes of classes that do.
    held: BTreeMap<&'t str, String>,
    attributes: BTreeMap<&'t str, String>,
    /// Whether the next function is a property: it runs without a call.
    is_property: bool,
    /// Whether it has more names than are followed.
    is_cut: bool,
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
        let is_decorator = statement.first().is_some_and(|token| token.kind == Kind::Mark('@'));
        self.is_property = (self.is_property && (is_decorator || is_function))
            || (is_decorator && statement.iter().any(is_property));
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
        let head = statement.get(header..body).unwrap_or_default();
        if is_function {
            self.hold_defaults(head);
        }
        let is_kept = is_function || handed::is_kept(statement);
        self.calls(scan, entry, head, is_kept, place);
        let inner = match word(0) {
            "class" => {
                let name = word(1);
                let (parents, makers) = self.parents(statement);
                self.deeds.class(name, place, &parents, &makers);
                // The body of a class runs where the class stands.
                self.blocks.push((indent, place.class(name)));
                let colon = outside_brackets(statement, ':');
                return self.assign(statement.get(colon + 1..).unwrap_or_default());
            }
            _ if is_function => {
                let name = word(1 + usize::from(word(0) == "async"));
                place.function(name, std::mem::take(&mut self.is_property))
            }
            _ if is_block => Place::Elsewhere,
            _ => return,
        };
        let rest = statement.get(body + 1..).unwrap_or_default();
        self.calls(scan, entry, rest, handed::is_kept(rest), inner);
        self.blocks.push((indent, inner));
    }

    fn place(&self) -> Place<'t> {
        self.blocks.last().map_or(Place::Import, |(_, place)| *place)
    }

    /// The classes of the program that a class is made from, and those that make it: its metaclass.
    fn parents(&self, statement: &[Token<'t>]) -> (Vec<&'t str>, Vec<&'t str>) {
        let (mut parents, mut makers) = (Vec::new(), Vec::new());
        for pair in statement.windows(2).skip(1).take(ARGUMENTS) {
            let [before, Token { kind: Kind::Name(name), .. }] = pair else { continue };
            if self.known.get(name).is_some_and(|full| full.starts_with('<')) {
                match before.kind {
                    Kind::Mark('=') => makers.push(*name),
                    _ => parents.push(*name),
                }
            }
        }
        (parents, makers)
    }

    /// Says what runs when the program is imported, and what its functions would do.
    fn tell(self, scan: &mut Scan, entry: &Entry<'_>) {
        if self.is_cut || self.deeds.is_cut {
            scan.skip(entry.place(None), "the program does more than can be followed");
        }
        for (deed, through) in self.deeds.on_import() {
            let Deed { how, name, offset, evidence, is_usual } = deed;
            // A person who goes through a notebook writes files with it.
            if (self.run, how) == (Run::Person, allowed::WRITES) {
                continue;
            }
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
        let later = self.deeds.later();
        for Deed { how, name, offset, evidence, .. } in
            later.into_iter().filter(|deed| deed.how != allowed::WRITES)
        {
            let message = format!("a function of the file calls {name}, which {how}");
            scan.report(rules::PYTHON_CALLS.finding(entry.place(offset), message, evidence));
        }
    }
}

fn is_property(token: &Token<'_>) -> bool {
    matches!(token.kind, Kind::Name("property" | "cached_property"))
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

/// The first argument.
fn first<'a, 't>(arguments: &'a [Token<'t>]) -> &'a [Token<'t>] {
    arguments.get(..outside_brackets(arguments, ',')).unwrap_or_default()
}

#[cfg(test)]
mod tests;
