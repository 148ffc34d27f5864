//! Models that are compiled or closed: engines, which are native code for a device, and the trees of `CatBoost`.
//!
//! An engine is recognised and never clean: what it does cannot be read from it. `CatBoost`'s file is a table of
//! numbers behind its length; the part that would name code does not exist.

use weighbridge_domain::{Format, Hasher};

use super::Reader;
use crate::analyse::{Entry, Head, Scan, Stop};
use crate::rules;

/// The reader of engines.
pub(crate) static ENGINES: Reader = Reader {
    format: Format::known("engine"),
    header_only: false,
    sniff: |head| find(head).is_some(),
    read: read_engine,
};

/// The reader of `CatBoost` models.
pub(crate) static CATBOOST: Reader = Reader {
    format: Format::known("catboost"),
    header_only: false,
    sniff: |head| head.starts_with(b"CBM1"),
    read: read_catboost,
};

/// The reader of `XGBoost`'s older binary models.
pub(crate) static XGBOOST: Reader = Reader {
    format: Format::known("xgboost"),
    header_only: false,
    sniff: |head| {
        head.starts_with(b"binf\0\0") || (head.starts_with(b"binf") && head.bytes.contains(&0))
    },
    read: read_xgboost,
};

/// Magic bytes, where they stand, and the word for the engine.
static MAGICS: &[(usize, &[u8], &str)] = &[
    (0, b"ptrt", "tensorrt"),
    (0, b"ftrt", "tensorrt"),
    (0, b"PTNR", "tensorrt"),
    (0, b"RKNN", "rknn"),
    (0, b"CNTK\0", "cntk"),
    (0, b"B\0C\0N\0", "cntk"),
    (0, b"\x01HEF", "hailo"),
    (0, b"HEF\x01", "hailo"),
    (8, b"RKNN", "rknn"),
];

fn find(head: &Head<'_>) -> Option<&'static str> {
    let magic = MAGICS.iter().find(|(at, magic, _)| head.has(*at, magic));
    let by_name = match head.entry.extension().as_str() {
        "engine" | "plan" | "trt" => Some("tensorrt"),
        "rknn" => Some("rknn"),
        "hef" => Some("hailo"),
        _ => None,
    };
    // A name alone makes no text, and no archive, an engine.
    let is_binary = head.bytes.contains(&0) && !head.starts_with(b"PK");
    magic.map(|(_, _, word)| *word).or(by_name.filter(|_| is_binary))
}

fn read_engine(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let start = entry.read(0, 512.min(usize::try_from(entry.size).unwrap_or(512)))?;
    let word = find(&Head { bytes: &start, entry }).unwrap_or("engine");
    let message = format!("the file is an engine of {word}: compiled code for a device");
    scan.report(rules::ENGINE.finding(entry.place(Some(0)), message, word));
    Ok(Format::known(word))
}

/// The magic, the size of a flatbuffer, the flatbuffer, and tables of numbers.
fn read_catboost(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let head = entry.read(0, 12.min(usize::try_from(entry.size).unwrap_or(12)))?;
    let number = |at: usize| {
        let bytes = head.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(u64::MAX, |bytes| u64::from(u32::from_le_bytes(bytes)))
    };
    let (size, root) = (number(4), number(8));
    if size.saturating_add(8) > entry.size || root >= size {
        scan.skip(entry.place(Some(4)), "the sizes of the CatBoost model do not fit the file");
    }
    Ok(CATBOOST.format.clone())
}

/// A header of fixed size, the names of the objective and of the booster, and trees.
fn read_xgboost(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    const HEADER: u64 = 4 + 136;
    let mut at = HEADER;
    for _ in 0..2 {
        let fits = at + 8 <= entry.size;
        let size = if fits {
            entry.read(at, 8)?.try_into().map_or(u64::MAX, u64::from_le_bytes)
        } else {
            u64::MAX
        };
        let is_name = size <= 64 && at + 8 + size <= entry.size;
        let name = if is_name {
            entry.read(at + 8, usize::try_from(size).unwrap_or(0))?
        } else {
            Vec::new()
        };
        let fits = is_name
            && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b":_-".contains(byte));
        if !fits {
            scan.skip(entry.place(Some(at)), "the header of the XGBoost model cannot be read");
            break;
        }
        at += 8 + size;
    }
    Ok(XGBOOST.format.clone())
}

/// Feeds the magic bytes into the rule set's digest.
pub(super) fn tables(hasher: &mut Hasher) {
    hasher.update(format!("{MAGICS:?}").as_bytes());
}
