//! Numbers and places in seven bytes, so that a value with its kind takes eight.

/// A whole number of 56 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Integer([u8; 7]);

/// Where something stands in the file, and how long it is when that is less than 64 KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span([u8; 7]);

/// Bits of a span that are its offset.
const OFFSET_BITS: u32 = 40;

fn widened(bytes: [u8; 7]) -> [u8; 8] {
    let mut wide = [0; 8];
    let (head, _) = wide.split_at_mut(bytes.len());
    head.copy_from_slice(&bytes);
    wide
}

impl Integer {
    /// `None` for what does not fit.
    #[inline]
    pub(super) fn new(number: i64) -> Option<Integer> {
        let [kept @ .., _] = number.to_le_bytes();
        ((number << 8) >> 8 == number).then_some(Integer(kept))
    }

    #[inline]
    pub(super) fn get(self) -> i64 {
        // The sign is that of the highest byte that was kept.
        i64::from_le_bytes(widened(self.0)) << 8 >> 8
    }
}

impl Span {
    /// `None` where the offset is beyond a terabyte.
    #[inline]
    pub(super) fn new(offset: u64, size: u64) -> Option<Span> {
        let size = u16::try_from(size).unwrap_or(u16::MAX);
        let [kept @ .., _] = (offset | u64::from(size) << OFFSET_BITS).to_le_bytes();
        (offset >> OFFSET_BITS == 0).then_some(Span(kept))
    }

    #[inline]
    pub(super) fn offset(self) -> u64 {
        u64::from_le_bytes(widened(self.0)) & ((1 << OFFSET_BITS) - 1)
    }

    #[inline]
    pub(super) fn short_size(self) -> u16 {
        let [.., low, high] = self.0;
        u16::from_le_bytes([low, high])
    }

    /// Whether its size has to be asked elsewhere.
    #[inline]
    pub(super) fn is_long(self) -> bool {
        self.short_size() == u16::MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::pickle::value::Value;

    #[test]
    fn a_value_takes_eight_bytes() {
        assert_eq!(size_of::<Value>(), 8);
    }

    #[test]
    fn integers_come_back_or_are_too_large() {
        let edge = 1_i64 << 55;
        for number in [0, 1, -1, 255, -256, edge - 1, -edge] {
            assert_eq!(Integer::new(number).map(Integer::get), Some(number));
        }
        for number in [edge, -edge - 1, i64::MAX, i64::MIN] {
            assert_eq!(Integer::new(number), None);
        }
    }

    #[test]
    fn spans_come_back_or_are_too_far_away() {
        let far = 1_u64 << 40;
        for (offset, size) in [(0, 0), (1, 65_534), (far - 1, 7)] {
            let span = Span::new(offset, size).unwrap();
            assert_eq!((span.offset(), u64::from(span.short_size())), (offset, size));
            assert!(!span.is_long());
        }
        assert!(Span::new(5, 65_535).unwrap().is_long());
        assert!(Span::new(5, u64::MAX).unwrap().is_long());
        assert_eq!(Span::new(far, 0), None);
    }
}
