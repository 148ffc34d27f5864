//! The tensors that a pickle describes: dictionaries and lists of `_rebuild_tensor_v2` calls, and nothing else.

use std::collections::HashSet;

use super::machine::{End, Machine};
use super::value::{Node, Storage, Value};
use crate::analyse::{Entry, Stop, shown};
use crate::formats::torch::element_bytes;
use crate::limits::Budget;
use crate::source::Part;
use crate::tensors::{Dtype, TensorPlace};

/// Dictionaries inside each other.
const DEPTH: u32 = 16;
/// Tensors of one checkpoint.
const TENSORS: usize = 200_000;
/// The longest name.
const NAME_BYTES: usize = 4_096;
/// Sides of one tensor.
const SIDES: usize = 32;

/// A tensor as a pickle describes it.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    pub(crate) name: String,
    /// The key of its storage.
    pub(crate) key: String,
    pub(crate) storage_bytes: u64,
    dtype: Dtype,
    shape: Vec<u64>,
    strides: Vec<u64>,
    first_element: u64,
}

impl Described {
    /// The tensor, once it is known where its storage starts.
    pub(crate) fn at(self, storage_start: u64) -> TensorPlace {
        let Described { name, storage_bytes, dtype, shape, strides, first_element, .. } = self;
        TensorPlace { name, dtype, shape, strides, first_element, storage_start, storage_bytes }
    }
}

/// Runs one stream to its end, keeping everything; answers where it ends.
fn run<'a>(
    source: &'a Part<'a>,
    budget: &'a Budget,
    offset: u64,
) -> Result<(Machine<'a>, u64), Stop> {
    let mut machine = Machine::new(source, 0, budget);
    machine.heap.keeps_all = true;
    match machine.run(u64::MAX) {
        End::Stopped if machine.heap.is_cut => no("it has more in one place than is converted"),
        End::Stopped => {
            let end = offset.saturating_add(machine.cursor.position());
            budget.pickle_steps(machine.steps % super::machine::STEPS)?;
            Ok((machine, end))
        }
        End::Halted(halt) => no(format!("its pickle cannot be followed to its end: {halt}")),
    }
}

fn no<T>(why: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Unexamined(why.into()))
}

fn part<'a>(entry: &Entry<'a>, start: u64, size: u64) -> Part<'a> {
    Part::new(entry.source, start, size)
}

/// The tensors of the stream at `start`, or those under one name of it, and where it ends.
pub(crate) fn describe(
    entry: &Entry<'_>,
    start: u64,
    size: u64,
    budget: &Budget,
    under: Option<&str>,
) -> Result<(Vec<Described>, u64), Stop> {
    let source = part(entry, start, size);
    let (machine, end) = run(&source, budget, start)?;
    if let Some(fact) = machine.facts.first() {
        let place = start.saturating_add(fact.offset);
        return no(format!("{} (byte {place}: {})", fact.message(), fact.evidence));
    }
    let mut root = machine.result;
    if let Some(under) = under {
        root = match machine.entry(root, under) {
            Some(found) => found,
            None => return no(format!("nothing in it is called `{under}`")),
        };
    }
    let mut table = Table { machine: &machine, tensors: Vec::new(), names: HashSet::new() };
    if let Err(Stop::Unexamined(why)) = table.add("", root, DEPTH) {
        let candidates = table.candidates(root);
        return no(if candidates.is_empty() {
            why
        } else {
            format!("{why}; there are tensors alone under {}", candidates.join(", "))
        });
    }
    if table.tensors.is_empty() {
        return no("it holds no tensor");
    }
    Ok((table.tensors, end))
}

/// Where the stream at `start` ends.
pub(crate) fn skip_stream(entry: &Entry<'_>, start: u64, budget: &Budget) -> Result<u64, Stop> {
    let source = part(entry, start, entry.size.saturating_sub(start));
    Ok(run(&source, budget, start)?.1)
}

/// The list of texts that the stream at `start` is, and where it ends.
pub(crate) fn texts(
    entry: &Entry<'_>,
    start: u64,
    budget: &Budget,
) -> Result<(Vec<String>, u64), Stop> {
    let source = part(entry, start, entry.size.saturating_sub(start));
    let (machine, end) = run(&source, budget, start)?;
    let Some(Node::List(contents)) = machine.heap.node(machine.result) else {
        return no("its storages are not listed");
    };
    let texts = machine.heap.contents(contents).iter().map(|item| machine.text(*item));
    match texts.collect::<Option<Vec<String>>>() {
        Some(texts) => Ok((texts, end)),
        None => no("a storage has no name"),
    }
}

/// The storages that the stream at `start` names.
pub(crate) fn storages_of(
    entry: &Entry<'_>,
    start: u64,
    budget: &Budget,
) -> Result<Vec<Storage>, Stop> {
    let source = part(entry, start, entry.size.saturating_sub(start));
    Ok(run(&source, budget, start)?.0.storages())
}

impl Machine<'_> {
    /// The items of a dictionary, whatever it was made with: keys and values take turns.
    fn pairs(&self, value: Value) -> Option<&[Value]> {
        match self.heap.node(value)? {
            Node::Dict(contents) => Some(self.heap.contents(contents)),
            Node::Made(index) => {
                let made = self.heap.made(index)?;
                let class = self.heap.global(made.callee)?;
                let is_dict = class.module == "collections" && class.name == "OrderedDict";
                let is_bare = self.heap.items(made.args).is_some_and(<[Value]>::is_empty);
                (is_dict && is_bare).then(|| self.heap.contents(made.items))
            }
            _ => None,
        }
    }

    /// What a dictionary has under a name.
    fn entry(&self, dict: Value, name: &str) -> Option<Value> {
        self.pairs(dict)?.chunks_exact(2).rev().find_map(|pair| match pair {
            [key, value] if self.text(*key).as_deref() == Some(name) => Some(*value),
            _ => None,
        })
    }
}

struct Table<'m, 'a> {
    machine: &'m Machine<'a>,
    tensors: Vec<Described>,
    names: HashSet<String>,
}

impl Table<'_, '_> {
    fn add(&mut self, name: &str, value: Value, depth: u32) -> Result<(), Stop> {
        let Some(depth) = depth.checked_sub(1) else {
            return no(format!("{} is nested too deeply", named(name)));
        };
        let machine = self.machine;
        if let Some(pairs) = machine.pairs(value) {
            for pair in pairs.chunks_exact(2) {
                let [key, value] = pair else { continue };
                let key = match *key {
                    Value::Int(number) => Some(number.get().to_string()),
                    key => machine.text(key),
                };
                let Some(key) = key else {
                    return no(format!("{} has a key that is no text", named(name)));
                };
                self.add(&joined(name, &key), *value, depth)?;
            }
            return Ok(());
        }
        match machine.heap.node(value) {
            Some(Node::List(contents)) => {
                for (at, item) in machine.heap.contents(contents).iter().enumerate() {
                    self.add(&joined(name, &at.to_string()), *item, depth)?;
                }
                Ok(())
            }
            Some(Node::Tuple { .. }) => {
                let Some(items) = machine.heap.all_items(value) else {
                    return no(format!("{} is a tuple that is too long", named(name)));
                };
                for (at, item) in items.iter().enumerate() {
                    self.add(&joined(name, &at.to_string()), *item, depth)?;
                }
                Ok(())
            }
            _ => self.add_tensor(name, value, true),
        }
    }

    fn add_tensor(&mut self, name: &str, value: Value, may_be_wrapped: bool) -> Result<(), Stop> {
        let machine = self.machine;
        let what = || machine.express(value);
        let made = match machine.heap.node(value) {
            Some(Node::Made(index)) => machine.heap.made(index),
            _ => None,
        };
        let Some(made) = made else {
            return no(format!("{} is no tensor: {}", named(name), what()));
        };
        let class = machine.heap.global(made.callee).map(super::value::Global::full_name);
        let items = machine.heap.all_items(made.args).unwrap_or_default();
        if made.state != Value::Absent {
            return no(format!("{} is a tensor with attributes: {}", named(name), what()));
        }
        match (class.as_deref(), items) {
            (Some("torch._utils._rebuild_parameter"), [tensor, ..]) if may_be_wrapped => {
                self.add_tensor(name, *tensor, false)
            }
            (Some("torch._utils._rebuild_tensor"), [storage, first, sizes, strides]) => {
                self.keep(name, *storage, [*first, *sizes, *strides], None)
            }
            (
                Some("torch._utils._rebuild_tensor_v2"),
                [storage, first, sizes, strides, _gradient, _hooks, rest @ ..],
            ) if self.has_no_flags(rest) => {
                self.keep(name, *storage, [*first, *sizes, *strides], None)
            }
            (
                Some("torch._utils._rebuild_tensor_v3"),
                [storage, first, sizes, strides, _gradient, _hooks, dtype, rest @ ..],
            ) if self.has_no_flags(rest) => {
                self.keep(name, *storage, [*first, *sizes, *strides], Some(*dtype))
            }
            _ => no(format!("{} is no plain tensor: {}", named(name), what())),
        }
    }

    /// Conjugate and negative views say so in a dictionary; everything else is what its bytes are.
    fn has_no_flags(&self, rest: &[Value]) -> bool {
        match rest {
            [] | [Value::None] => true,
            [flags] => self.machine.pairs(*flags).is_some_and(<[Value]>::is_empty),
            _ => false,
        }
    }

    fn keep(
        &mut self,
        name: &str,
        storage: Value,
        [first, sizes, strides]: [Value; 3],
        dtype: Option<Value>,
    ) -> Result<(), Stop> {
        let heap = &self.machine.heap;
        let storage = match heap.node(storage) {
            Some(Node::Storage(index)) => heap.storages.get(index as usize),
            _ => None,
        };
        let Some(storage) = storage else {
            return no(format!("{} has no storage of its own kind", named(name)));
        };
        let found = match dtype {
            None => of_storage(&storage.kind),
            Some(dtype) => heap.global(dtype).and_then(|global| {
                if global.module == "torch" { of_dtype(&global.name) } else { None }
            }),
        };
        let Some(dtype) = found else {
            let kind = dtype.map_or_else(|| storage.kind.clone(), |it| self.machine.express(it));
            return no(format!("{} is of a type that safetensors has not: {kind}", named(name)));
        };
        let bytes =
            element_bytes(&storage.kind).and_then(|size| storage.elements.checked_mul(size));
        let (Value::Int(first), Some(storage_bytes)) = (first, bytes) else {
            return no(format!("{} has no place in its storage", named(name)));
        };
        let (Ok(first_element), Some(shape), Some(strides)) =
            (u64::try_from(first.get()), self.numbers(sizes), self.numbers(strides))
        else {
            return no(format!("{} has sides that are no numbers", named(name)));
        };
        let name = if name.is_empty() { "tensor" } else { name };
        if name.len() > NAME_BYTES || name.contains(char::REPLACEMENT_CHARACTER) {
            return no("a tensor has a name that is no text, or too long");
        }
        // What safetensors keeps beside the tensors is called so.
        if name == "__metadata__" {
            return no("a tensor has the name of what safetensors keeps beside the tensors");
        }
        if !self.names.insert(name.to_owned()) {
            return no(format!("two tensors are called {}", named(name)));
        }
        if self.tensors.len() >= TENSORS {
            return no(format!("it has more than {TENSORS} tensors"));
        }
        self.tensors.push(Described {
            name: name.to_owned(),
            key: storage.key.clone(),
            storage_bytes,
            dtype,
            shape,
            strides,
            first_element,
        });
        Ok(())
    }

    fn numbers(&self, tuple: Value) -> Option<Vec<u64>> {
        let items = self.machine.heap.all_items(tuple).filter(|items| items.len() <= SIDES)?;
        let number = |item: &Value| match item {
            Value::Int(number) => u64::try_from(number.get()).ok(),
            _ => None,
        };
        items.iter().map(number).collect()
    }

    /// Names under which there are tensors and nothing else.
    fn candidates(&self, root: Value) -> Vec<String> {
        let Some(pairs) = self.machine.pairs(root) else { return Vec::new() };
        let mut found = Vec::new();
        for pair in pairs.chunks_exact(2).take(256) {
            let [key, value] = pair else { continue };
            let Some(key) = self.machine.text(*key) else { continue };
            if self.machine.pairs(*value).is_none_or(<[Value]>::is_empty) {
                continue;
            }
            let mut table =
                Table { machine: self.machine, tensors: Vec::new(), names: HashSet::new() };
            if table.add("", *value, DEPTH).is_ok() && !table.tensors.is_empty() {
                found.push(format!("`{}`", shown(key.as_bytes(), 80)));
            }
        }
        found.truncate(8);
        found
    }
}

fn joined(name: &str, key: &str) -> String {
    if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") }
}

fn named(name: &str) -> String {
    if name.is_empty() {
        "what it holds".to_owned()
    } else {
        format!("`{}`", shown(name.as_bytes(), 200))
    }
}

/// The type of a storage's elements.
fn of_storage(kind: &str) -> Option<Dtype> {
    Dtype::find(match kind {
        "DoubleStorage" => "F64",
        "FloatStorage" => "F32",
        "HalfStorage" => "F16",
        "BFloat16Storage" => "BF16",
        "LongStorage" => "I64",
        "IntStorage" => "I32",
        "ShortStorage" => "I16",
        "CharStorage" => "I8",
        "ByteStorage" => "U8",
        "BoolStorage" => "BOOL",
        "ComplexFloatStorage" => "C64",
        _ => return None,
    })
}

/// The type that `torch` has under this name.
fn of_dtype(name: &str) -> Option<Dtype> {
    Dtype::find(match name {
        "float64" => "F64",
        "float32" => "F32",
        "float16" => "F16",
        "bfloat16" => "BF16",
        "int64" => "I64",
        "int32" => "I32",
        "int16" => "I16",
        "int8" => "I8",
        "uint64" => "U64",
        "uint32" => "U32",
        "uint16" => "U16",
        "uint8" => "U8",
        "bool" => "BOOL",
        "complex64" => "C64",
        "float8_e5m2" => "F8_E5M2",
        "float8_e4m3fn" => "F8_E4M3",
        "float8_e8m0fnu" => "F8_E8M0",
        "float8_e5m2fnuz" => "F8_E5M2FNUZ",
        "float8_e4m3fnuz" => "F8_E4M3FNUZ",
        _ => return None,
    })
}
