//! The ledger as a C2SP tlog-tiles log: static files that anybody can copy and verify without us.
//!
//! An entry names its body by digest, so that a body can be erased and the tree stays what it was.
//! Of tiles, only the hashes above the leaves are kept; files are made when they are asked for.

use weighbridge_domain::Digest;
use weighbridge_evidence::{
    Frontier, TILE_WIDTH, Tile, TileKind, entry_text, erased_digest, write_bundle,
};
use weighbridge_store::{Reader, StoreError};

use crate::Engine;

/// Leaves that are read at once.
const BATCH: u32 = 10_000;

impl Engine {
    /// One file of the log, by its path: `checkpoint`, `tile/0/000.p/5`. `None` when there is no such
    /// file, or not yet.
    pub async fn read_log(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        if path == "checkpoint" {
            return Ok(Some(self.published_checkpoint().await?.note.into_bytes()));
        }
        let Some((tile, leaves)) = Tile::parse(path).and_then(|tile| Some((tile, tile.leaves()?)))
        else {
            return Ok(None);
        };
        let size = self.0.store.read().await?.ledger_head().await?.size;
        if leaves.end > size {
            return Ok(None);
        }
        match tile.kind {
            TileKind::Hashes(_) => {
                let hashes = tile_hashes(&mut self.0.store.read().await?, &tile).await?;
                Ok(Some(hashes.iter().flat_map(|hash| hash.as_bytes().iter().copied()).collect()))
            }
            TileKind::Entries => {
                let mut texts = Vec::new();
                for entry in self.entries_of(leaves).await? {
                    texts.push(entry_text(entry.at, &entry.kind, &entry.body));
                }
                let bundle = write_bundle(texts.iter().map(String::as_bytes));
                let too_long = || StoreError::Other("an entry is too long for a bundle".to_owned());
                bundle.ok_or_else(too_long).map(Some)
            }
            TileKind::Bodies => {
                let mut lines = String::new();
                for entry in self.entries_of(leaves).await? {
                    // An erased body is an empty line.
                    if erased_digest(&entry.body).is_none() {
                        lines.push_str(&entry.body);
                    }
                    lines.push('\n');
                }
                Ok(Some(lines.into_bytes()))
            }
        }
    }

    async fn entries_of(
        &self,
        leaves: std::ops::Range<u64>,
    ) -> Result<Vec<weighbridge_store::EntryRow>, StoreError> {
        let count = u32::try_from(leaves.end - leaves.start).unwrap_or(BATCH);
        let entries = self.list_entries(leaves.start, count).await?;
        if entries.len() as u64 == leaves.end - leaves.start {
            return Ok(entries);
        }
        Err(StoreError::Other(format!("entries after {} of the ledger are missing", leaves.start)))
    }
}

/// The hashes of a tile that the ledger is long enough for.
pub(crate) async fn tile_hashes(db: &mut Reader, tile: &Tile) -> Result<Vec<Digest>, StoreError> {
    let out_of_range = || StoreError::Other("there is no such tile".to_owned());
    let (leaves, each) = tile.leaves().zip(tile.leaves_each()).ok_or_else(out_of_range)?;
    if let TileKind::Hashes(level @ 1..) = tile.kind {
        let (from, width) = (tile.index * TILE_WIDTH, u32::try_from(tile.width).unwrap_or(0));
        let kept = db.list_ledger_nodes(level, from, width).await?;
        if kept.len() as u64 == tile.width {
            return Ok(kept);
        }
    }
    hash_leaves(db, leaves, each).await
}

/// The roots of the subtrees of `each` leaves, one after the other, from the leaves.
async fn hash_leaves(
    db: &mut Reader,
    leaves: std::ops::Range<u64>,
    each: u64,
) -> Result<Vec<Digest>, StoreError> {
    let mut hashes = Vec::new();
    let mut subtree = Frontier::new();
    let mut next = leaves.start;
    while next < leaves.end {
        let wanted = u32::try_from(leaves.end - next).unwrap_or(BATCH).min(BATCH);
        let found = db.list_leaves(next, wanted).await?;
        if found.is_empty() {
            return Err(StoreError::Other(format!("entry {next} of the ledger is missing")));
        }
        for leaf in found {
            subtree.append(leaf);
            next += 1;
            if subtree.size() == each {
                hashes.push(subtree.root());
                subtree = Frontier::new();
            }
        }
    }
    Ok(hashes)
}
