//! The formats, one file each, and the table that recognises them.

mod bytes;
mod callable;
pub(crate) mod checkpoint;
mod compressed;
mod coreml;
mod engines;
mod executorch;
pub(crate) mod expand;
mod expectations;
mod flatbuffers;
mod gguf;
mod hdf5;
mod keras;
mod markup;
mod media;
mod msgpack;
mod native;
mod notebook;
mod npy;
mod onnx;
mod opaque;
mod paddle;
mod paths;
mod pickle;
mod protobuf;
mod python;
mod rdata;
mod safetensors;
mod sentencepiece;
mod seven_zip;
mod skops;
mod tables;
mod tar;
mod template;
mod tensorflow;
mod text;
mod textual;
mod tflite;
mod tfrecord;
mod torch;
mod torch7;
mod ubjson;
mod vectors;
mod xml;
mod yaml;
mod zip;

use weighbridge_domain::{Format, Hasher};

pub(crate) use self::callable::Named;
pub(crate) use self::pickle::Storage;
use crate::analyse::{Entry, Head, Scan, Stop};
use crate::rules;

/// How much of the end of a file is searched whose reader does not account for every byte.
const TAIL_BYTES: u64 = 1 << 20;

/// One format: how it is recognised and how it is read.
pub(crate) struct Reader {
    /// Its word.
    pub(crate) format: Format,
    /// Whether its verdict rests on its first bytes, so that it can be given before the rest is there.
    pub(crate) header_only: bool,
    /// Whether the head is one of these.
    pub(crate) sniff: fn(&Head<'_>) -> bool,
    /// Examines it, and says more exactly what it is.
    pub(crate) read: fn(&mut Scan, &Entry<'_>) -> Result<Format, Stop>,
}

/// In the order in which they are tried: what can act comes before what cannot.
static READERS: &[&Reader] = &[
    &zip::READER,
    &native::READER,
    &safetensors::READER,
    &gguf::READER,
    &npy::READER,
    &hdf5::READER,
    &tables::PARQUET,
    &tables::ARROW,
    &media::READER,
    &tar::READER,
    &seven_zip::READER,
    &compressed::XZ,
    &compressed::ZSTD,
    &compressed::LZ4,
    &pickle::READER,
    &onnx::READER,
    &tensorflow::READER,
    &tflite::READER,
    &executorch::READER,
    &coreml::READER,
    &coreml::WEIGHTS,
    &paddle::READER,
    &paddle::PARAMETERS,
    &tensorflow::INDEX,
    &compressed::GZIP,
    &compressed::BZIP2,
    &compressed::LZMA,
    &compressed::ZLIB,
    &ubjson::READER,
    &msgpack::READER,
    &rdata::READER,
    &torch7::READER,
    &engines::CATBOOST,
    &engines::XGBOOST,
    &engines::ENGINES,
    &opaque::READER,
    &sentencepiece::READER,
    &tfrecord::READER,
    &vectors::READER,
    &text::READER,
    &tensorflow::NUMBERS,
];

/// The words of formats whose verdict rests on their first bytes.
pub fn header_formats() -> impl Iterator<Item = &'static str> {
    READERS.iter().filter(|reader| reader.header_only).map(|reader| reader.format.as_str())
}

/// Recognises and reads one file or member.
pub(crate) fn read(scan: &mut Scan, head: &Head<'_>) -> Result<Format, Stop> {
    let entry = head.entry;
    if entry.size == 0 {
        return Ok(Format::known("empty"));
    }
    let reader = READERS.iter().find(|reader| (reader.sniff)(head));
    let is_header_only = reader.is_some_and(|reader| reader.header_only);
    if !is_header_only && !entry.is_whole() {
        return Err(Stop::NeedsMore(entry.size));
    }
    let Some(reader) = reader else {
        scan.skip(entry.place(None), "its format is not known");
        if entry.extension() == "safetensors" {
            safetensors::report_foreign(scan, entry);
        }
        pickle::search(scan, entry, 0, entry.size)?;
        check_other_formats(scan, entry, "unknown")?;
        expectations::check(scan, entry, "unknown");
        return Ok(Format::known("unknown"));
    };
    let format = (reader.read)(scan, entry)?;
    check_other_formats(scan, entry, reader.format.as_str())?;
    expectations::check(scan, entry, format.as_str());
    Ok(format)
}

/// One file can be two formats: what one program takes for a picture is an archive for another one.
fn check_other_formats(scan: &mut Scan, entry: &Entry<'_>, read_as: &str) -> Result<(), Stop> {
    if !matches!(read_as, "pickle" | "zip" | "unknown")
        && let Some(evidence) = pickle::acts_at_start(entry)?
    {
        let message = format!("the file is {read_as} and a pickle that acts");
        scan.report(rules::POLYGLOT.finding(entry.place(Some(0)), message, evidence));
    }
    // Readers of pictures and the like stop at their end, and nobody looks at what stands behind it.
    if read_as == "media" && entry.is_whole() {
        pickle::search(scan, entry, entry.size.saturating_sub(TAIL_BYTES), entry.size)?;
    }
    if read_as != "tar" && tar::starts_like_tar(entry)? {
        let message = format!("the file is {read_as} and a tar archive");
        let evidence = "a tar header at the start of the file";
        scan.report(rules::POLYGLOT.finding(entry.place(None), message, evidence));
        if !entry.is_whole() {
            return Err(Stop::NeedsMore(entry.size));
        }
        (tar::READER.read)(scan, entry)?;
    }
    // The streams of a pickle account for every byte; archives inside them are their constants.
    let accounts = matches!(
        read_as,
        "zip" | "pickle" | "parquet" | "arrow" | "opaque" | "tar" | "7z" | "tflite"
    ) || compressed::is_word(read_as);
    if !accounts && entry.is_whole() && zip::ends_like_zip(entry)? {
        // Programs that carry their data behind them, such as llamafiles, say so by their name.
        if read_as != "native" || !native::carries_data(entry) {
            let message = format!("the file is {read_as} and a zip archive");
            let evidence = "a zip directory at the end of the file";
            scan.report(rules::POLYGLOT.finding(entry.place(None), message, evidence));
        }
        (zip::READER.read)(scan, entry)?;
    }
    Ok(())
}

/// Feeds every table that a verdict rests on into the rule set's digest.
pub(crate) fn tables(hasher: &mut Hasher) {
    for reader in READERS {
        hasher.update(reader.format.as_str().as_bytes());
    }
    coreml::tables(hasher);
    executorch::tables(hasher);
    expectations::tables(hasher);
    keras::tables(hasher);
    markup::tables(hasher);
    python::tables(hasher);
    xml::tables(hasher);
    yaml::tables(hasher);
    engines::tables(hasher);
    media::tables(hasher);
    onnx::tables(hasher);
    paddle::tables(hasher);
    opaque::tables(hasher);
    pickle::tables(hasher);
    tensorflow::tables(hasher);
    textual::tables(hasher);
    tflite::tables(hasher);
}
