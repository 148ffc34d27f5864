//! Native programs and libraries: ELF, PE, Mach-O. They act when they are loaded or started.

use weighbridge_domain::Format;

use super::Reader;
use crate::analyse::{Entry, Head, Scan, Stop};
use crate::rules;

/// The reader of this format.
pub(crate) static READER: Reader =
    Reader { format: Format::known("native"), header_only: false, sniff, read };

/// Names under which such files are usually kept.
const SUFFIXES: &[&str] = &[
    "so",
    "dll",
    "dylib",
    "exe",
    "pyd",
    "node",
    "a",
    "deb",
    "lib",
    "o",
    "elf",
    "ko",
    "bundle",
    "sys",
    "llamafile",
    "com",
    "",
];

/// Whether it is a program that may carry an archive behind it.
pub(super) fn carries_data(entry: &Entry<'_>) -> bool {
    matches!(entry.extension().as_str(), "llamafile" | "exe" | "com" | "")
}

fn sniff(head: &Head<'_>) -> bool {
    // Static libraries and Debian's packages.
    let is_library = head.starts_with(b"!<arch>\n");
    is_library
        || head.starts_with(b"\x7fELF")
        || is_mach_o(head)
        || is_pe(head)
        || is_portable(head)
}

/// Programs that start on every system, such as llamafiles: a DOS header that is a shell script.
fn is_portable(head: &Head<'_>) -> bool {
    [b"MZqFpD='".as_slice(), b"jartsr='", b"APEDBG='"].iter().any(|magic| head.starts_with(magic))
}

fn is_mach_o(head: &Head<'_>) -> bool {
    let magics: [&[u8]; 4] =
        [b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"];
    // Java classes share the magic of universal binaries and have a version over 40 there.
    let is_universal =
        head.starts_with(b"\xca\xfe\xba\xbe") && head.has(4, &[0, 0, 0]) && head.bytes.len() > 8;
    is_universal || magics.into_iter().any(|magic| head.starts_with(magic))
}

/// The DOS stub points at the real header.
fn is_pe(head: &Head<'_>) -> bool {
    let pointer = head.bytes.get(0x3c..0x40).and_then(|bytes| bytes.try_into().ok());
    let at = pointer.map_or(0, u32::from_le_bytes) as usize;
    head.starts_with(b"MZ") && at >= 0x40 && head.has(at, b"PE\0\0")
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of every reader")]
fn read(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let extension = entry.extension();
    let is_numbered = entry.file_name().contains(".so.");
    let is_honest = is_numbered || SUFFIXES.contains(&extension.as_str());
    let (rule, message) = if is_honest {
        (&rules::NATIVE_CODE, "the file is native code")
    } else {
        (&rules::NATIVE_DISGUISED, "native code behind another name")
    };
    scan.report(rule.finding(entry.place(Some(0)), message, entry.file_name()));
    Ok(READER.format.clone())
}
