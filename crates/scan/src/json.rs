//! JSON as Python reads it: NaN and lone surrogates are allowed, names may come twice. Depth is capped.

use std::borrow::Cow;

/// Objects and arrays inside each other.
const DEPTH: usize = 200;

/// One piece of a document.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event<'a> {
    StartObject,
    EndObject,
    StartArray,
    EndArray,
    Key(Cow<'a, str>),
    Text(Cow<'a, str>),
    Number(&'a str),
    Bool(bool),
    Null,
}

/// Why a text is no JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no JSON at byte {at}: {why}")]
pub(crate) struct BadJson {
    pub(crate) at: usize,
    pub(crate) why: &'static str,
}

/// Reads a document piece by piece.
pub(crate) struct Parser<'a> {
    text: &'a str,
    at: usize,
    /// For every open object or array, whether it is an object.
    open: Vec<bool>,
    expects: Expects,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expects {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    CommaOrEnd,
    Nothing,
}

/// A document in memory. Names keep their order and may come twice.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl<'a> Parser<'a> {
    pub(crate) fn new(text: &'a str) -> Parser<'a> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Parser { text, at: 0, open: Vec::new(), expects: Expects::Value }
    }

    /// Where the next piece is looked for.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// How many objects and arrays are open.
    pub(crate) fn depth(&self) -> usize {
        self.open.len()
    }

    /// The next piece; `None` once the document is complete.
    pub(crate) fn next(&mut self) -> Result<Option<Event<'a>>, BadJson> {
        self.skip_space();
        if self.expects == Expects::Nothing {
            return if self.at == self.text.len() {
                Ok(None)
            } else {
                Err(self.bad("something follows the document"))
            };
        }
        if self.expects == Expects::CommaOrEnd {
            if self.take(b',') {
                let is_object = self.open.last() == Some(&true);
                self.expects = if is_object { Expects::Key } else { Expects::Value };
                self.skip_space();
            } else {
                return self.close().map(Some);
            }
        }
        match self.expects {
            Expects::KeyOrEnd if self.peek() == Some(b'}') => self.close().map(Some),
            Expects::ValueOrEnd if self.peek() == Some(b']') => self.close().map(Some),
            Expects::Key | Expects::KeyOrEnd => {
                if self.peek() != Some(b'"') {
                    return Err(self.bad("a name is expected"));
                }
                let key = self.string()?;
                self.skip_space();
                if !self.take(b':') {
                    return Err(self.bad("a colon is expected"));
                }
                self.expects = Expects::Value;
                Ok(Some(Event::Key(key)))
            }
            _ => self.value().map(Some),
        }
    }

    fn value(&mut self) -> Result<Event<'a>, BadJson> {
        let after = if self.open.is_empty() { Expects::Nothing } else { Expects::CommaOrEnd };
        let event = match self.peek() {
            Some(b'{') => return self.start(true),
            Some(b'[') => return self.start(false),
            Some(b'"') => Event::Text(self.string()?),
            _ => self.word()?,
        };
        self.expects = after;
        Ok(event)
    }

    fn start(&mut self, is_object: bool) -> Result<Event<'a>, BadJson> {
        if self.open.len() >= DEPTH {
            return Err(self.bad("it is nested too deeply"));
        }
        self.at += 1;
        self.open.push(is_object);
        self.expects = if is_object { Expects::KeyOrEnd } else { Expects::ValueOrEnd };
        Ok(if is_object { Event::StartObject } else { Event::StartArray })
    }

    fn close(&mut self) -> Result<Event<'a>, BadJson> {
        let event = match (self.peek(), self.open.last()) {
            (Some(b'}'), Some(true)) => Event::EndObject,
            (Some(b']'), Some(false)) => Event::EndArray,
            _ => return Err(self.bad("a comma or an end is expected")),
        };
        self.at += 1;
        self.open.pop();
        self.expects = if self.open.is_empty() { Expects::Nothing } else { Expects::CommaOrEnd };
        Ok(event)
    }

    fn word(&mut self) -> Result<Event<'a>, BadJson> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let size = rest
            .bytes()
            .position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')))
            .unwrap_or(rest.len());
        let word = rest.get(..size).unwrap_or_default();
        let event = match word {
            "true" => Event::Bool(true),
            "false" => Event::Bool(false),
            "null" => Event::Null,
            "NaN" | "Infinity" | "-Infinity" => Event::Number(word),
            _ if is_number(word) => Event::Number(word),
            _ => return Err(self.bad("a value is expected")),
        };
        self.at += size;
        Ok(event)
    }

    fn string(&mut self) -> Result<Cow<'a, str>, BadJson> {
        let start = self.at + 1;
        let rest = self.text.get(start..).unwrap_or_default();
        let mut escaped = false;
        let mut end = None;
        let bytes = rest.as_bytes();
        let mut at = 0;
        // Most bytes stand for themselves: they are passed over in one go.
        while let Some(plain) =
            bytes.get(at..).and_then(|rest| rest.iter().position(|byte| is_special(*byte)))
        {
            at += plain;
            match bytes.get(at) {
                Some(b'"') => {
                    end = Some(at);
                    break;
                }
                Some(b'\\') => {
                    escaped = true;
                    at += 2;
                }
                _ => {
                    self.at = start + at;
                    return Err(self.bad("a control character in a text"));
                }
            }
        }
        let Some(end) = end else { return Err(self.bad("a text without an end")) };
        let raw = rest.get(..end).unwrap_or_default();
        let text = if escaped {
            Cow::Owned(unescape(raw).ok_or_else(|| self.bad("an unknown escape"))?)
        } else {
            Cow::Borrowed(raw)
        };
        self.at = start + end + 1;
        Ok(text)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let fits = self.peek() == Some(byte);
        if fits {
            self.at += 1;
        }
        fits
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn bad(&self, why: &'static str) -> BadJson {
        BadJson { at: self.at, why }
    }
}

fn is_special(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..=0x1f)
}

fn is_number(word: &str) -> bool {
    let word = word.strip_prefix('-').unwrap_or(word);
    if !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit()) {
        return true;
    }
    word.bytes().next().is_some_and(|b| b.is_ascii_digit())
        && word.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'))
        && word.parse::<f64>().is_ok()
}

fn unescape(raw: &str) -> Option<String> {
    let mut out = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    let mut high = None;
    while let Some(c) = chars.next() {
        let mut unit = None;
        let plain = if c == '\\' {
            match chars.next()? {
                c @ ('"' | '\\' | '/') => Some(c),
                'b' => Some('\u{8}'),
                'f' => Some('\u{c}'),
                'n' => Some('\n'),
                'r' => Some('\r'),
                't' => Some('\t'),
                'u' => {
                    let mut code = 0;
                    for _ in 0..4 {
                        code = code * 16 + chars.next()?.to_digit(16)?;
                    }
                    unit = Some(code);
                    None
                }
                _ => return None,
            }
        } else {
            Some(c)
        };
        match (high.take(), unit) {
            (Some(first), Some(second @ 0xdc00..=0xdfff)) => {
                let code = 0x1_0000_u32 + ((first - 0xd800) << 10) + (second - 0xdc00);
                out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
                continue;
            }
            (Some(_), _) => out.push('\u{fffd}'),
            (None, _) => {}
        }
        match unit {
            Some(code @ 0xd800..=0xdbff) => high = Some(code),
            Some(code) => out.push(char::from_u32(code).unwrap_or('\u{fffd}')),
            None => out.extend(plain),
        }
    }
    if high.is_some() {
        out.push('\u{fffd}');
    }
    Some(out)
}

impl Json {
    /// Reads a whole document of at most `nodes` values.
    pub(crate) fn parse(text: &str, nodes: usize) -> Result<Json, BadJson> {
        let mut parser = Parser::new(text);
        let mut left = nodes;
        let Some(first) = parser.next()? else { return Err(parser.bad("it is empty")) };
        let document = build(&mut parser, first, &mut left)?;
        parser.next()?;
        Ok(document)
    }

    /// Every value of a name: readers differ in which one they take.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Json> {
        self.fields().iter().filter(move |(key, _)| key == name).map(|(_, value)| value)
    }

    /// Names and values of an object.
    pub(crate) fn fields(&self) -> &[(String, Json)] {
        match self {
            Json::Object(fields) => fields,
            _ => &[],
        }
    }

    /// Items of an array.
    pub(crate) fn items(&self) -> &[Json] {
        match self {
            Json::Array(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Recursion ends at the parser's depth.
fn build(parser: &mut Parser<'_>, event: Event<'_>, left: &mut usize) -> Result<Json, BadJson> {
    *left = left.checked_sub(1).ok_or_else(|| parser.bad("it has too many values"))?;
    Ok(match event {
        Event::Null => Json::Null,
        Event::Bool(value) => Json::Bool(value),
        Event::Number(text) => Json::Number(text.to_owned()),
        Event::Text(text) => Json::Text(text.into_owned()),
        Event::StartArray => {
            let mut items = Vec::new();
            while let Some(event) = parser.next()? {
                if event == Event::EndArray {
                    break;
                }
                items.push(build(parser, event, left)?);
            }
            Json::Array(items)
        }
        Event::StartObject => {
            let mut fields = Vec::new();
            while let Some(Event::Key(key)) = parser.next()? {
                let Some(event) = parser.next()? else { break };
                fields.push((key.into_owned(), build(parser, event, left)?));
            }
            Json::Object(fields)
        }
        Event::EndObject | Event::EndArray | Event::Key(_) => {
            return Err(parser.bad("a value is expected"));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_read_as_python_reads_them() {
        let json = Json::parse(r#" {"a": [1, -2.5e3, NaN, "x\u0041\ud83d\ude00"], "a": {}} "#, 99);
        let json = json.unwrap();
        assert_eq!(json.fields().len(), 2);
        assert_eq!(json.all("a").count(), 2);
        assert_eq!(json.fields()[0].1.items()[3].as_text(), Some("xA😀"));
    }

    #[test]
    fn broken_documents_are_refused() {
        for bad in ["", "{", "[1,]", "{\"a\":1,}", "[1 2]", "{\"a\" 1}", "01x", "\"\n\"", "1 2"] {
            assert!(Json::parse(bad, 99).is_err(), "{bad:?}");
        }
        assert!(Json::parse(&"[".repeat(100_000), 1 << 20).is_err());
        assert!(Json::parse("[1,2,3]", 3).is_err());
    }
}
