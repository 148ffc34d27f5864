//! Parquet and Arrow: tables of plain columns, unless their schema carries pickled types.

use weighbridge_domain::Format;

use super::Reader;
use crate::analyse::{Entry, Head, Scan, Stop};
use crate::rules;

/// The reader of Parquet files.
pub(crate) static PARQUET: Reader = Reader {
    format: Format::known("parquet"),
    header_only: false,
    sniff: |head| head.starts_with(b"PAR1"),
    read: read_parquet,
};

/// The reader of Arrow files and streams.
pub(crate) static ARROW: Reader = Reader {
    format: Format::known("arrow"),
    header_only: false,
    sniff: is_arrow,
    read: read_arrow,
};

/// The longest footer that is read.
const FOOTER_BYTES: u64 = 64 << 20;
/// How much of an Arrow stream's start is searched: its schema is its first message.
const SCHEMA_BYTES: u64 = 8 << 20;
/// The name under which pyarrow kept pickled types.
const PICKLED_TYPE: &[u8] = b"arrow.py_extension_type";

fn is_arrow(head: &Head<'_>) -> bool {
    let is_stream = head.starts_with(b"\xff\xff\xff\xff") && head.entry.extension() == "arrow";
    head.starts_with(b"ARROW1") || is_stream
}

fn read_parquet(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let format = PARQUET.format.clone();
    let broken = || Stop::Unexamined("the Parquet file has no footer".to_owned());
    let tail = entry.read(entry.size.checked_sub(8).ok_or_else(broken)?, 8)?;
    let Some((length, magic)) = tail.split_first_chunk::<4>() else { return Err(broken()) };
    let length = u64::from(u32::from_le_bytes(*length));
    if magic == b"PARE" {
        scan.skip(entry.place(None), "the footer of the Parquet file is encrypted");
        return Ok(format);
    }
    let start = entry.size.checked_sub(8 + length).filter(|start| *start >= 4);
    let (Some(start), b"PAR1", true) = (start, magic, length <= FOOTER_BYTES) else {
        scan.skip(entry.place(None), "the Parquet file has no footer");
        return Ok(format);
    };
    let footer = entry.read(start, usize::try_from(length).unwrap_or(usize::MAX))?;
    if contains(&footer, PICKLED_TYPE)
        || schema_texts(&footer).any(|schema| contains(&schema, PICKLED_TYPE))
    {
        report(scan, entry, start);
    }
    Ok(format)
}

fn read_arrow(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let size = usize::try_from(entry.size.min(SCHEMA_BYTES)).unwrap_or(0);
    if contains(&entry.read(0, size)?, PICKLED_TYPE) {
        report(scan, entry, 0);
    }
    Ok(ARROW.format.clone())
}

fn report(scan: &mut Scan, entry: &Entry<'_>, offset: u64) {
    let message = "the schema of the table carries pickled column types";
    let evidence = String::from_utf8_lossy(PICKLED_TYPE);
    scan.report(rules::ARROW_PICKLE.finding(entry.place(Some(offset)), message, evidence));
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// Arrow schemas in a Parquet footer are Base64: every long run of its characters, decoded.
fn schema_texts(footer: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    footer.split(move |byte| !is_base64(byte)).filter(|run| run.len() >= 64).flat_map(|run| {
        // A letter of what stands before may belong to the run by chance: try every alignment.
        (0..4).map(|skip| decode(run.get(skip..).unwrap_or_default()))
    })
}

fn decode(run: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(run.len());
    let mut bits: u32 = 0;
    let mut count = 0;
    for byte in run {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => break,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from(bits >> count & 0xff).unwrap_or(0));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_found_in_base64_whatever_stands_before_it() {
        // "....arrow.py_extension_type...." many times over, in Base64.
        let text = "Li4uLmFycm93LnB5X2V4dGVuc2lvbl90eXBlLi4uLi4uLi4uLi4uLi4uLi4uLi4uLi4uLi4uLi4u";
        for before in ["", "x", "xy", "xyz"] {
            let footer = format!("\u{1}{before}{text}\u{2}");
            let found = schema_texts(footer.as_bytes()).any(|s| contains(&s, PICKLED_TYPE));
            assert!(found, "{before}");
        }
    }
}
