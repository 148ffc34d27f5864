//! One member of a zip archive: its bytes, whatever its flags claim.

use super::directory::Listed;
use super::layout::{ENCRYPTION_FLAGS, Located};
use crate::analyse::{Entry, Scan, Stop, examine};
use crate::formats::expand::{self, Codec, Expanded, Trouble};
use crate::rules;
use crate::source::{Part, ReadAt, read_full, read_some};

/// Stored members up to this size have their checksum compared.
const CHECKED: u64 = 64 << 20;

/// What became of a member.
pub(super) enum Content {
    Examined,
    /// It cannot be looked into, and why.
    Opaque(String),
}

/// Reads a member and examines what is in it. `inner` is the member without its bytes.
pub(super) fn read_member(
    scan: &mut Scan,
    entry: &Entry<'_>,
    inner: &Entry<'_>,
    member: &Located,
) -> Result<Content, Stop> {
    let listed = &member.listed;
    if listed.name.ends_with(b"/") && listed.expanded == 0 && listed.compressed == 0 {
        return Ok(Content::Examined);
    }
    let part = Part::new(entry.source, member.data, listed.compressed);
    if part.size() < listed.compressed {
        return Ok(Content::Opaque("the member is cut off".to_owned()));
    }
    let claims_encryption = listed.flags & ENCRYPTION_FLAGS != 0;
    match listed.method {
        0 => {
            let crc = stored_crc(scan, &part)?;
            let is_plain = crc.is_none_or(|crc| crc == listed.crc);
            if claims_encryption && !is_plain && !looks_readable(&part)? {
                return Ok(Content::Opaque("the member is encrypted".to_owned()));
            }
            if listed.compressed != listed.expanded {
                let message = "a stored member has two sizes";
                let evidence = format!("{} and {}", listed.compressed, listed.expanded);
                scan.report(rules::ZIP_MISMATCH.finding(inner.place(None), message, evidence));
            }
            report_flags(scan, inner, claims_encryption, listed.flags);
            report_crc(scan, inner, is_plain, listed.crc);
            examine(scan, &Entry { source: &part, size: part.size(), ..*inner })?;
        }
        method => {
            let Some((codec, start)) = codec(method, &part, listed)? else {
                return Ok(Content::Opaque(format!("compression method {method} is not read")));
            };
            let is_deflate = codec == Codec::Deflate;
            let body = Part::new(&part, start, part.size());
            let budget = scan.budget.clone();
            let expanded = Expanded::open(&body, codec, &budget);
            match &expanded.trouble {
                None => {}
                Some(Trouble::Bomb(size)) => {
                    let size = format!("more than {size}");
                    expand::report_bomb(scan, inner, "member", listed.compressed, &size);
                    return Ok(Content::Opaque("the member expands to too much".to_owned()));
                }
                Some(Trouble::Broken(_)) if claims_encryption => {
                    return Ok(Content::Opaque("the member is encrypted".to_owned()));
                }
                Some(Trouble::Broken(why)) => {
                    // Loaders that read piece by piece run what comes before the break.
                    if expanded.size() > 0 {
                        examine(
                            scan,
                            &Entry { source: &expanded, size: expanded.size(), ..*inner },
                        )?;
                    }
                    return Ok(Content::Opaque(why.clone()));
                }
            }
            let is_used = !is_deflate || expanded.used == listed.compressed;
            if expanded.size() != listed.expanded || !is_used {
                let message = "a member's sizes are not what the directory says";
                let evidence = format!(
                    "{} bytes from {}, not {} from {}",
                    expanded.size(),
                    expanded.used,
                    listed.expanded,
                    listed.compressed
                );
                scan.report(rules::ZIP_MISMATCH.finding(inner.place(None), message, evidence));
            }
            report_flags(scan, inner, claims_encryption, listed.flags);
            report_crc(scan, inner, expanded.crc == listed.crc, listed.crc);
            let whole = Entry { source: &expanded, size: expanded.size(), ..*inner };
            let format = examine(scan, &whole)?;
            if expand::is_padding(&format, listed.compressed, expanded.size()) {
                let size = expanded.size().to_string();
                expand::report_bomb(scan, inner, "member", listed.compressed, &size);
            }
        }
    }
    Ok(Content::Examined)
}

/// The bytes of a member of at most `limit`; `None` when they cannot be had.
pub(super) fn content(
    scan: &Scan,
    entry: &Entry<'_>,
    member: &Located,
    limit: u64,
) -> Result<Option<Vec<u8>>, Stop> {
    let listed = &member.listed;
    let part = Part::new(entry.source, member.data, listed.compressed);
    let read = |source: &dyn ReadAt| match usize::try_from(source.size()) {
        Ok(size) if source.size() <= limit => Ok(Some(read_some(source, 0, size)?)),
        _ => Ok(None),
    };
    if listed.method == 0 {
        return read(&part);
    }
    if listed.expanded > limit {
        return Ok(None);
    }
    let Some((codec, start)) = codec(listed.method, &part, listed)? else { return Ok(None) };
    let body = Part::new(&part, start, part.size());
    let budget = scan.budget.clone();
    let expanded = Expanded::open(&body, codec, &budget);
    if expanded.trouble.is_some() { Ok(None) } else { read(&expanded) }
}

/// How a method's bytes are compressed, and where they start.
fn codec(method: u16, part: &dyn ReadAt, listed: &Listed) -> Result<Option<(Codec, u64)>, Stop> {
    Ok(Some(match method {
        8 => (Codec::Deflate, 0),
        12 => (Codec::Bzip2, 0),
        14 => {
            let head = read_some(part, 0, 9)?;
            let [_, _, 5, 0, properties, window @ ..] = head.as_slice() else { return Ok(None) };
            let Ok(window) = <[u8; 4]>::try_from(window) else { return Ok(None) };
            // The flag says that a mark ends the stream.
            let size = if listed.flags & 2 == 0 { listed.expanded } else { u64::MAX };
            let window = u32::from_le_bytes(window);
            (Codec::RawLzma { properties: *properties, window, size, filters: Vec::new() }, 9)
        }
        20 | 93 => (Codec::Zstd, 0),
        95 => (Codec::Xz, 0),
        _ => return Ok(None),
    }))
}

fn report_flags(scan: &mut Scan, inner: &Entry<'_>, claims_encryption: bool, flags: u16) {
    if claims_encryption {
        let message = "a member claims to be encrypted and is not";
        let evidence = format!("flags {flags:#06x}");
        scan.report(rules::ZIP_FLAGS.finding(inner.place(None), message, evidence));
    }
}

fn report_crc(scan: &mut Scan, inner: &Entry<'_>, fits: bool, crc: u32) {
    if !fits {
        let message = "a member's checksum is wrong";
        let evidence = format!("{crc:#010x}");
        scan.report(rules::ZIP_CRC.finding(inner.place(None), message, evidence));
    }
}

/// The checksum of a stored member, when it is small enough to be read for it.
fn stored_crc(scan: &Scan, part: &dyn ReadAt) -> Result<Option<u32>, Stop> {
    if part.size() > CHECKED {
        return Ok(None);
    }
    let mut hasher = crc32fast::Hasher::new();
    let mut buffer = vec![0; usize::try_from(part.size().min(64 << 10)).unwrap_or(0)];
    let mut offset = 0;
    while offset < part.size() {
        let count = read_full(part, &mut buffer, offset)?;
        if count == 0 {
            break;
        }
        hasher.update(buffer.get(..count).unwrap_or_default());
        offset += count as u64;
        scan.budget.check_time()?;
    }
    Ok(Some(hasher.finalize()))
}

/// Whether bytes that claim to be encrypted start like something that is not.
fn looks_readable(part: &dyn ReadAt) -> Result<bool, Stop> {
    let mut head = [0; 16];
    let count = read_full(part, &mut head, 0)?;
    let head = head.get(..count).unwrap_or_default();
    let is_text = head.iter().all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace());
    Ok(is_text || matches!(head, [0x80, 0..=5, ..] | [b'P', b'K', 3, 4, ..] | [0x93, b'N', ..]))
}
