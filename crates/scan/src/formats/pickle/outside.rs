//! Persistent ids: what a stream refers to outside of itself. `PyTorch`'s are tensors' storages.

use super::cursor::Halt;
use super::facts::Deed;
use super::machine::Machine;
use super::names::Standing;
use super::value::{Node, Storage, Value};

impl Machine<'_> {
    pub(super) fn persistent(&mut self, id: Value) -> Result<(), Halt> {
        if let Some(storage) = self.storage(id) {
            let index = u32::try_from(self.heap.storages.len()).unwrap_or(u32::MAX);
            self.heap.storages.push(storage);
            let value = self.heap.add(Node::Storage(index))?;
            self.push(value);
            return Ok(());
        }
        if self.is_impossible_storage(id) {
            let evidence = self.express(id);
            self.note(Deed::TensorOutside, "a storage of less than nothing".to_owned(), evidence);
        }
        let is_module = matches!(
            self.heap.items(id),
            Some([kind, ..]) if self.text(*kind).as_deref() == Some("module")
        );
        if !is_module {
            let evidence = self.express(id);
            self.note(Deed::RefersOutside, "a persistent id".to_owned(), evidence);
        }
        let value = self.heap.persistent(id)?;
        self.push(value);
        Ok(())
    }

    /// Takes the next of the buffers that whoever unpickles has to bring along: what is in them is not here.
    pub(super) fn buffer_outside(&mut self) -> Result<(), Halt> {
        self.note(Deed::RefersOutside, "an out-of-band buffer".to_owned(), String::new());
        let buffer = self.heap.add(Node::Buffer)?;
        self.push(buffer);
        Ok(())
    }

    fn is_impossible_storage(&self, id: Value) -> bool {
        let Some([kind, _, _, _, Value::Int(elements), ..]) = self.heap.items(id) else {
            return false;
        };
        elements.get() < 0 && self.text(*kind).as_deref() == Some("storage")
    }

    /// A storage that some later stream supplies, as `PyTorch`'s persistent ids describe it.
    fn storage(&self, id: Value) -> Option<Storage> {
        let [kind, class, key, _location, elements, ..] = self.heap.items(id)? else {
            return None;
        };
        if self.text(*kind)? != "storage" {
            return None;
        }
        let class = self.heap.global(*class)?;
        let is_storage = class.name.ends_with("Storage")
            && matches!(class.standing, Standing::Vetted(_))
            && class.module.starts_with("torch");
        let Value::Int(elements) = *elements else { return None };
        Some(Storage {
            kind: is_storage.then(|| class.name.clone())?,
            key: self.text(*key)?,
            elements: u64::try_from(elements.get()).ok()?,
            offset: self.at(),
        })
    }

    /// The state of a tensor says anew where it lies.
    pub(super) fn set_again(&mut self, target: Value, state: Value) {
        let Some(Node::Made(index)) = self.heap.node(target) else { return };
        let class = self.heap.made(index).and_then(|made| self.heap.global(made.callee));
        if !class.is_some_and(|class| class.module.starts_with("torch")) {
            return;
        }
        // `Tensor.__setstate__` takes a tuple alone.
        let is_tensor = class.is_some_and(|class| {
            class.name.ends_with("Tensor") || class.name.starts_with("_rebuild_tensor")
        });
        if is_tensor && matches!(self.heap.node(state), Some(Node::Dict(_) | Node::List(_))) {
            let evidence = self.express(target);
            self.note(Deed::UsesOddly, "BUILD on a tensor".to_owned(), evidence);
        }
        let items = self.heap.items(state).unwrap_or_default();
        if let Some(why) = self.tensor_outside(items) {
            let evidence = format!("BUILD on {}", self.express(target));
            self.note(Deed::TensorOutside, why.to_owned(), evidence);
        }
    }

    /// Why a tensor of these arguments would not lie inside its storage.
    pub(super) fn tensor_outside(&self, items: &[Value]) -> Option<&'static str> {
        let [storage, offset, sizes, strides, ..] = items else { return None };
        let Some(Node::Storage(index)) = self.heap.node(*storage) else { return None };
        let storage = self.heap.storages.get(index as usize)?;
        if storage.kind.starts_with("Untyped") || storage.kind.starts_with("_Untyped") {
            return None;
        }
        let Value::Int(offset) = *offset else { return Some("an offset is no number") };
        let offset = offset.get();
        let (Some(sizes), Some(strides)) =
            (self.heap.all_items(*sizes), self.heap.all_items(*strides))
        else {
            return None;
        };
        let mut last = i128::from(offset);
        let mut is_empty = false;
        if sizes.len() != strides.len() || offset < 0 {
            return Some("its size and strides do not fit together");
        }
        for (size, stride) in sizes.iter().zip(strides) {
            let (Value::Int(size), Value::Int(stride)) = (*size, *stride) else {
                return Some("a size is no number");
            };
            let (size, stride) = (size.get(), stride.get());
            if size < 0 || stride < 0 {
                return Some("a size is negative");
            }
            is_empty |= size == 0;
            last = i128::from(size - 1).saturating_mul(i128::from(stride)).saturating_add(last);
        }
        let reaches = !is_empty && last >= i128::from(storage.elements);
        reaches.then_some("it is larger than its storage")
    }
}
