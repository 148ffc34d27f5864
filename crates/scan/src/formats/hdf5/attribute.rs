//! Attributes: names, and values that are text.

use super::bytes::{Bytes, File, Trouble};
use super::global_heap;

/// The longest value that is looked into.
const VALUE_BYTES: usize = 16 << 20;

/// An attribute whose value is looked at.
pub(super) struct Attribute {
    pub(super) name: Vec<u8>,
    pub(super) value: Value,
    /// Where the value lies.
    pub(super) at: u64,
}

/// What an attribute holds.
pub(super) enum Value {
    /// Numbers, references and the like.
    Plain,
    /// Text or bytes: the first of the values, and whether its length is that of its type.
    Text { bytes: Vec<u8>, is_fixed: bool },
    /// Bytes whose type stands elsewhere.
    Raw(Vec<u8>),
    /// What it holds could not be found out.
    Unread(String),
}

/// Reads an attribute message.
pub(super) fn read(file: &File<'_>, body: &mut Bytes) -> Result<Attribute, Trouble> {
    let (version, flags) = (body.u8()?, body.u8()?);
    let sizes = [body.u16()?, body.u16()?, body.u16()?].map(usize::from);
    let [name_size, type_size, space_size] = sizes;
    let pad = |size: usize| if version == 1 { size.next_multiple_of(8) } else { size };
    match version {
        1 | 2 => {}
        3 => body.skip(1)?,
        _ => return Err(body.broken(&format!("an attribute of version {version}"))),
    }
    let name = body.part(pad(name_size))?.text();
    let mut kind = body.part(pad(type_size))?;
    body.skip(pad(space_size))?;
    let at = body.position();
    if version > 1 && flags & 1 != 0 {
        let value = Value::Raw(body.rest().to_vec());
        return Ok(Attribute { name, value, at });
    }
    let class = kind.u8()? & 0x0f;
    let bits = kind.number(3)?;
    let size = usize::try_from(kind.u32()?).unwrap_or(usize::MAX);
    let value = match class {
        // Text and opaque bytes.
        3 | 5 => {
            let size = size.min(body.rest().len());
            Value::Text { bytes: body.take(size)?.to_vec(), is_fixed: true }
        }
        // Text of variable length; the other kind are sequences.
        9 if bits & 0x0f == 1 && !body.rest().is_empty() => {
            let (value, place) = variable(file, body)?;
            return Ok(Attribute { name, value, at: place.unwrap_or(at) });
        }
        _ => Value::Plain,
    };
    Ok(Attribute { name, value, at })
}

/// A value in the global heap, and where it lies.
fn variable(file: &File<'_>, body: &mut Bytes) -> Result<(Value, Option<u64>), Trouble> {
    let size = usize::try_from(body.u32()?).unwrap_or(usize::MAX);
    let address = body.address()?;
    let index = body.u32()?;
    let (Some(address), true) = (address, index > 0) else { return Ok((Value::Plain, None)) };
    match global_heap::value(file, address, index, VALUE_BYTES) {
        Ok(held) => {
            let bytes = held.rest();
            let bytes = bytes.get(..size.min(bytes.len())).unwrap_or_default().to_vec();
            Ok((Value::Text { bytes, is_fixed: false }, Some(held.position())))
        }
        Err(Trouble::Broken(at, why)) => Ok((Value::Unread(why), Some(at))),
        Err(stop) => Err(stop),
    }
}
