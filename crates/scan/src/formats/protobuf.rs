//! Protocol buffers as they lie on the wire: fields are read by position, messages are walked by tables of
//! what is known of them.
//!
//! Nothing is kept but a small window, and the bytes of tensors are stepped over. A field that no table
//! knows is not examined, and said to be so. The source of the encoding is "Encoding" in the documentation
//! of Protocol Buffers.

use weighbridge_domain::Hasher;

use crate::analyse::{Entry, Scan, Stop, shown};
use crate::limits::Budget;
use crate::source::{ReadAt, read_some};

/// Messages inside each other; Google's own reader gives up there as well.
const DEPTH: usize = 100;
/// How much is read at once.
const WINDOW: usize = 16 << 10;
/// Fields that are looked at to recognise a message.
const OUTLINE: usize = 4096;

/// What is known of one kind of message, by the numbers of its fields.
pub(super) struct Shape {
    /// Its name in the format's own words.
    pub(super) name: &'static str,
    /// Fields that are messages.
    pub(super) messages: &'static [(u32, &'static Shape)],
    /// Fields that the visitor is told about.
    pub(super) told: &'static [u32],
    /// Fields that hold only numbers, texts and descriptions: nothing acts on them.
    pub(super) inert: &'static [u32],
}

impl Shape {
    /// A message of which nothing is told and nothing followed.
    pub(super) const fn inert(name: &'static str, inert: &'static [u32]) -> Shape {
        Shape { name, messages: &[], told: &[], inert }
    }
}

/// Bytes between two positions of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) start: u64,
    pub(super) end: u64,
}

impl Extent {
    /// All bytes of a file that are there.
    pub(super) fn of(entry: &Entry<'_>) -> Extent {
        Extent { start: 0, end: entry.size.min(entry.source.size()) }
    }

    pub(super) fn size(self) -> u64 {
        self.end.saturating_sub(self.start)
    }
}

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Number(u64),
    /// Four or eight bytes.
    Fixed,
    Bytes(Extent),
}

/// One field of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) number: u32,
    /// Where its key stands.
    pub(super) at: u64,
    pub(super) value: Value,
    /// Its bytes reach beyond the end of the message: what is there was taken.
    is_cut: bool,
}

/// Bytes that are no message, or a scan that has to end.
pub(super) enum Trouble {
    Garbled(u64, &'static str),
    Stop(Stop),
}

/// Who is told what a walk comes past. Messages are named as in their [`Shape`].
pub(super) trait Visitor {
    /// A message begins.
    fn enter(&mut self, message: &'static str, at: u64);

    /// A field of it that the table says to tell.
    fn field(
        &mut self,
        scan: &mut Scan,
        wire: &mut Wire<'_>,
        message: &'static str,
        field: &Field,
    ) -> Result<(), Stop>;

    /// It is over: all of its fields were told.
    fn leave(&mut self, scan: &mut Scan, message: &'static str, extent: Extent)
    -> Result<(), Stop>;
}

/// Walks through a message and all that is in it.
pub(super) fn walk(
    scan: &mut Scan,
    entry: &Entry<'_>,
    root: &'static Shape,
    extent: Extent,
    visitor: &mut dyn Visitor,
) -> Result<(), Stop> {
    let mut wire = Wire::new(entry, &scan.budget);
    let mut open = vec![(root, extent, extent.start)];
    visitor.enter(root.name, extent.start);
    while let Some((shape, extent, at)) = open.last_mut() {
        let (shape, extent) = (*shape, *extent);
        let field = match wire.next(at, extent.end) {
            Ok(Some(field)) => field,
            Ok(None) => {
                open.pop();
                visitor.leave(scan, shape.name, extent)?;
                continue;
            }
            Err(Trouble::Stop(stop)) => return Err(stop),
            Err(Trouble::Garbled(at, why)) => {
                let why = format!("{} is garbled from here on: {why}", shape.name);
                scan.skip(entry.place(Some(at)), why);
                open.pop();
                visitor.leave(scan, shape.name, extent)?;
                continue;
            }
        };
        if field.is_cut {
            let why = format!("a field of {} reaches beyond its end", shape.name);
            scan.skip(entry.place(Some(field.at)), why);
        }
        let inner = shape.messages.iter().find(|(number, _)| *number == field.number);
        match (inner, field.value) {
            (Some((_, inner)), Value::Bytes(extent)) => {
                if open.len() < DEPTH {
                    visitor.enter(inner.name, extent.start);
                    open.push((inner, extent, extent.start));
                } else {
                    let why = format!("the budget of {DEPTH} messages inside each other ran out");
                    scan.skip(entry.place(Some(field.at)), why);
                }
            }
            (None, _) if shape.told.contains(&field.number) => {
                visitor.field(scan, &mut wire, shape.name, &field)?;
            }
            (None, _) if shape.inert.contains(&field.number) => {}
            _ => {
                let why = format!("{} has a field {} that is not known", shape.name, field.number);
                scan.skip(entry.place(Some(field.at)), why);
            }
        }
    }
    Ok(())
}

/// The first values of some fields of a message; `None` when its bytes are no fields. A last one that is
/// cut off is forgiven.
pub(super) fn outline<const N: usize>(
    wire: &mut Wire<'_>,
    extent: Extent,
    wanted: [u32; N],
) -> Option<[Option<Value>; N]> {
    let mut found = [None; N];
    let mut at = extent.start;
    for _ in 0..OUTLINE {
        let field = match wire.next(&mut at, extent.end) {
            Ok(Some(field)) => field,
            Ok(None) => break,
            // What is missing may be all that is wrong with it.
            Err(Trouble::Garbled(..)) if at >= extent.end => break,
            Err(_) => return None,
        };
        let place = wanted.iter().position(|number| *number == field.number);
        if let Some(slot) = place.and_then(|place| found.get_mut(place)) {
            slot.get_or_insert(field.value);
        }
        if found.iter().all(Option::is_some) {
            break;
        }
    }
    Some(found)
}

/// A window on the bytes of a file.
pub(super) struct Wire<'a> {
    source: &'a dyn ReadAt,
    window: Vec<u8>,
    window_start: u64,
    budget: Budget,
}

impl<'a> Wire<'a> {
    pub(super) fn new(entry: &Entry<'a>, budget: &Budget) -> Wire<'a> {
        let (window, budget) = (Vec::new(), budget.clone());
        Wire { source: entry.source, window, window_start: 0, budget }
    }

    /// The field at `at`, which moves behind it; `None` at the end of the message.
    pub(super) fn next(&mut self, at: &mut u64, end: u64) -> Result<Option<Field>, Trouble> {
        if *at >= end {
            return Ok(None);
        }
        let start = *at;
        let key = self.varint(at, end)?;
        let number = u32::try_from(key >> 3).ok().filter(|n| (1..1 << 29).contains(n));
        let number = number.ok_or(Trouble::Garbled(start, "a field has an impossible number"))?;
        let (value, size) = match key & 7 {
            0 => (Value::Number(self.varint(at, end)?), 0),
            1 => (Value::Fixed, 8),
            2 => {
                let size = self.varint(at, end)?;
                let extent = Extent { start: *at, end: at.saturating_add(size).min(end) };
                (Value::Bytes(extent), size)
            }
            5 => (Value::Fixed, 4),
            _ => return Err(Trouble::Garbled(start, "a field has an impossible type")),
        };
        let is_cut = at.checked_add(size).is_none_or(|behind| behind > end);
        if is_cut && value == Value::Fixed {
            *at = end;
            return Err(Trouble::Garbled(start, "it ends inside of a number"));
        }
        *at = at.saturating_add(size).min(end);
        Ok(Some(Field { number, at: start, value, is_cut }))
    }

    /// A text, or as much of it as `limit` allows.
    pub(super) fn text(&mut self, extent: Extent, limit: usize) -> Result<String, Stop> {
        let size = usize::try_from(extent.size()).unwrap_or(limit).min(limit);
        let bytes = if let Some(held) = self.held(extent.start).and_then(|held| held.get(..size)) {
            held.to_vec()
        } else {
            read_some(self.source, extent.start, size)?
        };
        Ok(shown(&bytes, limit))
    }

    /// A number in base 128 of at most ten digits.
    pub(super) fn varint(&mut self, at: &mut u64, end: u64) -> Result<u64, Trouble> {
        let start = *at;
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            if *at >= end {
                return Err(Trouble::Garbled(start, "it ends inside of a number"));
            }
            let byte = self.byte(*at)?;
            *at += 1;
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Trouble::Garbled(start, "a number is too long"))
    }

    fn byte(&mut self, at: u64) -> Result<u8, Trouble> {
        if let Some(byte) = self.held(at).and_then(<[u8]>::first) {
            return Ok(*byte);
        }
        self.budget.check_time().map_err(|spent| Trouble::Stop(spent.into()))?;
        self.window =
            read_some(self.source, at, WINDOW).map_err(|error| Trouble::Stop(error.into()))?;
        self.window_start = at;
        self.window.first().copied().ok_or(Trouble::Garbled(at, "it is shorter than it was"))
    }

    fn held(&self, at: u64) -> Option<&[u8]> {
        let from = usize::try_from(at.checked_sub(self.window_start)?).ok()?;
        self.window.get(from..)
    }
}

/// Feeds the tables of a message and of all that can be in it into the rule set's digest.
pub(super) fn tables(hasher: &mut Hasher, root: &'static Shape) {
    let mut seen: Vec<&'static Shape> = vec![root];
    let mut at = 0;
    while let Some(shape) = seen.get(at).copied() {
        at += 1;
        hasher.update(format!("{}{:?}{:?}", shape.name, shape.told, shape.inert).as_bytes());
        for (number, inner) in shape.messages {
            hasher.update(format!("{number}{}", inner.name).as_bytes());
            if !seen.iter().any(|known| std::ptr::eq(*known, *inner)) {
                seen.push(inner);
            }
        }
    }
}
