//! The footer of a Parquet file, in Thrift's compact protocol: its metadata, and nothing else of it
//! (`parquet.thrift`, `FileMetaData`).

/// Structures inside each other.
const DEPTH: usize = 32;
/// Values of one footer.
const STEPS: usize = 50_000_000;
/// Pairs of metadata.
const PAIRS: usize = 10_000;

/// A key of the metadata and its value.
pub(super) type Pair<'a> = (&'a [u8], &'a [u8]);

/// The keys and values of the whole file; `None` when the footer cannot be read.
pub(super) fn metadata(footer: &[u8]) -> Option<Vec<Pair<'_>>> {
    let mut thrift = Thrift { bytes: footer, steps: STEPS };
    let mut pairs = Vec::new();
    let mut id = 0;
    while let Some(kind) = thrift.field(&mut id)? {
        if (id, kind) != (5, 9) {
            thrift.skip(kind, 0)?;
            continue;
        }
        let (count, kind) = thrift.list()?;
        for _ in 0..count {
            if kind != 12 || pairs.len() >= PAIRS {
                return None;
            }
            pairs.push(thrift.pair()?);
        }
    }
    Some(pairs)
}

struct Thrift<'a> {
    bytes: &'a [u8],
    steps: usize,
}

impl<'a> Thrift<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*byte)
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// The next field: its type, `None` inside at the end. `id` becomes its number.
    #[expect(clippy::option_option, reason = "broken and at the end are two things")]
    fn field(&mut self, id: &mut i64) -> Option<Option<u8>> {
        self.steps = self.steps.checked_sub(1)?;
        let header = self.byte()?;
        if header == 0 {
            return Some(None);
        }
        *id = if header >> 4 == 0 {
            let coded = self.number()?;
            (coded >> 1).cast_signed() ^ -((coded & 1).cast_signed())
        } else {
            id.checked_add(i64::from(header >> 4))?
        };
        Some(Some(header & 15))
    }

    /// How many values a list has, and their type.
    fn list(&mut self) -> Option<(u64, u8)> {
        let header = self.byte()?;
        let count = if header >> 4 == 15 { self.number()? } else { u64::from(header >> 4) };
        (count <= self.bytes.len() as u64).then_some((count, header & 15))
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let size = usize::try_from(self.number()?).ok()?;
        self.take(size)
    }

    fn pair(&mut self) -> Option<Pair<'a>> {
        let mut pair: Pair<'a> = (&[], &[]);
        let mut id = 0;
        while let Some(kind) = self.field(&mut id)? {
            match (id, kind) {
                (1, 8) => pair.0 = self.text()?,
                (2, 8) => pair.1 = self.text()?,
                _ => self.skip(kind, 0)?,
            }
        }
        Some(pair)
    }

    /// Steps over a value. Recursion ends at [`DEPTH`].
    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        self.steps = self.steps.checked_sub(1)?;
        if depth > DEPTH {
            return None;
        }
        match kind {
            1 | 2 => {}
            3 => drop(self.byte()?),
            4..=6 => drop(self.number()?),
            7 => drop(self.take(8)?),
            8 => drop(self.text()?),
            9 | 10 => {
                let (count, kind) = self.list()?;
                for _ in 0..count {
                    // In a list, a truth value takes a byte.
                    self.skip(if kind <= 2 { 3 } else { kind }, depth + 1)?;
                }
            }
            11 => {
                let count = self.number()?;
                if count > self.bytes.len() as u64 {
                    return None;
                }
                let kinds = if count > 0 { self.byte()? } else { 0 };
                for _ in 0..count {
                    self.skip(kinds >> 4, depth + 1)?;
                    self.skip(kinds & 15, depth + 1)?;
                }
            }
            12 => {
                let mut id = 0;
                while let Some(kind) = self.field(&mut id)? {
                    self.skip(kind, depth + 1)?;
                }
            }
            _ => return None,
        }
        Some(())
    }
}
