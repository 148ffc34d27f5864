//! Receipts: one file that proves one entry of the ledger to somebody who has nothing else.

use std::collections::HashMap;
use std::sync::Arc;

use weighbridge_domain::Digest;
use weighbridge_evidence::{
    BadReceipt, BadVerifierKey, LogVerifier, Nodes, Receipt, TILE_WIDTH, Tile, TileKind,
    entry_text, node_hash, prove_inclusion,
};
use weighbridge_store::{CheckpointRow, Reader, StoreError};

use super::log::tile_hashes;
use crate::Engine;
use crate::witness::find_cosigned_checkpoint;

/// What a receipt proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptReport {
    /// The entry: when, what kind, and the SHA-256 of what it tells.
    pub entry: String,
    /// Its place in the log, from 0.
    pub position: u64,
    /// How many entries the log had when it was signed.
    pub size: u64,
}

/// Why a receipt proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// The key is none.
    #[error("the key cannot be used: {0}")]
    Key(#[from] BadVerifierKey),
    /// The receipt is not believed.
    #[error(transparent)]
    Receipt(#[from] BadReceipt),
}

/// Verifies a receipt with the public key of the ledger.
pub fn verify_receipt(text: &str, key: &str) -> Result<ReceiptReport, ReceiptError> {
    let verifier = LogVerifier::from_vkey(key.trim())?;
    let receipt = Receipt::parse(text)?;
    let size = receipt.verify(&verifier)?.size;
    let entry = String::from_utf8(receipt.entry)
        .map_err(|_| BadReceipt::Malformed("its entry is no text"))?;
    Ok(ReceiptReport { entry, position: receipt.position, size })
}

impl Engine {
    /// The receipt of an entry; `None` when there is no such entry.
    pub async fn receipt(&self, position: u64) -> Result<Option<String>, StoreError> {
        let mut db = self.0.store.read().await?;
        let covers = |signed: &Arc<CheckpointRow>| position < signed.size;
        let kept = self.0.signed.get(&()).filter(covers);
        let signed = if let Some(kept) = kept {
            kept
        } else {
            let mut read = signed_over(&mut db, position).await?;
            if read.is_none() {
                drop(db);
                read = Some(self.checkpoint().await?);
                db = self.0.store.read().await?;
            }
            let Some(read) = read.map(Arc::new).filter(covers) else { return Ok(None) };
            self.0.signed.insert((), Arc::clone(&read));
            read
        };
        let found = db.list_entries(position, 1).await?.into_iter().next();
        let Some(entry) = found.filter(|entry| entry.position == position) else {
            return Ok(None);
        };
        let mut tiles = self.read_tiles(&mut db, &[position], signed.size).await?;
        let proof = prove_inclusion(position, signed.size, &mut tiles)
            .map_err(|error| StoreError::Other(format!("no receipt: {error}")))?;
        let text = entry_text(entry.at, &entry.kind, &entry.body);
        let receipt =
            Receipt { entry: text.into_bytes(), position, proof, note: signed.note.clone() };
        Ok(Some(receipt.text()))
    }

    /// Reads the tiles beside the ways from some leaves to the root of a tree of that size.
    pub(crate) async fn read_tiles(
        &self,
        db: &mut Reader,
        positions: &[u64],
        size: u64,
    ) -> Result<Tiles, StoreError> {
        let mut tiles = Tiles(HashMap::new());
        for level in 0..8_u8 {
            let count = size >> (u32::from(level) * 8);
            let ways =
                positions.iter().map(|position| (position >> (u32::from(level) * 8)) / TILE_WIDTH);
            // What lies beside a way up is in the tiles of the way, and at the right edge.
            for index in ways.chain([count / TILE_WIDTH]) {
                let width = count.saturating_sub(index * TILE_WIDTH).min(TILE_WIDTH);
                if width == 0 || tiles.0.contains_key(&(level, index)) {
                    continue;
                }
                let tile = Tile { kind: TileKind::Hashes(level), index, width };
                // Leaves along the way differ from receipt to receipt; what is above them, and at the
                // end, is wanted again.
                let is_passing = level == 0 && width == TILE_WIDTH;
                let hashes = match self.0.tiles.get(&tile) {
                    Some(kept) => kept,
                    None => Arc::new(TileNodes::over(tile_hashes(db, &tile).await?)),
                };
                if !is_passing {
                    self.0.tiles.insert(tile, Arc::clone(&hashes));
                }
                tiles.0.insert((level, index), hashes);
            }
        }
        Ok(tiles)
    }
}

/// A checkpoint to prove an entry by: the cosigned one, when it covers it, or else the last that was signed.
async fn signed_over(db: &mut Reader, position: u64) -> Result<Option<CheckpointRow>, StoreError> {
    let covers = |signed: &CheckpointRow| position < signed.size;
    if let Some(cosigned) = find_cosigned_checkpoint(db).await?.filter(covers) {
        return Ok(Some(cosigned));
    }
    Ok(db.find_latest_checkpoint().await?.filter(covers))
}

/// Tiles that were read, by level and index.
pub(crate) struct Tiles(HashMap<(u8, u64), Arc<TileNodes>>);

/// The hashes of a tile, and of every whole subtree within it, so that they are put together once.
#[derive(Debug)]
pub(crate) struct TileNodes(Vec<Vec<Digest>>);

impl TileNodes {
    fn over(hashes: Vec<Digest>) -> TileNodes {
        let mut rows = Vec::new();
        let mut row = hashes;
        while row.len() > 1 {
            let (pairs, _) = row.as_chunks();
            let above = pairs.iter().map(|[left, right]| node_hash(left, right)).collect();
            rows.push(std::mem::replace(&mut row, above));
        }
        rows.push(row);
        TileNodes(rows)
    }

    /// The root of two to the power of `height` hashes, the first of them at `index` times as many.
    fn root(&self, height: u32, index: u64) -> Option<Digest> {
        let row = self.0.get(usize::try_from(height).ok()?)?;
        row.get(usize::try_from(index).ok()?).copied()
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a tile is missing")]
pub(crate) struct Missing;

impl Nodes for Tiles {
    type Error = Missing;

    fn leaf(&mut self, position: u64) -> Result<Digest, Missing> {
        self.subtree(0, position)
    }

    fn subtree(&mut self, level: u32, index: u64) -> Result<Digest, Missing> {
        let (tile_level, height) = (u8::try_from(level / 8).map_err(|_| Missing)?, level % 8);
        let in_a_tile = TILE_WIDTH >> height;
        let tile = self.0.get(&(tile_level, index / in_a_tile)).ok_or(Missing)?;
        tile.root(height, index % in_a_tile).ok_or(Missing)
    }
}

#[cfg(test)]
mod tests {
    use weighbridge_evidence::Frontier;

    use super::*;

    #[test]
    fn a_tile_knows_the_root_of_every_whole_subtree_in_it() {
        for width in [0_usize, 1, 2, 3, 7, 200, 256] {
            let hashes: Vec<Digest> =
                (0..width).map(|n| Digest::of(n.to_string().as_bytes())).collect();
            let nodes = TileNodes::over(hashes.clone());
            for height in 0..8_u32 {
                let size = 1_usize << height;
                for (index, run) in hashes.chunks_exact(size).enumerate() {
                    let root = nodes.root(height, index as u64);
                    assert_eq!(root, Some(Frontier::over(run).root()), "{width} {height} {index}");
                }
                assert_eq!(nodes.root(height, (width / size) as u64), None, "{width} {height}");
            }
        }
    }
}
