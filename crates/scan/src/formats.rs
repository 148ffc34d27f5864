//! The formats, one file each, and the table that recognises them.

mod pickle;
mod torch;

use weighbridge_domain::{Format, Hasher};

use crate::analyse::{Entry, Head, Scan, Stop};

/// One format: how it is recognised and how it is read.
pub(crate) struct Reader {
    /// Its word.
    pub(crate) format: Format,
    /// Whether its verdict rests on its first bytes, so that it can be given before the rest is there.
    pub(crate) header_only: bool,
    /// Whether the head is one of these.
    pub(crate) sniff: fn(&Head<'_>) -> bool,
    /// Examines it.
    pub(crate) read: fn(&mut Scan, &Entry<'_>) -> Result<(), Stop>,
}

/// In the order in which they are tried.
static READERS: &[&Reader] = &[&pickle::READER];

/// Recognises and reads one file or member.
pub(crate) fn read(scan: &mut Scan, head: &Head<'_>) -> Result<Format, Stop> {
    let entry = head.entry;
    let Some(reader) = READERS.iter().find(|reader| (reader.sniff)(head)) else {
        if !entry.is_whole() {
            return Err(Stop::NeedsMore(entry.size));
        }
        scan.skip(entry.place(None), "its format is not known");
        return Ok(Format::known("unknown"));
    };
    if !reader.header_only && !entry.is_whole() {
        return Err(Stop::NeedsMore(entry.size));
    }
    (reader.read)(scan, entry)?;
    Ok(reader.format.clone())
}

/// Feeds every table that a verdict rests on into the rule set's digest.
pub(crate) fn tables(hasher: &mut Hasher) {
    for reader in READERS {
        hasher.update(reader.format.as_str().as_bytes());
    }
    pickle::tables(hasher);
}
