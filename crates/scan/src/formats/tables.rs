//! Parquet and Arrow: tables of plain columns, unless their schema carries pickled types.
//!
//! Only the footer, the first message and what their metadata says are read: columns are data. A type that pyarrow
//! would unpickle is told, and run through the pickle machine.

mod schema;
mod thrift;

use memchr::memmem;
use weighbridge_domain::Format;

use self::schema::Note;
use super::{Reader, pickle};
use crate::analyse::{Entry, Head, Scan, Stop, examine, shown};
use crate::rules;
use crate::source::read_some;

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
const FOOTER_BYTES: u64 = 24 << 20;
/// The longest schema of a stream.
const SCHEMA_BYTES: u32 = 8 << 20;
/// The name under which pyarrow kept pickled types.
const PICKLED_TYPE: &[u8] = b"arrow.py_extension_type";
/// The name under which Ray keeps columns of pickled objects.
const PICKLED_OBJECTS: &[u8] = b"ray.data.arrow_pickled_object";

/// A stream starts with a mark and the size of its schema, in which the root of a flatbuffer stands.
fn is_arrow(head: &Head<'_>) -> bool {
    let number = |at: usize| {
        let bytes = head.bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(u32::MAX, u32::from_le_bytes)
    };
    let is_stream = number(0) == u32::MAX
        && number(4).is_multiple_of(8)
        && (16..SCHEMA_BYTES).contains(&number(4))
        && (4..256).contains(&number(8));
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
    let (Some(start), b"PAR1") = (start, magic) else {
        scan.skip(entry.place(None), "the Parquet file has no footer");
        return Ok(format);
    };
    if length > FOOTER_BYTES {
        let why = format!("the budget of {FOOTER_BYTES} bytes of footer ran out");
        scan.skip(entry.place(Some(start)), why);
        return Ok(format);
    }
    let footer = entry.read(start, usize::try_from(length).unwrap_or(usize::MAX))?;
    let Some(pairs) = thrift::metadata(&footer) else {
        scan.skip(entry.place(Some(start)), "the footer of the Parquet file cannot be read");
        mention(scan, entry, &footer, start);
        return Ok(format);
    };
    for (key, value) in pairs {
        if key != b"ARROW:schema" {
            let note = Note { column: String::new(), key: key.to_vec(), value: value.to_vec() };
            judge(scan, entry, &[note], start)?;
            continue;
        }
        let decoded = decode(value);
        if let Some(notes) = schema::of_message(&decoded) {
            judge(scan, entry, &notes, start)?;
            search_objects(scan, entry, &notes)?;
        } else {
            scan.skip(entry.place(Some(start)), "the Arrow schema of the file cannot be read");
            mention(scan, entry, &decoded, start);
        }
    }
    mention(scan, entry, &footer, start);
    Ok(format)
}

/// A file has its schema twice: readers of files take the one at the end, readers of streams the first one.
fn read_arrow(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let is_file = entry.read(0, 6.min(usize::try_from(entry.size).unwrap_or(6)))? == b"ARROW1";
    let start = if is_file { 8 } else { 0 };
    let head = read_some(entry.source, start, 8)?;
    let number = |at: usize| {
        let bytes = head.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, u32::from_le_bytes)
    };
    let (before, size) = if number(0) == u32::MAX { (8, number(4)) } else { (4, number(0)) };
    let size = usize::try_from(size.min(SCHEMA_BYTES)).unwrap_or(0);
    let message = read_some(entry.source, start, before + size)?;
    // Polars leaves out the length before the first schema of a file, which readers of files do not look at.
    let bare = || {
        let size = usize::try_from(SCHEMA_BYTES).unwrap_or(0);
        let message = read_some(entry.source, start, size).ok()?;
        is_file.then(|| schema::of_bare(&message)).flatten()
    };
    let notes = schema::of_message(&message).or_else(bare);
    note_schema(scan, entry, notes, &message, start)?;
    if !is_file {
        return Ok(ARROW.format.clone());
    }
    let broken = || Stop::Unexamined("the Arrow file has no footer".to_owned());
    let tail = entry.read(entry.size.checked_sub(10).ok_or_else(broken)?, 10)?;
    let Some((length, magic)) = tail.split_first_chunk::<4>() else { return Err(broken()) };
    let length = u64::from(u32::from_le_bytes(*length));
    let start = entry.size.checked_sub(10 + length).filter(|start| *start >= 8);
    let (Some(start), b"ARROW1") = (start, magic) else { return Err(broken()) };
    if length > FOOTER_BYTES {
        let why = format!("the budget of {FOOTER_BYTES} bytes of footer ran out");
        scan.skip(entry.place(Some(start)), why);
        return Ok(ARROW.format.clone());
    }
    let footer = entry.read(start, usize::try_from(length).unwrap_or(usize::MAX))?;
    note_schema(scan, entry, schema::of_footer(&footer), &footer, start)?;
    Ok(ARROW.format.clone())
}

fn note_schema(
    scan: &mut Scan,
    entry: &Entry<'_>,
    notes: Option<Vec<Note>>,
    bytes: &[u8],
    at: u64,
) -> Result<(), Stop> {
    if let Some(notes) = notes {
        judge(scan, entry, &notes, at)?;
        return search_objects(scan, entry, &notes);
    }
    scan.skip(entry.place(Some(at)), "the Arrow schema of the file cannot be read");
    mention(scan, entry, bytes, at);
    Ok(())
}

/// Looks at metadata: the types of columns, and whatever would act as a pickle.
fn judge(scan: &mut Scan, entry: &Entry<'_>, notes: &[Note], at: u64) -> Result<(), Stop> {
    for note in notes {
        let column = shown(note.column.as_bytes(), 100);
        if note.key == b"ARROW:extension:name" && note.value == PICKLED_OBJECTS {
            let message = format!("the column {column} holds pickled objects");
            let evidence = String::from_utf8_lossy(PICKLED_OBJECTS);
            scan.report(rules::ARROW_OBJECTS.finding(entry.place(Some(at)), message, evidence));
        }
        let is_pickled = note.key == b"ARROW:extension:metadata"
            && notes.iter().any(|other| {
                other.column == note.column
                    && other.key == b"ARROW:extension:name"
                    && other.value == PICKLED_TYPE
            });
        if note.key == b"ARROW:extension:name" && note.value == PICKLED_TYPE {
            report(scan, entry, at);
        }
        let member = entry.member_path(&format!("{column} {}", shown(&note.key, 60)));
        let value = note.value.as_slice();
        let size = value.len() as u64;
        let inner = Entry {
            source: &value,
            size,
            name: "type.pkl",
            member: &member,
            depth: entry.depth + 1,
        };
        if is_pickled {
            match examine(scan, &inner) {
                Ok(_) | Err(Stop::NeedsMore(_)) => {}
                Err(Stop::Unexamined(why)) => scan.skip(inner.place(None), why),
            }
        } else if size >= 8
            && let Some(evidence) = pickle::acts_at_start(&inner)?
        {
            let message = "metadata of the table is a pickle that acts";
            scan.report(rules::PICKLE_HIDDEN.finding(inner.place(Some(0)), message, evidence));
        }
    }
    Ok(())
}

/// Pickled objects lie in their column one behind the other, unless pages or buffers are compressed.
fn search_objects(scan: &mut Scan, entry: &Entry<'_>, notes: &[Note]) -> Result<(), Stop> {
    let holds_objects =
        |note: &Note| note.key == b"ARROW:extension:name" && note.value == PICKLED_OBJECTS;
    if notes.iter().any(holds_objects) {
        pickle::search_danger(scan, entry, 0, entry.size)?;
        let why = "pickled objects are looked for where they are not compressed, and not counted";
        scan.skip(entry.place(None), why);
    }
    Ok(())
}

/// What names pickled types where the schema cannot be followed.
fn mention(scan: &mut Scan, entry: &Entry<'_>, bytes: &[u8], at: u64) {
    if memmem::find(bytes, PICKLED_TYPE).is_some() {
        report(scan, entry, at);
    }
}

fn report(scan: &mut Scan, entry: &Entry<'_>, offset: u64) {
    let message = "the schema of the table carries pickled column types";
    let evidence = String::from_utf8_lossy(PICKLED_TYPE);
    scan.report(rules::ARROW_PICKLE.finding(entry.place(Some(offset)), message, evidence));
}

/// Base64, up to what is none.
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
    fn base64_is_read_up_to_its_end() {
        assert_eq!(decode(b"YXJyb3cucHlfZXh0ZW5zaW9uX3R5cGU="), PICKLED_TYPE);
        assert_eq!(decode(b""), b"");
    }
}
