//! The header of an array file: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.

/// What the header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Bytes of the values; `None` for types that are not known.
    pub(super) data_bytes: Option<u64>,
    /// Whether any part of a value is a Python object.
    pub(super) has_objects: bool,
}

/// A Python literal, as far as such headers use them.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Literal {
    Text(String),
    Number(u64),
    Word(String),
    Sequence(Vec<Literal>),
    Dict(Vec<(Literal, Literal)>),
}

/// Literals inside each other.
const DEPTH: u32 = 16;

impl Header {
    pub(super) fn parse(bytes: &[u8]) -> Option<Header> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut reader = Reader { rest: text };
        let Literal::Dict(fields) = reader.literal(DEPTH)? else { return None };
        if !reader.rest.trim().is_empty() {
            return None;
        }
        let field = |name: &str| {
            let mut values =
                fields.iter().filter(|(key, _)| *key == Literal::Text(name.to_owned()));
            let (_, value) = values.next()?;
            values.next().is_none().then_some(value)
        };
        let descr = field("descr")?;
        let Literal::Sequence(shape) = field("shape")? else { return None };
        let mut elements: u64 = 1;
        for side in shape {
            let Literal::Number(side) = side else { return None };
            elements = elements.checked_mul(*side)?;
        }
        let has_objects = has_objects(descr);
        let data_bytes = item_bytes(descr).and_then(|size| size.checked_mul(elements));
        Some(Header { data_bytes, has_objects })
    }
}

/// Whether something in the header is called: a name, or what another call gave, with a bracket behind it.
pub(super) fn calls(bytes: &[u8]) -> bool {
    let mut quote = None;
    let mut before = b' ';
    for byte in bytes.iter().copied() {
        match quote {
            Some(open) if open == byte => quote = None,
            None if matches!(byte, b'\'' | b'"') => quote = Some(byte),
            None if byte == b'('
                && (before.is_ascii_alphanumeric() || b"_)]".contains(&before)) =>
            {
                return true;
            }
            Some(_) | None => {}
        }
        if !byte.is_ascii_whitespace() {
            before = byte;
        }
    }
    false
}

fn has_objects(descr: &Literal) -> bool {
    match descr {
        Literal::Text(text) => text.contains('O') || text.contains("object"),
        Literal::Sequence(fields) => fields.iter().any(has_objects),
        Literal::Dict(fields) => fields.iter().any(|(_, value)| has_objects(value)),
        Literal::Number(_) | Literal::Word(_) => false,
    }
}

fn item_bytes(descr: &Literal) -> Option<u64> {
    match descr {
        Literal::Text(text) => {
            let rest = text.trim_start_matches(['<', '>', '=', '|']);
            let mut chars = rest.chars();
            let kind = chars.next()?;
            let digits: String = chars.as_str().chars().take_while(char::is_ascii_digit).collect();
            let size: u64 = digits.parse().ok()?;
            match kind {
                'U' => size.checked_mul(4),
                'b' | 'i' | 'u' | 'f' | 'c' | 'S' | 'a' | 'V' | 'm' | 'M' | '?' | 'B' => Some(size),
                _ => None,
            }
        }
        Literal::Sequence(fields) => fields.iter().try_fold(0_u64, |all, field| {
            let Literal::Sequence(parts) = field else { return None };
            let size = match parts.as_slice() {
                [_, kind] => item_bytes(kind)?,
                [_, kind, shape] => {
                    let sides = match shape {
                        Literal::Sequence(sides) => sides.as_slice(),
                        Literal::Number(_) => std::slice::from_ref(shape),
                        _ => return None,
                    };
                    sides.iter().try_fold(item_bytes(kind)?, |all, side| match side {
                        Literal::Number(side) => all.checked_mul(*side),
                        _ => None,
                    })?
                }
                _ => return None,
            };
            all.checked_add(size)
        }),
        _ => None,
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn take(&mut self, c: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(c) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn literal(&mut self, depth: u32) -> Option<Literal> {
        let depth = depth.checked_sub(1)?;
        self.rest = self.rest.trim_start();
        let first = self.rest.chars().next()?;
        match first {
            '{' => {
                self.take('{');
                let mut fields = Vec::new();
                while !self.take('}') {
                    let key = self.literal(depth)?;
                    if !self.take(':') {
                        return None;
                    }
                    fields.push((key, self.literal(depth)?));
                    if !self.take(',') && !self.rest.trim_start().starts_with('}') {
                        return None;
                    }
                }
                Some(Literal::Dict(fields))
            }
            '(' | '[' => {
                let close = if first == '(' { ')' } else { ']' };
                self.take(first);
                let mut items = Vec::new();
                while !self.take(close) {
                    items.push(self.literal(depth)?);
                    if !self.take(',') && !self.rest.trim_start().starts_with(close) {
                        return None;
                    }
                }
                Some(Literal::Sequence(items))
            }
            '\'' | '"' => {
                let body = self.rest.get(1..)?;
                let end = body.find(first)?;
                let text = body.get(..end)?;
                self.rest = body.get(end + 1..)?;
                (!text.contains('\\')).then(|| Literal::Text(text.to_owned()))
            }
            _ => {
                let size =
                    self.rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(self.rest.len());
                let word = self.rest.get(..size)?;
                self.rest = self.rest.get(size..)?;
                if let Ok(number) = word.trim_end_matches('L').parse() {
                    return Some(Literal::Number(number));
                }
                (!word.is_empty()).then(|| Literal::Word(word.to_owned()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_say_how_much_data_follows() {
        let parse = |text: &str| Header::parse(text.as_bytes());
        let plain = parse("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }   \n");
        assert_eq!(plain, Some(Header { data_bytes: Some(48), has_objects: false }));
        let fields = "{'descr': [('a', '<i8'), ('b', '<U3', (2,))], 'shape': (), 'x': True}";
        assert_eq!(parse(fields), Some(Header { data_bytes: Some(32), has_objects: false }));
        let objects = parse("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}").unwrap();
        assert!(objects.has_objects);
        let hidden = "{'descr': [('a', [('b', 'O')])], 'shape': (1,)}";
        assert!(parse(hidden).unwrap().has_objects);
    }

    #[test]
    fn broken_headers_are_refused() {
        for bad in ["", "{", "{'descr': '<f4'}", "{'shape': (1,)} x", "{'a' 'b'}", "[1"] {
            assert_eq!(Header::parse(bad.as_bytes()), None, "{bad:?}");
        }
        assert!(calls(b"{'descr': __import__('os').getpid(), 'shape': (1,)}"));
        assert!(!calls(b"{'descr': 'f(x)', 'fortran_order': False, 'shape': (1, 2), }"));
        let twice = "{'descr': '<f4', 'descr': '|O', 'shape': (1,)}";
        assert_eq!(Header::parse(twice.as_bytes()), None);
    }
}
