//! Arrow schemas: the flatbuffers in IPC messages and file footers, and what stands in their metadata
//! (`Message.fbs`, `Schema.fbs`, `File.fbs` of Apache Arrow).

/// Columns and metadata of one schema.
const ITEMS: usize = 100_000;
/// Columns inside each other.
const DEPTH: usize = 64;

/// One piece of metadata: the column it is about, its key and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) column: String,
    pub(super) key: Vec<u8>,
    pub(super) value: Vec<u8>,
}

/// The metadata of the schema in an IPC message, with its length before it; `None` when it cannot be read.
pub(super) fn of_message(bytes: &[u8]) -> Option<Vec<Note>> {
    let (first, rest) = bytes.split_first_chunk::<4>()?;
    // Older writers left the mark out.
    let (size, rest) = if *first == [0xff; 4] {
        let (size, rest) = rest.split_first_chunk::<4>()?;
        (size, rest)
    } else {
        (first, rest)
    };
    let size = usize::try_from(i32::from_le_bytes(*size)).ok()?;
    of_bare(rest.get(..size)?)
}

/// The metadata of the schema in an IPC message without its length.
pub(super) fn of_bare(bytes: &[u8]) -> Option<Vec<Note>> {
    let flat = Flat(bytes);
    let message = flat.root()?;
    // Only the first of the kinds of messages is a schema.
    if flat.byte(flat.field(message, 1)??)? != 1 {
        return None;
    }
    flat.schema(flat.table(flat.field(message, 2)??)?)
}

/// The metadata of the schema in the footer of a file.
pub(super) fn of_footer(bytes: &[u8]) -> Option<Vec<Note>> {
    let flat = Flat(bytes);
    let footer = flat.root()?;
    let mut notes = flat.schema(flat.table(flat.field(footer, 1)??)?)?;
    flat.notes(footer, 4, "", &mut notes)?;
    Some(notes)
}

/// A flatbuffer.
struct Flat<'a>(&'a [u8]);

impl Flat<'_> {
    fn array<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.0.get(at..at.checked_add(N)?)?.try_into().ok()
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.0.get(at).copied()
    }

    /// What an offset at a place points at.
    fn table(&self, at: usize) -> Option<usize> {
        let offset = usize::try_from(u32::from_le_bytes(self.array(at)?)).ok()?;
        at.checked_add(offset).filter(|to| *to < self.0.len())
    }

    fn root(&self) -> Option<usize> {
        self.table(0)
    }

    /// Where a field of a table is: `None` outside when the table is broken, inside when it is not there.
    #[expect(clippy::option_option, reason = "broken and absent are two things")]
    fn field(&self, table: usize, index: usize) -> Option<Option<usize>> {
        let back = i64::from(i32::from_le_bytes(self.array(table)?));
        let layout = usize::try_from(i64::try_from(table).ok()? - back).ok()?;
        let size = usize::from(u16::from_le_bytes(self.array(layout)?));
        let place = 4 + 2 * index;
        if place + 2 > size {
            return Some(None);
        }
        match u16::from_le_bytes(self.array(layout.checked_add(place)?)?) {
            0 => Some(None),
            offset => Some(Some(table.checked_add(usize::from(offset))?)),
        }
    }

    fn text(&self, at: usize) -> Option<&[u8]> {
        let start = self.table(at)?;
        let size = usize::try_from(u32::from_le_bytes(self.array(start)?)).ok()?;
        self.0.get(start + 4..(start + 4).checked_add(size)?)
    }

    /// The places of the items of a list.
    fn list(&self, at: usize) -> Option<impl Iterator<Item = usize> + use<>> {
        let start = self.table(at)?;
        let count = usize::try_from(u32::from_le_bytes(self.array(start)?)).ok()?;
        let fits = count <= self.0.len() / 4;
        fits.then(|| (0..count).map(move |index| start + 4 + 4 * index))
    }

    fn schema(&self, schema: usize) -> Option<Vec<Note>> {
        let mut notes = Vec::new();
        self.notes(schema, 2, "", &mut notes)?;
        let mut left = ITEMS;
        if let Some(fields) = self.field(schema, 1)? {
            for place in self.list(fields)? {
                self.column(self.table(place)?, 0, &mut left, &mut notes)?;
            }
        }
        Some(notes)
    }

    fn column(
        &self,
        column: usize,
        depth: usize,
        left: &mut usize,
        notes: &mut Vec<Note>,
    ) -> Option<()> {
        *left = left.checked_sub(1)?;
        if depth > DEPTH {
            return None;
        }
        let name = match self.field(column, 0)? {
            Some(at) => String::from_utf8_lossy(self.text(at)?).into_owned(),
            None => String::new(),
        };
        self.notes(column, 6, &name, notes)?;
        if let Some(children) = self.field(column, 5)? {
            for place in self.list(children)? {
                self.column(self.table(place)?, depth + 1, left, notes)?;
            }
        }
        Some(())
    }

    fn notes(&self, table: usize, index: usize, column: &str, notes: &mut Vec<Note>) -> Option<()> {
        let Some(list) = self.field(table, index)? else { return Some(()) };
        for place in self.list(list)? {
            let pair = self.table(place)?;
            let text = |index: usize| match self.field(pair, index)? {
                Some(at) => Some(self.text(at)?.to_vec()),
                None => Some(Vec::new()),
            };
            let held: usize = notes.iter().map(|note| note.value.len()).sum();
            if notes.len() >= ITEMS || held > self.0.len() {
                return None;
            }
            notes.push(Note { column: column.to_owned(), key: text(0)?, value: text(1)? });
        }
        Some(())
    }
}
