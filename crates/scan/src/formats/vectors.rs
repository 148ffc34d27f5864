//! Word vectors and indices for the search of neighbours: numbers that their programs read as such, known by
//! how they start. Like other numbers they are searched for pickles.

use weighbridge_domain::Format;

use super::{Reader, pickle};
use crate::analyse::{Entry, Head, Scan, Stop};

/// The reader of these formats.
pub(crate) static READER: Reader = Reader {
    format: Format::known("tensor-data"),
    header_only: false,
    sniff: |head| is_fasttext(head) || is_faiss(head) || is_word2vec(head),
    read,
};

/// The most numbers that a word stands for.
const WIDTH: u64 = 1 << 16;
/// The longest word.
const WORD: u64 = 4096;

/// A magic number, the version, and the width of a vector (`fasttext.cc`, `args.cc`).
fn is_fasttext(head: &Head<'_>) -> bool {
    head.starts_with(b"\xba\x16\x4f\x2f\x0c\0\0\0")
        && number(head, 8).is_some_and(|width| (1..WIDTH).contains(&width))
}

/// Four letters, the width, a count, and twice the same number that nothing uses (`index_write.cpp`).
fn is_faiss(head: &Head<'_>) -> bool {
    let unused = 1_u64 << 20;
    matches!(head.bytes, [b'I', letters @ ..] if letters.iter().take(3).all(u8::is_ascii_alphanumeric))
        && number(head, 4).is_some_and(|width| (1..WIDTH).contains(&width))
        && head.has(16, &unused.to_le_bytes())
        && head.has(24, &unused.to_le_bytes())
}

/// Two numbers in digits; then each word, a space, and its vector: the file is as long as they say.
fn is_word2vec(head: &Head<'_>) -> bool {
    let Some(end) = head.bytes.iter().take(40).position(|byte| *byte == b'\n') else {
        return false;
    };
    let line = head.bytes.get(..end).and_then(|line| std::str::from_utf8(line).ok());
    let Some((words, width)) = line.and_then(|line| line.split_once(' ')) else { return false };
    let (Ok(words), Ok(width)) = (words.parse::<u64>(), width.parse::<u64>()) else { return false };
    if words == 0 || !(1..WIDTH).contains(&width) {
        return false;
    }
    let rest = head.entry.size.saturating_sub(end as u64 + 1);
    let least = words.checked_mul(width * 4 + 2);
    let most = words.saturating_mul(width * 4 + WORD);
    let is_long_enough = least.is_some_and(|least| (least..=most).contains(&rest));
    let mut word = head.bytes.iter().skip(end + 1);
    is_long_enough && word.position(|byte| *byte == b' ').is_some_and(|size| size > 0)
}

fn number(head: &Head<'_>, at: usize) -> Option<u64> {
    let bytes = head.bytes.get(at..at + 4)?.try_into().ok()?;
    Some(u64::from(u32::from_le_bytes(bytes)))
}

fn read(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    pickle::search(scan, entry, 0, entry.size)?;
    Ok(READER.format.clone())
}

#[cfg(test)]
mod tests {
    use weighbridge_domain::Verdict;

    use crate::{Limits, scan_bytes};

    fn verdict(bytes: &[u8]) -> Verdict {
        scan_bytes(&"vectors.bin".parse().unwrap(), bytes, &Limits::default()).verdict()
    }

    fn word2vec() -> Vec<u8> {
        let vector = [0x3f_u8, 0x80, 0, 1].repeat(3);
        [b"2 3\nthe ".as_slice(), &vector, b"\nof ", &vector, b"\n"].concat()
    }

    fn faiss() -> Vec<u8> {
        let unused = (1_u64 << 20).to_le_bytes();
        let vectors = 1.5_f32.to_le_bytes().repeat(16);
        let head = [b"IxF2".as_slice(), &8_u32.to_le_bytes(), &2_u64.to_le_bytes()].concat();
        [&head, &unused[..], &unused, &[1, 1, 0, 0, 0], &16_u64.to_le_bytes(), &vectors].concat()
    }

    #[test]
    fn vectors_and_indices_are_numbers() {
        assert_eq!(verdict(&word2vec()), Verdict::Clean);
        assert_eq!(verdict(&faiss()), Verdict::Clean);
        let fasttext = [b"\xba\x16\x4f\x2f\x0c\0\0\0\x10\0\0\0".as_slice(), &[5; 64]].concat();
        assert_eq!(verdict(&fasttext), Verdict::Clean);
    }

    #[test]
    fn what_is_cut_off_or_hides_a_pickle_is_not() {
        assert_ne!(verdict(&word2vec()[..30]), Verdict::Clean);
        let hidden = [&faiss()[..], b"\x80\x04cos\nsystem\n(S'id'\ntR.", &[0; 64]].concat();
        assert_eq!(verdict(&hidden), Verdict::Dangerous);
        for bytes in [word2vec(), faiss()] {
            for end in 0..bytes.len() {
                let _ = verdict(&bytes[..end]);
            }
        }
    }
}
