//! Python's tokens, statement by statement. Nothing recurses, and nothing is refused: what Python would not
//! compile would not run either.

/// Tokens of one statement.
const TOKENS: usize = 200_000;
/// Brackets and f-strings inside each other.
const DEPTH: usize = 400;

/// One token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind<'t> {
    Name(&'t str),
    /// A text, without its quotes and as it is written; none when it is put together.
    Text(Option<&'t str>),
    Number,
    /// A character of an operator.
    Mark(char),
}

/// A token and the byte at which it begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind<'t>,
    pub(super) at: usize,
}

/// One logical line: a statement, or several with semicolons between them.
#[derive(Debug, Default)]
pub(super) struct Line<'t> {
    /// How far it is indented.
    pub(super) indent: usize,
    pub(super) tokens: Vec<Token<'t>>,
}

/// What the scanner is inside of.
#[derive(Clone, Copy)]
enum Inside<'t> {
    Bracket,
    /// A text whose braces hold expressions: its closing quotes.
    Format(&'t str),
    /// An expression in such a text.
    Expression,
}

/// Hands out lines one by one.
pub(super) struct Lines<'t> {
    text: &'t str,
    at: usize,
    inside: Vec<Inside<'t>>,
    /// Whether something was left out.
    pub(super) is_cut: bool,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str) -> Lines<'t> {
        let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Lines { text, at, inside: Vec::new(), is_cut: false }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// The next line that has tokens.
    pub(super) fn next(&mut self) -> Option<Line<'t>> {
        let mut line = Line::default();
        let mut is_start = true;
        while let Some(c) = self.peek() {
            if let Some(Inside::Format(quotes)) = self.inside.last().copied() {
                self.format(quotes);
                continue;
            }
            let at = self.at;
            match c {
                '\n' | '\r' => {
                    self.at += 1;
                    if self.inside.is_empty() {
                        if !line.tokens.is_empty() {
                            return Some(line);
                        }
                        (is_start, line.indent) = (true, 0);
                    }
                }
                ' ' | '\t' | '\u{c}' => {
                    self.at += 1;
                    if is_start {
                        line.indent = match c {
                            '\t' => line.indent / 8 * 8 + 8,
                            ' ' => line.indent + 1,
                            _ => 0,
                        };
                    }
                }
                '#' => self.at += self.rest().find(['\n', '\r']).unwrap_or(self.rest().len()),
                '\\' if self.rest().starts_with("\\\r\n") => self.at += 3,
                '\\' if matches!(self.rest().as_bytes(), [_, b'\n' | b'\r', ..]) => self.at += 2,
                _ => {
                    is_start = false;
                    let kind = self.token(c);
                    if line.tokens.len() < TOKENS {
                        line.tokens.push(Token { kind, at });
                    } else {
                        self.is_cut = true;
                    }
                }
            }
        }
        (!line.tokens.is_empty()).then_some(line)
    }

    fn token(&mut self, c: char) -> Kind<'t> {
        let rest = self.rest();
        if c == '"' || c == '\'' {
            return self.string("");
        }
        if c.is_alphabetic() || c == '_' {
            let size = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let name = rest.get(..size).unwrap_or_default();
            let follows = rest.get(size..).and_then(|rest| rest.chars().next());
            if matches!(follows, Some('"' | '\'')) && is_prefix(name) {
                self.at += size;
                return self.string(name);
            }
            self.at += size;
            return Kind::Name(name);
        }
        if c.is_ascii_digit() {
            let size = rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.'));
            self.at += size.unwrap_or(rest.len());
            return Kind::Number;
        }
        self.at += c.len_utf8();
        match c {
            '(' | '[' | '{' => self.enter(Inside::Bracket),
            ')' | ']' | '}' => _ = self.inside.pop(),
            _ => {}
        }
        Kind::Mark(c)
    }

    fn enter(&mut self, inside: Inside<'t>) {
        if self.inside.len() < DEPTH {
            self.inside.push(inside);
        } else {
            self.is_cut = true;
        }
    }

    /// A text; the scanner stands at its quotes.
    fn string(&mut self, prefix: &str) -> Kind<'t> {
        let rest = self.rest();
        let Some(quotes) = opening_quotes(rest) else { return Kind::Text(None) };
        self.at += quotes.len();
        if is_format(prefix) {
            self.enter(Inside::Format(quotes));
            return Kind::Text(None);
        }
        let body = self.rest();
        let mut escaped = false;
        for (at, c) in body.char_indices() {
            if escaped {
                escaped = false;
                continue;
            }
            match c {
                '\\' => escaped = true,
                // Without its end it is no program; the next line is read all the same.
                '\n' if quotes.len() == 1 => {
                    self.at += at;
                    return Kind::Text(None);
                }
                _ if body.get(at..).is_some_and(|rest| rest.starts_with(quotes)) => {
                    self.at += at + quotes.len();
                    let text = body.get(..at).unwrap_or_default();
                    return Kind::Text((!text.contains('\\')).then_some(text));
                }
                _ => {}
            }
        }
        self.at = self.text.len();
        Kind::Text(None)
    }

    /// Goes on in a text with expressions: to the next one, or behind its end.
    fn format(&mut self, quotes: &'t str) {
        let rest = self.rest();
        let mut chars = rest.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => _ = chars.next(),
                '{' if chars.peek().is_some_and(|(_, next)| *next == '{') => _ = chars.next(),
                '{' => {
                    self.at += at + 1;
                    self.enter(Inside::Expression);
                    return;
                }
                '\n' if quotes.len() == 1 => {
                    self.at += at;
                    self.inside.pop();
                    return;
                }
                _ if rest.get(at..).is_some_and(|rest| rest.starts_with(quotes)) => {
                    self.at += at + quotes.len();
                    self.inside.pop();
                    return;
                }
                _ => {}
            }
        }
        self.at = self.text.len();
        self.inside.pop();
    }
}

/// Whether the text that begins at a place has expressions in it, or could.
pub(super) fn begins_format(text: &str, at: usize) -> bool {
    split_prefix(text, at).is_some_and(|(prefix, _)| is_format(prefix))
}

/// The letters before the quotes of a text, and what is from them on.
fn split_prefix(text: &str, at: usize) -> Option<(&str, &str)> {
    let rest = text.get(at..)?;
    Some(rest.split_at(rest.find(['"', '\''])?))
}

fn is_format(prefix: &str) -> bool {
    prefix.contains(['f', 'F', 't', 'T'])
}

fn opening_quotes(text: &str) -> Option<&'static str> {
    ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quotes| text.starts_with(quotes))
}

/// What a text says that begins at a place; none of one that is put together.
pub(super) fn literal(text: &str, at: usize) -> Option<String> {
    let (prefix, rest) = split_prefix(text, at)?;
    if is_format(prefix) {
        return None;
    }
    let quotes = opening_quotes(rest)?;
    let is_raw = prefix.contains(['r', 'R']);
    let mut out = String::new();
    let mut rest = rest.get(quotes.len()..)?;
    while !rest.starts_with(quotes) {
        let mut chars = rest.chars();
        let first = chars.next()?;
        rest = chars.as_str();
        if first != '\\' {
            out.push(first);
        } else if is_raw {
            let next = chars.next()?;
            out.extend(['\\', next]);
            rest = chars.as_str();
        } else {
            rest = escape(rest, &mut out)?;
        }
    }
    Some(out)
}

/// Reads what is behind a backslash; the rest of the text.
fn escape<'t>(rest: &'t str, out: &mut String) -> Option<&'t str> {
    let mut chars = rest.chars();
    let first = chars.next()?;
    let after = chars.as_str();
    let (from, size, base) = match first {
        'x' => (after, 2, 16),
        'u' => (after, 4, 16),
        'U' => (after, 8, 16),
        '0'..='7' => (rest, rest.chars().take(3).take_while(|c| c.is_digit(8)).count(), 8),
        _ => {
            match first {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                'f' => out.push('\u{c}'),
                '\n' => {}
                '\\' | '"' | '\'' => out.push(first),
                _ => out.extend(['\\', first]),
            }
            return Some(after);
        }
    };
    let code = u32::from_str_radix(from.get(..size)?, base).ok()?;
    out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
    from.get(size..)
}

fn is_prefix(name: &str) -> bool {
    name.len() <= 2
        && name.chars().all(|c| matches!(c.to_ascii_lowercase(), 'r' | 'b' | 'u' | 'f' | 't'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<Vec<&str>> {
        let mut lines = Lines::new(text);
        let mut found = Vec::new();
        while let Some(line) = lines.next() {
            let names = line.tokens.iter().filter_map(|token| match token.kind {
                Kind::Name(name) => Some(name),
                _ => None,
            });
            found.push(names.collect());
        }
        found
    }

    #[test]
    fn texts_and_comments_hold_no_names() {
        assert_eq!(
            names("a = 'b # c' # d\nr\"\\\" e\"; f\n\"\"\"g\nh\"\"\"\ni(\n j)\n"),
            [vec!["a"], vec!["f"], vec![], vec!["i", "j"]]
        );
        assert_eq!(
            names("x = f\"{a('b')}{{c}} {d!r:>{e}} \" + g\n"),
            [["x", "a", "d", "r", "e", "g"]]
        );
        assert_eq!(names("a \\\n b\nc"), [vec!["a", "b"], vec!["c"]]);
    }
}
