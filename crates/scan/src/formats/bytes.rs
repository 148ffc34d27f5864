//! Bytes read in order from an entry, in a window: what a length claims is checked before it is believed.

use super::pickle;
use crate::analyse::{Entry, Scan, Stop};
use crate::limits::Budget;
use crate::source::read_full;

/// How much is read at once.
const WINDOW: usize = 64 << 10;

/// A place in an entry, going forwards.
pub(super) struct Bytes<'a> {
    entry: Entry<'a>,
    at: u64,
    end: u64,
    window: Vec<u8>,
    window_start: u64,
    steps: u64,
    budget: Budget,
}

impl<'a> Bytes<'a> {
    /// From `start` to `end`, which is cut at the end of the entry. `steps` values may be read.
    pub(super) fn new(
        entry: &Entry<'a>,
        start: u64,
        end: u64,
        steps: u64,
        budget: &Budget,
    ) -> Bytes<'a> {
        let end = end.min(entry.size);
        let window = Vec::new();
        Bytes {
            entry: *entry,
            at: start,
            end,
            window,
            window_start: 0,
            steps,
            budget: budget.clone(),
        }
    }

    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// How many bytes there are up to the end.
    pub(super) fn left(&self) -> u64 {
        self.end.saturating_sub(self.at)
    }

    /// Charges one value.
    pub(super) fn step(&mut self) -> Result<(), Stop> {
        self.steps = self
            .steps
            .checked_sub(1)
            .ok_or_else(|| Stop::Unexamined("the budget of values ran out".to_owned()))?;
        Ok(())
    }

    /// Steps over bytes.
    pub(super) fn skip(&mut self, count: u64) -> Result<(), Stop> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.end);
        self.at = end.ok_or_else(ends_early)?;
        Ok(())
    }

    /// The next bytes.
    pub(super) fn take(&mut self, count: usize) -> Result<&[u8], Stop> {
        let start = self.at;
        self.skip(count as u64)?;
        let held = start
            .checked_sub(self.window_start)
            .and_then(|from| usize::try_from(from).ok())
            .filter(|from| from.saturating_add(count) <= self.window.len());
        let from = if let Some(from) = held {
            from
        } else {
            self.budget.check_time()?;
            let left = usize::try_from(self.end - start).unwrap_or(WINDOW);
            self.window.resize(WINDOW.min(left).max(count), 0);
            let got = read_full(self.entry.source, &mut self.window, start)?;
            self.window.truncate(got);
            self.window_start = start;
            0
        };
        self.window.get(from..from + count).ok_or_else(ends_early)
    }

    /// The next bytes, as many as fit.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Stop> {
        self.take(N)?.try_into().map_err(|_| ends_early())
    }

    pub(super) fn byte(&mut self) -> Result<u8, Stop> {
        let [byte] = self.array()?;
        Ok(byte)
    }
}

/// Ends a file that holds one value, whose reader came to `end`: what follows, or could not be read, is told and searched
/// for pickles.
pub(super) fn finish(
    scan: &mut Scan,
    entry: &Entry<'_>,
    read: Result<(), Stop>,
    end: u64,
) -> Result<(), Stop> {
    let why = match read {
        Ok(()) if end >= entry.size => return Ok(()),
        Ok(()) => format!("{} bytes follow the value", entry.size - end),
        Err(Stop::Unexamined(why)) => why,
        Err(stop) => return Err(stop),
    };
    scan.skip(entry.place(Some(end)), why);
    pickle::search(scan, entry, end, entry.size)
}

fn ends_early() -> Stop {
    Stop::Unexamined("it ends before what it announces".to_owned())
}
