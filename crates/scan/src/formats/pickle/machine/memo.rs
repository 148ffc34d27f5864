//! The memo: values kept under a number, densely or sparsely.

use super::{DENSE_MEMO, FAR_PLACE_BYTES, Halt, Machine, Value};

/// Where a place of the memo takes more than a gigabyte.
const FAR_PLACE: u32 = 1 << 26;

impl Machine<'_> {
    pub(super) fn memo_line(&mut self) -> Result<u32, Halt> {
        let text = self.digits_line()?;
        let text = text.trim();
        // Python reads `1_0` as ten.
        let is_grouped = text.split('_').all(|group| !group.is_empty());
        let digits = if is_grouped { &*text.replace('_', "") } else { text };
        digits.parse().ok().ok_or(Halt::Broken("a place of the memo cannot be read"))
    }

    #[inline]
    pub(super) fn memoise(&mut self, index: u32) -> Result<(), Halt> {
        let value = self.top()?;
        if let Value::Node(_) = value {
            self.heap.mark_memoised(value);
        }
        let place = index as usize;
        if place < DENSE_MEMO && place <= self.memo.len().saturating_mul(2) + 1024 {
            if place > self.memo.len() {
                self.make_room(place)?;
            }
            if place == self.memo.len() {
                self.memo.push(Value::Absent);
            }
            if let Some(kept) = self.memo.get_mut(place) {
                if *kept == Value::Absent {
                    self.memo_size += 1;
                }
                *kept = value;
            }
            self.far_memo.remove(&index);
        } else {
            if self.has_too_much(FAR_PLACE_BYTES) {
                return Err(Halt::TooManyObjects);
            }
            if index >= FAR_PLACE {
                // The C reader makes room for every place before it, or fails; the other one goes on.
                self.disagree("a place of its memo is gigabytes away");
            }
            if self.far_memo.insert(index, value).is_none() {
                self.memo_size += 1;
            }
        }
        Ok(())
    }

    /// Makes room for places that were left out.
    fn make_room(&mut self, places: usize) -> Result<(), Halt> {
        if self.has_too_much((places - self.memo.len()) * size_of::<Value>()) {
            return Err(Halt::TooManyObjects);
        }
        self.memo.resize(places, Value::Absent);
        Ok(())
    }

    #[inline]
    pub(super) fn recall(&mut self, index: u32) -> Result<(), Halt> {
        let value = match self.memo.get(index as usize) {
            Some(Value::Absent) | None => self.far_memo.get(&index).copied(),
            Some(value) => Some(*value),
        };
        self.push(value.ok_or(Halt::Broken("it recalls what it never put into its memo"))?);
        Ok(())
    }
}
