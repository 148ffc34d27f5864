//! Parquet and Arrow tables of one column, whose type has a name and metadata of its own.

/// An Arrow stream of a schema alone.
pub fn stream(name: &str, metadata: &[u8]) -> Vec<u8> {
    let flat = message(name, metadata);
    let mut out = vec![0xff; 4];
    out.extend(u32::try_from(flat.len()).unwrap_or(0).to_le_bytes());
    out.extend(flat);
    out.extend([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
    out
}

/// An Arrow file whose first schema is harmless, and whose last one is this.
pub fn file(name: &str, metadata: &[u8]) -> Vec<u8> {
    let mut out = b"ARROW1\0\0".to_vec();
    out.extend(stream("acme.unit", b"kg"));
    let mut flat = Flat::default();
    let footer = flat.table(&[1]);
    flat.schema(footer, 1, name, metadata);
    let footer = flat.0;
    let size = u32::try_from(footer.len()).unwrap_or(0).to_le_bytes();
    out.extend(footer);
    out.extend(size);
    out.extend(b"ARROW1");
    out
}

/// A Parquet file without rows, which carries the Arrow schema in its footer.
pub fn parquet(name: &str, metadata: &[u8]) -> Vec<u8> {
    let schema = base64(&stream(name, metadata));
    // Version 1, no columns, no rows, no groups; then the list of one pair.
    let mut footer = vec![0x15, 2, 0x19, 0x0c, 0x16, 0, 0x19, 0x0c, 0x19, 0x1c, 0x18];
    footer.push(12);
    footer.extend(b"ARROW:schema");
    footer.push(0x18);
    let mut size = schema.len();
    while size >= 0x80 {
        footer.push(u8::try_from(size & 0x7f).unwrap_or(0) | 0x80);
        size >>= 7;
    }
    footer.push(u8::try_from(size).unwrap_or(0));
    footer.extend(schema);
    footer.extend([0, 0]);
    let size = u32::try_from(footer.len()).unwrap_or(0).to_le_bytes();
    [b"PAR1".as_slice(), &footer, &size, b"PAR1"].concat()
}

fn message(name: &str, metadata: &[u8]) -> Vec<u8> {
    let mut flat = Flat::default();
    let message = flat.table(&[1, 2]);
    flat.put(message, 1, 1);
    flat.schema(message, 2, name, metadata);
    flat.0
}

/// A flatbuffer, written from its start: what is pointed at comes after what points.
struct Flat(Vec<u8>);

impl Default for Flat {
    fn default() -> Flat {
        Flat(vec![0; 8])
    }
}

impl Flat {
    fn append(&mut self, bytes: &[u8]) -> usize {
        self.0.resize(self.0.len().next_multiple_of(8), 0);
        let at = self.0.len();
        self.0.extend_from_slice(bytes);
        at
    }

    fn put_word(&mut self, at: usize, value: usize) {
        let word = u32::try_from(value).unwrap_or(0).to_le_bytes();
        for (place, byte) in self.0.iter_mut().skip(at).zip(word) {
            *place = byte;
        }
    }

    /// A table with these of its fields; the first one is the root.
    fn table(&mut self, present: &[usize]) -> usize {
        let count = present.iter().max().map_or(0, |last| last + 1);
        let short = |value: usize| u16::try_from(value).unwrap_or(0).to_le_bytes();
        let mut layout = [short(4 + 2 * count), short(4 + 4 * count)].concat();
        for index in 0..count {
            layout.extend(short(if present.contains(&index) { 4 + 4 * index } else { 0 }));
        }
        let layout = self.append(&layout);
        let table = self.append(&vec![0; 4 + 4 * count]);
        self.put_word(table, table - layout);
        if layout == 8 {
            self.put_word(0, table);
        }
        table
    }

    fn put(&mut self, table: usize, index: usize, value: usize) {
        self.put_word(table + 4 + 4 * index, value);
    }

    /// Makes a field, or an item, point at what is written next.
    fn point(&mut self, at: usize) {
        let next = self.0.len().next_multiple_of(8);
        self.put_word(at, next - at);
    }

    /// Makes a field point at the table that is written next.
    fn point_at_table(&mut self, at: usize, present: &[usize]) -> usize {
        let table = self.table(present);
        self.put_word(at, table - at);
        table
    }

    fn text(&mut self, at: usize, text: &[u8]) {
        self.point(at);
        let size = u32::try_from(text.len()).unwrap_or(0).to_le_bytes();
        self.append(&[&size, text, &[0]].concat());
    }

    /// A list of so many items; where the first of them stands.
    fn list(&mut self, at: usize, count: usize) -> usize {
        self.point(at);
        let list = self.append(&vec![0; 4 + 4 * count]);
        self.put_word(list, count);
        list + 4
    }

    fn schema(&mut self, parent: usize, index: usize, name: &str, metadata: &[u8]) {
        let schema = self.point_at_table(parent + 4 + 4 * index, &[1]);
        let items = self.list(schema + 8, 1);
        let field = self.point_at_table(items, &[0, 6]);
        self.text(field + 4, b"weight");
        let pairs = self.list(field + 28, 2);
        let notes =
            [("ARROW:extension:name", name.as_bytes()), ("ARROW:extension:metadata", metadata)];
        for (index, (key, value)) in notes.into_iter().enumerate() {
            let pair = self.point_at_table(pairs + 4 * index, &[0, 1]);
            self.text(pair + 4, key.as_bytes());
            self.text(pair + 8, value);
        }
        self.append(&[]);
    }
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    for chunk in bytes.chunks(3) {
        let mut word = [0_u8; 4];
        for (to, from) in word.iter_mut().skip(1).zip(chunk) {
            *to = *from;
        }
        let word = u32::from_be_bytes(word);
        for index in 0..4_usize {
            let digit = word >> (18 - 6 * index) & 63;
            let filled = index <= chunk.len();
            out.push(if filled {
                DIGITS.get(digit as usize).copied().unwrap_or(b'=')
            } else {
                b'='
            });
        }
    }
    out
}
