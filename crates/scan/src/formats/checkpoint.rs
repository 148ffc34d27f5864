//! The tensors of a checkpoint of `PyTorch`'s: the archive, or the older file of five pickles.

use std::collections::HashMap;

use super::pickle::{self, Described};
use super::torch;
use super::zip;
use crate::analyse::{Entry, Stop, shown};
use crate::limits::Budget;
use crate::tensors::TensorPlace;

/// What stands before each storage of the older files: how many elements follow.
const COUNT_BYTES: u64 = 8;

/// Finds the tensors, or those under one name.
pub(crate) fn tensors(
    entry: &Entry<'_>,
    budget: &Budget,
    under: Option<&str>,
) -> Result<Vec<TensorPlace>, Stop> {
    if torch::is_legacy(entry) {
        return of_legacy(entry, budget, under);
    }
    if entry.read(0, 4).is_ok_and(|head| head == b"PK\x03\x04") {
        return of_archive(entry, budget, under);
    }
    no("it is no checkpoint of PyTorch's: neither its archive nor its older file of five pickles")
}

fn no<T>(why: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Unexamined(why.into()))
}

fn of_archive(
    entry: &Entry<'_>,
    budget: &Budget,
    under: Option<&str>,
) -> Result<Vec<TensorPlace>, Stop> {
    let Some((root, members)) = zip::torch_members(entry, budget)? else {
        return no("it is a zip archive, and none of PyTorch's");
    };
    let members: HashMap<&str, &zip::Plain> =
        members.iter().map(|member| (member.name.as_str(), member)).collect();
    let plain = |name: &str| -> Result<&zip::Plain, Stop> {
        let wanted = format!("{root}{name}");
        match members.get(wanted.as_str()) {
            Some(member) if member.is_stored => Ok(member),
            Some(_) => no(format!("its member {} is compressed", shown(wanted.as_bytes(), 120))),
            None => no(format!("its member {} is missing", shown(wanted.as_bytes(), 120))),
        }
    };
    if members.contains_key(format!("{root}byteorder").as_str()) {
        let order = plain("byteorder")?;
        let size = usize::try_from(order.size.min(16)).unwrap_or(16);
        if entry.read(order.start, size)? != b"little" {
            return no("its bytes are not in the order of safetensors, little-endian");
        }
    }
    let code = format!("{root}code/");
    if members.keys().any(|name| name.starts_with(&code)) {
        return no("it carries TorchScript code");
    }
    let data = plain("data.pkl")?;
    let (described, end) = pickle::describe(entry, data.start, data.size, budget, under)?;
    if end != data.start.saturating_add(data.size) {
        return no("something follows the pickle in data.pkl");
    }
    let place = |tensor: Described| -> Result<TensorPlace, Stop> {
        let storage = plain(&format!("data/{}", tensor.key))?;
        if storage.size != tensor.storage_bytes {
            let Described { name, storage_bytes, .. } = &tensor;
            return no(format!(
                "the storage of `{name}` has {} bytes where the pickle says {storage_bytes}",
                storage.size
            ));
        }
        Ok(tensor.at(storage.start))
    };
    described.into_iter().map(place).collect()
}

fn of_legacy(
    entry: &Entry<'_>,
    budget: &Budget,
    under: Option<&str>,
) -> Result<Vec<TensorPlace>, Stop> {
    // Magic number, protocol, system; then the object, and the keys of its storages in their order.
    let mut start = 0;
    for _ in 0..3 {
        start = pickle::skip_stream(entry, start, budget)?;
    }
    let rest = entry.size.saturating_sub(start);
    let (described, end) = pickle::describe(entry, start, rest, budget, under)?;
    let (keys, mut at) = pickle::texts(entry, end, budget)?;
    let storages = pickle::storages_of(entry, start, budget)?;
    let storages = torch::distinct(&storages);
    let mut starts: HashMap<String, u64> = HashMap::new();
    for key in keys {
        let Some(storage) = storages.get(key.as_str()) else {
            return no("the list of storages names one that no tensor has");
        };
        let Some(element) = torch::element_bytes(&storage.kind) else {
            return no(format!("a storage has the unknown type {}", storage.kind));
        };
        let count = entry.read(at, 8)?;
        let count = count.try_into().map_or(u64::MAX, u64::from_le_bytes);
        if count != storage.elements {
            return no("a storage has another size than the pickle says");
        }
        at = at.saturating_add(COUNT_BYTES);
        starts.insert(key, at);
        at = at.saturating_add(count.saturating_mul(element));
    }
    if at != entry.size {
        return no("the file does not end with its last storage");
    }
    let place = |tensor: Described| match starts.get(&tensor.key) {
        Some(start) => Ok(tensor.at(*start)),
        None => no(format!("the storage of `{}` is missing", tensor.name)),
    };
    described.into_iter().map(place).collect()
}
