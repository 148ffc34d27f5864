//! Files of `PyTorch`'s distributed checkpoints (`__0_0.distcp`): archives of `torch.save`, one behind the other.
//!
//! Where each of them lies says a pickle beside them, `.metadata`. The rule: from the end to the start every byte
//! belongs to an archive, and each archive is examined by itself.

use weighbridge_domain::Format;

use super::{directory, read_from};
use crate::analyse::{Entry, Scan, Stop};
use crate::source::Part;

/// How such files are called.
pub(super) const EXTENSION: &str = "distcp";

pub(super) fn read(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    scan.budget.depth(entry.depth + 1)?;
    let mut end = entry.size;
    while end > 0 {
        scan.budget.check_time()?;
        let start = start(entry, end)?;
        let part = Part::new(entry.source, start, end - start);
        let member = entry.member_path(&format!("archive at byte {start}"));
        let size = end - start;
        let inner = Entry {
            source: &part,
            size,
            name: entry.name,
            member: &member,
            depth: entry.depth + 1,
        };
        read_from(scan, &inner, true)?;
        if start == 0 {
            break;
        }
        end = start;
    }
    Ok(Format::known("torch"))
}

/// Where the archive that ends at `end` begins; the whole rest when that cannot be told.
fn start(entry: &Entry<'_>, end: u64) -> Result<u64, Stop> {
    let part = Part::new(entry.source, 0, end);
    let rest = Entry { source: &part, size: end, ..*entry };
    let Some(record) = directory::find_end(&rest)? else { return Ok(0) };
    Ok(directory::start(&rest, record)?.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use weighbridge_domain::Verdict;

    use crate::samples::{torch, zip};
    use crate::{Limits, scan_bytes};

    fn verdict(name: &str, bytes: &[u8]) -> Verdict {
        scan_bytes(&name.parse().unwrap(), bytes, &Limits::default()).verdict()
    }

    #[test]
    fn every_archive_of_a_distributed_checkpoint_is_examined() {
        let plain = torch::archive(&[("weight", &[2, 2])]);
        let acts = torch::archive_calling("os", "system", "id");
        let three = [&plain[..], &plain, &plain].concat();
        assert_eq!(verdict("__0_0.distcp", &three), Verdict::Clean);
        assert_eq!(verdict("__0_0.distcp", &plain), Verdict::Clean);
        for chain in [[&acts, &plain, &plain], [&plain, &acts, &plain], [&plain, &plain, &acts]] {
            assert_eq!(
                verdict("__0_0.distcp", &chain.map(Vec::as_slice).concat()),
                Verdict::Dangerous
            );
        }
        // Under another name one of them is hidden behind the other.
        assert_eq!(verdict("model.pt", &three), Verdict::Dangerous);
    }

    #[test]
    fn bytes_of_no_archive_are_told() {
        let plain = torch::archive(&[("weight", &[2, 2])]);
        for odd in [
            [&b"PK\x03\x04 and more"[..], &plain].concat(),
            [&plain[..], b"more", &plain].concat(),
            [&plain[..], &plain, b"more"].concat(),
        ] {
            assert_ne!(verdict("__0_0.distcp", &odd), Verdict::Clean);
        }
        let two = [&plain[..], &zip::of(&[("a.txt", b"text")])].concat();
        for end in (4..two.len()).filter(|end| *end != plain.len()) {
            assert_ne!(verdict("__0_0.distcp", &two[..end]), Verdict::Clean, "{end}");
        }
    }
}
