//! The global heap: where values of variable length lie.

use super::bytes::{Bytes, File, Trouble};

/// Values of one collection that are stepped over.
const STEPS: u32 = 70_000;

/// The value with this number in the collection at an address, at most `limit` bytes of it.
pub(super) fn value(
    file: &File<'_>,
    address: u64,
    wanted: u32,
    limit: usize,
) -> Result<Bytes, Trouble> {
    let head = 8 + file.length_size;
    let mut bytes = file.read_signed(address, b"GCOL", head)?;
    bytes.skip(4)?;
    let end = address.saturating_add(bytes.length()?);
    let mut at = address.saturating_add(head as u64);
    for _ in 0..STEPS {
        if at.saturating_add(head as u64) > end {
            break;
        }
        let mut line = file.read(at, head)?;
        let index = line.u16()?;
        line.skip(6)?;
        let size = line.length()?;
        if index == 0 {
            break;
        }
        let start = at.saturating_add(head as u64);
        if u32::from(index) == wanted {
            let room = usize::try_from(size).unwrap_or(usize::MAX);
            if room > limit || start.saturating_add(size) > end {
                return Err(line.broken("a value of variable length is too long"));
            }
            return file.read(start, room);
        }
        let Some(next) = size.checked_next_multiple_of(8) else { break };
        at = start.saturating_add(next);
    }
    Err(bytes.broken("a value of variable length is not where it should be"))
}
