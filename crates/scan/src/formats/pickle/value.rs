//! What a pickle makes, as far as its verdict needs it.
//!
//! Values are small and copied; everything larger lives in the [`Heap`]. Contents of lists and
//! dictionaries are kept only as far as evidence shows them: what matters about them is judged when
//! it is put in.

use std::collections::HashMap;

use super::cursor::Halt;
use super::names::{Standing, Vetted};
use super::packed::{Integer, Span};

/// Items of a tuple that are kept.
const TUPLE_ITEMS: usize = 64;
/// Items of a list, set or dictionary that are kept for evidence.
pub(super) const LIST_ITEMS: usize = 64;
/// The same where all of them are wanted.
const ALL_ITEMS: usize = 1 << 20;
/// Lists whose items are kept, and items of all of them.
const LISTS: usize = 100_000;
const LIST_VALUES: usize = 1 << 20;
/// Objects that can be followed.
const NODES: usize = 16 << 20;
/// Tuple items that can be followed.
const TUPLE_VALUES: usize = 8 << 20;
/// Distinct names that can be followed.
const GLOBALS: usize = 100_000;

/// One value on the stack or in the memo: eight bytes, because there may be millions of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    /// Nothing: an unused place of the memo.
    Absent,
    None,
    Bool(bool),
    Int(Integer),
    /// An integer beyond 56 bits.
    BigInt,
    /// As exact as evidence shows it.
    Float(f32),
    /// Text in the file.
    Text(Span),
    /// Bytes in the file.
    Bytes(Span),
    /// Something on the heap.
    Node(u32),
}

impl Value {
    /// An integer, if it is not too large to be kept.
    #[inline]
    pub(super) fn int(number: i64) -> Value {
        Integer::new(number).map_or(Value::BigInt, Value::Int)
    }

    #[expect(clippy::cast_possible_truncation, reason = "it is only shown")]
    #[inline]
    pub(super) fn float(number: f64) -> Value {
        Value::Float(number as f32)
    }
}

/// Something larger than a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Node {
    /// `start` and `kept` of its items; `size` is how many there were, `weight` how many values stand in it
    /// once it is written out.
    Tuple {
        start: u32,
        kept: u8,
        depth: u16,
        size: u32,
        weight: f32,
    },
    List(Contents),
    Dict(Contents),
    Set(Contents),
    FrozenSet(Contents),
    /// An imported name.
    Global(u32),
    /// What a call returned or a class made.
    Made(u32),
    /// What a persistent id stands for.
    Persistent {
        start: u32,
    },
    /// A tensor's storage.
    Storage(u32),
    /// An entry of the extension registry.
    Extension(u32),
    /// A buffer from outside the stream.
    Buffer,
}

/// The kept items of a mutable container.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Contents {
    /// Where its items are kept, one further; 0 where none are.
    list: u32,
    /// How many values stand in it once it is written out.
    weight: f32,
    /// How many containers stand inside each other in it.
    depth: u16,
}

/// What a call returned or a class made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Made {
    pub(super) callee: Value,
    pub(super) args: Value,
    /// What may be done with it; `None` for what came from a name nobody has vetted.
    pub(super) vetted: Option<Vetted>,
    /// Whether the memo holds it.
    pub(super) is_memoised: bool,
    /// The state that it was last given.
    pub(super) state: Value,
    /// What was put into it, where everything is kept.
    pub(super) items: Contents,
    pub(super) offset: u64,
}

/// One imported name.
#[derive(Clone, Debug)]
pub(super) struct Global {
    pub(super) module: String,
    pub(super) name: String,
    pub(super) offset: u64,
    pub(super) standing: Standing,
    /// How often it was reported for what was done with it.
    pub(super) reported: u32,
}

impl Global {
    /// The name as people write it.
    pub(super) fn full_name(&self) -> String {
        format!("{}.{}", self.module, self.name)
    }
}

/// A tensor's storage, as a persistent id describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Storage {
    /// The name of the type: `FloatStorage`.
    pub(crate) kind: String,
    /// The member or key that holds its bytes.
    pub(crate) key: String,
    /// How many elements it has.
    pub(crate) elements: u64,
    /// Where the stream names it.
    pub(crate) offset: u64,
}

/// Everything larger than a value.
#[derive(Default)]
pub(super) struct Heap {
    nodes: Vec<Node>,
    tuple_values: Vec<Value>,
    lists: Vec<Vec<Value>>,
    list_values: usize,
    made: Vec<Made>,
    /// How long the texts and bytes are that are longer than a span says, by their offset.
    long: HashMap<u64, u64>,
    pub(super) globals: Vec<Global>,
    pub(super) storages: Vec<Storage>,
    /// Values in the largest container once it is written out, and containers inside each other in the
    /// deepest one.
    pub(super) heaviest: f32,
    pub(super) deepest: u16,
    /// Whether contents are kept whole, for somebody who wants all of them.
    pub(super) keeps_all: bool,
    /// Whether there were more of them than that.
    pub(super) is_cut: bool,
}

impl Heap {
    /// Bytes that all of it takes, about.
    pub(super) fn bytes(&self) -> usize {
        self.nodes.len() * size_of::<Node>()
            + (self.tuple_values.len() + self.list_values) * size_of::<Value>()
            + self.lists.len() * size_of::<Vec<Value>>()
            + self.made.len() * size_of::<Made>()
            + (self.storages.len() + self.long.len()) * 128
    }

    /// Where a text or bytes stand; an error where no place can be kept that is so far away.
    pub(super) fn span(&mut self, offset: u64, size: u64) -> Result<Span, Halt> {
        let span = Span::new(offset, size).ok_or(Halt::TooManyObjects)?;
        if span.is_long() {
            self.long.insert(offset, size);
        }
        Ok(span)
    }

    /// How many bytes a span covers.
    pub(super) fn span_size(&self, span: Span) -> u64 {
        if !span.is_long() {
            return u64::from(span.short_size());
        }
        self.long.get(&span.offset()).copied().unwrap_or_default()
    }

    pub(super) fn add(&mut self, node: Node) -> Result<Value, Halt> {
        let index = self.nodes.len();
        if index >= NODES {
            return Err(Halt::TooManyObjects);
        }
        self.nodes.push(node);
        Ok(Value::Node(narrow(index)))
    }

    pub(super) fn node(&self, value: Value) -> Option<Node> {
        match value {
            Value::Node(index) => self.nodes.get(index as usize).copied(),
            _ => None,
        }
    }

    pub(super) fn tuple(&mut self, items: &[Value]) -> Result<Value, Halt> {
        let start = self.tuple_values.len();
        let kept = items.get(..TUPLE_ITEMS.min(items.len())).unwrap_or_default();
        if start + kept.len() > TUPLE_VALUES {
            return Err(Halt::TooManyObjects);
        }
        self.tuple_values.extend_from_slice(kept);
        let (weight, depth) = self.measure(items);
        self.heaviest = self.heaviest.max(weight);
        self.deepest = self.deepest.max(depth);
        self.add(Node::Tuple {
            start: narrow(start),
            kept: u8::try_from(kept.len()).unwrap_or(u8::MAX),
            depth,
            size: narrow(items.len()),
            weight,
        })
    }

    /// How many values stand in a container of these items, and how deep they are nested.
    fn measure(&self, items: &[Value]) -> (f32, u16) {
        let mut weight = 0.0;
        let mut depth = 0_u16;
        for item in items {
            let (more, below) = match self.node(*item) {
                Some(Node::Tuple { weight, depth, .. }) => (weight, depth),
                Some(
                    Node::List(inner)
                    | Node::Dict(inner)
                    | Node::Set(inner)
                    | Node::FrozenSet(inner),
                ) => (inner.weight, inner.depth),
                _ => (0.0, 0),
            };
            weight += more + 1.0;
            depth = depth.max(below);
        }
        (weight, depth.saturating_add(1))
    }

    /// The kept items of a tuple.
    pub(super) fn items(&self, value: Value) -> Option<&[Value]> {
        match self.node(value)? {
            Node::Tuple { start, kept, .. } => {
                let start = start as usize;
                self.tuple_values.get(start..start + usize::from(kept))
            }
            _ => None,
        }
    }

    /// The items of a tuple, when all of them were kept.
    pub(super) fn all_items(&self, value: Value) -> Option<&[Value]> {
        match self.node(value)? {
            Node::Tuple { kept, size, .. } if u32::from(kept) == size => self.items(value),
            _ => None,
        }
    }

    /// Keeps items of a list, set or dictionary, as long as there is room.
    pub(super) fn put(&mut self, container: Value, items: &[Value]) {
        let (weight, depth) = self.measure(items);
        let Value::Node(index) = container else { return };
        let Some(node) = self.nodes.get_mut(index as usize) else { return };
        let contents = match node {
            Node::List(contents)
            | Node::Dict(contents)
            | Node::Set(contents)
            | Node::FrozenSet(contents) => contents,
            Node::Made(made) if self.keeps_all => match self.made.get_mut(*made as usize) {
                Some(made) => &mut made.items,
                None => return,
            },
            _ => return,
        };
        contents.weight += weight;
        contents.depth = contents.depth.max(depth);
        self.heaviest = self.heaviest.max(contents.weight);
        self.deepest = self.deepest.max(contents.depth);
        if contents.list == 0 && self.lists.len() < LISTS {
            self.lists.push(Vec::new());
            contents.list = narrow(self.lists.len());
        }
        self.is_cut |= contents.list == 0;
        if let Some(list) = place(*contents).and_then(|list| self.lists.get_mut(list)) {
            let most = if self.keeps_all { ALL_ITEMS } else { LIST_ITEMS };
            let room = most.saturating_sub(list.len()).min(items.len());
            let room = room.min(LIST_VALUES - self.list_values);
            self.is_cut |= room < items.len();
            list.extend_from_slice(items.get(..room).unwrap_or_default());
            self.list_values += room;
        }
    }

    /// The kept items of a list, set or dictionary; keys and values take turns.
    pub(super) fn contents(&self, contents: Contents) -> &[Value] {
        place(contents).and_then(|list| self.lists.get(list)).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn make(&mut self, made: Made) -> Result<Value, Halt> {
        let index = self.made.len();
        self.made.push(made);
        self.add(Node::Made(narrow(index)))
    }

    pub(super) fn made(&self, index: u32) -> Option<&Made> {
        self.made.get(index as usize)
    }

    /// An imported name needs no finding for being there.
    pub(super) fn mark_reported(&mut self, value: Value) {
        if let Some(Node::Global(index)) = self.node(value)
            && let Some(global) = self.globals.get_mut(index as usize)
        {
            global.reported = global.reported.saturating_add(1);
        }
    }

    pub(super) fn mark_memoised(&mut self, value: Value) {
        if let Some(Node::Made(index)) = self.node(value)
            && let Some(made) = self.made.get_mut(index as usize)
        {
            made.is_memoised = true;
        }
    }

    pub(super) fn keep_state(&mut self, value: Value, state: Value) {
        if let Some(Node::Made(index)) = self.node(value)
            && let Some(made) = self.made.get_mut(index as usize)
        {
            made.state = state;
        }
    }

    pub(super) fn global(&self, value: Value) -> Option<&Global> {
        match self.node(value)? {
            Node::Global(index) => self.globals.get(index as usize),
            _ => None,
        }
    }

    pub(super) fn add_global(&mut self, global: Global) -> Result<u32, Halt> {
        if self.globals.len() >= GLOBALS {
            return Err(Halt::TooManyObjects);
        }
        self.globals.push(global);
        Ok(narrow(self.globals.len() - 1))
    }

    pub(super) fn persistent(&mut self, id: Value) -> Result<Value, Halt> {
        let start = narrow(self.tuple_values.len());
        self.tuple_values.push(id);
        self.add(Node::Persistent { start })
    }

    pub(super) fn persistent_id(&self, start: u32) -> Value {
        self.tuple_values.get(start as usize).copied().unwrap_or(Value::Absent)
    }
}

/// Where the items of a container are kept.
fn place(contents: Contents) -> Option<usize> {
    contents.list.checked_sub(1).map(|list| list as usize)
}

/// Indices stay below the limits above, which fit.
fn narrow(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
