//! What the tensors of a model say of themselves: names, dimensions, and how many bytes they bring.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use crate::analyse::{Entry, Scan, Stop};
use crate::formats::protobuf::{Extent, Value, Wire};
use crate::rules;

/// Names of tensors that are compared.
const NAMES: usize = 500_000;
/// The longest name that is read.
const NAME: usize = 512;
/// More elements than a machine has room for.
const ELEMENTS: u64 = 1 << 48;
/// How many bits an element of a type takes. Texts are of no fixed size.
const BITS: &[(u64, u64)] = &[
    (1, 32),
    (2, 8),
    (3, 8),
    (4, 16),
    (5, 16),
    (6, 32),
    (7, 64),
    (9, 8),
    (10, 16),
    (11, 64),
    (12, 32),
    (13, 64),
    (14, 64),
    (15, 128),
    (16, 16),
    (17, 8),
    (18, 8),
    (19, 8),
    (20, 8),
    (21, 4),
    (22, 4),
    (23, 4),
    (24, 8),
    (25, 2),
    (26, 2),
];

/// The tensor that the walk is in.
#[derive(Default)]
struct Tensor {
    at: u64,
    is_initializer: bool,
    name: String,
    dtype: u64,
    /// The product of its dimensions; `None` when it is none.
    elements: Option<u64>,
    /// Bytes that it brings in one piece.
    raw: u64,
    is_elsewhere: bool,
}

/// The tensors of a model.
#[derive(Default)]
pub(super) struct Tensors {
    /// The messages around the place where the walk is.
    open: Vec<&'static str>,
    tensor: Tensor,
    /// Names of the initializers of each graph that is open.
    names: Vec<HashSet<u64>>,
    count: usize,
    hasher: RandomState,
}

impl Tensors {
    pub(super) fn enter(&mut self, message: &'static str, at: u64) {
        if message == "TensorProto" {
            let is_initializer = self.open.last() == Some(&"GraphProto");
            self.tensor = Tensor { at, is_initializer, elements: Some(1), ..Tensor::default() };
        } else if message == "GraphProto" {
            self.names.push(HashSet::new());
        }
        self.open.push(message);
    }

    /// A field of the tensor.
    pub(super) fn field(
        &mut self,
        wire: &mut Wire<'_>,
        number: u32,
        value: Value,
    ) -> Result<(), Stop> {
        let tensor = &mut self.tensor;
        match (number, value) {
            (1, Value::Number(side)) => tensor.side(side),
            (1, Value::Bytes(Extent { start: mut at, end })) => {
                while at < end
                    && let Ok(side) = wire.varint(&mut at, end)
                {
                    tensor.side(side);
                }
            }
            (2, Value::Number(dtype)) => tensor.dtype = dtype,
            (8, Value::Bytes(extent)) => tensor.name = wire.text(extent, NAME)?,
            (9, Value::Bytes(extent)) => tensor.raw = extent.size(),
            (14, Value::Number(place)) => tensor.is_elsewhere = place == 1,
            _ => {}
        }
        Ok(())
    }

    pub(super) fn leave(&mut self, scan: &mut Scan, entry: &Entry<'_>, message: &'static str) {
        self.open.pop();
        match message {
            "GraphProto" => {
                self.names.pop();
            }
            "TensorProto" => {
                let tensor = std::mem::take(&mut self.tensor);
                let told = tensor.oddity().or_else(|| self.again(&tensor));
                if let Some(why) = told {
                    let place = entry.place(Some(tensor.at));
                    let message = "a tensor does not fit what the model says of it";
                    let evidence = format!("{}: {why}", tensor.name);
                    scan.report(rules::ONNX_LAYOUT.finding(place, message, evidence));
                }
                if self.count == NAMES {
                    self.count += 1;
                    let why = "the model has too many tensors to compare their names";
                    scan.skip(entry.place(Some(tensor.at)), why);
                }
            }
            _ => {}
        }
    }

    /// Whether an initializer has the name of one before it: which of them counts depends on the reader.
    fn again(&mut self, tensor: &Tensor) -> Option<String> {
        let names = self.names.last_mut()?;
        if !tensor.is_initializer || tensor.name.is_empty() || self.count >= NAMES {
            return None;
        }
        self.count += 1;
        let is_new = names.insert(self.hasher.hash_one(&tensor.name));
        (!is_new).then(|| "another one has this name".to_owned())
    }
}

impl Tensor {
    fn side(&mut self, side: u64) {
        let is_sane = i64::try_from(side).is_ok();
        self.elements = self.elements.and_then(|n| n.checked_mul(side)).filter(|_| is_sane);
    }

    /// What cannot be about its size.
    fn oddity(&self) -> Option<String> {
        let Some(elements) = self.elements.filter(|elements| *elements <= ELEMENTS) else {
            return Some("no machine has room for its elements".to_owned());
        };
        let (_, bits) = BITS.iter().find(|(dtype, _)| *dtype == self.dtype)?;
        let bytes = elements.checked_mul(*bits)?.div_ceil(8);
        let raw = self.raw;
        let is_short = raw > 0 && !self.is_elsewhere && bytes > raw;
        is_short.then(|| format!("it promises {bytes} bytes and brings {raw}"))
    }
}
