//! A log as static files (C2SP tlog-tiles): tiles of hashes, 256 wide, and bundles of entries.

/// How many hashes or entries a full tile has.
pub const TILE_WIDTH: u64 = 256;
/// What a bundle of entries takes at most.
pub const MAX_BUNDLE_BYTES: u64 = TILE_WIDTH * (2 + u16::MAX as u64);

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TileKind {
    /// The roots of subtrees of 256 to the power of this many entries; at level 0, leaf hashes.
    Hashes(u8),
    /// The entries themselves.
    Entries,
    /// What the entries name by digest. Ours, and no part of the standard: one line each.
    Bodies,
}

/// One file of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tile {
    /// What it holds.
    pub kind: TileKind,
    /// Its place among the tiles of its kind, from 0.
    pub index: u64,
    /// How many hashes or entries it has, 1 to 256.
    pub width: u64,
}

impl Tile {
    /// Every file of a log of `size` entries, besides the checkpoint.
    pub fn all(size: u64) -> impl Iterator<Item = Tile> {
        let levels = (0..8).map(move |level: u8| (level, size >> (u32::from(level) * 8)));
        let hashes = levels.flat_map(|(level, count)| Tile::of(TileKind::Hashes(level), count));
        let others = [TileKind::Entries, TileKind::Bodies];
        hashes.chain(others.into_iter().flat_map(move |kind| Tile::of(kind, size)))
    }

    /// The tiles that hold the first `count` things of a kind.
    pub fn of(kind: TileKind, count: u64) -> impl Iterator<Item = Tile> {
        let full =
            (0..count / TILE_WIDTH).map(move |index| Tile { kind, index, width: TILE_WIDTH });
        let width = count % TILE_WIDTH;
        let rest = (width > 0).then_some(Tile { kind, index: count / TILE_WIDTH, width });
        full.chain(rest)
    }

    /// The positions of the leaves it is about; `None` past any log.
    pub fn leaves(&self) -> Option<std::ops::Range<u64>> {
        let first = self.index.checked_mul(TILE_WIDTH)?;
        let each = self.leaves_each()?;
        let end = first.checked_add(self.width)?.checked_mul(each)?;
        Some(first.checked_mul(each)?..end)
    }

    /// How many leaves are below each of its hashes.
    pub fn leaves_each(&self) -> Option<u64> {
        match self.kind {
            TileKind::Hashes(level) => 1_u64.checked_shl(u32::from(level) * 8),
            TileKind::Entries | TileKind::Bodies => Some(1),
        }
    }

    /// Where it is, from the root of the log: `tile/0/x001/067.p/12`.
    pub fn path(&self) -> String {
        let mut path = match self.kind {
            TileKind::Hashes(level) => format!("tile/{level}"),
            TileKind::Entries => "tile/entries".to_owned(),
            TileKind::Bodies => "bodies".to_owned(),
        };
        let mut groups = vec![format!("{:03}", self.index % 1000)];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(format!("x{:03}", rest % 1000));
            rest /= 1000;
        }
        for group in groups.iter().rev() {
            path.push('/');
            path.push_str(group);
        }
        match self.width {
            TILE_WIDTH => path,
            width => format!("{path}.p/{width}"),
        }
    }

    /// Reads a path. Another spelling of the same tile is none.
    pub fn parse(path: &str) -> Option<Tile> {
        if path.len() > 100 {
            return None;
        }
        let (kind, rest) = if let Some(rest) = path.strip_prefix("bodies/") {
            (TileKind::Bodies, rest)
        } else {
            let (word, rest) = path.strip_prefix("tile/")?.split_once('/')?;
            match word {
                "entries" => (TileKind::Entries, rest),
                level => (TileKind::Hashes(level.parse().ok().filter(|level| *level < 8)?), rest),
            }
        };
        let (place, width) = match rest.split_once(".p/") {
            Some((place, width)) => (place, width.parse().ok()?),
            None => (rest, TILE_WIDTH),
        };
        let mut index = 0_u64;
        for group in place.split('/') {
            let digits: u64 = group.strip_prefix('x').unwrap_or(group).parse().ok()?;
            index = index.checked_mul(1000)?.checked_add(digits)?;
        }
        let tile = Tile { kind, index, width };
        ((1..=TILE_WIDTH).contains(&width) && tile.path() == path).then_some(tile)
    }
}

/// Puts entries into a bundle. `None` when one has more than 65,535 bytes.
pub fn write_bundle<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Option<Vec<u8>> {
    let mut bundle = Vec::new();
    for entry in entries {
        bundle.extend(u16::try_from(entry.len()).ok()?.to_be_bytes());
        bundle.extend(entry);
    }
    Some(bundle)
}

/// Takes the entries out of a bundle. `None` when it ends in the middle of one.
pub fn read_bundle(mut bundle: &[u8]) -> Option<Vec<&[u8]>> {
    let mut entries = Vec::new();
    while let Some((length, rest)) = bundle.split_first_chunk() {
        let (entry, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        entries.push(entry);
        bundle = rest;
    }
    bundle.is_empty().then_some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_standard() {
        let tile = |kind, index, width| Tile { kind, index, width };
        for (tile, path) in [
            (tile(TileKind::Hashes(0), 0, 256), "tile/0/000"),
            (tile(TileKind::Hashes(0), 1_234_067, 256), "tile/0/x001/x234/067"),
            (tile(TileKind::Hashes(2), 5, 12), "tile/2/005.p/12"),
            (tile(TileKind::Entries, 1000, 1), "tile/entries/x001/000.p/1"),
            (tile(TileKind::Bodies, 3, 256), "bodies/003"),
        ] {
            assert_eq!(tile.path(), path);
            assert_eq!(Tile::parse(path), Some(tile), "{path}");
        }
        for bad in [
            "",
            "tile",
            "tile/0",
            "tile/0/0",
            "tile/00/000",
            "tile/9/000",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/012",
            "tile/0/x000/001",
            "tile/0/001/000",
            "tile/-1/000",
            "tile/entries/",
            "bodies/../../etc",
            "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert_eq!(Tile::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_log_has_full_tiles_and_at_most_one_partial_tile_a_level() {
        let paths = |size| Tile::all(size).map(|tile| tile.path()).collect::<Vec<_>>();
        assert!(paths(0).is_empty());
        assert_eq!(paths(1), ["tile/0/000.p/1", "tile/entries/000.p/1", "bodies/000.p/1"]);
        let some = paths(70_000);
        assert_eq!(some.iter().filter(|path| path.starts_with("tile/0/")).count(), 274);
        assert!(some.contains(&"tile/0/273.p/112".to_owned()));
        assert!(some.contains(&"tile/1/001.p/17".to_owned()));
        assert!(some.contains(&"tile/2/000.p/1".to_owned()));
        assert_eq!(Tile::parse("tile/1/001.p/17").unwrap().leaves(), Some(65_536..69_888));
    }

    #[test]
    fn a_bundle_reads_back_and_is_never_read_past_its_end() {
        let entries: [&[u8]; 3] = [b"first", b"", b"third"];
        let bundle = write_bundle(entries).unwrap();
        assert_eq!(read_bundle(&bundle).unwrap(), entries);
        for end in 0..bundle.len() {
            let cut = read_bundle(&bundle[..end]);
            assert!(cut.is_none_or(|cut| entries.starts_with(&cut)), "cut at {end}");
        }
        assert_eq!(write_bundle([vec![0; 65_536].as_slice()]), None);
    }
}
