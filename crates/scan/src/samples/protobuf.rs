//! Protocol buffers, put together field by field.

/// A field that is a number.
pub fn number(field: u32, value: u64) -> Vec<u8> {
    let mut out = varint(u64::from(field) << 3);
    out.extend(varint(value));
    out
}

/// A field that is text, bytes or a message.
pub fn bytes(field: u32, content: &[u8]) -> Vec<u8> {
    let mut out = varint(u64::from(field) << 3 | 2);
    out.extend(varint(content.len() as u64));
    out.extend(content);
    out
}

/// A field that is text.
pub fn text(field: u32, content: &str) -> Vec<u8> {
    bytes(field, content.as_bytes())
}

/// A message of fields.
pub fn message(fields: &[Vec<u8>]) -> Vec<u8> {
    fields.concat()
}

/// A number in base 128.
pub fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let digit = u8::try_from(value & 0x7f).unwrap_or(0);
        value >>= 7;
        if value == 0 {
            out.push(digit);
            return out;
        }
        out.push(digit | 0x80);
    }
}
