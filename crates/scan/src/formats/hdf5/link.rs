//! Links of groups in the newer style.

use super::bytes::{Bytes, Trouble};

/// Where a link leads.
pub(super) enum Target {
    /// To an object of this file.
    Object(u64),
    /// To a path in this file.
    Path,
    /// To a path in another file.
    File { file: Vec<u8>, path: Vec<u8> },
    /// Wherever the program that opens the file says.
    Own(u8),
}

/// One link.
pub(super) struct Link {
    pub(super) name: Vec<u8>,
    pub(super) target: Target,
    /// Where the target is written.
    pub(super) at: u64,
}

/// Reads a link message.
pub(super) fn read(body: &mut Bytes) -> Result<Link, Trouble> {
    let (version, flags) = (body.u8()?, body.u8()?);
    if version != 1 {
        return Err(body.broken(&format!("a link of version {version}")));
    }
    let kind = if flags & 8 != 0 { body.u8()? } else { 0 };
    body.skip(if flags & 4 != 0 { 8 } else { 0 })?;
    body.skip(usize::from(flags & 0x10 != 0))?;
    let size = body.number(1 << (flags & 3))?;
    let size = usize::try_from(size).map_err(|_| body.broken("a name is too long"))?;
    let name = body.take(size)?.to_vec();
    let at = body.position();
    let target = match kind {
        0 => match body.address()? {
            Some(address) => Target::Object(address),
            None => Target::Path,
        },
        1 => Target::Path,
        64 => {
            let size = usize::from(body.u16()?);
            let mut value = body.part(size)?;
            value.skip(1)?;
            let file = value.text();
            Target::File { file, path: value.text() }
        }
        other => Target::Own(other),
    };
    Ok(Link { name, target, at })
}
