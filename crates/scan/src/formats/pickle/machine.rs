//! The symbolic machine: runs every opcode of the protocols 0 to 5 without making a single object.
//!
//! What is called is recorded when it is called, not when its result is used; a name is judged when
//! it is imported. Where Python's own readers disagree, the machine says so.

use std::collections::HashMap;

use super::cursor::{Cursor, Halt};
use super::facts::{Deed, Fact, Nested};
use super::names::{self, Standing};
use super::value::{Contents, Global, Heap, Node, Storage, Value};
use crate::limits::Budget;
use crate::source::ReadAt;

/// Facts of one stream that are kept.
const FACTS: usize = 1000;
/// Steps between two looks at the budget.
pub(super) const STEPS: u64 = 4096;
/// The longest text that is read to be understood.
const TEXT_BYTES: u32 = 64 << 10;
/// No frame is open.
const NO_FRAME: u64 = u64::MAX;
/// Places of the memo that are kept densely.
const DENSE_MEMO: usize = 1 << 20;

/// One stream, being run.
pub(super) struct Machine<'a> {
    pub(super) cursor: Cursor<'a>,
    pub(super) heap: Heap,
    pub(super) facts: Vec<Fact>,
    pub(super) nested: Vec<Nested>,
    /// Calls of any kind, and imports, that were made.
    pub(super) calls: u64,
    pub(super) imports: u64,
    /// Imports of what no module is called.
    pub(super) implausible: u64,
    pub(super) steps: u64,
    pub(super) protocol: u8,
    budget: &'a Budget,
    stack: Vec<Value>,
    marks: Vec<usize>,
    memo: Vec<Value>,
    far_memo: HashMap<u32, Value>,
    memo_size: u32,
    globals: HashMap<Vec<u8>, Value>,
    /// Texts whose bytes in the file are escaped, or that are no text there.
    decoded: HashMap<u64, String>,
    frame_end: u64,
    is_cut: bool,
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
            calls: 0,
            imports: 0,
            implausible: 0,
            steps: 0,
            protocol: 0,
            budget,
            stack: Vec::with_capacity(256),
            marks: Vec::new(),
            memo: Vec::new(),
            far_memo: HashMap::new(),
            memo_size: 0,
            globals: HashMap::new(),
            decoded: HashMap::new(),
            frame_end: NO_FRAME,
            is_cut: false,
            dangerous: 0,
            lesser: 0,
            at: start,
        }
    }

    /// Runs until STOP, the first error, or `limit` steps.
    pub(super) fn run(&mut self, limit: u64) -> End {
        let mut unpaid = 0;
        loop {
            self.at = self.cursor.position();
            if self.at == self.frame_end {
                self.frame_end = NO_FRAME;
            }
            let step = match self.cursor.opcode() {
                Ok(Some(b'.')) => {
                    self.stop();
                    return if self.is_cut { End::Halted(Halt::CutOff) } else { End::Stopped };
                }
                Ok(Some(opcode)) => self.step(opcode),
                Ok(None) => Err(Halt::CutOff),
                Err(halt) => Err(halt),
            };
            if let Err(halt) = step {
                self.forgotten_imports();
                return End::Halted(halt);
            }
            if self.cursor.position() > self.frame_end {
                self.disagree("an opcode crosses the end of its frame");
                self.frame_end = NO_FRAME;
            }
            self.steps += 1;
            unpaid += 1;
            if unpaid == STEPS {
                unpaid = 0;
                if let Err(spent) = self.budget.pickle_steps(STEPS) {
                    return End::Halted(Halt::Spent(spent));
                }
            }
            if self.steps >= limit {
                return End::Halted(Halt::Broken("it goes on for too long"));
            }
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
                self.push(Value::Int(i64::from(number)));
            }
            b'M' => {
                let number = u16::from_le_bytes(self.cursor.array()?);
                self.push(Value::Int(i64::from(number)));
            }
            b'J' => {
                let number = i32::from_le_bytes(self.cursor.array()?);
                self.push(Value::Int(i64::from(number)));
            }
            b'G' => {
                let number = f64::from_be_bytes(self.cursor.array()?);
                self.push(Value::Float(number));
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
            0x8c => {
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
            // Python 3 reads the strings of Python 2 as text.
            b'U' => {
                let size = self.cursor.byte()?;
                self.text_of(u64::from(size))?;
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
                let buffer = self.heap.add(Node::Buffer)?;
                self.push(buffer);
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
                let (offset, line) = self.cursor.line()?;
                let text = String::from_utf8_lossy(line).into_owned();
                let size = u32::try_from(text.len()).unwrap_or(u32::MAX);
                self.decoded.insert(offset, text);
                self.persistent(Value::Text { size, offset })?;
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
            return Err(Halt::Broken("it takes more from its stack than it put there"));
        }
        self.stack.pop().ok_or(Halt::Broken("it takes more from its stack than it put there"))
    }

    pub(super) fn top(&self) -> Result<Value, Halt> {
        if self.stack.len() <= self.fence() {
            return Err(Halt::Broken("it takes more from its stack than it put there"));
        }
        self.stack.last().copied().ok_or(Halt::Broken("its stack is empty"))
    }

    /// The position of the last mark; the mark is gone.
    pub(super) fn unmark(&mut self) -> Result<usize, Halt> {
        self.marks.pop().ok_or(Halt::Broken("there is no mark"))
    }

    /// Everything above a position, off the stack.
    pub(super) fn take_from(&mut self, from: usize) -> Vec<Value> {
        self.stack.split_off(from.min(self.stack.len()))
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
            .ok_or(Halt::Broken("it takes more from its stack than it put there"))?;
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
            return Err(Halt::Broken("it takes more from its stack than it put there"));
        }
        self.discard_from(from);
        Ok(())
    }

    /// Throws values away; a call whose result nobody keeps was made for its effect.
    fn discard_from(&mut self, from: usize) {
        for value in self.take_from(from) {
            self.discarded(value);
        }
    }

    fn stop(&mut self) {
        let result = self.stack.pop();
        let rest = std::mem::take(&mut self.stack);
        for value in rest {
            self.discarded(value);
        }
        if let Some(value) = result {
            self.passed_on_value(value);
        }
        let position = self.cursor.position();
        if self.frame_end != NO_FRAME && position < self.frame_end {
            self.disagree("the stream ends before its frame");
        }
        self.forgotten_imports();
    }

    fn passed_on(&mut self, index: usize) {
        if let Some(value @ Value::Node(_)) = self.stack.get(index).copied() {
            self.passed_on_value(value);
        }
    }

    // ---- constants ----

    fn size_4(&mut self) -> Result<u64, Halt> {
        Ok(u64::from(u32::from_le_bytes(self.cursor.array()?)))
    }

    fn size_8(&mut self) -> Result<u64, Halt> {
        Ok(u64::from_le_bytes(self.cursor.array()?))
    }

    fn signed_size(&mut self) -> Result<u64, Halt> {
        let size = i32::from_le_bytes(self.cursor.array()?);
        u64::try_from(size).map_err(|_| Halt::Broken("a length is negative"))
    }

    fn long(&mut self, size: u64) -> Result<(), Halt> {
        if size > 8 {
            self.cursor.skip(size)?;
            self.push(Value::BigInt);
            return Ok(());
        }
        let mut number = [0; 8];
        let mut last = 0;
        for place in number.iter_mut().take(usize::try_from(size).unwrap_or(8)) {
            *place = self.cursor.byte()?;
            last = *place;
        }
        if last & 0x80 != 0 {
            for place in number.iter_mut().skip(usize::try_from(size).unwrap_or(8)) {
                *place = 0xff;
            }
        }
        self.push(Value::Int(i64::from_le_bytes(number)));
        Ok(())
    }

    fn number_line(&mut self, opcode: u8) -> Result<(), Halt> {
        let (_, line) = self.cursor.line()?;
        let text = std::str::from_utf8(line).unwrap_or("").trim();
        let text = if opcode == b'L' { text.strip_suffix('L').unwrap_or(text) } else { text };
        let value = match (opcode, text) {
            (b'I', "00") => Value::Bool(false),
            (b'I', "01") => Value::Bool(true),
            (b'F', _) => Value::Float(text.parse().unwrap_or(f64::NAN)),
            _ => text.parse().map_or(Value::BigInt, Value::Int),
        };
        let plausible = !text.is_empty()
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-._".contains(&b));
        if !plausible {
            return Err(Halt::Broken("a number cannot be read"));
        }
        self.push(value);
        Ok(())
    }

    #[inline]
    fn text_of(&mut self, size: u64) -> Result<(), Halt> {
        let offset = self.cursor.position();
        self.cursor.skip(size)?;
        self.push(Value::Text { size: u32::try_from(size).unwrap_or(u32::MAX), offset });
        Ok(())
    }

    fn bytes_of(&mut self, size: u64) -> Result<(), Halt> {
        let offset = self.cursor.position();
        self.cursor.skip(size)?;
        self.push(Value::Bytes { size: u32::try_from(size).unwrap_or(u32::MAX), offset });
        Ok(())
    }

    fn text_line(&mut self, opcode: u8) -> Result<(), Halt> {
        let (offset, line) = self.cursor.line()?;
        let text = if opcode == b'S' {
            super::escapes::quoted(line).ok_or(Halt::Broken("a string has no quotes"))?
        } else {
            super::escapes::raw_unicode(line)
        };
        let size = u32::try_from(text.len()).unwrap_or(u32::MAX);
        if text.as_bytes() != line {
            self.decoded.insert(offset, text);
        }
        self.push(Value::Text { size, offset });
        Ok(())
    }

    /// What a text says, when it can be known.
    pub(super) fn text(&self, value: Value) -> Option<String> {
        let Value::Text { size, offset } = value else { return None };
        if let Some(text) = self.decoded.get(&offset) {
            return Some(text.clone());
        }
        let bytes = self.cursor.read_back(offset, size.min(TEXT_BYTES) as usize)?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    // ---- the memo ----

    fn memo_line(&mut self) -> Result<u32, Halt> {
        let (_, line) = self.cursor.line()?;
        std::str::from_utf8(line)
            .ok()
            .and_then(|text| text.trim().parse().ok())
            .ok_or(Halt::Broken("a place of the memo cannot be read"))
    }

    #[inline]
    fn memoise(&mut self, index: u32) -> Result<(), Halt> {
        let value = self.top()?;
        if let Value::Node(_) = value {
            self.heap.mark_memoised(value);
        }
        let place = index as usize;
        if place < DENSE_MEMO && place <= self.memo.len().saturating_mul(2) + 1024 {
            if place >= self.memo.len() {
                self.memo.resize(place + 1, Value::Absent);
            }
            if let Some(kept) = self.memo.get_mut(place) {
                if *kept == Value::Absent {
                    self.memo_size += 1;
                }
                *kept = value;
            }
            self.far_memo.remove(&index);
        } else if self.far_memo.insert(index, value).is_none() {
            self.memo_size += 1;
        }
        Ok(())
    }

    #[inline]
    fn recall(&mut self, index: u32) -> Result<(), Halt> {
        let value = match self.memo.get(index as usize) {
            Some(Value::Absent) | None => self.far_memo.get(&index).copied(),
            Some(value) => Some(*value),
        };
        self.push(value.ok_or(Halt::Broken("it recalls what it never put into its memo"))?);
        Ok(())
    }

    // ---- containers ----

    fn push_container(&mut self, node: fn(Contents) -> Node) -> Result<(), Halt> {
        let container = self.heap.add(node(Contents::default()))?;
        self.push(container);
        Ok(())
    }

    fn fill_new(&mut self, node: fn(Contents) -> Node) -> Result<(), Halt> {
        let from = self.unmark()?;
        let items = self.take_from(from);
        self.push_container(node)?;
        let container = self.top()?;
        self.fill(container, &items);
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
        let items = self.take_from(from);
        let target = self.top()?;
        self.fill_checked(opcode, target, &items)
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

    // ---- names ----

    /// Two lines name a module and something in it.
    pub(super) fn import_lines(&mut self) -> Result<Value, Halt> {
        let (_, line) = self.cursor.line()?;
        let mut key = line.to_vec();
        key.push(b'\n');
        let module_size = key.len();
        let (_, line) = self.cursor.line()?;
        key.extend_from_slice(line);
        self.imports += 1;
        if let Some(known) = self.globals.get(&key) {
            return Ok(*known);
        }
        let (module, name) = key.split_at(module_size);
        let module = String::from_utf8_lossy(module.strip_suffix(b"\n").unwrap_or(module));
        let name = String::from_utf8_lossy(name);
        let value = self.import(&module, &name)?;
        self.globals.insert(key, value);
        Ok(value)
    }

    fn import_stack(&mut self) -> Result<(), Halt> {
        let name = self.pop()?;
        let module = self.pop()?;
        self.imports += 1;
        let (Some(module_text), Some(name_text)) = (self.text(module), self.text(name)) else {
            for operand in [module, name] {
                if !matches!(operand, Value::Text { .. } | Value::Node(_)) {
                    return Err(Halt::Broken("a name is not text"));
                }
            }
            let evidence = format!("{}.{}", self.express(module), self.express(name));
            self.note(Deed::ImportsComputed, "a computed name".to_owned(), evidence);
            let unknown = self.import("<computed>", "<computed>")?;
            self.push(unknown);
            return Ok(());
        };
        let mut key = module_text.clone().into_bytes();
        key.push(b'\n');
        key.extend_from_slice(name_text.as_bytes());
        let value = match self.globals.get(&key) {
            Some(known) => *known,
            None => {
                let value = self.import(&module_text, &name_text)?;
                self.globals.insert(key, value);
                value
            }
        };
        self.push(value);
        Ok(())
    }

    fn import(&mut self, module: &str, name: &str) -> Result<Value, Halt> {
        let (module, name) = names::in_python_3(self.protocol, module, name);
        let standing = if module == "<computed>" {
            Standing::Escape("imports a computed name")
        } else {
            names::standing(module, name)
        };
        if !is_module_name(module) {
            self.implausible += 1;
        }
        let global = Global {
            module: module.to_owned(),
            name: name.to_owned(),
            offset: self.at,
            standing,
            reported: 0,
        };
        let index = self.heap.add_global(global)?;
        self.heap.add(Node::Global(index))
    }

    fn extension(&mut self, code: u32) -> Result<(), Halt> {
        let evidence = format!("extension registry entry {code}");
        self.note(Deed::ImportsComputed, evidence.clone(), evidence);
        let extension = self.heap.add(Node::Extension(code))?;
        self.push(extension);
        Ok(())
    }

    // ---- the stream ----

    fn frame(&mut self) -> Result<(), Halt> {
        let size = self.size_8()?;
        let position = self.cursor.position();
        if self.frame_end != NO_FRAME {
            self.disagree("a frame opens inside another one");
        }
        // Readers give up here; what the rest would do is worth knowing all the same.
        self.is_cut |= size > self.cursor.left();
        self.frame_end = position.saturating_add(size);
        Ok(())
    }

    fn disagree(&mut self, how: &str) {
        self.note(Deed::ReadersDisagree, how.to_owned(), how.to_owned());
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

/// Whether a module can have this name. Text that is no pickle fails here first.
fn is_module_name(name: &str) -> bool {
    let is_word = |word: &str| {
        let mut chars = word.chars();
        chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && chars.all(|c| c.is_alphanumeric() || c == '_')
    };
    name == "<computed>" || name.split('.').all(is_word)
}
