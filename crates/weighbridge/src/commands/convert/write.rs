//! The safetensors file: its header, and every tensor's bytes behind it, one after another.
//!
//! Tensors that share a storage each get a copy; a view whose elements do not lie next to each other is put
//! together element by element. Little more than a window of the checkpoint is in memory at a time.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::Path;

use serde_json::{Map, Value, json};
use tempfile::TempPath;
use weighbridge_scan::TensorPlace;

/// How much is copied at once.
const WINDOW: usize = 1 << 20;
/// The longest header that readers of safetensors accept.
const HEADER_BYTES: usize = 100_000_000;
/// How often the same bytes may be written: a view can repeat one element for ever.
const REPEATS: u64 = 8;

/// What is written where.
pub(super) struct Plan<'a> {
    tensors: Vec<&'a TensorPlace>,
    header: Vec<u8>,
    data_bytes: u64,
}

impl<'a> Plan<'a> {
    /// The widest elements come first, as the reference writer has them, so that everything is aligned.
    pub(super) fn new(tensors: &'a [TensorPlace], file_bytes: u64) -> Result<Plan<'a>, String> {
        let mut tensors: Vec<&TensorPlace> = tensors.iter().collect();
        tensors.sort_by(|one, other| {
            other.dtype.bytes.cmp(&one.dtype.bytes).then_with(|| one.name.cmp(&other.name))
        });
        let mut header = Map::new();
        header.insert("__metadata__".to_owned(), json!({"format": "pt"}));
        let mut end = 0_u64;
        for tensor in &tensors {
            let size = size_of(tensor).ok_or_else(|| format!("`{}` is too large", tensor.name))?;
            let start = end;
            end = start.checked_add(size).ok_or("its tensors are too large together")?;
            let about = json!({
                "dtype": tensor.dtype.word, "shape": tensor.shape, "data_offsets": [start, end],
            });
            header.insert(tensor.name.clone(), about);
        }
        let most = file_bytes.saturating_mul(REPEATS);
        if end > most {
            return Err(format!(
                "its views repeat their elements: {end} bytes would come of {file_bytes}"
            ));
        }
        let mut header =
            serde_json::to_vec(&Value::Object(header)).map_err(|error| error.to_string())?;
        header.resize(header.len().next_multiple_of(8), b' ');
        if header.len() > HEADER_BYTES {
            return Err("its list of tensors is too long for safetensors".to_owned());
        }
        Ok(Plan { tensors, header, data_bytes: end })
    }

    pub(super) fn data_bytes(&self) -> u64 {
        self.data_bytes
    }

    pub(super) fn file_bytes(&self) -> u64 {
        (self.header.len() as u64).saturating_add(8).saturating_add(self.data_bytes)
    }

    /// Writes the file beside its place, under a name that nobody looks for. It is gone unless it is put there.
    pub(super) fn write(&self, from: &File, to: &Path) -> io::Result<TempPath> {
        let folder = match to.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut beside = tempfile::NamedTempFile::new_in(folder)?;
        {
            let mut out = BufWriter::with_capacity(WINDOW, beside.as_file_mut());
            out.write_all(&(self.header.len() as u64).to_le_bytes())?;
            out.write_all(&self.header)?;
            for tensor in &self.tensors {
                copy(tensor, from, &mut out)?;
            }
            out.flush()?;
        }
        let usual = fs::Permissions::from_mode(0o644);
        beside.as_file().set_permissions(usual)?;
        beside.as_file().sync_all()?;
        Ok(beside.into_temp_path())
    }
}

fn size_of(tensor: &TensorPlace) -> Option<u64> {
    tensor.elements()?.checked_mul(tensor.dtype.bytes)
}

/// Copies one tensor, in the order of its elements.
fn copy(tensor: &TensorPlace, from: &File, out: &mut impl Write) -> io::Result<()> {
    if tensor.elements() == Some(0) {
        return Ok(());
    }
    // The last sides, as far as their elements lie next to each other, are one run.
    let sides: Vec<(u64, u64)> =
        tensor.shape.iter().copied().zip(tensor.strides.iter().copied()).collect();
    let (mut run, mut outer) = (1_u64, sides.len());
    for (at, (side, stride)) in sides.iter().enumerate().rev() {
        if *side != 1 && *stride != run {
            break;
        }
        run = run.saturating_mul(*side);
        outer = at;
    }
    let outer = sides.get(..outer).unwrap_or_default();
    let mut reader = Window::new(from);
    let mut index = vec![0_u64; outer.len()];
    loop {
        let steps = index.iter().zip(outer).map(|(at, (_, stride))| at.saturating_mul(*stride));
        let element = steps.fold(tensor.first_element, u64::saturating_add);
        let start = tensor.storage_start.saturating_add(element.saturating_mul(tensor.dtype.bytes));
        reader.copy(start, run.saturating_mul(tensor.dtype.bytes), out)?;
        // Counts on, the last side first.
        let mut is_over = true;
        for (at, (side, _)) in index.iter_mut().zip(outer).rev() {
            *at += 1;
            if *at < *side {
                is_over = false;
                break;
            }
            *at = 0;
        }
        if is_over {
            return Ok(());
        }
    }
}

/// Some windows of a file: the elements of a transposed matrix are far from each other, and their neighbours are
/// wanted soon.
struct Window<'f> {
    file: &'f File,
    kept: Vec<(u64, Vec<u8>)>,
}

/// Bytes of one window, and how many are kept.
const PIECE: u64 = 4 << 10;
const PIECES: usize = 4_096;

impl<'f> Window<'f> {
    fn new(file: &'f File) -> Window<'f> {
        Window { file, kept: Vec::new() }
    }

    fn copy(&mut self, start: u64, size: u64, out: &mut impl Write) -> io::Result<()> {
        if size >= PIECE {
            return self.stream(start, size, out);
        }
        let (mut at, end) = (start, start.saturating_add(size));
        while at < end {
            let piece = at / PIECE;
            let upto = end.min((piece + 1).saturating_mul(PIECE));
            let bytes = self.piece(piece)?;
            let inside = |byte: u64| usize::try_from(byte - piece * PIECE).unwrap_or(usize::MAX);
            let bytes = bytes.get(inside(at)..inside(upto));
            out.write_all(bytes.ok_or(io::ErrorKind::UnexpectedEof)?)?;
            at = upto;
        }
        Ok(())
    }

    fn stream(&self, start: u64, size: u64, out: &mut impl Write) -> io::Result<()> {
        let mut buffer = vec![0; WINDOW.min(usize::try_from(size).unwrap_or(WINDOW))];
        let (mut at, end) = (start, start.saturating_add(size));
        while at < end {
            let wanted = usize::try_from(end - at).unwrap_or(WINDOW).min(buffer.len());
            let part = buffer.get_mut(..wanted).unwrap_or_default();
            self.file.read_exact_at(part, at)?;
            out.write_all(part)?;
            at = at.saturating_add(wanted as u64);
        }
        Ok(())
    }

    fn piece(&mut self, number: u64) -> io::Result<&[u8]> {
        let slot = usize::try_from(number).unwrap_or(0) % PIECES;
        if self.kept.is_empty() {
            self.kept = vec![(u64::MAX, Vec::new()); PIECES];
        }
        let Some(place) = self.kept.get_mut(slot) else { return Ok(&[]) };
        if place.0 != number {
            let mut bytes = vec![0; usize::try_from(PIECE).unwrap_or(0)];
            let mut read = 0;
            while let Some(rest) = bytes.get_mut(read..).filter(|rest| !rest.is_empty()) {
                match self.file.read_at(rest, number * PIECE + read as u64)? {
                    0 => break,
                    count => read += count,
                }
            }
            bytes.truncate(read);
            *place = (number, bytes);
        }
        Ok(&place.1)
    }
}
