//! Turns the text format into the bytes that it stands for.

use super::tokens::{Broken, Tokens};
use super::{Form, PLACES, WIRE};
use crate::analyse::shown;
use crate::formats::protobuf::Shape;
use crate::limits::{Budget, Spent};

/// Messages inside each other.
const DEPTH: usize = 100;
/// Bytes in which the size of a message is written, whatever it is.
const SIZE: usize = 5;
/// What is told of gaps.
const GAPS: usize = 100;
/// The one type whose number matters, and the number that any other one gets.
const TYPES: (&str, u64, u64) = ("DT_STRING", 7, 1);

/// What a text stands for.
#[derive(Default)]
pub(super) struct Written {
    /// The bytes, without what nothing looks at.
    pub(super) wire: Vec<u8>,
    /// Where fields stand: in the bytes, and in the text.
    pub(super) places: Vec<(u32, u32)>,
    /// What was not understood.
    pub(super) gaps: Vec<(usize, String)>,
}

/// A message that is open.
struct Open {
    shape: &'static Shape,
    /// Where its size stands, and the bracket that ends it.
    size_at: usize,
    close: u8,
    /// The field that it is in a list of.
    list: Option<(u32, &'static Shape)>,
}

/// How a message goes on.
enum Next {
    On,
    /// A field with a value inside of a message was read.
    Leaf,
    End,
}

/// Whether a text is of this form: it has a message, and in it a value, and nothing before is unknown.
pub(super) fn recognise(form: &Form, text: &str) -> bool {
    let mut writer = Writer::new(form, text);
    while let (Ok(next), true) = (writer.field(), writer.written.gaps.is_empty()) {
        match next {
            Next::On => {}
            Next::Leaf => return true,
            Next::End => return false,
        }
    }
    false
}

/// Writes all of it.
pub(super) fn write(form: &Form, text: &str, budget: &Budget) -> Result<Written, Spent> {
    let mut writer = Writer::new(form, text);
    for count in 0_u32.. {
        if count.is_multiple_of(4096) {
            budget.check_time()?;
        }
        match writer.field() {
            Ok(Next::On | Next::Leaf) => {}
            Ok(Next::End) => break,
            Err(why) => {
                let name = writer.open.last().map_or(form.root.name, |open| open.shape.name);
                writer.gap(format!("{name} is garbled from here on: {why}"));
                break;
            }
        }
    }
    while writer.open.len() > 1 {
        writer.end_message();
    }
    Ok(writer.written)
}

struct Writer<'t> {
    form: &'t Form,
    tokens: Tokens<'t>,
    open: Vec<Open>,
    written: Written,
}

impl<'t> Writer<'t> {
    fn new(form: &'t Form, text: &'t str) -> Writer<'t> {
        let root = Open { shape: form.root, size_at: 0, close: 0, list: None };
        Writer { form, tokens: Tokens::new(text), open: vec![root], written: Written::default() }
    }

    fn gap(&mut self, why: String) {
        if self.written.gaps.len() < GAPS {
            self.written.gaps.push((self.tokens.position(), why));
        }
    }

    /// Reads one field, or the end of a message.
    fn field(&mut self) -> Result<Next, Broken> {
        let depth = self.open.len();
        let Some(open) = self.open.last_mut() else { return Ok(Next::End) };
        while self.tokens.take(b',') || self.tokens.take(b';') {}
        let Some(first) = self.tokens.peek() else {
            return if depth == 1 { Ok(Next::End) } else { Err("it ends inside of a message") };
        };
        if let Some((number, inner)) = open.list {
            if self.tokens.take(b']') {
                open.list = None;
                return Ok(Next::On);
            }
            return self.begin_message(number, inner);
        }
        if first == open.close {
            self.tokens.take(first);
            self.end_message();
            return Ok(Next::On);
        }
        let shape = open.shape;
        if first == b'[' {
            self.gap(format!("{} has an extension", shape.name));
            self.tokens.skip_value()?;
            self.tokens.take(b':');
            self.tokens.skip_value()?;
            return Ok(Next::On);
        }
        let at = self.tokens.position();
        let name = self.tokens.word()?;
        let is_scalar = self.tokens.take(b':');
        let value = self.tokens.peek().ok_or("a field has no value")?;
        let is_block = matches!(value, b'{' | b'<' | b'[');
        if !is_scalar && !is_block {
            return Err("a field has no value");
        }
        let names = (self.form.names)();
        let number = names.get(shape.name).and_then(|fields| fields.get(name)).copied();
        let inner = shape.messages.iter().find(|(known, _)| Some(*known) == number);
        match (number, inner) {
            (Some(number), Some((_, inner))) if is_block => {
                self.place(at)?;
                if self.tokens.take(b'[') {
                    if let Some(open) = self.open.last_mut() {
                        open.list = Some((number, inner));
                    }
                    return Ok(Next::On);
                }
                return self.begin_message(number, inner);
            }
            (Some(number), None) if shape.told.contains(&number) => {
                self.place(at)?;
                self.values(number)?;
            }
            (Some(number), None) if shape.inert.contains(&number) => self.tokens.skip_value()?,
            _ => {
                let name = shown(name.as_bytes(), 60);
                self.gap(format!("{} has a field {name} that is not known", shape.name));
                self.tokens.skip_value()?;
            }
        }
        Ok(if depth > 1 && is_scalar { Next::Leaf } else { Next::On })
    }

    fn place(&mut self, at: usize) -> Result<(), Broken> {
        let place = u32::try_from(self.written.wire.len()).ok().zip(u32::try_from(at).ok());
        match place.filter(|_| self.written.places.len() < PLACES) {
            Some(place) => self.written.places.push(place),
            None => return Err("there is more than is read of a text graph"),
        }
        Ok(())
    }

    fn begin_message(&mut self, number: u32, shape: &'static Shape) -> Result<Next, Broken> {
        let close = if self.tokens.take(b'{') {
            b'}'
        } else if self.tokens.take(b'<') {
            b'>'
        } else {
            return Err("a message was expected");
        };
        if self.open.len() >= DEPTH {
            return Err("the budget of 100 messages inside each other ran out");
        }
        self.varint(u64::from(number) << 3 | 2)?;
        let size_at = self.written.wire.len();
        self.written.wire.extend([0; SIZE]);
        self.open.push(Open { shape, size_at, close, list: None });
        Ok(Next::On)
    }

    fn end_message(&mut self) {
        if let Some(open) = self.open.pop() {
            self.put_size(open.size_at);
        }
    }

    /// Puts the size where room was left for it: in base 128, all digits but the last marked.
    fn put_size(&mut self, size_at: usize) {
        let start = size_at + SIZE;
        let mut size = self.written.wire.len().saturating_sub(start);
        if let Some(room) = self.written.wire.get_mut(size_at..start) {
            for digit in room {
                *digit = u8::try_from(size & 0x7f).unwrap_or(0) | 0x80;
                size >>= 7;
            }
        }
        if let Some(last) = self.written.wire.get_mut(start - 1) {
            *last &= 0x7f;
        }
    }

    /// One value, or a list of them.
    fn values(&mut self, number: u32) -> Result<(), Broken> {
        if !self.tokens.take(b'[') {
            return self.value(number);
        }
        while !self.tokens.take(b']') {
            self.value(number)?;
            self.tokens.take(b',');
        }
        Ok(())
    }

    fn value(&mut self, number: u32) -> Result<(), Broken> {
        if matches!(self.tokens.peek(), Some(b'"' | b'\'')) {
            self.varint(u64::from(number) << 3 | 2)?;
            let size_at = self.written.wire.len();
            self.written.wire.extend([0; SIZE]);
            let read = self.tokens.texts(&mut self.written.wire, WIRE);
            self.put_size(size_at);
            return read;
        }
        let word = self.tokens.word()?;
        let (name, its_number, other) = TYPES;
        let value = if word == name { its_number } else { number_of(word).unwrap_or(other) };
        self.varint(u64::from(number) << 3)?;
        self.varint(value)
    }

    fn varint(&mut self, mut value: u64) -> Result<(), Broken> {
        if self.written.wire.len() + 16 > WIRE {
            return Err("there is more than is read of a text graph");
        }
        loop {
            let digit = u8::try_from(value & 0x7f).unwrap_or(0);
            value >>= 7;
            if value == 0 {
                self.written.wire.push(digit);
                return Ok(());
            }
            self.written.wire.push(digit | 0x80);
        }
    }
}

/// A number in base 10, 16 or 8, as its first digits say.
fn number_of(word: &str) -> Option<u64> {
    let in_base = |digits: &str, base| u64::from_str_radix(digits, base).ok();
    match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        Some(digits) => in_base(digits, 16),
        None if word.starts_with('0') => in_base(word, 8),
        None => in_base(word, 10),
    }
}
