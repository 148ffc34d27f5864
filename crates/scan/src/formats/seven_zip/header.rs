//! The header of a 7z archive: what it says is checked against its own size before anything is kept.

use crate::formats::expand::Filter;

/// Coders of one folder, and packed headers in each other.
const CODERS: u64 = 8;
/// Characters of a name.
const NAME: usize = 4096;

/// What a header lists.
pub(super) struct Archive {
    pub(super) folders: Vec<Folder>,
    pub(super) files: Vec<Listed>,
}

/// One folder: streams that are unpacked together.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    /// Where its packed streams start, behind the first header, and their sizes.
    pub(super) packed: Vec<(u64, u64)>,
    pub(super) method: Method,
    /// What stands between the codec and the files, in the order in which it is undone.
    pub(super) filters: Vec<Filter>,
    /// How many bytes come out.
    pub(super) size: u64,
    /// The checksum of all that comes out, when it is told.
    pub(super) sum: Option<u32>,
    /// The sizes of its files, and their checksums.
    pub(super) files: Vec<(u64, Option<u32>)>,
}

/// How a folder is packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Copy,
    Lzma { properties: u8, window: u32 },
    Lzma2 { window: u8 },
    Deflate,
    Bzip2,
    Zstd,
    Encrypted,
    Other(String),
}

/// One file.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) has_content: bool,
    pub(super) is_link: bool,
}

type Result<T> = std::result::Result<T, &'static str>;

/// The folder of a header that is packed itself; `None` when it is not.
pub(super) fn packed(bytes: &[u8]) -> Result<Option<Folder>> {
    let mut walk = Walk { bytes };
    if bytes.first() != Some(&0x17) {
        return Ok(None);
    }
    walk.byte()?;
    let folders = walk.streams()?;
    folders.into_iter().next().map(Some).ok_or("it is packed in no folder")
}

/// Reads a header.
pub(super) fn read(bytes: &[u8]) -> Result<Archive> {
    let mut walk = Walk { bytes };
    let mut archive = Archive { folders: Vec::new(), files: Vec::new() };
    if bytes.is_empty() {
        return Ok(archive);
    }
    if walk.byte()? != 1 {
        return Err("it is no header");
    }
    loop {
        match walk.byte()? {
            0 => return Ok(archive),
            // Properties of the archive that nobody writes.
            2 => {
                while walk.byte()? != 0 {
                    let size = walk.size()?;
                    walk.take(size)?;
                }
            }
            3 => drop(walk.streams()?),
            4 => archive.folders = walk.streams()?,
            5 => archive.files = walk.files()?,
            _ => return Err("a part of it is not known"),
        }
    }
}

struct Walk<'a> {
    bytes: &'a [u8],
}

impl<'a> Walk<'a> {
    fn byte(&mut self) -> Result<u8> {
        let (byte, rest) = self.bytes.split_first().ok_or("it is cut off")?;
        self.bytes = rest;
        Ok(*byte)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count).ok_or("it is cut off")?;
        self.bytes = rest;
        Ok(taken)
    }

    /// A number: the ones at the start of its first byte say how many bytes follow.
    fn number(&mut self) -> Result<u64> {
        let first = self.byte()?;
        let more = first.leading_ones();
        let mut value = 0_u64;
        for index in 0..more {
            value |= u64::from(self.byte()?) << (8 * index);
        }
        if more < 8 {
            let mask = (1_u64 << (7 - more)) - 1;
            value |= (u64::from(first) & mask) << (8 * more);
        }
        Ok(value)
    }

    fn size(&mut self) -> Result<usize> {
        usize::try_from(self.number()?).map_err(|_| "a size is too large")
    }

    /// A count of things that each take a byte at least.
    fn count(&mut self) -> Result<usize> {
        let count = self.size()?;
        if count > self.bytes.len() + 1 { Err("a count does not fit") } else { Ok(count) }
    }

    /// Which of so many things have something, a bit each.
    fn bits(&mut self, count: usize) -> Result<Vec<bool>> {
        let bytes = self.take(count.div_ceil(8))?;
        let bit = |index: usize| {
            bytes.get(index / 8).is_some_and(|byte| byte >> (7 - index % 8) & 1 != 0)
        };
        Ok((0..count).map(bit).collect())
    }

    /// Checksums of those that have one.
    fn sums(&mut self, count: usize) -> Result<Vec<Option<u32>>> {
        let has = if self.byte()? != 0 { vec![true; count] } else { self.bits(count)? };
        let mut sums = Vec::new();
        for has in has {
            let sum = if has { Some(self.take(4)?) } else { None };
            sums.push(sum.and_then(|sum| sum.try_into().ok()).map(u32::from_le_bytes));
        }
        Ok(sums)
    }

    fn streams(&mut self) -> Result<Vec<Folder>> {
        let mut packed = Vec::new();
        let mut folders: Vec<Folder> = Vec::new();
        let mut has_files = false;
        loop {
            match self.byte()? {
                0 => break,
                6 => packed = self.packed()?,
                7 => folders = self.folders(&packed)?,
                8 => {
                    self.substreams(&mut folders)?;
                    has_files = true;
                }
                _ => return Err("a part of the streams is not known"),
            }
        }
        if !has_files {
            for folder in &mut folders {
                folder.files = vec![(folder.size, folder.sum)];
            }
        }
        Ok(folders)
    }

    fn packed(&mut self) -> Result<Vec<(u64, u64)>> {
        let mut at = self.number()?;
        let count = self.count()?;
        let mut packed = Vec::new();
        loop {
            match self.byte()? {
                0 => return Ok(packed),
                9 => {
                    for _ in 0..count {
                        let size = self.number()?;
                        packed.push((at, size));
                        at = at.checked_add(size).ok_or("packed streams do not fit")?;
                    }
                }
                10 => drop(self.sums(count)?),
                _ => return Err("a part of the packed streams is not known"),
            }
        }
    }

    fn folders(&mut self, packed: &[(u64, u64)]) -> Result<Vec<Folder>> {
        if self.byte()? != 11 {
            return Err("there are no folders");
        }
        let count = self.count()?;
        if self.byte()? != 0 {
            return Err("folders lie elsewhere");
        }
        let mut drafts = Vec::new();
        let mut packed = packed.iter();
        for _ in 0..count {
            let mut draft = self.folder()?;
            draft.packed = packed.by_ref().take(draft.inputs).copied().collect();
            if draft.packed.len() != draft.inputs {
                return Err("a folder has no packed stream");
            }
            drafts.push(draft);
        }
        if self.byte()? != 12 {
            return Err("folders have no sizes");
        }
        let mut folders = Vec::new();
        for draft in drafts {
            let mut sizes = Vec::new();
            for _ in 0..draft.coders.len().max(1) {
                sizes.push(self.number()?);
            }
            folders.push(draft.finish(&sizes)?);
        }
        loop {
            match self.byte()? {
                0 => return Ok(folders),
                10 => {
                    for (folder, sum) in folders.iter_mut().zip(self.sums(count)?) {
                        folder.sum = sum;
                    }
                }
                _ => return Err("a part of the folders is not known"),
            }
        }
    }

    fn folder(&mut self) -> Result<Draft> {
        let count = self.number()?;
        if count == 0 || count > CODERS {
            return Err("a folder has an odd number of coders");
        }
        let mut coders = Vec::new();
        let (mut inputs, mut is_simple) = (0, true);
        for _ in 0..count {
            let flags = self.byte()?;
            let id = self.take(usize::from(flags & 15))?;
            let (mut ins, mut outs) = (1, 1);
            if flags & 0x10 != 0 {
                (ins, outs) = (self.number()?, self.number()?);
            }
            if ins > CODERS || outs != 1 {
                return Err("a coder has an odd number of streams");
            }
            is_simple &= ins == 1;
            inputs += ins;
            let properties = if flags & 0x20 != 0 {
                let size = self.size()?;
                self.take(size)?
            } else {
                &[]
            };
            coders.push((id.to_vec(), properties.to_vec()));
        }
        let mut pairs = Vec::new();
        for _ in 1..count {
            pairs.push((self.number()?, self.number()?));
        }
        let inputs = inputs.checked_sub(count - 1).ok_or("a folder has too few streams")?;
        if inputs > 1 {
            for _ in 0..inputs {
                self.number()?;
            }
        }
        let inputs = usize::try_from(inputs).map_err(|_| "a folder has too many streams")?;
        Ok(Draft { packed: Vec::new(), coders, pairs, inputs, is_simple })
    }

    fn substreams(&mut self, folders: &mut [Folder]) -> Result<()> {
        let mut counts = vec![1_usize; folders.len()];
        let mut kind = self.byte()?;
        if kind == 13 {
            for count in &mut counts {
                *count = self.count()?;
            }
            kind = self.byte()?;
        }
        let has_sizes = kind == 9;
        for (folder, count) in folders.iter_mut().zip(&counts) {
            let mut left = folder.size;
            folder.files.clear();
            for index in 0..*count {
                let size = if index + 1 == *count {
                    left
                } else if has_sizes {
                    self.number()?
                } else {
                    return Err("files of a folder have no sizes");
                };
                left = left.checked_sub(size).ok_or("the files of a folder do not fit")?;
                // One file has the checksum of its folder.
                folder.files.push((size, folder.sum.filter(|_| *count == 1)));
            }
        }
        if has_sizes {
            kind = self.byte()?;
        }
        while kind != 0 {
            if kind != 10 {
                return Err("a part of the files' streams is not known");
            }
            let is_missing = |folder: &&mut Folder| folder.files.len() != 1 || folder.sum.is_none();
            let missing: Vec<&mut Folder> = folders.iter_mut().filter(is_missing).collect();
            let count = missing.iter().map(|folder| folder.files.len()).sum();
            let sums = self.sums(count)?;
            let files = missing.into_iter().flat_map(|folder| &mut folder.files);
            for ((_, its), sum) in files.zip(sums) {
                *its = sum;
            }
            kind = self.byte()?;
        }
        Ok(())
    }

    fn files(&mut self) -> Result<Vec<Listed>> {
        let count = self.count()?;
        let mut files =
            vec![Listed { name: String::new(), has_content: true, is_link: false }; count];
        loop {
            let kind = self.byte()?;
            if kind == 0 {
                return Ok(files);
            }
            let size = self.size()?;
            let mut body = Walk { bytes: self.take(size)? };
            match kind {
                14 => {
                    for (file, is_empty) in files.iter_mut().zip(body.bits(count)?) {
                        file.has_content = !is_empty;
                    }
                }
                17 => body.names(&mut files)?,
                21 => body.attributes(&mut files)?,
                _ => {}
            }
        }
    }

    fn names(&mut self, files: &mut [Listed]) -> Result<()> {
        if self.byte()? != 0 {
            return Err("names lie elsewhere");
        }
        for file in files {
            let mut units = Vec::new();
            loop {
                let unit: [u8; 2] = self.take(2)?.try_into().map_err(|_| "a name is cut off")?;
                match u16::from_le_bytes(unit) {
                    0 => break,
                    unit if units.len() < NAME => units.push(unit),
                    _ => return Err("a name is too long"),
                }
            }
            file.name = String::from_utf16_lossy(&units);
        }
        Ok(())
    }

    /// Programs for Unix keep the mode in the upper half, and say so.
    fn attributes(&mut self, files: &mut [Listed]) -> Result<()> {
        let has = if self.byte()? != 0 { vec![true; files.len()] } else { self.bits(files.len())? };
        if self.byte()? != 0 {
            return Err("attributes lie elsewhere");
        }
        for (file, _) in files.iter_mut().zip(has).filter(|(_, has)| *has) {
            let word: [u8; 4] = self.take(4)?.try_into().map_err(|_| "attributes are cut off")?;
            let word = u32::from_le_bytes(word);
            file.is_link = word & 0x8000 != 0 && word >> 16 & 0o170_000 == 0o120_000;
        }
        Ok(())
    }
}

/// A folder whose sizes are not known yet.
struct Draft {
    packed: Vec<(u64, u64)>,
    coders: Vec<(Vec<u8>, Vec<u8>)>,
    /// The input of one coder, and the coder whose output it takes.
    pairs: Vec<(u64, u64)>,
    inputs: usize,
    is_simple: bool,
}

impl Draft {
    /// Puts the coders in the order in which they work.
    fn finish(self, sizes: &[u64]) -> Result<Folder> {
        let count = self.coders.len() as u64;
        let last = (0..count).find(|coder| !self.pairs.iter().any(|(_, out)| out == coder));
        let last = last.ok_or("a folder has no end")?;
        let size = usize::try_from(last).ok().and_then(|last| sizes.get(last)).copied();
        let size = size.ok_or("a folder has no size")?;
        let mut folder = Folder {
            packed: self.packed,
            method: Method::Other("of several streams".to_owned()),
            filters: Vec::new(),
            size,
            sum: None,
            files: Vec::new(),
        };
        let is_encrypted = self.coders.iter().any(|(id, _)| id.as_slice() == [6, 0xf1, 7, 1]);
        if is_encrypted {
            folder.method = Method::Encrypted;
            return Ok(folder);
        }
        if !self.is_simple {
            return Ok(folder);
        }
        let mut at = (0..count).find(|coder| !self.pairs.iter().any(|(input, _)| input == coder));
        let mut order = Vec::new();
        while let Some(coder) = at.filter(|_| order.len() < self.coders.len()) {
            order.push(coder);
            at = self.pairs.iter().find(|(_, out)| *out == coder).map(|(input, _)| *input);
        }
        for (index, coder) in order.into_iter().enumerate() {
            let coder = usize::try_from(coder).ok().and_then(|coder| self.coders.get(coder));
            let (id, properties) = coder.ok_or("a folder has an odd order")?;
            if index == 0 {
                folder.method = method(id, properties);
            } else if let Some(filter) = filter(id, properties) {
                folder.filters.push(filter);
            } else if id.as_slice() != [0] {
                folder.method = Method::Other(hex(id));
            }
        }
        Ok(folder)
    }
}

fn method(id: &[u8], properties: &[u8]) -> Method {
    match (id, properties) {
        ([0], _) => Method::Copy,
        ([3, 1, 1], [properties, window @ ..]) => match window.try_into() {
            Ok(window) => {
                Method::Lzma { properties: *properties, window: u32::from_le_bytes(window) }
            }
            Err(_) => Method::Other(hex(id)),
        },
        ([0x21], [window]) => Method::Lzma2 { window: *window },
        ([4, 1, 8], _) => Method::Deflate,
        ([4, 2, 2], _) => Method::Bzip2,
        ([4, 0xf7, 0x11, 1], _) => Method::Zstd,
        _ => Method::Other(hex(id)),
    }
}

fn filter(id: &[u8], properties: &[u8]) -> Option<Filter> {
    Some(match (id, properties) {
        ([3], [distance]) => Filter::Delta(usize::from(*distance) + 1),
        ([3, 3, 1, 3] | [4], _) => Filter::X86,
        ([3, 3, 2, 5] | [5], _) => Filter::PowerPc,
        ([3, 3, 4, 1] | [6], _) => Filter::Ia64,
        ([3, 3, 5, 1] | [7], _) => Filter::Arm,
        ([3, 3, 7, 1] | [8], _) => Filter::ArmThumb,
        ([3, 3, 8, 5] | [9], _) => Filter::Sparc,
        ([0xa], _) => Filter::Arm64,
        ([0xb], _) => Filter::RiscV,
        _ => return None,
    })
}

fn hex(id: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('?');
    id.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
