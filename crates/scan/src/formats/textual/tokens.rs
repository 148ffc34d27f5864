//! The words of the text format: names, numbers, quoted texts, brackets, comments.

/// What keeps a text from being read further.
pub(super) type Broken = &'static str;

/// The text, and how far it was read.
#[derive(Clone)]
pub(super) struct Tokens<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str) -> Tokens<'t> {
        Tokens { text: text.strip_prefix('\u{feff}').unwrap_or(text), at: 0 }
    }

    /// Where the next word begins.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    fn bytes(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// The first byte of what comes next, behind blanks and comments; `None` at the end.
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.bytes().first()? {
                b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => self.at += 1,
                b'#' => {
                    let rest = self.bytes();
                    let end = rest.iter().position(|byte| *byte == b'\n');
                    self.at += end.unwrap_or(rest.len());
                }
                byte => return Some(*byte),
            }
        }
    }

    /// Takes this byte when it comes next.
    pub(super) fn take(&mut self, wanted: u8) -> bool {
        let is_next = self.peek() == Some(wanted);
        self.at += usize::from(is_next);
        is_next
    }

    /// A name or a number.
    pub(super) fn word(&mut self) -> Result<&'t str, Broken> {
        self.peek();
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.+-".contains(byte);
        let size =
            self.bytes().iter().position(|byte| !is_part(byte)).unwrap_or(self.bytes().len());
        let word = self.text.get(self.at..self.at + size).filter(|word| !word.is_empty());
        self.at += size;
        word.ok_or("a word was expected")
    }

    /// Quoted texts that follow one another are one; what they stand for is added to `out`.
    pub(super) fn texts(&mut self, out: &mut Vec<u8>, limit: usize) -> Result<(), Broken> {
        while let Some(quote @ (b'"' | b'\'')) = self.peek() {
            self.at += 1;
            loop {
                let byte = *self.bytes().first().ok_or("a text has no end")?;
                self.at += 1;
                let byte = match byte {
                    b'\n' => return Err("a text goes over the end of its line"),
                    b'\\' => match self.escape()? {
                        Escaped::Byte(byte) => byte,
                        Escaped::Letter(letter) => {
                            let mut buffer = [0; 4];
                            let letter = letter.encode_utf8(&mut buffer).as_bytes();
                            extend(out, letter, limit)?;
                            continue;
                        }
                    },
                    byte if byte == quote => break,
                    byte => byte,
                };
                extend(out, &[byte], limit)?;
            }
        }
        Ok(())
    }

    fn escape(&mut self) -> Result<Escaped, Broken> {
        let kind = *self.bytes().first().ok_or("a text has no end")?;
        self.at += 1;
        Ok(Escaped::Byte(match kind {
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 11,
            b'\\' | b'\'' | b'"' | b'?' => kind,
            b'0'..=b'7' => {
                self.at -= 1;
                u8::try_from(self.digits(8, 1, 3)?).map_err(|_| "an escape is too large")?
            }
            b'x' | b'X' => {
                u8::try_from(self.digits(16, 1, 2)?).map_err(|_| "an escape is too large")?
            }
            b'u' | b'U' => {
                let size = if kind == b'u' { 4 } else { 8 };
                let letter = char::from_u32(self.digits(16, size, size)?);
                return Ok(Escaped::Letter(letter.ok_or("an escape is no letter")?));
            }
            _ => return Err("an escape is not known"),
        }))
    }

    fn digits(&mut self, base: u32, least: usize, most: usize) -> Result<u32, Broken> {
        let (mut value, mut count) = (0_u32, 0);
        while let Some(digit) = self.bytes().first().and_then(|b| char::from(*b).to_digit(base)) {
            if count == most {
                break;
            }
            value = value.wrapping_mul(base) | digit;
            count += 1;
            self.at += 1;
        }
        if count < least { Err("an escape is too short") } else { Ok(value) }
    }

    /// Steps over a value: a word, texts, or brackets with all that is in them.
    pub(super) fn skip_value(&mut self) -> Result<(), Broken> {
        let mut open: Vec<u8> = Vec::new();
        loop {
            match self.peek().ok_or("it ends inside of a value")? {
                quote @ (b'"' | b'\'') => {
                    self.skip_text(quote)?;
                    if open.is_empty() && !matches!(self.peek(), Some(b'"' | b'\'')) {
                        return Ok(());
                    }
                    continue;
                }
                b'{' => open.push(b'}'),
                b'<' => open.push(b'>'),
                b'[' => open.push(b']'),
                close @ (b'}' | b'>' | b']') => {
                    if open.pop() != Some(close) {
                        return Err("a bracket closes nothing");
                    }
                }
                b':' | b',' | b';' | b'/' if !open.is_empty() => {}
                _ => {
                    self.word()?;
                    if open.is_empty() {
                        return Ok(());
                    }
                    continue;
                }
            }
            self.at += 1;
            if open.is_empty() {
                return Ok(());
            }
        }
    }

    fn skip_text(&mut self, quote: u8) -> Result<(), Broken> {
        self.at += 1;
        let mut is_escaped = false;
        for (size, byte) in self.bytes().iter().enumerate() {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = true,
                b'\n' => return Err("a text goes over the end of its line"),
                byte if *byte == quote => {
                    self.at += size + 1;
                    return Ok(());
                }
                _ => {}
            }
        }
        Err("a text has no end")
    }
}

enum Escaped {
    Byte(u8),
    Letter(char),
}

fn extend(out: &mut Vec<u8>, bytes: &[u8], limit: usize) -> Result<(), Broken> {
    if out.len() + bytes.len() > limit {
        return Err("there is more than is read of a text graph");
    }
    out.extend_from_slice(bytes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(written: &str) -> Result<Vec<u8>, Broken> {
        let mut out = Vec::new();
        Tokens::new(written).texts(&mut out, 100)?;
        Ok(out)
    }

    #[test]
    fn texts_are_what_readers_take_them_for() {
        assert_eq!(text(r#""a" 'b"' # c"#).unwrap(), b"ab\"");
        assert_eq!(text(r#""\n\0\1012\x41g\?\u0041""#).unwrap(), b"\n\0A2Ag?A");
        assert_eq!(text("\"a\\\"b\"").unwrap(), b"a\"b");
        for bad in ["\"a", "\"a\nb\"", r#""\q""#, r#""\777""#, r#""\ud800""#, "\"\\"] {
            assert!(text(bad).is_err(), "{bad}");
        }
        assert!(text(&format!("\"{}\"", "a".repeat(101))).is_err());
    }

    #[test]
    fn values_are_stepped_over_whole() {
        for (written, rest) in [
            ("{ a: '}' # }\n b < > c: [1, {}] } x", b'x'),
            ("'a' \"b\" x", b'x'),
            ("-1.5e+3f; x", b';'),
            ("[type.googleapis.com/a.B] { }", b'{'),
        ] {
            let mut tokens = Tokens::new(written);
            tokens.skip_value().unwrap();
            assert_eq!(tokens.peek(), Some(rest), "{written}");
        }
        for bad in ["{ ]", "}", "{", "'a", ""] {
            assert!(Tokens::new(bad).skip_value().is_err(), "{bad}");
        }
    }
}
