//! Checksums of parts that follow one another, such as the files of a folder of a 7z archive.

use crc32fast::Hasher;

/// Checksums of parts.
#[derive(Default)]
pub(crate) struct Sums {
    sizes: std::vec::IntoIter<u64>,
    /// The part at work, and what is missing of it.
    open: Option<Hasher>,
    left: u64,
    /// Those of the parts that are complete.
    pub(crate) done: Vec<u32>,
}

impl Sums {
    /// Parts of these sizes.
    pub(crate) fn of(sizes: impl Iterator<Item = u64>) -> Sums {
        let sizes: Vec<u64> = sizes.collect();
        let mut sums = Sums { sizes: sizes.into_iter(), ..Sums::default() };
        sums.begin();
        sums
    }

    fn begin(&mut self) {
        for size in self.sizes.by_ref() {
            if size > 0 {
                (self.open, self.left) = (Some(Hasher::new()), size);
                return;
            }
            self.done.push(Hasher::new().finalize());
        }
    }

    /// Takes what comes next.
    pub(crate) fn update(&mut self, mut bytes: &[u8]) {
        while let Some(sum) = &mut self.open
            && !bytes.is_empty()
        {
            let size = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
            let (part, rest) = bytes.split_at(size);
            sum.update(part);
            bytes = rest;
            self.left -= size as u64;
            if self.left == 0 {
                self.done.extend(self.open.take().map(Hasher::finalize));
                self.begin();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Sums;

    #[test]
    fn parts_are_told_apart_wherever_pieces_end() {
        let mut sums = Sums::of([0, 3, 2, 0, 4].into_iter());
        for piece in [b"ab".as_slice(), b"cde", b"f"] {
            sums.update(piece);
        }
        let wanted = [b"".as_slice(), b"abc", b"de", b""].map(crc32fast::hash);
        assert_eq!(sums.done, wanted);
    }
}
