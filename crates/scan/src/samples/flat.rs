//! Flatbuffers: TensorFlow Lite's models and `ExecuTorch`'s programs.

/// The fields of a table, by their numbers.
pub type Table = Vec<(u16, Field)>;

/// The value of a field.
#[derive(Clone, Debug)]
pub enum Field {
    /// One byte.
    Byte(u8),
    /// Four bytes.
    Number(u32),
    /// Text, or a row of bytes.
    Bytes(Vec<u8>),
    /// A row of tables.
    Tables(Vec<Table>),
}

/// Text.
pub fn text(text: &str) -> Field {
    Field::Bytes(text.as_bytes().to_vec())
}

/// A file with this identifier that begins with this table.
pub fn file(identifier: [u8; 4], root: &Table) -> Vec<u8> {
    let mut out = vec![0; 4];
    out.extend(identifier);
    let at = write(&mut out, root);
    patch(&mut out, 0, at);
    out
}

/// A model of operators of these numbers and names, with options.
pub fn tflite(operators: &[(u8, &str, &[u8])]) -> Vec<u8> {
    let code = |(number, name, _): &(u8, &str, &[u8])| -> Table {
        let mut table = vec![(0, Field::Byte(*number)), (3, Field::Number((*number).into()))];
        if !name.is_empty() {
            table.push((1, text(name)));
        }
        table
    };
    let call = |(index, (_, _, options)): (u32, &(u8, &str, &[u8]))| -> Table {
        vec![(0, Field::Number(index)), (5, Field::Bytes(options.to_vec()))]
    };
    let graph: Table =
        vec![(3, Field::Tables((0..).zip(operators).map(call).collect())), (4, text("main"))];
    let root = vec![
        (0, Field::Number(3)),
        (1, Field::Tables(operators.iter().map(code).collect())),
        (2, Field::Tables(vec![graph])),
        (3, text("converted")),
    ];
    file(*b"TFL3", &root)
}

/// A program of these kernels and engines.
pub fn executorch(kernels: &[&str], engines: &[&str]) -> Vec<u8> {
    let named = |names: &[&str]| {
        Field::Tables(names.iter().map(|name| -> Table { vec![(0, text(name))] }).collect())
    };
    let plan = vec![(0, text("forward")), (6, named(kernels)), (7, named(engines))];
    file(*b"ET12", &vec![(1, Field::Tables(vec![plan]))])
}

/// Writes a table and what it leads to; says where it stands.
fn write(out: &mut Vec<u8>, table: &Table) -> usize {
    let list = out.len();
    let slots = table.iter().map(|(number, _)| usize::from(*number) + 1).max().unwrap_or(0);
    out.resize(list + 4 + 2 * slots, 0);
    let at = out.len();
    out.resize(at + 4 + 4 * table.len(), 0);
    patch16(out, list, 4 + 2 * slots);
    patch16(out, list + 2, 4 + 4 * table.len());
    patch(out, at, at - list);
    let set = |out: &mut Vec<u8>, place: usize, bytes: &[u8]| {
        out.splice(place..place + bytes.len(), bytes.iter().copied());
    };
    for (index, (number, field)) in table.iter().enumerate() {
        let place = at + 4 + 4 * index;
        patch16(out, list + 4 + 2 * usize::from(*number), place - at);
        match field {
            Field::Byte(byte) => set(out, place, &[*byte]),
            Field::Number(number) => set(out, place, &number.to_le_bytes()),
            Field::Bytes(bytes) => {
                let start = out.len();
                patch(out, place, start - place);
                out.extend(u32::try_from(bytes.len()).unwrap_or(0).to_le_bytes());
                out.extend(bytes);
                out.push(0);
            }
            Field::Tables(tables) => {
                let start = out.len();
                patch(out, place, start - place);
                out.extend(u32::try_from(tables.len()).unwrap_or(0).to_le_bytes());
                out.resize(start + 4 + 4 * tables.len(), 0);
                for (index, table) in tables.iter().enumerate() {
                    let place = start + 4 + 4 * index;
                    let at = write(out, table);
                    patch(out, place, at - place);
                }
            }
        }
    }
    at
}

fn patch(out: &mut Vec<u8>, place: usize, value: usize) {
    let bytes = u32::try_from(value).unwrap_or(0).to_le_bytes();
    out.splice(place..place + 4, bytes);
}

fn patch16(out: &mut Vec<u8>, place: usize, value: usize) {
    let bytes = u16::try_from(value).unwrap_or(0).to_le_bytes();
    out.splice(place..place + 2, bytes);
}
