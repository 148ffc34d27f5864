//! Zip archives: `PyTorch`'s, numpy's, Keras' and plain ones.
//!
//! A forensic reader: what the directory says and what stands before the members have to agree, every
//! byte has to belong to something, and each member is examined by its content.

mod chain;
mod directory;
mod layout;
mod member;
mod package;

use std::collections::{BTreeMap, HashSet};

use weighbridge_domain::Format;

use self::directory::{Directory, Listed};
use self::layout::Located;
use self::member::{Content, read_member};
use super::pickle::{self, Storage};
use super::{Reader, torch};
use crate::analyse::{Entry, Head, Scan, Stop, shown};
use crate::limits::Budget;
use crate::rules;
use crate::source::{Part, read_some};

pub(crate) use self::directory::ends_like_zip;

/// The reader of this format.
pub(crate) static READER: Reader =
    Reader { format: Format::known("zip"), header_only: false, sniff, read };

/// Extra fields of this size could hold a program.
const EXTRA: u64 = 16;
/// Members whose names are compared and kept.
const SHOWN_MISMATCHES: usize = 20;

fn sniff(head: &Head<'_>) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

fn read(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    if entry.extension() == chain::EXTENSION {
        return chain::read(scan, entry);
    }
    read_from(scan, entry, true)
}

/// Reads an archive that stands behind something else, which another reader has examined.
pub(super) fn read_behind(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    read_from(scan, entry, false)
}

fn read_from(scan: &mut Scan, entry: &Entry<'_>, is_first: bool) -> Result<Format, Stop> {
    let Some(end) = directory::find_end(entry)? else {
        scan.skip(entry.place(None), "the zip archive has no directory");
        pickle::search(scan, entry, 0, entry.size)?;
        return Ok(READER.format.clone());
    };
    let budget = &scan.budget;
    let directory = directory::read(entry, end, &mut || budget.member().map_err(Stop::from))?;
    check_directory(scan, entry, &directory)?;
    let mut located = Vec::with_capacity(directory.members.len());
    for listed in &directory.members {
        match layout::locate(entry, listed) {
            Ok(member) => {
                check_header(scan, entry, &member);
                if member.data - member.extra >= EXTRA {
                    pickle::search(scan, entry, member.extra, member.data)?;
                }
                located.push(member);
            }
            Err(Stop::Unexamined(why)) => {
                let message = format!("the zip archive's directory is wrong: {why}");
                let place = entry.place(Some(listed.header));
                let name = shown(&listed.name, 200);
                scan.report(rules::ZIP_MISMATCH.finding(place, message, name));
            }
            Err(stop) => return Err(stop),
        }
    }
    check_layout(scan, entry, &directory, &located, is_first)?;
    if let Some(root) = torch_root(&located) {
        read_torch(scan, entry, &located, &root)?;
        return Ok(Format::known("torch"));
    }
    let package = package::read(scan, entry, &located)?;
    let is_npz = !located.is_empty() && located.iter().all(|m| m.listed.name.ends_with(b".npy"));
    for member in &located {
        examine_member(scan, entry, member)?;
    }
    let has = |name: &[u8]| located.iter().any(|member| member.listed.name == name);
    Ok(if let Some(package) = package {
        package
    } else if is_npz {
        Format::known("npz")
    } else if has(b"config.json") && has(b"metadata.json") {
        Format::known("keras")
    } else {
        READER.format.clone()
    })
}

/// What is wrong with the directory itself.
fn check_directory(scan: &mut Scan, entry: &Entry<'_>, directory: &Directory) -> Result<(), Stop> {
    for mismatch in directory.mismatches.iter().take(SHOWN_MISMATCHES) {
        let place = entry.place(Some(directory.start));
        let message = "the zip archive contradicts itself";
        scan.report(rules::ZIP_MISMATCH.finding(place, message, mismatch.clone()));
    }
    if directory.end < entry.size && !is_zero(entry, directory.end, entry.size)? {
        let place = entry.place(Some(directory.end));
        let size = entry.size - directory.end;
        let message = format!("{size} bytes follow the zip archive");
        scan.report(rules::POLYGLOT.finding(place, message, peek(entry, directory.end)));
        pickle::search(scan, entry, directory.end, entry.size)?;
    }
    // Nobody reads comments and extra fields, so that nobody notices what they are.
    pickle::search(scan, entry, directory.start, directory.end)?;
    check_names(scan, entry, &directory.members);
    Ok(())
}

fn check_names(scan: &mut Scan, entry: &Entry<'_>, members: &[Listed]) {
    let mut seen = HashSet::with_capacity(members.len());
    for listed in members {
        let name = shown(&listed.name, 200);
        let place = || entry.place(Some(listed.header));
        let normal: Vec<u8> =
            listed.name.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect();
        let leaves = normal.starts_with(b"/")
            || normal.get(1) == Some(&b':')
            || normal.split(|byte| *byte == b'/').any(|part| part == b"..");
        let kind = listed.unix_mode & 0o170_000;
        let is_link = kind == 0o120_000;
        // Character and block devices, pipes, sockets.
        let is_device = matches!(kind, 0o020_000 | 0o060_000 | 0o010_000 | 0o140_000);
        if leaves || is_link || is_device {
            let how = match (is_link, is_device) {
                (true, _) => "is a link",
                (_, true) => "is no file",
                _ => "leaves the archive",
            };
            let message = format!("a member of the archive {how}");
            scan.report(rules::ARCHIVE_NAME.finding(place(), message, name.clone()));
        }
        if normal.contains(&0) {
            let message = "a member's name ends early for some readers";
            scan.report(rules::ZIP_MISMATCH.finding(place(), message, name.clone()));
        }
        if !seen.insert(normal) {
            let message = "two members of the archive have one name";
            scan.report(rules::ZIP_DUPLICATE.finding(place(), message, name));
        }
    }
}

fn check_header(scan: &mut Scan, entry: &Entry<'_>, member: &Located) {
    if member.mismatches.is_empty() {
        return;
    }
    let place = entry.place(Some(member.from));
    let name = shown(&member.listed.name, 200);
    let message = format!("the zip archive tells two stories about {name}");
    scan.report(rules::ZIP_MISMATCH.finding(place, message, member.mismatches.join("; ")));
}

/// Every byte has to belong to a member, the directory or the last record.
fn check_layout(
    scan: &mut Scan,
    entry: &Entry<'_>,
    directory: &Directory,
    located: &[Located],
    is_first: bool,
) -> Result<(), Stop> {
    let (gaps, overlaps) = layout::account(directory, located);
    for overlap in overlaps.into_iter().take(SHOWN_MISMATCHES) {
        let message = "members of the zip archive overlap";
        scan.report(rules::ZIP_MISMATCH.finding(entry.place(None), message, overlap));
    }
    for gap in gaps.into_iter().take(SHOWN_MISMATCHES) {
        if (gap.from == 0 && !is_first) || is_zero(entry, gap.from, gap.to)? {
            continue;
        }
        let size = gap.to - gap.from;
        let place = entry.place(Some(gap.from));
        let evidence = peek(entry, gap.from);
        if gap.from == 0 {
            let message = format!("{size} bytes stand before the zip archive");
            scan.report(rules::POLYGLOT.finding(place, message, evidence));
        } else {
            let message = format!("{size} bytes of the zip archive belong to no member");
            scan.report(rules::ZIP_HIDDEN.finding(place, message, evidence));
        }
        pickle::search(scan, entry, gap.from, gap.to)?;
    }
    Ok(())
}

/// The folder of a `PyTorch` archive: where its `data.pkl` lies.
fn torch_root(located: &[Located]) -> Option<String> {
    let mut roots = located.iter().filter_map(|member| {
        let name = std::str::from_utf8(&member.listed.name).ok()?;
        let root = name.strip_suffix("data.pkl")?;
        let is_root = root.is_empty() || root.matches('/').count() == 1;
        is_root.then(|| root.to_owned())
    });
    let root = roots.next()?;
    let has = |name: &str| {
        let wanted = format!("{root}{name}");
        located.iter().any(|member| member.listed.name == wanted.as_bytes())
    };
    (has("version") || has(".format_version") || has("byteorder")).then_some(root)
}

/// A member of an archive and where its bytes are.
pub(crate) struct Plain {
    pub(crate) name: String,
    pub(crate) start: u64,
    pub(crate) size: u64,
    /// Whether it lies there as it is.
    pub(crate) is_stored: bool,
}

/// The members of `PyTorch`'s archive, and the folder of it; nothing when it is another one.
pub(crate) fn torch_members(
    entry: &Entry<'_>,
    budget: &Budget,
) -> Result<Option<(String, Vec<Plain>)>, Stop> {
    let Some(end) = directory::find_end(entry)? else { return Ok(None) };
    let directory = directory::read(entry, end, &mut || budget.member().map_err(Stop::from))?;
    let located = directory.members.iter().map(|listed| layout::locate(entry, listed));
    let located = located.collect::<Result<Vec<Located>, Stop>>()?;
    let Some(root) = torch_root(&located) else { return Ok(None) };
    let plain = |member: Located| Plain {
        name: String::from_utf8_lossy(&member.listed.name).into_owned(),
        start: member.data,
        size: member.listed.expanded,
        is_stored: member.listed.method == 0
            && member.listed.compressed == member.listed.expanded
            && member.mismatches.is_empty(),
    };
    Ok(Some((root, located.into_iter().map(plain).collect())))
}

/// The pickles first: they say which members are nothing but tensors.
fn read_torch(
    scan: &mut Scan,
    entry: &Entry<'_>,
    located: &[Located],
    root: &str,
) -> Result<(), Stop> {
    let mut inert: BTreeMap<Vec<u8>, Storage> = BTreeMap::new();
    let pickles = [("data.pkl", "data/"), ("constants.pkl", "constants/")];
    let is_pickle = |member: &Located| {
        pickles.iter().any(|(name, _)| member.listed.name == format!("{root}{name}").as_bytes())
    };
    for (name, folder) in pickles {
        let wanted = format!("{root}{name}");
        for member in located.iter().filter(|m| m.listed.name == wanted.as_bytes()) {
            scan.storages.clear();
            examine_member(scan, entry, member)?;
            let storages = std::mem::take(&mut scan.storages);
            for (key, storage) in torch::distinct(&storages) {
                inert.insert(format!("{root}{folder}{key}").into_bytes(), storage.clone());
            }
        }
    }
    let members: HashSet<&[u8]> = located.iter().map(|m| m.listed.name.as_slice()).collect();
    for (wanted, storage) in inert.iter().filter(|(name, _)| !members.contains(name.as_slice())) {
        let leaves = storage.key.contains(['/', '\\']) || storage.key == "..";
        let message = format!("the pickle takes a storage from {}", shown(wanted, 200));
        if leaves {
            let evidence = format!("{}('{}')", storage.kind, storage.key);
            scan.report(rules::TORCH_STORAGE.finding(entry.place(None), message, evidence));
        } else {
            scan.skip(entry.place(None), format!("{message}, which is not there"));
        }
    }
    let mut code =
        located.iter().filter(|m| m.listed.name.starts_with(format!("{root}code/").as_bytes()));
    if let Some(first) = code.next() {
        let name = shown(&first.listed.name, 200);
        let count = code.count() + 1;
        let message = format!("the archive carries {count} files of TorchScript code");
        scan.report(rules::TORCHSCRIPT.finding(entry.place(Some(first.from)), message, name));
    }
    for member in located.iter().filter(|member| !is_pickle(member)) {
        match inert.get(&member.listed.name) {
            Some(storage) => check_storage(scan, entry, member, storage),
            None => examine_member(scan, entry, member)?,
        }
    }
    Ok(())
}

/// A tensor's bytes cannot act; their size has to be the one that the pickle relies on.
fn check_storage(scan: &mut Scan, entry: &Entry<'_>, member: &Located, storage: &Storage) {
    let path = entry.member_path(&shown(&member.listed.name, 200));
    let inner = Entry { member: &path, ..*entry };
    let expected =
        torch::element_bytes(&storage.kind).and_then(|size| storage.elements.checked_mul(size));
    match expected {
        Some(expected) if expected == member.listed.expanded => {}
        Some(expected) => {
            let message = format!(
                "a tensor's storage has {} bytes where the pickle says {expected}",
                member.listed.expanded
            );
            let evidence = format!("{}('{}')", storage.kind, storage.key);
            scan.report(rules::TORCH_STORAGE.finding(inner.place(None), message, evidence));
        }
        None => scan.skip(inner.place(None), "a storage has an unknown type"),
    }
    if member.listed.method != 0 {
        return;
    }
    let part = Part::new(entry.source, member.data, member.listed.compressed);
    let name = storage.key.as_str();
    let inner = Entry { source: &part, size: member.listed.expanded, name, ..inner };
    if let Ok(Some(evidence)) = pickle::acts_at_start(&inner) {
        let message = "a tensor's bytes are a pickle that acts";
        scan.report(rules::PICKLE_HIDDEN.finding(inner.place(Some(0)), message, evidence));
    }
}

fn examine_member(scan: &mut Scan, entry: &Entry<'_>, member: &Located) -> Result<(), Stop> {
    let name = String::from_utf8_lossy(&member.listed.name).into_owned();
    let path = entry.member_path(&name);
    let inner = Entry { name: &name, member: &path, depth: entry.depth + 1, ..*entry };
    match read_member(scan, entry, &inner, member) {
        Ok(Content::Examined) => Ok(()),
        Ok(Content::Opaque(why)) | Err(Stop::Unexamined(why)) => {
            scan.skip(inner.place(None), why);
            // What ran out for one member may have run out for all.
            scan.budget.check_time().map_err(Stop::from)
        }
        Err(Stop::NeedsMore(_)) => {
            scan.skip(inner.place(None), "the member ends before its header does");
            Ok(())
        }
    }
}

fn is_zero(entry: &Entry<'_>, from: u64, to: u64) -> Result<bool, Stop> {
    let size = usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX);
    if size > 1 << 20 {
        return Ok(false);
    }
    Ok(read_some(entry.source, from, size)?.iter().all(|byte| *byte == 0))
}

fn peek(entry: &Entry<'_>, offset: u64) -> String {
    let bytes = read_some(entry.source, offset, 48).unwrap_or_default();
    bytes.escape_ascii().to_string()
}
