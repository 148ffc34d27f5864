//! Python source: what it imports and calls when it is imported, and what its functions would call.
//!
//! Names are followed through imports, plain assignments, `getattr` with a constant and `__import__`; texts
//! are never searched. Code in functions, and below `if __name__ == "__main__":`, does not run on import.

mod names;
mod tokens;

use std::collections::{BTreeMap, BTreeSet};

use weighbridge_domain::Hasher;

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
    shift: fn(usize) -> Option<u64>,
) {
    check_encoding(scan, entry, text);
    let mut program = Program { text, shift: Some(shift), ..Program::default() };
    let mut lines = Lines::new(text);
    let mut count = 0_u32;
    while let Some(line) = lines.next() {
        program.line(scan, entry, &line);
        count = count.wrapping_add(1);
        if count.is_multiple_of(256)
            && let Err(spent) = scan.budget.check_time()
        {
            scan.skip(entry.place(None), spent.to_string());
            return;
        }
    }
    if lines.is_cut {
        scan.skip(entry.place(None), "the program is too deeply nested to be examined");
    }
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

/// A program as it is read.
#[derive(Default)]
struct Program<'t> {
    text: &'t str,
    shift: Option<fn(usize) -> Option<u64>>,
    /// What names stand for.
    known: BTreeMap<&'t str, String>,
    /// Modules of which every name was imported.
    stars: Vec<String>,
    /// Names that hold what the source does not show.
    hidden: BTreeSet<&'t str>,
    /// Indentation of the blocks that do not run when the program is imported.
    deferred: Vec<usize>,
}

impl<'t> Program<'t> {
    fn line(&mut self, scan: &mut Scan, entry: &Entry<'_>, line: &Line<'t>) {
        while self.deferred.last().is_some_and(|indent| line.indent <= *indent) {
            self.deferred.pop();
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
        let is_main = word(0) == "if" && matches!(word(1), "__name__" | "TYPE_CHECKING");
        self.assign(statement);
        let body = if is_function || is_main { body_of(statement) } else { statement.len() };
        let now = self.deferred.is_empty();
        self.calls(scan, entry, statement.get(..body).unwrap_or_default(), now);
        self.calls(scan, entry, statement.get(body..).unwrap_or_default(), false);
        if is_function || is_main {
            self.deferred.push(indent);
        }
    }

    fn learn(&mut self, name: &'t str, full: String) {
        if !name.is_empty() && full.len() <= LONGEST && self.known.len() < NAMES {
            self.known.insert(name, full);
        }
    }

    /// `import a.b as c, d`
    fn import(&mut self, tokens: &[Token<'t>]) {
        for part in tokens.split(|token| token.kind == Kind::Mark(',')) {
            let (path, used) = dotted(part);
            let first = path.split('.').next().unwrap_or_default().to_owned();
            match part.get(used..) {
                Some(
                    [Token { kind: Kind::Name("as"), .. }, Token { kind: Kind::Name(name), .. }],
                ) => {
                    self.learn(name, path);
                }
                _ => {
                    if let Some(Token { kind: Kind::Name(name), .. }) = part.first() {
                        self.learn(name, first);
                    }
                }
            }
        }
    }

    /// `from a.b import c as d, e`
    fn import_from(&mut self, tokens: &[Token<'t>]) {
        let Some(at) = tokens.iter().position(|token| token.kind == Kind::Name("import")) else {
            return;
        };
        let (module, _) = dotted(tokens.get(..at).unwrap_or_default());
        let names = tokens.get(at + 1..).unwrap_or_default();
        let is_mark = |token: &Token<'_>| matches!(token.kind, Kind::Mark(',' | '(' | ')'));
        for part in names.split(is_mark) {
            match part {
                [Token { kind: Kind::Mark('*'), .. }] if self.stars.len() < 20 => {
                    self.stars.push(module.clone());
                }
                [Token { kind: Kind::Name(name), .. }] => {
                    self.learn(name, format!("{module}.{name}"));
                }
                [Token { kind: Kind::Name(name), .. }, _, Token { kind: Kind::Name(new), .. }] => {
                    self.learn(new, format!("{module}.{name}"));
                }
                _ => {}
            }
        }
    }

    /// `a = b.c`: the name stands for what it is given. Of other values only whether they are hidden.
    fn assign(&mut self, statement: &[Token<'t>]) {
        let [Token { kind: Kind::Name(name), .. }, Token { kind: Kind::Mark('='), .. }, value @ ..] =
            statement
        else {
            return;
        };
        if matches!(value.first().map(|token| token.kind), Some(Kind::Mark('='))) {
            return;
        }
        let (full, used) = self.chain(value);
        if used == value.len() && !full.is_empty() {
            return self.learn(name, full);
        }
        self.known.remove(name);
        self.learn(name, format!("<{name}>"));
        if self.is_hidden(value) {
            self.hidden.insert(name);
        } else {
            self.hidden.remove(name);
        }
    }

    /// Whether an expression gives what the source does not show.
    fn is_hidden(&self, tokens: &[Token<'t>]) -> bool {
        (0..tokens.len()).any(|at| {
            let rest = tokens.get(at..).unwrap_or_default();
            let Some(Token { kind: Kind::Name(name), .. }) = rest.first() else { return false };
            self.hidden.contains(name) || names::hides(&self.chain(rest).0)
        })
    }

    /// What an expression of names, dots and constant lookups stands for, and how many tokens it takes.
    fn chain(&self, tokens: &[Token<'t>]) -> (String, usize) {
        let Some(Token { kind: Kind::Name(first), .. }) = tokens.first() else {
            return (String::new(), 0);
        };
        let mut full = self.resolved(first);
        let mut at = 1;
        for _ in 0..64 {
            let rest = tokens.get(at..).unwrap_or_default();
            match rest {
                [Token { kind: Kind::Mark('.'), .. }, Token { kind: Kind::Name(name), .. }, ..] => {
                    full = format!("{full}.{name}");
                    at += 2;
                }
                // `__import__("os")` is `os`.
                [
                    Token { kind: Kind::Mark('('), .. },
                    Token { kind: Kind::Text(Some(text)), .. },
                    Token { kind: Kind::Mark(')'), .. },
                    ..,
                ] if matches!(full.as_str(), "builtins.__import__" | "importlib.import_module") => {
                    (*text).clone_into(&mut full);
                    at += 3;
                }
                [Token { kind: Kind::Mark('('), .. }, inner @ ..] if full == "builtins.getattr" => {
                    let (object, used) = self.attribute_of(inner);
                    let [
                        Token { kind: Kind::Mark(','), .. },
                        Token { kind: Kind::Text(Some(text)), .. },
                        Token { kind: Kind::Mark(')'), .. },
                        ..,
                    ] = inner.get(used..).unwrap_or_default()
                    else {
                        break;
                    };
                    full = format!("{object}.{text}");
                    at += used + 4;
                }
                _ => break,
            }
            if full.len() > LONGEST {
                break;
            }
        }
        (full, at)
    }

    /// The object of a `getattr`: names with dots, or a module that is imported on the spot.
    fn attribute_of(&self, tokens: &[Token<'t>]) -> (String, usize) {
        let (mut full, mut at) = match tokens.first() {
            Some(Token { kind: Kind::Name(first), .. }) => (self.resolved(first), 1),
            _ => return (String::new(), 0),
        };
        if let (
            "builtins.__import__" | "importlib.import_module",
            Some(
                [
                    Token { kind: Kind::Mark('('), .. },
                    Token { kind: Kind::Text(Some(text)), .. },
                    Token { kind: Kind::Mark(')'), .. },
                    ..,
                ],
            ),
        ) = (full.as_str(), tokens.get(at..))
        {
            (*text).clone_into(&mut full);
            at += 3;
        }
        while let Some(
            [Token { kind: Kind::Mark('.'), .. }, Token { kind: Kind::Name(name), .. }, ..],
        ) = tokens.get(at..)
        {
            full = format!("{full}.{name}");
            at += 2;
            if full.len() > LONGEST {
                break;
            }
        }
        (full, at)
    }

    fn resolved(&self, name: &str) -> String {
        if let Some(full) = self.known.get(name) {
            return full.clone();
        }
        let starred = self.stars.iter().map(|module| format!("{module}.{name}"));
        let mut acting = starred.filter(|full| names::acts(full).is_some());
        acting.next().unwrap_or_else(|| match name {
            // A module that is only known by its name; `bytes.fromhex` is a method of a built-in type.
            "bytes" => name.to_owned(),
            _ => format!("builtins.{name}"),
        })
    }

    /// Judges every call of a statement.
    fn calls(&mut self, scan: &mut Scan, entry: &Entry<'_>, tokens: &[Token<'t>], now: bool) {
        let mut at = 0;
        let mut before = None;
        while let Some(token) = tokens.get(at) {
            let is_start = before != Some(Kind::Mark('.'));
            before = Some(token.kind);
            let (true, Kind::Name(_)) = (is_start, token.kind) else {
                at += 1;
                continue;
            };
            let rest = tokens.get(at..).unwrap_or_default();
            let (full, used) = self.chain(rest);
            let after = rest.get(used..).unwrap_or_default();
            let is_decorator =
                at > 0 && tokens.get(at - 1).is_some_and(|t| t.kind == Kind::Mark('@'));
            if is_decorator || after.first().is_some_and(|next| next.kind == Kind::Mark('(')) {
                self.call(scan, entry, *token, &full, after, now);
            }
            before = Some(Kind::Name(""));
            at += used.max(1);
        }
    }

    fn call(
        &self,
        scan: &mut Scan,
        entry: &Entry<'_>,
        token: Token<'t>,
        full: &str,
        after: &[Token<'t>],
        now: bool,
    ) {
        let place = entry.place(self.shift.and_then(|shift| shift(token.at)));
        let evidence = || {
            let rest = self.text.get(token.at..).unwrap_or_default();
            let line = rest.lines().next().unwrap_or_default();
            format!("{full}: {}", shown(line.as_bytes(), 200))
        };
        if (names::runs(full) || full.starts_with("marshal.loads"))
            && self.is_hidden(arguments(after))
        {
            let message = format!("{full} runs what the source does not show");
            scan.report(rules::PYTHON_HIDDEN.finding(place, message, evidence()));
            return;
        }
        let Some(how) = names::acts(full) else { return };
        if now {
            let message = format!("importing the file calls {full}, which {how}");
            scan.report(rules::PYTHON_IMPORT.finding(place, message, evidence()));
        } else {
            let message = format!("a function of the file calls {full}, which {how}");
            scan.report(rules::PYTHON_CALLS.finding(place, message, evidence()));
        }
    }
}

/// A dotted name and how many tokens it takes; leading dots count.
fn dotted(tokens: &[Token<'_>]) -> (String, usize) {
    let mut path = String::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Name(name) if name != "as" && path.len() < LONGEST => path.push_str(name),
            Kind::Mark('.') if path.len() < LONGEST => path.push('.'),
            _ => return (path, at),
        }
    }
    (path, tokens.len())
}

/// Where the body of a compound statement begins: behind the first colon outside of brackets.
fn body_of(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0_u32;
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Mark('(' | '[' | '{') => depth += 1,
            Kind::Mark(')' | ']' | '}') => depth = depth.saturating_sub(1),
            Kind::Mark(':') if depth == 0 => return at,
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

#[cfg(test)]
mod tests {
    use crate::{Limits, scan_bytes};

    fn rules(text: &str) -> Vec<String> {
        let report = scan_bytes(&"a.py".parse().unwrap(), text.as_bytes(), &Limits::default());
        assert!(report.unexamined.is_empty(), "{report:?}");
        report.findings.into_iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn what_runs_on_import_is_told_from_what_a_function_does() {
        for text in [
            "import os\nos.system('id')\n",
            "import os as o; o.system('id')",
            "from os import system as s\nclass A:\n    x = s('id')\n",
            "from os import *\nsystem('id')\n",
            "import subprocess\nif True:\n\tsubprocess.run(['id'])\n",
            "import os\nrun = os.system\nrun('id')\n",
            "__import__('os').system('id')\n",
            "import os\ngetattr(os, 'system')('id')\n",
            "getattr(__import__('os'), 'system')('id')\n",
            "import os\nx = f\"{os.system('id')}\"\n",
            "import os\ndef f(a=os.system('id')): pass\n",
            "import pickle\nwith open('x') as f:\n    pickle.load(f)\n",
            "eval('1')\n",
        ] {
            assert_eq!(rules(text), ["WB-PYTHON-IMPORT"], "{text}");
        }
        for text in [
            "import os\ndef f():\n    os.system('id')\n",
            "import os\nif __name__ == '__main__':\n    os.system('id')\n",
            "import requests\nclass A:\n    async def f(self): requests.get('x')\n",
        ] {
            assert_eq!(rules(text), ["WB-PYTHON-CALLS"], "{text}");
        }
    }

    #[test]
    fn ordinary_programs_have_no_findings() {
        for text in [
            "import os, sys\np = os.path.join(os.getcwd(), 'x')\nsys.path.append(p)\n",
            "import torch\nclass Net(torch.nn.Module):\n    def forward(self, x):\n        return x\nm = Net()\nm.eval()\n",
            "# os.system('id')\n'os.system(1)'\n",
            "from transformers import AutoModel\nm = AutoModel.from_pretrained('x')\n",
            "def compile(x): return x\ncompile(1)\nimport re\nre.compile('a')\n",
            "from setuptools import setup\nsetup(name='x')\n",
            "import base64\nx = base64.b64decode('YQ==')\nprint(x)\n",
        ] {
            assert_eq!(rules(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn code_that_the_source_does_not_show_is_dangerous() {
        for text in [
            "import base64\nexec(base64.b64decode('YQ=='))\n",
            "from base64 import b64decode as d\nx = d('YQ==')\ndef f():\n    exec(x)\n",
            "import urllib.request\nexec(compile(urllib.request.urlopen('x').read(), 'a', 'exec'))\n",
            "eval(bytes.fromhex('31'))\n",
            "# -*- coding: utf-7 -*-\nx = 1\n",
        ] {
            assert!(
                rules(text).contains(&"WB-PYTHON-HIDDEN".to_owned()),
                "{text}: {:?}",
                rules(text)
            );
        }
        assert_eq!(rules("exec(open('version.py').read())\n"), ["WB-PYTHON-IMPORT"]);
    }
}
