//! A copy of the ledger, verified from its files alone: no database, no server, no network.

use std::fs::File;
use std::io::{self, Read as _};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;

use serde::Deserialize;
use weighbridge_domain::Digest;
use weighbridge_evidence::{
    Checkpoint, Frontier, LogVerifier, MAX_BUNDLE_BYTES, TILE_WIDTH, Tile, TileKind, leaf_hash,
    read_bundle,
};

/// The name of the file with the public key in a copy.
pub const KEY_FILE: &str = "key";
/// The name of the file with the signed note.
const CHECKPOINT_FILE: &str = "checkpoint";
/// The largest note or key that is read.
const NOTE_BYTES: u64 = 64 * 1024;
/// The largest file of bodies that is read.
const BODIES_BYTES: u64 = 1 << 30;

/// How many bundles are read before their hashes are put together.
const TILES_AT_ONCE: usize = 512;

/// A copy that holds together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportReport {
    /// How many entries it has.
    pub entries: u64,
    /// The root they hash to, which the checkpoint signs.
    pub root: Digest,
    /// The key that signed it.
    pub key: String,
    /// How many entries are there without what they tell.
    pub erased: u64,
}

/// Why a copy is not believed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A file cannot be read.
    #[error("`{path}` cannot be read")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file is not what the others say.
    #[error("`{path}`: {why}")]
    Fault {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

#[derive(Deserialize)]
struct EntryText {
    body_sha256: String,
}

/// Verifies a copy of the ledger: every entry, every tile, the signature. Without a `key`, the one in
/// the copy is used, which proves only that the copy is whole, not whose it is.
pub fn verify_export(folder: &Path, key: Option<&str>) -> Result<ExportReport, ExportError> {
    let copy = Copy(folder);
    let key = match key {
        Some(key) => key.trim().to_owned(),
        None => copy.text(KEY_FILE)?.trim().to_owned(),
    };
    let verifier = LogVerifier::from_vkey(&key)
        .map_err(|error| copy.fault(KEY_FILE, format!("it is no key: {error}")))?;
    let note = copy.text(CHECKPOINT_FILE)?;
    let Checkpoint { size, root, .. } = verifier
        .verify(&note)
        .map_err(|error| copy.fault(CHECKPOINT_FILE, format!("it is not believed: {error}")))?;

    let mut hashes = Vec::new();
    let mut whole = Frontier::new();
    let mut erased = 0;
    let mut tiles = Tile::of(TileKind::Entries, size);
    loop {
        // A bounded number at a time: the size is only what a note says.
        let some: Vec<Tile> = tiles.by_ref().take(TILES_AT_ONCE).collect();
        if some.is_empty() {
            break;
        }
        for read in copy.read_side_by_side(&some) {
            let Bundle { leaves, erased: gone } = read?;
            erased += gone;
            for leaf in leaves {
                whole.append(leaf);
                hashes.push(leaf);
            }
        }
    }
    if whole.root() != root {
        let why = format!("it signs {root}; the entries hash to {}", whole.root());
        return Err(copy.fault(CHECKPOINT_FILE, why));
    }
    let mut level = 0;
    while !hashes.is_empty() {
        copy.compare_level(level, &hashes)?;
        hashes = hashes
            .chunks_exact(usize::try_from(TILE_WIDTH).unwrap_or(usize::MAX))
            .map(|tile| Frontier::over(tile).root())
            .collect();
        level += 1;
    }
    Ok(ExportReport { entries: size, root, key, erased })
}

/// What was read of a bundle of entries.
struct Bundle {
    leaves: Vec<Digest>,
    /// How many of them are there without what they tell.
    erased: u64,
}

/// The folder of a copy.
struct Copy<'a>(&'a Path);

impl Copy<'_> {
    fn fault(&self, name: &str, why: impl Into<String>) -> ExportError {
        ExportError::Fault { path: self.0.join(name), why: why.into() }
    }

    fn bytes(&self, name: &str, most: u64) -> Result<Vec<u8>, ExportError> {
        let path = self.0.join(name);
        let mut bytes = Vec::new();
        let read = File::open(&path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes));
        if let Err(source) = read {
            return Err(ExportError::Unreadable { path, source });
        }
        if bytes.len() as u64 > most {
            return Err(self.fault(name, format!("it has more than {most} bytes")));
        }
        Ok(bytes)
    }

    fn text(&self, name: &str) -> Result<String, ExportError> {
        let bytes = self.bytes(name, NOTE_BYTES)?;
        String::from_utf8(bytes).map_err(|_| self.fault(name, "it is no text"))
    }

    /// Reads bundles on all cores; the answers are in their order.
    fn read_side_by_side(&self, tiles: &[Tile]) -> Vec<Result<Bundle, ExportError>> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let share = tiles.len().div_ceil(cores).max(1);
        thread::scope(|scope| {
            let read = |tiles: &[Tile]| tiles.iter().map(|tile| self.bundle(*tile)).collect();
            let parts: Vec<_> =
                tiles.chunks(share).map(|part| scope.spawn(move || read(part))).collect();
            let join = |part: thread::ScopedJoinHandle<'_, Vec<_>>| {
                part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            parts.into_iter().flat_map(join).collect()
        })
    }

    /// The leaf hashes of a bundle, after its entries were compared with their bodies.
    fn bundle(&self, tile: Tile) -> Result<Bundle, ExportError> {
        let name = tile.path();
        let bundle = self.bytes(&name, MAX_BUNDLE_BYTES)?;
        let entries = read_bundle(&bundle).filter(|entries| entries.len() as u64 == tile.width);
        let entries = entries.ok_or_else(|| {
            self.fault(&name, format!("it is no bundle of {} entries", tile.width))
        })?;
        let bodies_name = Tile { kind: TileKind::Bodies, ..tile }.path();
        let bodies = match self.bytes(&bodies_name, BODIES_BYTES) {
            Ok(bodies) => bodies,
            Err(ExportError::Unreadable { source, .. })
                if source.kind() == io::ErrorKind::NotFound =>
            {
                let leaves = entries.into_iter().map(leaf_hash).collect();
                return Ok(Bundle { leaves, erased: tile.width });
            }
            Err(error) => return Err(error),
        };
        let mut lines = bodies.split(|byte| *byte == b'\n');
        let (mut leaves, mut erased) = (Vec::with_capacity(entries.len()), 0);
        for (at, entry) in entries.into_iter().enumerate() {
            let position = tile.index * TILE_WIDTH + at as u64;
            let told = serde_json::from_slice::<EntryText>(entry)
                .map_err(|error| self.fault(&name, format!("entry {position}: {error}")))?;
            let body = lines.next().unwrap_or_default();
            if body.is_empty() {
                erased += 1;
            } else if Digest::of(body).to_string() != told.body_sha256 {
                let why = format!("what entry {position} tells was changed");
                return Err(self.fault(&bodies_name, why));
            }
            leaves.push(leaf_hash(entry));
        }
        Ok(Bundle { leaves, erased })
    }

    fn compare_level(&self, level: u8, hashes: &[Digest]) -> Result<(), ExportError> {
        let width = usize::try_from(TILE_WIDTH).unwrap_or(usize::MAX);
        for (index, hashes) in hashes.chunks(width).enumerate() {
            let tile = Tile {
                kind: TileKind::Hashes(level),
                index: index as u64,
                width: hashes.len() as u64,
            };
            let name = tile.path();
            let expected: Vec<u8> =
                hashes.iter().flat_map(|hash| hash.as_bytes().iter().copied()).collect();
            if self.bytes(&name, TILE_WIDTH * 32)? != expected {
                return Err(self.fault(&name, "its hashes are not those of the entries"));
            }
        }
        Ok(())
    }
}

/// The files of a copy besides the key, by their paths, for the log that a checkpoint is about. `None`
/// when it is no checkpoint.
pub fn exported_files(note: &str) -> Option<impl Iterator<Item = String>> {
    let size: u64 = note.lines().nth(1)?.parse().ok()?;
    Some(Tile::all(size).map(|tile| tile.path()))
}
