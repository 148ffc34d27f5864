//! The symbolic machine: runs every opcode of the protocols 0 to 5 without making a single object.
//!
//! What is called is recorded when it is called, not when its result is used; a name is judged when
//! it is imported. Where Python's own readers disagree, the machine says so.

mod constants;
mod imports;
mod memo;
mod streams;

use std::collections::HashMap;

use super::cursor::{Cursor, Halt};
use super::facts::{Deed, Fact, Nested};
use super::value::{Contents, Heap, Node, Storage, Value};
use crate::limits::Budget;
use crate::source::ReadAt;

/// Facts of one stream that are kept.
const FACTS: usize = 1000;
/// Steps between two looks at the budget.
pub(super) const STEPS: u64 = 4096;
/// The longest text that is read to be understood.
const TEXT_BYTES: usize = 64 << 10;
/// The longest persistent id in what may be no pickle: plain loaders take none at all, and no other one so long.
const PERSISTENT_ID: u64 = 1 << 20;
/// Streams inside each other.
const STREAMS: u32 = 8;
/// No frame is open.
const NO_FRAME: u64 = u64::MAX;
/// Places of the memo that are kept densely; what lies beyond takes more room.
const DENSE_MEMO: usize = 16 << 20;
/// Bytes that a place of the memo takes there, about.
const FAR_PLACE_BYTES: usize = 40;
/// Bytes that everything may take that is kept.
const KEPT_BYTES: usize = 36 << 20;

/// Why a stream ends that pops what is not there.
const EMPTY: &str = "it takes more from its stack than it put there";

/// One stream, being run.
pub(super) struct Machine<'a> {
    pub(super) cursor: Cursor<'a>,
    pub(super) heap: Heap,
    pub(super) facts: Vec<Fact>,
    pub(super) nested: Vec<Nested>,
    /// Pickles that stand in texts and that a loader gets, by the place of the call; none of what is too much.
    pub(super) handed: Vec<(u64, Option<Vec<u8>>)>,
    /// Constants that are large enough to be pickles themselves.
    pub(super) constants: Vec<Nested>,
    /// Calls of any kind, and imports, that were made.
    pub(super) calls: u64,
    pub(super) imports: u64,
    /// Whether the bytes may be no pickle at all: a name that no module has ends the run then.
    pub(super) is_trial: bool,
    pub(super) steps: u64,
    /// What the stream amounts to.
    pub(super) result: Value,
    /// Bytes between opcodes that only joblib's loader steps over.
    pub(super) raw: Vec<(u64, u64)>,
    /// Whether the stream is run as loaders other than joblib's run it.
    pub(super) is_plain: bool,
    pub(super) protocol: u8,
    budget: &'a Budget,
    stack: Vec<Value>,
    marks: Vec<usize>,
    memo: Vec<Value>,
    far_memo: HashMap<u32, Value>,
    memo_size: u32,
    globals: HashMap<Vec<u8>, Value>,
    /// Texts whose bytes in the file are escaped, or that are no text there.
    pub(super) decoded: HashMap<u64, String>,
    /// How much of them is kept, and of names.
    pub(super) kept_bytes: usize,
    /// Bytes of what the streams around this one keep.
    around_bytes: usize,
    frame_end: u64,
    is_cut: bool,
    /// Steps of this stream that may be run.
    limit: u64,
    /// Streams inside each other.
    depth: u32,
    dangerous: usize,
    lesser: usize,
    /// Where the opcode at work starts.
    at: u64,
}

/// How a stream ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// At its STOP.
    Stopped,
    /// Before it.
    Halted(Halt),
}

impl<'a> Machine<'a> {
    pub(super) fn new(source: &'a dyn ReadAt, start: u64, budget: &'a Budget) -> Machine<'a> {
        Machine {
            cursor: Cursor::new(source, start),
            heap: Heap::default(),
            facts: Vec::new(),
            nested: Vec::new(),
            handed: Vec::new(),
            constants: Vec::new(),
            calls: 0,
            imports: 0,
            is_trial: false,
            steps: 0,
            result: Value::Absent,
            raw: Vec::new(),
            is_plain: false,
            limit: u64::MAX,
            depth: 0,
            protocol: 0,
            budget,
            stack: Vec::with_capacity(256),
            marks: Vec::new(),
            memo: Vec::new(),
            far_memo: HashMap::new(),
            memo_size: 0,
            globals: HashMap::new(),
            decoded: HashMap::new(),
            kept_bytes: 0,
            around_bytes: 0,
            frame_end: NO_FRAME,
            is_cut: false,
            dangerous: 0,
            lesser: 0,
            at: start,
        }
    }

    #[inline]
    fn step(&mut self, opcode: u8) -> Result<(), Halt> {
        match opcode {
            // Constants.
            b'N' => self.push(Value::None),
            0x88 => self.push(Value::Bool(true)),
            0x89 => self.push(Value::Bool(false)),
            b'K' => {
                let number = self.cursor.byte()?;
                self.push(Value::int(i64::from(number)));
            }
            b'M' => {
                let number = u16::from_le_bytes(self.cursor.array()?);
                self.push(Value::int(i64::from(number)));
            }
            b'J' => {
                let number = i32::from_le_bytes(self.cursor.array()?);
                self.push(Value::int(i64::from(number)));
            }
            b'G' => {
                let number = f64::from_be_bytes(self.cursor.array()?);
                self.push(Value::float(number));
            }
            0x8a => {
                let size = self.cursor.byte()?;
                self.long(u64::from(size))?;
            }
            0x8b => {
                let size = self.signed_size()?;
                self.long(size)?;
            }
            b'I' | b'L' | b'F' => self.number_line(opcode)?,
            // Text and bytes.
            // Python 3 reads the strings of Python 2 as text.
            0x8c | b'U' => {
                let size = self.cursor.byte()?;
                self.text_of(u64::from(size))?;
            }
            b'X' => {
                let size = self.size_4()?;
                self.text_of(size)?;
            }
            0x8d => {
                let size = self.size_8()?;
                self.text_of(size)?;
            }
            b'T' => {
                let size = self.signed_size()?;
                self.text_of(size)?;
            }
            b'S' | b'V' => self.text_line(opcode)?,
            b'C' => {
                let size = self.cursor.byte()?;
                self.bytes_of(u64::from(size))?;
            }
            b'B' => {
                let size = self.size_4()?;
                self.bytes_of(size)?;
            }
            0x8e | 0x96 => {
                let size = self.size_8()?;
                self.bytes_of(size)?;
            }
            0x97 => {
                self.buffer_outside()?;
            }
            0x98 => {
                self.top()?;
            }
            // The memo.
            b'q' => {
                let index = self.cursor.byte()?;
                self.memoise(u32::from(index))?;
            }
            b'r' => {
                let index = u32::from_le_bytes(self.cursor.array()?);
                self.memoise(index)?;
            }
            b'p' => {
                self.top()?;
                let index = self.memo_line()?;
                self.memoise(index)?;
            }
            0x94 => self.memoise(self.memo_size)?,
            b'h' => {
                let index = self.cursor.byte()?;
                self.recall(u32::from(index))?;
            }
            b'j' => {
                let index = u32::from_le_bytes(self.cursor.array()?);
                self.recall(index)?;
            }
            b'g' => {
                let index = self.memo_line()?;
                self.recall(index)?;
            }
            // The stack.
            b'(' => self.marks.push(self.stack.len()),
            b'0' => self.pop_or_unmark()?,
            b'1' => {
                let from = self.unmark()?;
                self.discard_from(from);
            }
            b'2' => {
                let top = self.top()?;
                self.push(top);
            }
            // Containers.
            b')' => {
                let tuple = self.heap.tuple(&[])?;
                self.push(tuple);
            }
            0x85 => self.tuple_of(1)?,
            0x86 => self.tuple_of(2)?,
            0x87 => self.tuple_of(3)?,
            b't' => {
                let from = self.unmark()?;
                let tuple = self.tuple_from(from)?;
                self.push(tuple);
            }
            b']' => self.push_container(Node::List)?,
            b'}' => self.push_container(Node::Dict)?,
            0x8f => self.push_container(Node::Set)?,
            b'l' => self.fill_new(Node::List)?,
            b'd' => self.fill_new(Node::Dict)?,
            0x91 => self.fill_new(Node::FrozenSet)?,
            b'a' => self.fill_one("APPEND", 1)?,
            b's' => self.fill_one("SETITEM", 2)?,
            b'e' => self.fill_many("APPENDS")?,
            b'u' => self.fill_many("SETITEMS")?,
            0x90 => self.fill_many("ADDITEMS")?,
            // Names and calls.
            b'c' => {
                let global = self.import_lines()?;
                self.push(global);
            }
            0x93 => self.import_stack()?,
            0x82 => {
                let code = self.cursor.byte()?;
                self.extension(u32::from(code))?;
            }
            0x83 => {
                let code = u16::from_le_bytes(self.cursor.array()?);
                self.extension(u32::from(code))?;
            }
            0x84 => {
                let code = u32::from_le_bytes(self.cursor.array()?);
                self.extension(code)?;
            }
            b'R' => self.reduce()?,
            b'i' => self.inst()?,
            b'o' => self.obj()?,
            0x81 => self.new_object(false)?,
            0x92 => self.new_object(true)?,
            b'b' => self.build()?,
            b'P' => {
                let most = if self.is_trial { PERSISTENT_ID } else { u64::MAX };
                let (offset, line) = self.cursor.line_within(most)?;
                let text = String::from_utf8_lossy(line).into_owned();
                let span = self.heap.span(offset, text.len() as u64)?;
                self.keep_text(offset, text);
                self.persistent(Value::Text(span))?;
            }
            b'Q' => {
                let id = self.pop()?;
                self.persistent(id)?;
            }
            // The stream itself.
            0x80 => {
                let protocol = self.cursor.byte()?;
                if protocol > 5 {
                    return Err(Halt::Broken("its protocol is not known"));
                }
                self.protocol = self.protocol.max(protocol);
            }
            0x95 => self.frame()?,
            other => return Err(Halt::NoOpcode(other)),
        }
        Ok(())
    }

    // ---- the stack ----

    #[inline]
    pub(super) fn push(&mut self, value: Value) {
        self.stack.push(value);
    }

    fn fence(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Result<Value, Halt> {
        if self.stack.len() <= self.fence() {
            return Err(Halt::Broken(EMPTY));
        }
        self.stack.pop().ok_or(Halt::Broken(EMPTY))
    }

    pub(super) fn top(&self) -> Result<Value, Halt> {
        if self.stack.len() <= self.fence() {
            return Err(Halt::Broken(EMPTY));
        }
        self.stack.last().copied().ok_or(Halt::Broken("its stack is empty"))
    }

    /// The position of the last mark; the mark is gone.
    pub(super) fn unmark(&mut self) -> Result<usize, Halt> {
        self.marks.pop().ok_or(Halt::Broken("there is no mark"))
    }

    /// Takes everything above a position off the stack, after something was done with it. The stack may
    /// be large: it is not copied.
    pub(super) fn with_top<T>(
        &mut self,
        from: usize,
        work: impl FnOnce(&mut Self, &[Value]) -> T,
    ) -> T {
        let mut stack = std::mem::take(&mut self.stack);
        let done = work(self, stack.get(from..).unwrap_or_default());
        stack.truncate(from);
        self.stack = stack;
        done
    }

    fn tuple_from(&mut self, from: usize) -> Result<Value, Halt> {
        let items = self.stack.get(from..).unwrap_or_default();
        let tuple = self.heap.tuple(items)?;
        for index in from..self.stack.len() {
            self.passed_on(index);
        }
        self.stack.truncate(from);
        Ok(tuple)
    }

    fn tuple_of(&mut self, count: usize) -> Result<(), Halt> {
        let from = self
            .stack
            .len()
            .checked_sub(count)
            .filter(|from| *from >= self.fence())
            .ok_or(Halt::Broken(EMPTY))?;
        let tuple = self.tuple_from(from)?;
        self.push(tuple);
        Ok(())
    }

    fn pop_or_unmark(&mut self) -> Result<(), Halt> {
        if !self.marks.is_empty() && self.stack.len() == self.fence() {
            self.marks.pop();
            return Ok(());
        }
        let from = self.stack.len().saturating_sub(1);
        if self.stack.len() <= self.fence() {
            return Err(Halt::Broken(EMPTY));
        }
        self.discard_from(from);
        Ok(())
    }

    /// Throws values away; a call whose result nobody keeps was made for its effect.
    fn discard_from(&mut self, from: usize) {
        self.with_top(from, |machine, values| {
            for value in values {
                machine.discarded(*value);
            }
        });
    }

    fn stop(&mut self) {
        let result = self.stack.pop();
        let rest = std::mem::take(&mut self.stack);
        for value in rest {
            self.discarded(value);
        }
        if let Some(value) = result {
            self.result = value;
            self.passed_on_value(value);
        }
        let position = self.cursor.position();
        if self.frame_end != NO_FRAME && position < self.frame_end {
            self.disagree("the stream ends before its frame");
        }
    }

    fn passed_on(&mut self, index: usize) {
        if let Some(value @ Value::Node(_)) = self.stack.get(index).copied() {
            self.passed_on_value(value);
        }
    }

    // ---- containers ----

    fn push_container(&mut self, node: fn(Contents) -> Node) -> Result<(), Halt> {
        let container = self.heap.add(node(Contents::default()))?;
        self.push(container);
        Ok(())
    }

    fn fill_new(&mut self, node: fn(Contents) -> Node) -> Result<(), Halt> {
        let from = self.unmark()?;
        let container = self.heap.add(node(Contents::default()))?;
        self.with_top(from, |machine, items| machine.fill(container, items));
        self.push(container);
        Ok(())
    }

    fn fill_one(&mut self, opcode: &'static str, count: usize) -> Result<(), Halt> {
        let mut items = [Value::Absent; 2];
        for place in items.iter_mut().take(count).rev() {
            *place = self.pop()?;
        }
        let target = self.top()?;
        let items = items.get(..count).unwrap_or_default();
        self.fill_checked(opcode, target, items)
    }

    fn fill_many(&mut self, opcode: &'static str) -> Result<(), Halt> {
        let from = self.unmark()?;
        let target = from.checked_sub(1).filter(|place| *place >= self.fence());
        let target = target.and_then(|place| self.stack.get(place)).copied();
        let target = target.ok_or(Halt::Broken(EMPTY))?;
        self.with_top(from, |machine, items| machine.fill_checked(opcode, target, items))
    }

    /// Keeps what is put into a container of this stream.
    pub(super) fn fill(&mut self, container: Value, items: &[Value]) {
        for item in items {
            if let Value::Node(_) = item {
                self.passed_on_value(*item);
            }
        }
        self.heap.put(container, items);
    }

    /// Keeps a fact about the opcode at work.
    pub(super) fn note(&mut self, deed: Deed, subject: String, evidence: String) {
        self.note_at(self.at, deed, subject, evidence);
    }

    pub(super) fn note_at(&mut self, offset: u64, deed: Deed, subject: String, evidence: String) {
        // Lesser facts must not crowd out dangerous ones.
        let count = if deed.is_dangerous() { &mut self.dangerous } else { &mut self.lesser };
        *count += 1;
        if *count <= FACTS {
            self.facts.push(Fact { deed, offset, subject, evidence });
        }
    }

    /// Where the opcode at work starts.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Whether there were more facts than are kept.
    pub(super) fn overflowed(&self) -> bool {
        self.dangerous > FACTS || self.lesser > FACTS
    }

    /// The tensors' storages that the stream refers to.
    pub(super) fn storages(&mut self) -> Vec<Storage> {
        std::mem::take(&mut self.heap.storages)
    }
}
