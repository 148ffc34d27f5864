//! What a few opcodes would make far too much of: counts in the place of contents, iterators without an end, shapes,
//! and numbers with a great many digits.

use super::machine::Machine;
use super::names::Check;
use super::value::{Node, Value};

/// Zeros that a pickle may ask for by their count.
const MANY_BYTES: i64 = 1 << 20;
/// Numbers that an iterator may become, when something is filled with them.
const MANY_NUMBERS: u128 = 1 << 22;
/// Numbers that no machine could hold.
const TOO_MANY_NUMBERS: u128 = 1 << 32;
/// Values of an array that a shape alone asks for.
const MANY_VALUES: u128 = 1 << 28;
/// Digits of a number, written out.
const DIGITS: usize = 100_000;
/// Iterators around each other.
const DEPTH: u32 = 8;

/// Functions that make as much as they are told to.
const GROWING: &[(&str, &[&str])] = &[
    ("builtins", &["pow"]),
    ("math", &["factorial", "perm", "comb"]),
    ("numpy", &["arange", "empty", "eye", "full", "identity", "linspace", "ones", "tile", "zeros"]),
    ("operator", &["concat", "lshift", "mul", "pow"]),
    ("_operator", &["concat", "lshift", "mul", "pow"]),
    ("torch", &["arange", "empty", "eye", "full", "ones", "zeros"]),
];
/// A number that is a great deal for one of them.
const MANY: i64 = 1 << 20;

impl Machine<'_> {
    /// What a vetted name would make too much of, when it is made from these arguments.
    pub(super) fn grows(&self, check: Check, items: &[Value]) -> Option<&'static str> {
        let first = *items.first()?;
        match check {
            Check::Contents => {
                let is_count = matches!(first, Value::Int(_) | Value::BigInt);
                let is_small = matches!(first, Value::Int(size) if size.get() <= MANY_BYTES);
                if is_count && !is_small {
                    return Some("a great many zeros");
                }
                let numbers = items.iter().map(|item| self.numbers_of(*item, DEPTH)).max();
                (numbers > Some(MANY_NUMBERS)).then_some("a great many numbers")
            }
            Check::Range => {
                (numbers_between(items) > TOO_MANY_NUMBERS).then_some("a range without an end")
            }
            Check::Shape => {
                let is_huge = self.values_of(first) > MANY_VALUES;
                is_huge.then_some("an array of a great many values")
            }
            Check::Number => {
                let is_long = self.text(first).is_some_and(|text| digits(&text) > DIGITS);
                is_long.then_some("a number of a great many digits")
            }
            _ => None,
        }
    }

    /// Whether a function that nobody has vetted makes as much as it is told to, and is told a great deal.
    pub(super) fn grows_unvetted(&self, callee: Value, args: Value) -> bool {
        let is_growing_call = |value: Value| match self.heap.node(value) {
            Some(Node::Made(index)) => {
                self.heap.made(index).is_some_and(|made| self.is_growing(made.callee))
            }
            _ => false,
        };
        let is_many = |value: &Value| match value {
            Value::Int(number) => number.get() >= MANY,
            Value::BigInt => true,
            _ => is_growing_call(*value),
        };
        let items = self.heap.items(args).unwrap_or_default();
        if items.iter().any(|item| self.numbers_of(*item, DEPTH) > MANY_NUMBERS) {
            return true;
        }
        self.is_growing(callee)
            && items.iter().any(|item| {
                let inner = self.heap.items(*item).unwrap_or_default();
                is_many(item) || inner.iter().any(is_many)
            })
    }

    fn is_growing(&self, callee: Value) -> bool {
        self.heap.global(callee).is_some_and(|global| {
            let of = GROWING.iter().find(|(module, _)| *module == global.module);
            of.is_some_and(|(_, names)| names.contains(&global.name.as_str()))
        })
    }

    /// How many numbers come out of a value that is a range, or an iterator of its own.
    fn numbers_of(&self, value: Value, depth: u32) -> u128 {
        let Some(Node::Made(index)) = self.heap.node(value) else { return 0 };
        let Some(made) = self.heap.made(index) else { return 0 };
        let Some(maker) = self.heap.global(made.callee) else { return 0 };
        if depth == 0 {
            return u128::MAX;
        }
        let args = self.heap.items(made.args).unwrap_or_default();
        let inner = || args.iter().map(|item| self.numbers_of(*item, depth - 1));
        match (maker.module.as_str(), maker.name.as_str()) {
            ("builtins", "range") => numbers_between(args),
            ("builtins", "enumerate" | "iter" | "reversed") => inner().max().unwrap_or(0),
            ("builtins", "zip") => inner().min().unwrap_or(0),
            (
                "itertools",
                "count"
                | "cycle"
                | "product"
                | "permutations"
                | "combinations"
                | "combinations_with_replacement",
            ) => u128::MAX,
            ("itertools", "repeat") => match args {
                [_, times] => number(*times).map_or(u128::MAX, i128::unsigned_abs),
                _ => u128::MAX,
            },
            ("itertools", "chain") => inner().fold(0, u128::saturating_add),
            ("itertools", "islice") => {
                let stop = match args {
                    [_, stop] | [_, _, stop, ..] => number(*stop),
                    _ => None,
                };
                inner().max().unwrap_or(0).min(stop.map_or(u128::MAX, i128::unsigned_abs))
            }
            _ => 0,
        }
    }

    /// How many values, or bytes, a shape or a type asks for.
    fn values_of(&self, shape: Value) -> u128 {
        if let Some(text) = self.text(shape) {
            // `V2147483647`
            let size = text.trim_start_matches(['<', '>', '=', '|']);
            let size = size.strip_prefix(['S', 'U', 'V', 'a']).unwrap_or_default();
            return size.parse().unwrap_or(0);
        }
        let sides = match shape {
            Value::Node(_) => self.heap.items(shape).unwrap_or_default(),
            _ => &[shape],
        };
        let side = |side: &Value| match side {
            Value::BigInt => u128::MAX,
            _ => number(*side).map_or(0, i128::unsigned_abs),
        };
        match sides {
            [] => 0,
            _ => sides.iter().map(side).fold(1, u128::saturating_mul),
        }
    }
}

fn number(value: Value) -> Option<i128> {
    match value {
        Value::Int(number) => Some(i128::from(number.get())),
        _ => None,
    }
}

/// How many numbers `range` makes of its arguments; what is no plain number counts as endless.
fn numbers_between(arguments: &[Value]) -> u128 {
    let (start, end, step) = match arguments {
        [end] => (Some(0), number(*end), Some(1)),
        [start, end] => (number(*start), number(*end), Some(1)),
        [start, end, step] => (number(*start), number(*end), number(*step)),
        _ => return 0,
    };
    let (Some(start), Some(end), Some(step)) = (start, end, step) else { return u128::MAX };
    (end - start).unsigned_abs() / step.unsigned_abs().max(1)
}

/// How many digits a number has that is written with an exponent or without.
fn digits(text: &str) -> usize {
    let exponent = text.rsplit_once(['e', 'E']).map_or("", |(_, exponent)| exponent);
    let exponent = exponent.trim_start_matches(['+', '-']);
    let is_number = !exponent.is_empty() && exponent.bytes().all(|byte| byte.is_ascii_digit());
    let size = if is_number { exponent.parse().unwrap_or(usize::MAX) } else { 0 };
    text.len().max(size)
}

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn digits_are_counted_as_they_would_be_written_out() {
        assert_eq!(digits("12.5"), 4);
        assert_eq!(digits("1e300"), 300);
        assert_eq!(digits("1E-70"), 70);
        assert_eq!(digits("deadbeef"), 8);
        assert_eq!(digits("1e99999999999999999999"), usize::MAX);
    }
}
