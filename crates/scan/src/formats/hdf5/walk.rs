//! The walk over every object that can be reached, and what is said about what it meets.

use std::collections::HashSet;

use super::attribute::{self, Attribute, Value};
use super::bytes::{Bytes, File, Trouble};
use super::group::{self, Names, Node};
use super::header::{Header, Message, kind};
use super::index::{Heap, Tree};
use super::link::{self, Link, Target};
use super::{Roots, global_heap};
use crate::analyse::{Entry, Scan, Stop, shown};
use crate::formats::{keras, pickle};
use crate::rules;

/// Objects, tables and nodes of one file.
const STRUCTURES: usize = 200_000;
/// Characters of an object's path that are kept.
const PATH: usize = 120;
/// Attributes in which Keras keeps programs.
const CONFIGURATIONS: &[&[u8]] = &[b"model_config", b"training_config"];
/// Where `PyTables` says what the rows of an array are, and what it says of pickles.
const OBJECTS: &[(&[u8], &[u8])] = &[(b"PSEUDOATOM", b"object"), (b"FLAVOR", b"Object")];
/// How much of one dataset is searched for pickles, and of all of them.
const DATASET: u64 = 4 << 20;
const SEARCHED: u64 = 32 << 20;
/// How much is read of what names a virtual dataset's sources.
const SOURCES: usize = 1 << 20;

/// A walk through one file.
pub(super) struct Walk<'s, 'f, 'a> {
    scan: &'s mut Scan,
    file: &'f File<'a>,
    seen: HashSet<u64>,
    /// Objects that are still to be looked at, and the paths they were found under.
    waiting: Vec<(u64, String)>,
    /// Whether the file was searched for pickles.
    has_searched: bool,
    data: Data,
    /// Bytes of datasets that were searched.
    searched: u64,
}

/// What is known of the data of the object that the walk is in.
#[derive(Default)]
struct Data {
    /// Its elements are bytes or texts, or of a type that stands elsewhere.
    is_bytes: bool,
    /// Where they lie in one piece, and how many bytes there are at most.
    place: Option<(u64, u64)>,
}

impl<'s, 'f, 'a> Walk<'s, 'f, 'a> {
    pub(super) fn new(scan: &'s mut Scan, file: &'f File<'a>) -> Walk<'s, 'f, 'a> {
        let (seen, waiting) = (HashSet::new(), Vec::new());
        let data = Data::default();
        Walk { scan, file, seen, waiting, has_searched: false, data, searched: 0 }
    }

    pub(super) fn run(mut self, roots: &Roots) -> Result<(), Stop> {
        if roots.has_driver {
            let place = self.file.entry.place(Some(self.file.base));
            self.scan.skip(place, "the HDF5 file is spread over several files");
        }
        if let Some(extension) = roots.extension {
            self.wait(extension, "superblock".to_owned())?;
        }
        self.wait(roots.group, String::new())?;
        if let Some((tree, heap)) = roots.table {
            let found = self.table(tree, heap, "");
            self.noted(found, "/")?;
        }
        while let Some((address, path)) = self.waiting.pop() {
            let found = self.object(address, &path);
            self.noted(found, &path)?;
        }
        Ok(())
    }

    /// What could not be read is told, and the walk goes on.
    fn noted(&mut self, found: Result<(), Trouble>, path: &str) -> Result<(), Stop> {
        match found {
            Ok(()) => Ok(()),
            Err(Trouble::Stop(stop)) => Err(stop),
            Err(Trouble::Broken(at, why)) => {
                let path = if path.is_empty() { "/" } else { path };
                self.scan.skip(self.file.entry.place(Some(at)), format!("{path}: {why}"));
                Ok(())
            }
        }
    }

    /// Charges for a structure; whether it is a new one.
    fn enters(&mut self, address: u64) -> Result<bool, Stop> {
        if !self.seen.insert(address) {
            return Ok(false);
        }
        if self.seen.len() > STRUCTURES {
            return Err(Stop::Unexamined(format!("more than {STRUCTURES} HDF5 structures")));
        }
        if self.seen.len().is_multiple_of(256) {
            self.scan.budget.check_time()?;
        }
        Ok(true)
    }

    fn wait(&mut self, address: u64, path: String) -> Result<(), Stop> {
        if self.enters(address)? {
            self.waiting.push((address, path));
        }
        Ok(())
    }

    fn object(&mut self, address: u64, path: &str) -> Result<(), Trouble> {
        let mut header = Header::open(self.file, address)?;
        self.data = Data::default();
        while let Some(message) = header.next()? {
            let found = self.message(message, path);
            self.noted(found, path)?;
        }
        Ok(self.search_data()?)
    }

    /// Bytes in one piece may be a pickle.
    fn search_data(&mut self) -> Result<(), Stop> {
        let Data { is_bytes: true, place: Some((start, size)) } = self.data else { return Ok(()) };
        if self.searched < SEARCHED {
            self.searched = self.searched.saturating_add(size.min(DATASET));
            let end = start.saturating_add(size.min(DATASET));
            pickle::search(self.scan, self.file.entry, start, end)?;
        }
        Ok(())
    }

    fn message(&mut self, mut message: Message, path: &str) -> Result<(), Trouble> {
        if message.kind > kind::LAST {
            return Err(message.body.broken(&format!("a message of kind {}", message.kind)));
        }
        let is_read = matches!(
            message.kind,
            kind::LINK_INFO
                | kind::LINK
                | kind::EXTERNAL_FILES
                | kind::LAYOUT
                | kind::ATTRIBUTE
                | kind::SYMBOL_TABLE
                | kind::ATTRIBUTE_INFO
        );
        if is_read && message.is_shared() {
            return Err(message.body.broken("a message that stands elsewhere"));
        }
        let body = &mut message.body;
        match message.kind {
            kind::LINK => {
                let link = link::read(body)?;
                self.link(link, path)?;
            }
            kind::LINK_INFO => {
                let flags = (body.u8()?, body.u8()?).1;
                body.skip(if flags & 1 != 0 { 8 } else { 0 })?;
                self.indexed(body, path)?;
            }
            kind::ATTRIBUTE => {
                let attribute = attribute::read(self.file, body)?;
                self.attribute(&attribute, path)?;
            }
            kind::ATTRIBUTE_INFO => {
                let flags = (body.u8()?, body.u8()?).1;
                body.skip(if flags & 1 != 0 { 2 } else { 0 })?;
                self.indexed(body, path)?;
            }
            kind::SYMBOL_TABLE => {
                if let (Some(tree), Some(heap)) = (body.address()?, body.address()?) {
                    self.table(tree, heap, path)?;
                }
            }
            kind::EXTERNAL_FILES => self.external_files(body, path)?,
            kind::LAYOUT => self.layout(body, path)?,
            kind::DATATYPE if message.flags & 2 != 0 => self.data.is_bytes = true,
            kind::DATATYPE => {
                let class = body.u8()? & 0x0f;
                body.skip(3)?;
                // Opaque bytes, texts, and whole numbers of one byte.
                self.data.is_bytes = matches!((class, body.u32()?), (3 | 5, _) | (0, 1));
            }
            _ => {}
        }
        Ok(())
    }

    /// A group in the older style.
    fn table(&mut self, tree: u64, heap: u64, path: &str) -> Result<(), Trouble> {
        let names = Names::open(self.file, heap)?;
        let mut nodes = vec![tree];
        while let Some(address) = nodes.pop() {
            if !self.enters(address)? {
                continue;
            }
            match group::node(self.file, address)? {
                Node::Inner(below) => nodes.extend(below),
                Node::Table(entries) => {
                    for (name, object) in entries {
                        let Some(object) = object else { continue };
                        let name = names.name(self.file, name)?;
                        self.wait(object, below(path, &name))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Links or attributes that do not fit into the object's header.
    fn indexed(&mut self, body: &mut Bytes, path: &str) -> Result<(), Trouble> {
        let Some(heap) = body.address()? else { return Ok(()) };
        let by_name = body.address()?.ok_or_else(|| body.broken("a heap without an index"))?;
        if !self.enters(by_name)? {
            return Ok(());
        }
        let heap = Heap::open(self.file, heap)?;
        let tree = Tree::open(self.file, by_name)?;
        let mut nodes: Vec<_> = tree.root.into_iter().collect();
        while let Some(place) = nodes.pop() {
            if !self.enters(place.address)? {
                continue;
            }
            let (records, below) = tree.node(self.file, place)?;
            nodes.extend(below);
            for mut record in records {
                let found = self.record(&heap, tree.kind, &mut record, path);
                self.noted(found, path)?;
            }
        }
        Ok(())
    }

    fn record(
        &mut self,
        heap: &Heap,
        kind: u8,
        record: &mut Bytes,
        path: &str,
    ) -> Result<(), Trouble> {
        match kind {
            5 => {
                record.skip(4)?;
                let link = link::read(&mut heap.object(self.file, record)?)?;
                self.link(link, path)
            }
            8 => {
                if record.rest().get(8).is_some_and(|flags| flags & 2 != 0) {
                    return Err(record.broken("an attribute that stands elsewhere"));
                }
                let mut body = heap.object(self.file, record)?;
                let attribute = attribute::read(self.file, &mut body)?;
                self.attribute(&attribute, path)
            }
            other => Err(record.broken(&format!("an index of kind {other}"))),
        }
    }

    fn link(&mut self, link: Link, path: &str) -> Result<(), Trouble> {
        let path = below(path, &link.name);
        match link.target {
            Target::Object(address) => self.wait(address, path)?,
            Target::Path => {}
            Target::File { file, path: target } => {
                let message = format!("{path} is a link into another file");
                let evidence = format!("{}:{}", shown(&file, 300), shown(&target, 200));
                let place = self.file.entry.place(Some(link.at));
                self.scan.report(rules::HDF5_EXTERNAL.finding(place, message, evidence));
            }
            Target::Own(kind) => {
                let place = self.file.entry.place(Some(link.at));
                self.scan.skip(place, format!("{path} is a link of kind {kind}"));
            }
        }
        Ok(())
    }

    fn external_files(&mut self, body: &mut Bytes, path: &str) -> Result<(), Trouble> {
        let at = body.position();
        body.skip(4)?;
        let (_, used) = (body.u16()?, body.u16()?);
        let heap = body.address()?.ok_or_else(|| body.broken("files without names"))?;
        let names = Names::open(self.file, heap);
        let mut files = Vec::new();
        for _ in 0..used.min(8) {
            let offset = body.length()?;
            body.length()?;
            body.length()?;
            let name = names.as_ref().ok().and_then(|names| names.name(self.file, offset).ok());
            files.push(name.map_or("?".to_owned(), |name| shown(&name, 200)));
        }
        let message = format!("the data of {path} lie in another file");
        let place = self.file.entry.place(Some(at));
        self.scan.report(rules::HDF5_EXTERNAL.finding(place, message, files.join(", ")));
        Ok(())
    }

    /// Where data lie: here, or put together from other datasets.
    fn layout(&mut self, body: &mut Bytes, path: &str) -> Result<(), Trouble> {
        let version = body.u8()?;
        let sides = if version < 3 { usize::from(body.u8()?) } else { 0 };
        let class = body.u8()?;
        body.skip(if version < 3 { 5 } else { 0 })?;
        match class {
            0 => {
                body.skip(4 * sides)?;
                let size = if version < 3 { body.u32()?.into() } else { body.u16()?.into() };
                self.data.place = Some((body.position(), size));
                Ok(())
            }
            1 => {
                let address = body.address()?;
                // Older ones leave the size to the sides.
                let size = if version < 3 { DATASET } else { body.length()? };
                self.data.place = address.map(|at| (self.file.base.saturating_add(at), size));
                Ok(())
            }
            2 => Ok(()),
            3 => {
                let at = body.position();
                let (address, index) = (body.address()?, body.u32()?);
                let Some(address) = address else { return Ok(()) };
                let mut block = global_heap::value(self.file, address, index, SOURCES)?;
                block.skip(1)?;
                let count = block.length()?;
                let source = block.text();
                if count == 0 || (count == 1 && source == b".") {
                    return Ok(());
                }
                let message = format!("the data of {path} are put together from other files");
                let place = self.file.entry.place(Some(at));
                let evidence = shown(&source, 300);
                self.scan.report(rules::HDF5_EXTERNAL.finding(place, message, evidence));
                Ok(())
            }
            other => Err(body.broken(&format!("data in a layout of class {other}"))),
        }
    }

    /// Rows of pickles, which `PyTables` loads one by one: they lie in the heaps of the file as they are.
    fn rows_of_objects(&mut self, at: u64, path: &str) -> Result<(), Stop> {
        let entry = self.file.entry;
        let message = format!("the rows of {path} are pickled objects");
        let place = entry.place(Some(at));
        self.scan.report(rules::HDF5_OBJECTS.finding(place, message, "VLArray of object"));
        if !self.has_searched {
            self.has_searched = true;
            pickle::search_danger(self.scan, entry, 0, entry.size)?;
        }
        Ok(())
    }

    fn attribute(&mut self, attribute: &Attribute, path: &str) -> Result<(), Trouble> {
        let name = shown(&attribute.name, 80);
        let is_program = CONFIGURATIONS.contains(&attribute.name.as_slice());
        let (bytes, is_fixed) = match &attribute.value {
            Value::Text { bytes, is_fixed } => (bytes, *is_fixed),
            Value::Unread(why) => {
                return Err(Trouble::Broken(attribute.at, format!("the attribute {name}: {why}")));
            }
            Value::Raw(bytes) if !is_program => (bytes, true),
            Value::Plain | Value::Raw(_) if is_program => {
                let why = format!("the attribute {name} is no text");
                return Err(Trouble::Broken(attribute.at, why));
            }
            Value::Plain | Value::Raw(_) => return Ok(()),
        };
        let entry = self.file.entry;
        let kind = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        if OBJECTS.contains(&(attribute.name.as_slice(), kind)) {
            return Ok(self.rows_of_objects(attribute.at, path)?);
        }
        if is_program {
            let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            let text = bytes.get(..end).unwrap_or_default();
            keras::check(self.scan, entry, Some(attribute.at), &name, text);
            return Ok(());
        }
        // PyTables keeps Python objects in attributes of a fixed size, and loads them unasked.
        if is_fixed && bytes.len() > 2 {
            let member = entry.member_path(&format!("{path}@{name}"));
            let inner = Entry {
                source: bytes,
                size: bytes.len() as u64,
                name: "attribute",
                member: &member,
                depth: entry.depth + 1,
            };
            let mut read = || {
                if pickle::acts_at_start(&inner)?.is_some() {
                    self.scan.budget.depth(inner.depth)?;
                    (pickle::READER.read)(self.scan, &inner)?;
                }
                Ok(())
            };
            return match read() {
                Err(Stop::Unexamined(why)) => Err(Trouble::Broken(attribute.at, why)),
                other => Ok(other?),
            };
        }
        Ok(())
    }
}

/// The path of something in a group, cut where it gets too long.
fn below(path: &str, name: &[u8]) -> String {
    shown(format!("{path}/{}", shown(name, 80)).as_bytes(), PATH)
}
