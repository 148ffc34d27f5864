//! Safetensors: a JSON header that has to describe every byte after it, once.

use std::borrow::Cow;
use std::collections::HashSet;

use weighbridge_domain::Format;

use super::Reader;
use crate::analyse::{Entry, Head, Scan, Stop, shown};
use crate::json::{BadJson, Event, Parser};
use crate::rules::{self, Rule};

/// The reader of this format.
pub(crate) static READER: Reader =
    Reader { format: Format::known("safetensors"), header_only: true, sniff, read };

/// The longest header that the reference reader accepts.
const HEADER_BYTES: u64 = 100_000_000;

/// What one tensor takes in most headers, and for how many there is room from the start.
const USUAL_BYTES: usize = 96;
const MOST_EXPECTED: usize = 8192;

/// One tensor, as the header describes it.
#[derive(Debug, Default)]
struct Tensor<'a> {
    dtype: Option<Cow<'a, str>>,
    has_shape: bool,
    /// How many numbers it has; nothing when they cannot be counted.
    elements: Option<u64>,
    offsets: Option<(u64, u64)>,
}

fn sniff(head: &Head<'_>) -> bool {
    let Some(length) = header_length(head.bytes) else { return false };
    // A length of eight text characters would be beyond any limit, so this cannot be text.
    head.bytes.get(8) == Some(&b'{') && length <= HEADER_BYTES
}

/// A file that is named so, and has a header that no careful reader takes: too long a one, or one that
/// begins with something else than its brace.
pub(super) fn report_foreign(scan: &mut Scan, entry: &Entry<'_>) {
    let start = crate::source::read_some(entry.source, 0, 64).unwrap_or_default();
    let Some(length) = header_length(&start) else { return };
    let header = start.get(8..).unwrap_or_default();
    let header = header.strip_prefix(b"\xef\xbb\xbf").unwrap_or(header).trim_ascii_start();
    if !matches!(header.first(), Some(b'{' | b'[')) {
        return;
    }
    let message = "the safetensors header is one that readers refuse";
    let evidence = format!("a header of {length} bytes in a file of {}", entry.size);
    report(scan, entry, &rules::SAFETENSORS_LAYOUT, 0, message, &evidence);
}

fn header_length(head: &[u8]) -> Option<u64> {
    head.get(..8)?.try_into().ok().map(u64::from_le_bytes)
}

fn read(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let format = READER.format.clone();
    let length = header_length(&entry.read(0, 8)?).unwrap_or(u64::MAX);
    let data = 8 + length;
    if data > entry.size {
        let message = "the safetensors header is longer than the file";
        report(scan, entry, &rules::SAFETENSORS_LAYOUT, 0, message, &length.to_string());
        return Ok(format);
    }
    let size = usize::try_from(length).unwrap_or(usize::MAX);
    let header = entry.read(8, size)?;
    let Ok(text) = std::str::from_utf8(&header) else {
        let message = "the safetensors header is not UTF-8";
        report(scan, entry, &rules::SAFETENSORS_LAYOUT, 8, message, "");
        return Ok(format);
    };
    let body = text.trim_end_matches(' ');
    let mut layout = Layout::default();
    if let Err(bad) = layout.read(body) {
        let message = "the safetensors header cannot be read";
        report(scan, entry, &rules::SAFETENSORS_LAYOUT, 8 + bad.at as u64, message, bad.why);
        return Ok(format);
    }
    for (rule, message, evidence) in layout.judge(entry.size - data) {
        report(scan, entry, rule, 8, message, &evidence);
    }
    Ok(format)
}

fn report(
    scan: &mut Scan,
    entry: &Entry<'_>,
    rule: &Rule,
    offset: u64,
    message: &str,
    evidence: &str,
) {
    scan.report(rule.finding(entry.place(Some(offset)), message, shown(evidence.as_bytes(), 200)));
}

/// Everything that the header says.
#[derive(Default)]
struct Layout<'a> {
    tensors: Vec<(u64, u64)>,
    names: HashSet<Cow<'a, str>>,
    duplicates: Vec<String>,
    wrong: Vec<String>,
}

impl<'a> Layout<'a> {
    fn read(&mut self, text: &'a str) -> Result<(), BadJson> {
        self.names.reserve((text.len() / USUAL_BYTES).min(MOST_EXPECTED));
        self.tensors.reserve((text.len() / USUAL_BYTES).min(MOST_EXPECTED));
        let mut parser = Parser::new(text);
        let bad = |parser: &Parser<'_>, why| Err(BadJson { at: parser.position(), why });
        if parser.next()? != Some(Event::StartObject) {
            return bad(&parser, "it is no object");
        }
        while let Some(Event::Key(name)) = parser.next()? {
            if name == "__metadata__" {
                self.read_metadata(&mut parser)?;
            } else {
                let tensor = read_tensor(&mut parser)?;
                self.add(&name, &tensor);
            }
            if let Some(name) = self.names.replace(name) {
                self.duplicates.push(name.into_owned());
            }
        }
        parser.next()?;
        Ok(())
    }

    /// Text to text, nothing else.
    fn read_metadata(&mut self, parser: &mut Parser<'a>) -> Result<(), BadJson> {
        let mut names = HashSet::new();
        if parser.next()? != Some(Event::StartObject) {
            return Err(BadJson { at: parser.position(), why: "the metadata is no object" });
        }
        while let Some(Event::Key(name)) = parser.next()? {
            if !names.insert(name.clone()) {
                self.duplicates.push(format!("__metadata__.{name}"));
            }
            if !matches!(parser.next()?, Some(Event::Text(_))) {
                return Err(BadJson { at: parser.position(), why: "metadata that is no text" });
            }
        }
        Ok(())
    }

    fn add(&mut self, name: &str, tensor: &Tensor<'_>) {
        let mut wrong = |what: &str| self.wrong.push(format!("{name}: {what}"));
        let (Some(dtype), true, Some((start, end))) =
            (&tensor.dtype, tensor.has_shape, tensor.offsets)
        else {
            return wrong("dtype, shape or data_offsets are missing");
        };
        let bits = tensor.elements.zip(dtype_bits(dtype)).and_then(|(n, bits)| n.checked_mul(bits));
        match (end.checked_sub(start), bits) {
            (None, _) => wrong("it ends before it starts"),
            (_, None) if dtype_bits(dtype).is_none() => wrong("its dtype is unknown"),
            (_, None) => wrong("its shape is too large"),
            (Some(bytes), Some(bits)) if bits.div_ceil(8) != bytes || !bits.is_multiple_of(8) => {
                wrong("its shape does not fit its bytes");
            }
            _ => self.tensors.push((start, end)),
        }
    }

    fn judge(mut self, data_bytes: u64) -> Vec<(&'static Rule, &'static str, String)> {
        let mut found: Vec<(&'static Rule, &'static str, String)> = Vec::new();
        for name in self.duplicates {
            let message = "the safetensors header has one name twice";
            found.push((&rules::SAFETENSORS_DUPLICATE, message, name));
        }
        let is_sound = self.wrong.is_empty();
        for wrong in self.wrong {
            let message = "the safetensors header describes an impossible tensor";
            found.push((&rules::SAFETENSORS_LAYOUT, message, wrong));
        }
        self.tensors.sort_unstable();
        let mut at = 0;
        for (start, end) in self.tensors {
            if start != at && is_sound {
                let message =
                    if start > at { "there is a hole between tensors" } else { "tensors overlap" };
                let evidence = format!("bytes {at} to {start} of the data");
                found.push((&rules::SAFETENSORS_LAYOUT, message, evidence));
            }
            at = at.max(end);
        }
        if at != data_bytes && is_sound {
            let message = if at > data_bytes {
                "a tensor reaches beyond the end of the file"
            } else {
                "bytes follow the last tensor"
            };
            let evidence = format!("tensors end at {at}, the data at {data_bytes}");
            found.push((&rules::SAFETENSORS_LAYOUT, message, evidence));
        }
        found
    }
}

fn read_tensor<'a>(parser: &mut Parser<'a>) -> Result<Tensor<'a>, BadJson> {
    let mut tensor = Tensor::default();
    let bad = |parser: &Parser<'_>, why| BadJson { at: parser.position(), why };
    if parser.next()? != Some(Event::StartObject) {
        return Err(bad(parser, "a tensor is no object"));
    }
    while let Some(Event::Key(field)) = parser.next()? {
        let is_repeated = match field.as_ref() {
            "dtype" => {
                let Some(Event::Text(dtype)) = parser.next()? else {
                    return Err(bad(parser, "a dtype is no text"));
                };
                tensor.dtype.replace(dtype).is_some()
            }
            "shape" => {
                let mut elements = Some(1_u64);
                read_numbers(parser, |side| {
                    elements = elements.and_then(|all| all.checked_mul(side));
                })?;
                tensor.elements = elements;
                std::mem::replace(&mut tensor.has_shape, true)
            }
            "data_offsets" => {
                let (mut start, mut end, mut count) = (0, 0, 0_usize);
                read_numbers(parser, |number| {
                    (start, end) = (end, number);
                    count += 1;
                })?;
                if count != 2 {
                    return Err(bad(parser, "data_offsets are not two numbers"));
                }
                tensor.offsets.replace((start, end)).is_some()
            }
            _ => return Err(bad(parser, "a tensor has an unknown field")),
        };
        if is_repeated {
            return Err(bad(parser, "a tensor has one field twice"));
        }
    }
    Ok(tensor)
}

fn read_numbers(parser: &mut Parser<'_>, mut each: impl FnMut(u64)) -> Result<(), BadJson> {
    let bad = |parser: &Parser<'_>| BadJson { at: parser.position(), why: "no list of numbers" };
    if parser.next()? != Some(Event::StartArray) {
        return Err(bad(parser));
    }
    loop {
        match parser.next()? {
            Some(Event::Number(text)) => each(text.parse().map_err(|_| bad(parser))?),
            Some(Event::EndArray) => return Ok(()),
            _ => return Err(bad(parser)),
        }
    }
}

fn dtype_bits(dtype: &str) -> Option<u64> {
    Some(match dtype {
        "F4" => 4,
        "F6_E2M3" | "F6_E3M2" => 6,
        "BOOL" | "U8" | "I8" | "F8_E5M2" | "F8_E4M3" | "F8_E8M0" | "F8_E4M3FNUZ"
        | "F8_E5M2FNUZ" => 8,
        "I16" | "U16" | "F16" | "BF16" => 16,
        "I32" | "U32" | "F32" => 32,
        "I64" | "U64" | "F64" | "C64" => 64,
        "C128" => 128,
        _ => return None,
    })
}
