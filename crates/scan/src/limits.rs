//! What one scan may cost. Every budget that runs out ends in "not examined", never in a pass.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// The budgets of one scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Expanded bytes of one member of an archive.
    pub member_bytes: u64,
    /// Expanded bytes of all members of one file together.
    pub expanded_bytes: u64,
    /// Expanded bytes per compressed byte, before a member counts as a bomb.
    pub compression_ratio: u64,
    /// Members of one file, archives inside archives included.
    pub members: u64,
    /// Archives inside archives, pickles inside pickles.
    pub depth: u32,
    /// Opcodes of all pickles of one file together.
    pub pickle_steps: u64,
    /// Findings of one file. Dangerous ones are kept first.
    pub findings: usize,
    /// Wall time for one file.
    pub wall_seconds: u64,
    /// Memory the worker may map beyond the binary itself.
    pub memory_bytes: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            member_bytes: 8 << 30,
            expanded_bytes: 32 << 30,
            compression_ratio: 250,
            members: 65_535,
            depth: 8,
            pickle_steps: 100_000_000,
            findings: 200,
            wall_seconds: 120,
            memory_bytes: 1 << 30,
        }
    }
}

/// Memory that the decoders of one scan may hold together: windows, tables, results that are kept.
const HELD_BYTES: u64 = 36 << 20;

/// A budget that ran out, in the words of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the budget of {allowed} {what} ran out")]
pub(crate) struct Spent {
    what: &'static str,
    allowed: u64,
}

/// What is left of the limits while one file is scanned. Clones draw on the same account.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Rc<Account>);

#[derive(Debug)]
struct Account {
    limits: Limits,
    expanded_bytes: Cell<u64>,
    members: Cell<u64>,
    pickle_steps: Cell<u64>,
    held_bytes: Cell<u64>,
    end: Instant,
}

/// Memory that a decoder holds, until it is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    account: Rc<Account>,
    bytes: u64,
}

impl Held {
    /// How much it is.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Gives some of it back.
    pub(crate) fn shrink(&mut self, bytes: u64) {
        let less = self.bytes.saturating_sub(bytes);
        self.account.held_bytes.set(self.account.held_bytes.get().saturating_sub(less));
        self.bytes -= less;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.shrink(0);
    }
}

impl Budget {
    /// A full budget; the clock starts now.
    pub(crate) fn new(limits: &Limits) -> Budget {
        Budget(Rc::new(Account {
            expanded_bytes: Cell::new(0),
            members: Cell::new(0),
            pickle_steps: Cell::new(0),
            held_bytes: Cell::new(0),
            end: Instant::now() + Duration::from_secs(limits.wall_seconds),
            limits: limits.clone(),
        }))
    }

    /// The limits it was made from.
    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Charges bytes that came out of a decompressor.
    pub(crate) fn expand(&self, bytes: u64) -> Result<(), Spent> {
        charge(&self.0.expanded_bytes, bytes, self.0.limits.expanded_bytes, "expanded bytes")?;
        self.check_time()
    }

    /// Bytes that came out of decompressors so far.
    pub(crate) fn expanded(&self) -> u64 {
        self.0.expanded_bytes.get()
    }

    /// Takes memory for a decoder.
    pub(crate) fn hold(&self, bytes: u64) -> Result<Held, Spent> {
        let total = self.0.held_bytes.get().saturating_add(bytes);
        if total > HELD_BYTES {
            return Err(Spent { what: "bytes of memory", allowed: HELD_BYTES });
        }
        self.0.held_bytes.set(total);
        Ok(Held { account: Rc::clone(&self.0), bytes })
    }

    /// What is left of the memory for decoders.
    pub(crate) fn memory_left(&self) -> u64 {
        HELD_BYTES.saturating_sub(self.0.held_bytes.get())
    }

    /// Charges one member of an archive.
    pub(crate) fn member(&self) -> Result<(), Spent> {
        charge(&self.0.members, 1, self.0.limits.members, "members")
    }

    /// Charges pickle opcodes.
    pub(crate) fn pickle_steps(&self, steps: u64) -> Result<(), Spent> {
        charge(&self.0.pickle_steps, steps, self.0.limits.pickle_steps, "pickle opcodes")?;
        self.check_time()
    }

    /// Fails once the wall time is over.
    pub(crate) fn check_time(&self) -> Result<(), Spent> {
        if Instant::now() < self.0.end {
            Ok(())
        } else {
            Err(Spent { what: "seconds", allowed: self.0.limits.wall_seconds })
        }
    }

    /// Fails when `depth` containers inside each other are too many.
    pub(crate) fn depth(&self, depth: u32) -> Result<(), Spent> {
        if depth <= self.0.limits.depth {
            Ok(())
        } else {
            Err(Spent { what: "nested containers", allowed: u64::from(self.0.limits.depth) })
        }
    }
}

fn charge(spent: &Cell<u64>, amount: u64, allowed: u64, what: &'static str) -> Result<(), Spent> {
    let total = spent.get().saturating_add(amount);
    spent.set(total);
    if total <= allowed { Ok(()) } else { Err(Spent { what, allowed }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_that_ran_out_says_which() {
        let budget = Budget::new(&Limits { members: 1, ..Limits::default() });
        assert_eq!(budget.member(), Ok(()));
        assert_eq!(budget.member().unwrap_err().to_string(), "the budget of 1 members ran out");
    }
}
