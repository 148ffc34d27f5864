//! Flatbuffers: tables whose fields are found through offsets. Every offset is checked before it is
//! followed, and how many are followed has an end. The source of the layout is "`FlatBuffers` Internals".

use crate::analyse::{Entry, Stop, shown};
use crate::limits::Budget;
use crate::source::{ReadAt, read_some};

/// How much is read at once.
const WINDOW: usize = 16 << 10;
/// Tables, fields and texts that are looked at in one file.
const STEPS: u64 = 4_000_000;

/// Bytes that are no flatbuffer, or a scan that has to end.
pub(super) enum Trouble {
    Garbled(u64),
    Stop(Stop),
}

/// A table: where it stands, and where its fields are listed.
#[derive(Clone, Copy)]
pub(super) struct Table {
    pub(super) at: u64,
    list: u64,
    list_bytes: u16,
}

/// A row of values: where the first one stands, and how many there are.
#[derive(Clone, Copy, Default)]
pub(super) struct Row {
    pub(super) at: u64,
    pub(super) count: u64,
}

/// A window on the bytes of a file.
pub(super) struct Flat<'a> {
    source: &'a dyn ReadAt,
    size: u64,
    window: Vec<u8>,
    window_start: u64,
    budget: Budget,
    steps: u64,
}

impl<'a> Flat<'a> {
    pub(super) fn new(entry: &Entry<'a>, budget: &Budget) -> Flat<'a> {
        Flat {
            source: entry.source,
            size: entry.size.min(entry.source.size()),
            window: Vec::new(),
            window_start: 0,
            budget: budget.clone(),
            steps: 0,
        }
    }

    /// The table that the file begins with.
    pub(super) fn root(&mut self) -> Result<Table, Trouble> {
        self.table_at(0)
    }

    /// The table that an offset at `at` leads to.
    fn table_at(&mut self, at: u64) -> Result<Table, Trouble> {
        self.steps += 1;
        if self.steps > STEPS {
            let why = format!("the budget of {STEPS} fields of tables ran out");
            return Err(Trouble::Stop(Stop::Unexamined(why)));
        }
        let start = at + u64::from(u32::from_le_bytes(self.array(at)?));
        let back = i64::from(i32::from_le_bytes(self.array(start)?));
        let list =
            start.checked_add_signed(back.saturating_neg()).ok_or(Trouble::Garbled(start))?;
        let list_bytes = u16::from_le_bytes(self.array(list)?);
        if list_bytes < 4 || list_bytes % 2 != 0 {
            return Err(Trouble::Garbled(list));
        }
        Ok(Table { at: start, list, list_bytes })
    }

    /// Where a field of a table stands, if it has it.
    fn place(&mut self, table: Table, field: u16) -> Result<Option<u64>, Trouble> {
        let slot = field.saturating_mul(2).saturating_add(4);
        if slot.saturating_add(2) > table.list_bytes {
            return Ok(None);
        }
        let offset = u16::from_le_bytes(self.array(table.list.saturating_add(slot.into()))?);
        Ok((offset > 0).then(|| table.at.saturating_add(offset.into())))
    }

    /// A field of one byte.
    pub(super) fn byte(&mut self, table: Table, field: u16) -> Result<u8, Trouble> {
        let Some(at) = self.place(table, field)? else { return Ok(0) };
        let [byte] = self.array(at)?;
        Ok(byte)
    }

    /// A field that is a number of four bytes.
    pub(super) fn number(&mut self, table: Table, field: u16) -> Result<u32, Trouble> {
        let Some(at) = self.place(table, field)? else { return Ok(0) };
        Ok(u32::from_le_bytes(self.array(at)?))
    }

    /// A field that is a row of values of so many bytes each.
    pub(super) fn row(&mut self, table: Table, field: u16, bytes: u64) -> Result<Row, Trouble> {
        let Some(at) = self.place(table, field)? else { return Ok(Row::default()) };
        let start = at + u64::from(u32::from_le_bytes(self.array(at)?));
        let count = u64::from(u32::from_le_bytes(self.array(start)?));
        let row = Row { at: start + 4, count };
        if row.at.saturating_add(count.saturating_mul(bytes)) > self.size {
            return Err(Trouble::Garbled(start));
        }
        Ok(row)
    }

    /// One of a row of tables.
    pub(super) fn table(&mut self, row: Row, index: u64) -> Result<Table, Trouble> {
        self.table_at(row.at.saturating_add(index.saturating_mul(4)))
    }

    /// A field that is text, or as much of it as `limit` allows; empty when it is not there.
    pub(super) fn text(
        &mut self,
        table: Table,
        field: u16,
        limit: usize,
    ) -> Result<String, Trouble> {
        let row = self.row(table, field, 1)?;
        Ok(shown(&self.bytes(row, limit)?, limit))
    }

    /// As many bytes of a row as `limit` allows.
    pub(super) fn bytes(&mut self, row: Row, limit: usize) -> Result<Vec<u8>, Trouble> {
        let size = usize::try_from(row.count).unwrap_or(limit).min(limit);
        self.steps = self.steps.saturating_add(size as u64 / 16);
        read_some(self.source, row.at, size).map_err(|error| Trouble::Stop(error.into()))
    }

    fn array<const N: usize>(&mut self, at: u64) -> Result<[u8; N], Trouble> {
        if let Some(bytes) = self.held(at) {
            return Ok(bytes);
        }
        self.budget.check_time().map_err(|spent| Trouble::Stop(spent.into()))?;
        self.window =
            read_some(self.source, at, WINDOW).map_err(|error| Trouble::Stop(error.into()))?;
        self.window_start = at;
        self.held(at).ok_or(Trouble::Garbled(at))
    }

    fn held<const N: usize>(&self, at: u64) -> Option<[u8; N]> {
        let from = usize::try_from(at.checked_sub(self.window_start)?).ok()?;
        self.window.get(from..from.checked_add(N)?)?.try_into().ok()
    }
}
