//! One file inside another one: gzip, zlib, bzip2, xz, LZMA alone, Zstandard, LZ4.
//!
//! Readers differ in what they make of several members one after another: all of them are examined as one file, as
//! most readers see them, and each is looked at for what it would do on its own. What came out before a stream
//! breaks is examined too, since loaders run it before they notice.

use weighbridge_domain::Format;

use super::expand::{self, Codec, Expanded, Trouble};
use super::{Reader, pickle};
use crate::analyse::{Entry, Head, Scan, Stop, examine};
use crate::rules;
use crate::source::{Part, ReadAt as _, read_some};

macro_rules! readers {
    ($($name:ident $word:literal $sniff:expr, $codec:expr;)*) => {
        $(
            #[doc = concat!("The reader of ", $word, ".")]
            pub(crate) static $name: Reader = Reader {
                format: Format::known($word),
                header_only: false,
                sniff: $sniff,
                read: |scan, entry| read_as(scan, entry, $codec, Format::known($word)),
            };
        )*
        /// Whether a word is that of one of these formats.
        pub(super) fn is_word(word: &str) -> bool {
            [$($word),*].contains(&word)
        }
    };
}

readers! {
    GZIP "gzip" |head| head.starts_with(b"\x1f\x8b\x08"), Codec::Gzip;
    BZIP2 "bzip2" is_bzip2, Codec::Bzip2;
    XZ "xz" |head| head.starts_with(b"\xfd7zXZ\0"), Codec::Xz;
    LZ4 "lz4" |head| framed(head.entry) == Some(LZ4_MAGIC), Codec::Lz4;
    ZSTD "zstd" |head| matches!(framed(head.entry), Some(ZSTD_MAGIC | 0)), Codec::Zstd;
    LZMA "lzma" is_lzma, Codec::Lzma;
    ZLIB "zlib" is_zlib, Codec::Zlib;
}

const ZSTD_MAGIC: u32 = 0xfd2f_b528;
const LZ4_MAGIC: u32 = 0x184d_2204;
/// Frames without content that may stand before the first one with some.
const SKIPPED_FRAMES: usize = 64;

fn is_zlib(head: &Head<'_>) -> bool {
    let [first @ 0x78, second, ..] = head.bytes else { return false };
    // The two bytes are a multiple of 31; text that starts with `x` has no control characters.
    let is_header = u16::from_be_bytes([*first, *second]).is_multiple_of(31);
    is_header && second & 0x20 == 0 && head.bytes.iter().any(|byte| *byte < 9 || *byte > 0x7f)
}

/// A block follows the header, or the end of an empty file.
fn is_bzip2(head: &Head<'_>) -> bool {
    head.starts_with(b"BZh")
        && matches!(head.bytes.get(3), Some(b'1'..=b'9'))
        && (head.has(4, b"\x31\x41\x59\x26\x53\x59") || head.has(4, b"\x17\x72\x45\x38\x50\x90"))
}

/// There is no magic: the properties, a window, a size, and the first byte of every stream have to fit.
fn is_lzma(head: &Head<'_>) -> bool {
    let Some((properties, rest)) = head.bytes.split_first() else { return false };
    let Some((window, rest)) = rest.split_first_chunk::<4>() else { return false };
    let Some((size, rest)) = rest.split_first_chunk::<8>() else { return false };
    let window = u32::from_le_bytes(*window);
    let size = u64::from_le_bytes(*size);
    let is_usual = *properties == 0x5d || (*properties < 225 && head.entry.extension() == "lzma");
    let is_window =
        window == u32::MAX || (window >= 4096 && (window & (window - 1)).count_ones() <= 1);
    let is_size = size == u64::MAX || size < 1 << 40;
    is_usual && is_window && is_size && rest.first() == Some(&0)
}

/// The magic of the first frame that has content; 0 when there are only others.
fn framed(entry: &Entry<'_>) -> Option<u32> {
    let mut at = 0_u64;
    for _ in 0..SKIPPED_FRAMES {
        let head = read_some(entry.source, at, 8).ok()?;
        let Some((magic, rest)) = head.split_first_chunk::<4>() else {
            return (at > 0 && head.is_empty()).then_some(0);
        };
        let magic = u32::from_le_bytes(*magic);
        if magic & 0xffff_fff0 != 0x184d_2a50 {
            return Some(magic).filter(|magic| matches!(*magic, ZSTD_MAGIC | LZ4_MAGIC));
        }
        let size = rest.first_chunk::<4>().map(|size| u32::from_le_bytes(*size))?;
        at += 8 + u64::from(size);
    }
    Some(0)
}

fn read_as(
    scan: &mut Scan,
    entry: &Entry<'_>,
    codec: Codec,
    format: Format,
) -> Result<Format, Stop> {
    let budget = scan.budget.clone();
    budget.member()?;
    let part = Part::new(entry.source, 0, entry.size);
    let expanded = Expanded::open(&part, codec, &budget);
    for (start, size) in &expanded.skipped {
        pickle::search(scan, entry, *start, start.saturating_add(*size))?;
    }
    report_sum(scan, entry, &expanded);
    match &expanded.trouble {
        Some(Trouble::Bomb(size)) => {
            let size = format!("more than {size}");
            expand::report_bomb(scan, entry, "file", part.size(), &size);
            scan.skip(entry.place(None), "it expands to too much");
            return Ok(format);
        }
        Some(Trouble::Broken(why)) => scan.skip(entry.place(Some(expanded.used)), why.clone()),
        None => {}
    }
    if expanded.size() > 0 || expanded.trouble.is_none() {
        examine_inside(scan, entry, &expanded)?;
    }
    if expanded.trouble.is_none() {
        check_rest(scan, entry, expanded.used)?;
    }
    Ok(format)
}

/// Some readers refuse what does not fit its checksum, others never look at it.
fn report_sum(scan: &mut Scan, entry: &Entry<'_>, expanded: &Expanded<'_>) {
    if let Some(at) = expanded.wrong_sum {
        let message = "a checksum in the compressed file is wrong";
        let evidence = format!("the checksum that ends before byte {at}");
        scan.report(rules::ARCHIVE_SUM.finding(entry.place(Some(at)), message, evidence));
    }
}

fn examine_inside(scan: &mut Scan, entry: &Entry<'_>, expanded: &Expanded<'_>) -> Result<(), Stop> {
    let name = inner_name(entry.name);
    let member = entry.member_path(name.rsplit('/').next().unwrap_or(&name));
    let inner = Entry {
        source: expanded,
        size: expanded.size(),
        name: &name,
        member: &member,
        depth: entry.depth + 1,
    };
    match examine(scan, &inner) {
        // Its streams account for every byte.
        Ok(format) if format.as_str() == "pickle" => return Ok(()),
        Ok(format) if expand::is_padding(&format, entry.size, expanded.size()) => {
            expand::report_bomb(scan, entry, "file", entry.size, &expanded.size().to_string());
        }
        Ok(_) => {}
        Err(Stop::Unexamined(why)) => scan.skip(inner.place(None), why),
        Err(Stop::NeedsMore(_)) => scan.skip(inner.place(None), "it ends before its header does"),
    }
    for seam in &expanded.seams {
        pickle::search(scan, &inner, *seam, seam + 1)?;
    }
    Ok(())
}

/// `x.csv.gz` holds `x.csv`, `x.tgz` holds `x.tar`.
fn inner_name(name: &str) -> String {
    for suffix in
        [".gz", ".gzip", ".z", ".zlib", ".bz2", ".bz", ".xz", ".lzma", ".zst", ".zstd", ".lz4"]
    {
        if let Some(stem) = name.strip_suffix(suffix) {
            return stem.to_owned();
        }
    }
    for suffix in [".tgz", ".tbz2", ".tbz", ".txz", ".tlz", ".tzst"] {
        if let Some(stem) = name.strip_suffix(suffix) {
            return format!("{stem}.tar");
        }
    }
    name.to_owned()
}

fn check_rest(scan: &mut Scan, entry: &Entry<'_>, end: u64) -> Result<(), Stop> {
    if end < entry.size {
        let rest = read_some(entry.source, end, 64 << 10)?;
        let is_padding = rest.len() as u64 == entry.size - end && rest.iter().all(|b| *b == 0);
        if !is_padding {
            let why = format!("{} bytes follow the compressed file", entry.size - end);
            scan.skip(entry.place(Some(end)), why);
            pickle::search(scan, entry, end, entry.size)?;
        }
    }
    Ok(())
}
