//! HDF5: groups, links, attributes and where data lies; the data itself is never read.
//!
//! Source: "HDF5 File Format Specification Version 3.0", superblocks 0 to 3. The rule: every object that
//! can be reached from the root is looked at, nothing outside the file is followed, and what cannot be
//! understood is reported as not examined.

mod attribute;
mod bytes;
mod global_heap;
mod group;
mod header;
mod index;
mod link;
mod walk;

use weighbridge_domain::Format;

use self::bytes::{File, Trouble};
use self::walk::Walk;
use super::{Reader, pickle};
use crate::analyse::{Entry, Head, Scan, Stop, shown};
use crate::rules;
use crate::source::read_some;

/// The reader of this format.
pub(crate) static READER: Reader =
    Reader { format: Format::known("hdf5"), header_only: false, sniff, read };

const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";

/// How much behind the end is looked at.
const BEHIND: usize = 64 << 10;
/// Where the superblock may stand: bytes of somebody else's may come before it.
const PLACES: &[u64] = &[0, 512, 1024, 2048];

fn sniff(head: &Head<'_>) -> bool {
    PLACES.iter().any(|at| usize::try_from(*at).is_ok_and(|at| head.has(at, SIGNATURE)))
}

fn read(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    for at in PLACES {
        if read_some(entry.source, *at, SIGNATURE.len())? == SIGNATURE {
            pickle::search(scan, entry, 0, *at)?;
            match open(entry, *at) {
                Ok((file, roots)) => {
                    behind(scan, entry, *at, roots.end)?;
                    Walk::new(scan, &file).run(&roots)?;
                }
                Err(Trouble::Stop(stop)) => return Err(stop),
                Err(Trouble::Broken(at, why)) => {
                    scan.skip(entry.place(Some(at)), format!("the HDF5 superblock: {why}"));
                }
            }
            break;
        }
    }
    Ok(READER.format.clone())
}

/// Bytes behind the end that the superblock names belong to nothing in the file.
fn behind(scan: &mut Scan, entry: &Entry<'_>, base: u64, end: Option<u64>) -> Result<(), Stop> {
    let Some(end) = end else { return Ok(()) };
    // Where other bytes come first, readers disagree about what the end counts from.
    let told = Some(base.saturating_add(end)).filter(|end| *end <= entry.size).unwrap_or(end);
    pickle::search(scan, entry, end, entry.size)?;
    let start = read_some(entry.source, told, BEHIND)?;
    if start.iter().any(|byte| *byte != 0) {
        let rest = entry.size.saturating_sub(told);
        let message = "bytes lie behind the end of the HDF5 file";
        let evidence = format!("{rest} bytes: {}", shown(&start, 60));
        scan.report(rules::HDF5_LAYOUT.finding(entry.place(Some(told)), message, evidence));
    } else if start.len() == BEHIND {
        let why = "many bytes lie behind the end of the HDF5 file";
        scan.skip(entry.place(Some(told)), why);
    }
    Ok(())
}

/// Where the walk starts.
#[derive(Debug, Default)]
struct Roots {
    /// The object header of the root group.
    group: u64,
    /// The tree and the heap of names that the superblock remembers for it.
    table: Option<(u64, u64)>,
    /// The object header of the superblock's extension.
    extension: Option<u64>,
    /// Where the file ends, as it says.
    end: Option<u64>,
    /// Something else decides where bytes lie.
    has_driver: bool,
}

fn open<'a>(entry: &'a Entry<'a>, base: u64) -> Result<(File<'a>, Roots), Trouble> {
    let mut file = File { entry, base, offset_size: 8, length_size: 8 };
    let version = file.read(8, 1)?.u8()?;
    let mut roots = Roots::default();
    match version {
        0 | 1 => {
            let mut sizes = file.read(13, 2)?;
            file.set_sizes(sizes.u8()?, sizes.u8()?)?;
            let start = if version == 0 { 24 } else { 28 };
            let mut fields = file.read(start, 6 * file.offset_size + 24)?;
            fields.skip(2 * file.offset_size)?;
            roots.end = fields.address()?;
            roots.has_driver = fields.address()?.is_some();
            fields.skip(file.offset_size)?;
            let broken = || Trouble::Broken(base, "it names no root group".to_owned());
            roots.group = fields.address()?.ok_or_else(broken)?;
            let cached = fields.u32()?;
            fields.skip(4)?;
            if cached == 1
                && let (Some(tree), Some(heap)) = (fields.address()?, fields.address()?)
            {
                roots.table = Some((tree, heap));
            }
        }
        2 | 3 => {
            let mut sizes = file.read(9, 2)?;
            file.set_sizes(sizes.u8()?, sizes.u8()?)?;
            let mut fields = file.read(12, 4 * file.offset_size)?;
            fields.skip(file.offset_size)?;
            roots.extension = fields.address()?;
            roots.end = fields.address()?;
            let broken = || Trouble::Broken(base, "it names no root group".to_owned());
            roots.group = fields.address()?.ok_or_else(broken)?;
        }
        _ => return Err(Trouble::Broken(base, format!("version {version} is not known"))),
    }
    Ok((file, roots))
}
