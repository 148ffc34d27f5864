//! A checkpoint in pieces: every piece is converted, and the index says where the tensors are now.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use weighbridge_domain::RepoPath;
use weighbridge_scan::Scanner;

use super::{Convert, Converted, Written, one};
use crate::failure::Failure;

/// The index that `transformers` writes beside the pieces, and the one beside safetensors.
const INDEX: &str = "pytorch_model.bin.index.json";
const NEW_INDEX: &str = "model.safetensors.index.json";
/// The longest index that is read.
const INDEX_BYTES: u64 = 64 << 20;

/// Converts the pieces of a directory.
pub(super) fn convert(scanner: &Scanner, convert: &Convert) -> Result<Vec<Converted>, Failure> {
    let folder = &convert.path;
    let failed = || Failure::new(format!("`{}` cannot be converted", folder.display()));
    let pieces = pieces(folder).map_err(|why| {
        failed().because(why).hint("name a checkpoint, or a directory with its index")
    })?;
    let to = convert.output.as_ref().unwrap_or(folder);
    let was_there = to.exists();
    fs::create_dir_all(to).map_err(|error| failed().because(error))?;
    let converted = convert_pieces(scanner, convert, pieces, to);
    if converted.is_err() && !was_there {
        // Only when it is empty, which it is.
        _ = fs::remove_dir(to);
    }
    converted
}

fn convert_pieces(
    scanner: &Scanner,
    convert: &Convert,
    pieces: Vec<PathBuf>,
    to: &Path,
) -> Result<Vec<Converted>, Failure> {
    let folder = &convert.path;
    let failed = || Failure::new(format!("`{}` cannot be converted", folder.display()));
    let index = to.join(NEW_INDEX);
    if !convert.force && index.exists() {
        let there = format!("`{}` is there already", index.display());
        return Err(failed().because(there).hint("`--force` replaces it"));
    }
    // Under other names until all of them are there: what cannot be finished leaves nothing behind.
    let mut written = Vec::new();
    let mut places: BTreeMap<String, String> = BTreeMap::new();
    let mut total = 0_u64;
    for piece in pieces {
        let name = new_name(&piece);
        let file = one(scanner, convert, &folder.join(&piece), &to.join(&name))?;
        total = total.saturating_add(file.converted.tensor_bytes);
        for tensor in &file.converted.tensors {
            if let Some(other) = places.insert(tensor.clone(), name.clone()) {
                let why = format!("`{tensor}` is in `{other}` and in `{name}`");
                return Err(failed().because(why));
            }
        }
        written.push(file);
    }
    let document = json!({"metadata": {"total_size": total}, "weight_map": places});
    let text = serde_json::to_string_pretty(&document).map_err(|error| failed().because(error))?;
    let converted = written.into_iter().map(Written::put).collect::<Result<_, _>>()?;
    fs::write(&index, text + "\n").map_err(|error| failed().because(error))?;
    Ok(converted)
}

/// The pieces that the index names, each inside the directory.
fn pieces(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let path = folder.join(INDEX);
    let file = fs::File::open(&path).map_err(|error| format!("`{INDEX}`: {error}"))?;
    let mut text = String::new();
    file.take(INDEX_BYTES).read_to_string(&mut text).map_err(|error| error.to_string())?;
    let index: Value =
        serde_json::from_str(&text).map_err(|error| format!("`{INDEX}`: {error}"))?;
    let places = index.get("weight_map").and_then(Value::as_object);
    let places = places.ok_or_else(|| format!("`{INDEX}` says not where the weights are"))?;
    let mut pieces = BTreeSet::new();
    for place in places.values() {
        let place =
            place.as_str().ok_or_else(|| format!("`{INDEX}` has a place that is no text"))?;
        // A path that leaves the directory is none of a repository.
        let inside: RepoPath = place.parse().map_err(|why| format!("`{INDEX}`: {why}"))?;
        if inside.as_str().contains('/') {
            return Err(format!("`{INDEX}` names `{inside}`, which is not beside it"));
        }
        pieces.insert(PathBuf::from(inside.as_str()));
    }
    if pieces.is_empty() {
        return Err(format!("`{INDEX}` names no piece"));
    }
    Ok(pieces.into_iter().collect())
}

/// `pytorch_model-00001-of-00002.bin` becomes `model-00001-of-00002.safetensors`.
fn new_name(piece: &Path) -> String {
    let stem = piece.file_stem().unwrap_or_default().to_string_lossy();
    let stem = stem.strip_prefix("pytorch_").unwrap_or(&stem);
    format!("{stem}.safetensors")
}
