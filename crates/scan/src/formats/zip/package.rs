//! Archives that a program takes for more than a folder: skops models, and `TorchServe`'s model archives. Their lists
//! name what will be imported and called.

use weighbridge_domain::Format;

use super::layout::Located;
use super::member;
use crate::analyse::{Entry, Scan, Stop, shown};
use crate::formats::skops;
use crate::json::Json;
use crate::rules;

/// The longest list that is read.
const LIST_BYTES: u64 = 24 << 20;
/// Values of a manifest.
const NODES: usize = 10_000;

/// Reads the lists of an archive; its word, when it is one of these.
pub(super) fn read(
    scan: &mut Scan,
    entry: &Entry<'_>,
    located: &[Located],
) -> Result<Option<Format>, Stop> {
    let find = |name: &[u8]| located.iter().find(|member| member.listed.name == name);
    if let Some(schema) = find(b"schema.json") {
        let is_named = entry.extension() == "skops";
        let text = content(scan, entry, schema, is_named)?;
        if let Some(text) = text.filter(|text| is_named || skops::is_schema(text)) {
            let path = entry.member_path("schema.json");
            skops::read(scan, &Entry { member: &path, ..*entry }, &text);
            return Ok(Some(Format::known("skops")));
        }
    }
    if let Some(manifest) = find(b"MAR-INF/MANIFEST.json") {
        if let Some(text) = content(scan, entry, manifest, true)? {
            let path = entry.member_path("MAR-INF/MANIFEST.json");
            read_manifest(scan, &Entry { member: &path, ..*entry }, &text, located);
        }
        return Ok(Some(Format::known("mar")));
    }
    Ok(None)
}

/// The text of a list; a reason is noted when it is needed and cannot be had.
fn content(
    scan: &mut Scan,
    entry: &Entry<'_>,
    listed: &Located,
    is_needed: bool,
) -> Result<Option<String>, Stop> {
    let bytes = member::content(scan, entry, listed, LIST_BYTES)?;
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    if text.is_none() && is_needed {
        let path = entry.member_path(&shown(&listed.listed.name, 200));
        let place = Entry { member: &path, ..*entry }.place(None);
        scan.skip(place, "the list of the archive cannot be read");
    }
    Ok(text)
}

/// `TorchServe` imports the handler, and installs what the requirements name.
fn read_manifest(scan: &mut Scan, entry: &Entry<'_>, text: &str, located: &[Located]) {
    let manifest = match Json::parse(text, NODES) {
        Ok(manifest) => manifest,
        Err(bad) => {
            let why = format!("the manifest is no JSON: {}", bad.why);
            return scan.skip(entry.place(Some(bad.at as u64)), why);
        }
    };
    for model in manifest.all("model") {
        for (field, value) in model.fields() {
            let Some(value) = value.as_text() else { continue };
            for part in value.split(',') {
                let file = part.split(':').next().unwrap_or(part).trim();
                let leaves = file.starts_with(['/', '\\'])
                    || file.split(['/', '\\']).any(|part| part == "..")
                    || file.as_bytes().get(1) == Some(&b':');
                let is_file =
                    !matches!(field.as_str(), "modelName" | "modelVersion" | "description");
                if is_file && leaves {
                    let message = format!("the manifest's {field} points outside of the archive");
                    scan.report(rules::ARCHIVE_NAME.finding(entry.place(None), message, part));
                }
                let is_member =
                    |name: &str| located.iter().any(|member| member.listed.name == name.as_bytes());
                let runs = match field.as_str() {
                    "handler" | "modelFile" => {
                        is_member(file)
                            || is_member(&format!("{file}.py"))
                            || file.strip_suffix(".py").is_some()
                    }
                    "requirementsFile" => true,
                    _ => false,
                };
                if runs {
                    let message = format!("TorchServe runs what the manifest names as {field}");
                    scan.report(rules::MAR_CODE.finding(entry.place(None), message, part));
                }
            }
        }
    }
}
