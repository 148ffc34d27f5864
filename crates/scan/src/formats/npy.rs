//! numpy's array files: a header that is a Python literal, and raw values behind it. Arrays of objects
//! are pickles.

mod header;

use weighbridge_domain::Format;

use self::header::Header;
use super::{Reader, pickle};
use crate::analyse::{Entry, Head, Scan, Stop, shown};
use crate::rules;
use crate::source::Part;

/// The reader of this format.
pub(crate) static READER: Reader =
    Reader { format: Format::known("npy"), header_only: true, sniff, read };

/// The longest header that is read.
const HEADER_BYTES: usize = 1 << 20;

fn sniff(head: &Head<'_>) -> bool {
    head.starts_with(b"\x93NUMPY")
}

fn read(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let format = READER.format.clone();
    let start = entry.read(0, 12)?;
    let (length, data) = match start.as_slice() {
        [_, _, _, _, _, _, 1, _, a, b, ..] => (usize::from(u16::from_le_bytes([*a, *b])), 10),
        [_, _, _, _, _, _, 2 | 3, _, a, b, c, d] => {
            (u32::from_le_bytes([*a, *b, *c, *d]) as usize, 12)
        }
        _ => {
            scan.skip(entry.place(Some(6)), "the version of the array file is not known");
            return Ok(format);
        }
    };
    if length > HEADER_BYTES {
        scan.skip(entry.place(Some(8)), "the header of the array file is too long");
        return Ok(format);
    }
    let text = entry.read(data, length)?;
    let data = data + length as u64;
    let Some(header) = Header::parse(&text) else {
        // Readers before `literal_eval` evaluated the header.
        if header::calls(&text) {
            let message = "the header of the array file is a program";
            let place = entry.place(Some(data - length as u64));
            scan.report(rules::NPY_CODE.finding(place, message, shown(&text, 200)));
        }
        scan.skip(entry.place(Some(data)), "the header of the array file cannot be read");
        return Ok(format);
    };
    let rest = entry.size.saturating_sub(data);
    if header.has_objects {
        if !entry.is_whole() {
            return Err(Stop::NeedsMore(entry.size));
        }
        let part = Part::new(entry.source, data, rest);
        let member = entry.member_path("objects");
        let inner = Entry { source: &part, size: rest, member: &member, ..*entry };
        let mut streams = pickle::Streams::default();
        pickle::read_streams(scan, &inner, 0, u32::MAX, &mut streams)?;
        if streams.complete == 0 {
            scan.skip(inner.place(Some(0)), "the array's objects are cut off");
        }
        return Ok(format);
    }
    match header.data_bytes {
        Some(bytes) if bytes == rest => {}
        Some(bytes) if bytes > rest => {
            let why = format!("the array file holds {rest} bytes of {bytes}");
            scan.skip(entry.place(Some(data)), why);
        }
        Some(bytes) => {
            let message = format!("{} bytes follow the array", rest - bytes);
            let evidence = shown(&text, 200);
            let place = entry.place(Some(data + bytes));
            scan.report(rules::NPY_LAYOUT.finding(place, message, evidence));
            // Several arrays may follow each other; a pickle may, too.
            if !entry.is_whole() {
                return Err(Stop::NeedsMore(entry.size));
            }
            pickle::search(scan, entry, data + bytes, entry.size)?;
        }
        None => scan.skip(entry.place(Some(data)), "the type of the array is not known"),
    }
    Ok(format)
}
