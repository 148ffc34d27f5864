//! What the names of a program stand for: imports, assignments, attributes taken by a constant.

use super::ran::texts;
use super::tokens::{Kind, Token};
use super::{LONGEST, NAMES, Place, Program, names};

impl<'t> Program<'t> {
    pub(super) fn learn(&mut self, name: &'t str, full: String) {
        if self.known.len() >= NAMES {
            self.is_cut = true;
        } else if !name.is_empty() && full.len() <= LONGEST {
            self.known.insert(name, full);
        }
    }

    /// `import a.b as c, d`
    pub(super) fn import(&mut self, tokens: &[Token<'t>]) {
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
    pub(super) fn import_from(&mut self, tokens: &[Token<'t>]) {
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
    pub(super) fn assign(&mut self, statement: &[Token<'t>]) {
        if let Some(equals) = statement.iter().position(|token| token.kind == Kind::Mark('='))
            && let (names, [_, values @ ..]) = statement.split_at(equals)
            && names.len() > 1
            && names.iter().all(|token| matches!(token.kind, Kind::Name(_) | Kind::Mark(',')))
        {
            // `a, b = c, d`: in pairs, where the values have no brackets.
            let is_comma = |token: &Token<'_>| token.kind == Kind::Mark(',');
            for (name, value) in names.split(is_comma).zip(values.split(is_comma)) {
                let (full, used) = self.chain(value);
                if let ([Token { kind: Kind::Name(name), .. }], true) =
                    (name, used == value.len() && !full.is_empty())
                {
                    self.learn(name, full);
                }
            }
            return;
        }
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
            self.texts.remove(name);
            self.held.remove(name);
            if matches!(self.place(), Place::Class(_)) && names::is_handed_over(&full) {
                self.attributes.insert(name, full.clone());
            }
            return self.learn(name, full);
        }
        self.hold(name, value);
        self.known.remove(name);
        self.learn(name, format!("<{name}>"));
        match texts(value) {
            Some(places) if self.texts.len() < NAMES => _ = self.texts.insert(name, places),
            _ => _ = self.texts.remove(name),
        }
        if self.is_hidden(value) {
            self.hidden.insert(name);
        } else {
            self.hidden.remove(name);
        }
    }

    /// Whether an expression gives what the source does not show.
    pub(super) fn is_hidden(&self, tokens: &[Token<'t>]) -> bool {
        (0..tokens.len()).any(|at| {
            let rest = tokens.get(at..).unwrap_or_default();
            let Some(Token { kind: Kind::Name(name), .. }) = rest.first() else { return false };
            self.hidden.contains(name) || names::hides(&self.chain(rest).0)
        })
    }

    /// What an expression of names, dots and constant lookups stands for, and how many tokens it takes.
    pub(super) fn chain(&self, tokens: &[Token<'t>]) -> (String, usize) {
        let Some(Token { kind: Kind::Name(first), .. }) = tokens.first() else {
            return (String::new(), 0);
        };
        let mut full = self.resolved(first);
        let mut at = 1;
        for _ in 0..64 {
            let rest = tokens.get(at..).unwrap_or_default();
            let step = plain_step(&full, rest).or_else(|| self.looked_up(&full, rest));
            let Some((longer, used)) = step else { break };
            (full, at) = (longer, at + used);
            if full.len() > LONGEST {
                break;
            }
        }
        (full, at)
    }

    /// What a lookup by a constant makes of a name, and how many tokens it takes.
    fn looked_up(&self, full: &str, rest: &[Token<'t>]) -> Option<(String, usize)> {
        let [Token { kind: Kind::Mark(bracket), .. }, inner @ ..] = rest else { return None };
        match (bracket, full) {
            ('(', "builtins.getattr") => {
                let (object, used) = self.attribute_of(inner);
                let [Token { kind: Kind::Mark(','), .. }, name @ ..] = inner.get(used..)? else {
                    return None;
                };
                let (text, taken) = constant(name, ')')?;
                Some((format!("{object}.{text}"), used + 2 + taken))
            }
            // `vars(os)["system"]`, `globals()["x"]`: the namespace itself.
            ('(', "builtins.vars" | "builtins.globals" | "builtins.locals") => {
                let (object, used) = match inner.first() {
                    Some(Token { kind: Kind::Name(_), .. }) => self.attribute_of(inner),
                    _ => ("builtins".to_owned(), 0),
                };
                let is_closed = inner.get(used).is_some_and(|t| t.kind == Kind::Mark(')'));
                is_closed.then(|| (format!("{object}.__dict__"), used + 2))
            }
            // `os.__dict__["system"]`, `sys.modules["os"]`, `sys.modules.get("os")`.
            ('[' | '(', _) => {
                let methods = [".get", ".__getitem__", ".pop"];
                let (space, end) = match bracket {
                    '(' => (methods.iter().find_map(|method| full.strip_suffix(method))?, ')'),
                    _ => (full, ']'),
                };
                let is_modules = space == "sys.modules" || space.ends_with(".sys.modules");
                if !space.ends_with(".__dict__") && !is_modules && space != "builtins" {
                    return None;
                }
                let (text, taken) = constant(inner, end)?;
                let longer = match space.strip_suffix(".__dict__") {
                    _ if text == "__builtins__" => "builtins".to_owned(),
                    Some(object) => format!("{object}.{text}"),
                    None if space == "builtins" => format!("builtins.{text}"),
                    None => text,
                };
                Some((longer, 1 + taken))
            }
            _ => None,
        }
    }

    /// The object of a `getattr`: names with dots, or a module that is imported on the spot.
    pub(super) fn attribute_of(&self, tokens: &[Token<'t>]) -> (String, usize) {
        let (mut full, mut at) = match tokens.first() {
            Some(Token { kind: Kind::Name(first), .. }) => (self.resolved(first), 1),
            _ => return (String::new(), 0),
        };
        while full.len() <= LONGEST
            && let Some((longer, used)) = plain_step(&full, tokens.get(at..).unwrap_or_default())
        {
            (full, at) = (longer, at + used);
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
            "__builtins__" => "builtins".to_owned(),
            _ => format!("builtins.{name}"),
        })
    }
}

/// What an attribute, or the import of a module on the spot, makes of a name; and how many tokens it takes.
fn plain_step(full: &str, rest: &[Token<'_>]) -> Option<(String, usize)> {
    match rest {
        [Token { kind: Kind::Mark('.'), .. }, Token { kind: Kind::Name(name), .. }, ..] => {
            Some((format!("{full}.{name}"), 2))
        }
        // `__import__("o" + "s")` is `os`.
        [Token { kind: Kind::Mark('('), .. }, inner @ ..] if names::imports(full) => {
            constant(inner, ')').map(|(text, used)| (text, used + 1))
        }
        _ => None,
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

/// A text, or several with plus signs or nothing between them, up to a closing bracket; and how many tokens it takes.
fn constant(tokens: &[Token<'_>], end: char) -> Option<(String, usize)> {
    let mut text = String::new();
    for (at, token) in tokens.iter().take(32).enumerate() {
        match token.kind {
            Kind::Text(Some(piece)) if text.len() + piece.len() <= LONGEST => text.push_str(piece),
            Kind::Mark('+') if at > 0 => {}
            Kind::Mark(mark) if at > 0 && mark == end => return Some((text, at + 1)),
            _ => return None,
        }
    }
    None
}
