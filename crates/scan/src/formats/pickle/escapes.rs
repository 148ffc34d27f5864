//! The escapes of the text opcodes of protocol 0.

/// A quoted string: without its quotes and escapes, or `None` when it has no quotes.
pub(super) fn quoted(line: &[u8]) -> Option<String> {
    let [first, inner @ .., last] = line else { return None };
    if first != last || !matches!(first, b'\'' | b'"') {
        return None;
    }
    let mut out = Vec::new();
    let mut bytes = inner.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match bytes.next() {
            Some(b'n') => out.push(b'\n'),
            Some(b't') => out.push(b'\t'),
            Some(b'r') => out.push(b'\r'),
            Some(b'a') => out.push(7),
            Some(b'b') => out.push(8),
            Some(b'f') => out.push(12),
            Some(b'v') => out.push(11),
            Some(b'x') => {
                let mut code = 0;
                for _ in 0..2 {
                    match bytes.peek().and_then(|b| char::from(*b).to_digit(16)) {
                        Some(digit) => {
                            code = code * 16 + digit;
                            bytes.next();
                        }
                        None => break,
                    }
                }
                out.push(u8::try_from(code).unwrap_or(b'?'));
            }
            Some(digit @ b'0'..=b'7') => {
                let mut code = u32::from(digit - b'0');
                for _ in 0..2 {
                    match bytes.peek().and_then(|b| char::from(*b).to_digit(8)) {
                        Some(digit) => {
                            code = code * 8 + digit;
                            bytes.next();
                        }
                        None => break,
                    }
                }
                out.push(u8::try_from(code & 0xff).unwrap_or(b'?'));
            }
            Some(b'\n') | None => {}
            Some(other @ (b'\\' | b'\'' | b'"')) => out.push(other),
            Some(other) => out.extend([b'\\', other]),
        }
    }
    Some(String::from_utf8_lossy(&out).into_owned())
}

/// Text in which only `\u` with four digits and `\U` with eight are escapes; other bytes are Latin-1.
pub(super) fn raw_unicode(line: &[u8]) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte == b'\\'
            && let Some((c, size)) = unicode_escape(after)
        {
            out.push(c);
            rest = after.get(size..).unwrap_or_default();
        } else {
            out.push(char::from(*byte));
        }
    }
    out
}

/// The character of `u` with four digits or `U` with eight, and the size of its escape.
fn unicode_escape(text: &[u8]) -> Option<(char, usize)> {
    let size = match text.first()? {
        b'u' => 5,
        b'U' => 9,
        _ => return None,
    };
    let digits = std::str::from_utf8(text.get(1..size)?).ok()?;
    let code = u32::from_str_radix(digits, 16).ok()?;
    Some((char::from_u32(code).unwrap_or('\u{fffd}'), size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_do_not_hide_a_name() {
        assert_eq!(quoted(br"'\x6f\163.system'").unwrap(), "os.system");
        assert_eq!(quoted(b"'a"), None);
        assert_eq!(raw_unicode(br"\u006fs"), "os");
        assert_eq!(raw_unicode(br"\u00"), r"\u00");
    }
}
