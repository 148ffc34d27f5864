//! Records of `TensorFlow`: what `TensorBoard` shows of a training (`events.out.tfevents…`), and data sets.
//!
//! Each record has its length, the length's sum, its bytes and their sum (`record_writer.cc`). Both kinds of
//! records hold numbers, texts and pictures. The rule: records follow one another up to the end of the file,
//! and what is in them is searched for pickles.

use crc::{CRC_32_ISCSI, Crc};
use weighbridge_domain::Format;

use super::{Reader, pickle};
use crate::analyse::{Entry, Head, Scan, Stop};
use crate::source::read_some;

/// The reader of this format.
pub(crate) static READER: Reader =
    Reader { format: Format::known("tensor-data"), header_only: false, sniff, read };

/// The length and its sum.
const BEFORE: u64 = 12;
/// The sum of the bytes.
const AFTER: u64 = 4;
/// The sum of Castagnoli.
static SUMS: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);
/// Records between two looks at the clock.
const TURN: u64 = 4096;

fn sniff(head: &Head<'_>) -> bool {
    length(head.bytes).is_some()
}

/// The length of the record that starts here, if its sum is right.
fn length(bytes: &[u8]) -> Option<u64> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let sum = u32::from_le_bytes(*rest.first_chunk::<4>()?);
    (sum == masked(SUMS.checksum(length))).then(|| u64::from_le_bytes(*length))
}

/// Sums are turned and shifted, so that sums of sums mean something.
fn masked(sum: u32) -> u32 {
    sum.rotate_right(15).wrapping_add(0xa282_ead8)
}

fn read(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let mut at = 0_u64;
    let mut count = 0_u64;
    while at < entry.size {
        let end = length(&read_some(entry.source, at, 12)?)
            .and_then(|length| at.checked_add(BEFORE + AFTER)?.checked_add(length))
            .filter(|end| *end <= entry.size);
        let Some(end) = end else {
            scan.skip(entry.place(Some(at)), "no record of TensorFlow's starts here");
            break;
        };
        at = end;
        count += 1;
        if count.is_multiple_of(TURN) {
            scan.budget.check_time()?;
        }
    }
    pickle::search(scan, entry, 0, entry.size)?;
    Ok(READER.format.clone())
}

#[cfg(test)]
mod tests {
    use weighbridge_domain::Verdict;

    use crate::samples::tfrecord::{record, sum};
    use crate::{Limits, scan_bytes};

    fn verdict(bytes: &[u8]) -> Verdict {
        let name = "events.out.tfevents.1.host.1.0".parse().unwrap();
        scan_bytes(&name, bytes, &Limits::default()).verdict()
    }

    #[test]
    fn records_up_to_the_end_are_clean() {
        let version = b"\x09\0\0\x80\x13\xbc\xd6\xda\x41\x1a\rbrain.Event:2";
        assert_eq!(
            verdict(&[record(version), record(b""), record(&[7; 300])].concat()),
            Verdict::Clean
        );
    }

    #[test]
    fn what_is_no_record_or_holds_a_pickle_is_not() {
        let whole = record(&[7; 5]);
        assert_ne!(verdict(&[&whole[..], b"more"].concat()), Verdict::Clean);
        let acts = record(b"\x80\x04cos\nsystem\n(S'id'\ntR.");
        assert_eq!(verdict(&[&whole[..], &acts].concat()), Verdict::Dangerous);
        let endless = u64::MAX.to_le_bytes();
        let endless = [&endless[..], &sum(&endless)].concat();
        assert_ne!(verdict(&endless), Verdict::Clean);
        for end in 1..whole.len() {
            assert_ne!(verdict(&whole[..end]), Verdict::Clean, "{end}");
        }
    }
}
