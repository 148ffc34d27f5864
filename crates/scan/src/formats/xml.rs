//! XML: `OpenVINO` networks, PMML and other documents.
//!
//! Sources: XML 1.0; the `OpenVINO` IR (layers with the set of operations that they are from); PMML 4.4 (functions by
//! name, which JPMML takes for Java classes when they have dots). The rule: a document type, an entity or an
//! inclusion makes a reader open or grow something, and no framework writes one.

use weighbridge_domain::{Format, Hasher};

use crate::analyse::{Entry, Scan, shown};
use crate::rules;

/// Elements inside each other.
const DEPTH: usize = 2000;
/// Encodings in which the bytes say what they seem to say.
const ENCODINGS: &[&str] =
    &["utf-8", "utf8", "utf-16", "us-ascii", "ascii", "iso-8859-", "latin", "windows-125"];
/// Sets of operations that come with `OpenVINO`.
const OPERATION_SETS: &str = "opset";

/// Roots of documents that load as models, whatever the file is called.
const MODELS: &[&str] = &["net", "PMML"];
/// Suffixes of pages and pictures: they are shown, and nothing of them is loaded.
const SHOWN: &[&str] = &["svg", "html", "htm", "xhtml", "md"];
/// Document types that everybody writes, whose definitions no reader needs, and where these lie.
const USUAL_TYPES: &[(&str, &str)] = &[
    ("-//W3C//DTD ", "http://www.w3.org/"),
    ("-//W3C//DTD ", "https://www.w3.org/"),
    ("-//Apple//DTD PLIST ", "http://www.apple.com/DTDs/"),
    ("-//Apple Computer//DTD PLIST ", "http://www.apple.com/DTDs/"),
];

/// Whether a text is to be read as XML: by its name, or by what it says it is.
pub(super) fn is_document(extension: &str, text: &str) -> bool {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    matches!(extension, "xml" | "pmml")
        || root(start).is_some_and(|root| MODELS.contains(&root))
        || (start.starts_with("<?xml") && !SHOWN.contains(&extension))
}

/// Whether a text is a picture: by its name, or by its first element.
pub(super) fn is_picture(extension: &str, text: &str) -> bool {
    extension == "svg" || root(text.trim_start_matches('\u{feff}')) == Some("svg")
}

/// The name of the first element, without its prefix: behind instructions, comments and declarations.
fn root(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        rest = rest.trim_start().strip_prefix('<')?;
        let end = if rest.starts_with('?') {
            "?>"
        } else if rest.starts_with("!--") {
            "-->"
        } else if rest.starts_with('!') {
            rest = rest.get(declaration_end(rest)?..)?;
            continue;
        } else {
            let size = rest.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))?;
            return rest.get(..size)?.rsplit(':').next();
        };
        rest = rest.get(rest.find(end)? + end.len()..)?;
    }
}

/// Looks into a document; `is_all` says that `text` is all of it.
pub(super) fn check(scan: &mut Scan, entry: &Entry<'_>, text: &str, is_all: bool) -> Format {
    let mut walk = Walk { entry, text, at: 0, open: Vec::new(), root: None };
    let found = walk.run(scan);
    if let (Err(why), true) = (found, is_all) {
        let place = entry.place(Some(walk.at as u64));
        scan.skip(place, format!("it is named or starts like XML and is none: {why}"));
    }
    if !is_all {
        scan.skip(entry.place(None), "the XML file is too long to be examined");
    }
    Format::known(match walk.root {
        Some("net") => "openvino",
        Some("PMML") => "pmml",
        _ => "xml",
    })
}

/// Feeds the tables into the rule set's digest.
pub(super) fn tables(hasher: &mut Hasher) {
    hasher.update(
        format!("{ENCODINGS:?}{OPERATION_SETS}{MODELS:?}{SHOWN:?}{USUAL_TYPES:?}").as_bytes(),
    );
}

struct Walk<'t, 'e> {
    entry: &'e Entry<'e>,
    text: &'t str,
    at: usize,
    /// Names of the elements that are open.
    open: Vec<&'t str>,
    /// The name of the outermost element, without its prefix.
    root: Option<&'t str>,
}

impl<'t> Walk<'t, '_> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Goes behind the next of these.
    fn behind(&mut self, end: &str) -> Result<&'t str, String> {
        let rest = self.rest();
        let size = rest.find(end).ok_or_else(|| format!("there is no {end}"))?;
        self.at += size + end.len();
        Ok(rest.get(..size).unwrap_or_default())
    }

    fn run(&mut self, scan: &mut Scan) -> Result<(), String> {
        let mut count = 0_u32;
        loop {
            count = count.wrapping_add(1);
            if count.is_multiple_of(4096) {
                scan.budget.check_time().map_err(|spent| spent.to_string())?;
            }
            let Some(size) = self.rest().find('<') else { break };
            self.at += size;
            let rest = self.rest();
            if rest.starts_with("<!--") {
                self.at += 4;
                self.behind("-->")?;
            } else if rest.starts_with("<![CDATA[") {
                self.behind("]]>")?;
            } else if rest.starts_with("<?") {
                let at = self.at;
                self.at += 2;
                let body = self.behind("?>")?;
                self.instruction(scan, at, body)?;
            } else if rest.starts_with("<!") {
                let at = self.at;
                self.declaration()?;
                let whole = self.text.get(at..self.at).unwrap_or_default();
                // A bare name of a type opens nothing.
                let is_bare = !whole.contains(['[', '"', '\'']) && whole.starts_with("<!DOCTYPE");
                if !is_bare && !is_usual_type(whole) {
                    let evidence = shown(whole.as_bytes(), 160);
                    let message = "the document declares a type or entities";
                    self.report(scan, &rules::XML_ENTITY, at, message, &evidence);
                }
            } else if rest.starts_with("</") {
                self.at += 2;
                let name = self.behind(">")?.trim_end();
                if self.open.pop() != Some(name) {
                    return Err(format!("</{}> closes nothing", shown(name.as_bytes(), 60)));
                }
            } else {
                self.element(scan)?;
            }
        }
        if self.root.is_none() {
            return Err("it has no element".to_owned());
        }
        if self.open.is_empty() { Ok(()) } else { Err("an element has no end".to_owned()) }
    }

    fn declaration(&mut self) -> Result<(), String> {
        let size = declaration_end(self.rest());
        self.at = size.map_or(self.text.len(), |size| self.at + size);
        size.map(|_| ()).ok_or_else(|| "a declaration has no end".to_owned())
    }

    fn instruction(&mut self, scan: &mut Scan, at: usize, body: &str) -> Result<(), String> {
        let (name, fields) = body.split_once(char::is_whitespace).unwrap_or((body, ""));
        if name == "xml-stylesheet" {
            let message = "the document names a style sheet, which can be a program";
            self.report(scan, &rules::XML_REFERENCE, at, message, body);
        }
        if name.eq_ignore_ascii_case("xml") {
            for (key, value) in attributes(fields)? {
                let lower = value.to_ascii_lowercase();
                if key == "encoding" && !ENCODINGS.iter().any(|known| lower.starts_with(known)) {
                    return Err(format!(
                        "the encoding {} is not read",
                        shown(value.as_bytes(), 40)
                    ));
                }
            }
        }
        Ok(())
    }

    fn element(&mut self, scan: &mut Scan) -> Result<(), String> {
        let start = self.at;
        let mut quote = None;
        let end = self.rest().char_indices().find(|(_, c)| match quote {
            Some(open) => {
                if *c == open {
                    quote = None;
                }
                false
            }
            None if matches!(c, '"' | '\'') => {
                quote = Some(*c);
                false
            }
            None => *c == '>',
        });
        let (size, _) = end.ok_or("an element has no end")?;
        let body = self.rest().get(1..size).unwrap_or_default();
        self.at += size + 1;
        let (body, is_empty) = match body.strip_suffix('/') {
            Some(body) => (body, true),
            None => (body, false),
        };
        let (name, fields) = body.split_once(char::is_whitespace).unwrap_or((body, ""));
        if !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return Err("an element has no name".to_owned());
        }
        let fields = attributes(fields)?;
        let local = name.rsplit(':').next().unwrap_or(name);
        let root = *self.root.get_or_insert(local);
        self.examine(scan, start, root, local, &fields);
        if !is_empty {
            if self.open.len() >= DEPTH {
                return Err("it is nested too deeply".to_owned());
            }
            self.open.push(name);
        }
        Ok(())
    }

    /// What an element means to the program that reads it.
    fn examine(&self, scan: &mut Scan, at: usize, root: &str, name: &str, fields: &[(&str, &str)]) {
        let of = |key| values(fields, key);
        let is_inclusion = fields.iter().any(|(_, value)| value.contains("XInclude"));
        let target = of("href").next();
        if name == "include" && (is_inclusion || target.is_some()) {
            let message = "the document includes another one";
            self.report(scan, &rules::XML_ENTITY, at, message, target.unwrap_or_default());
        }
        match (root, name) {
            ("net", "layer") => {
                for set in of("version").filter(|set| !set.starts_with(OPERATION_SETS)) {
                    let kind = of("type").next().unwrap_or_default();
                    let message = format!(
                        "the layer {} is an operation of its maker",
                        shown(kind.as_bytes(), 60)
                    );
                    self.report(
                        scan,
                        &rules::OPENVINO_CUSTOM,
                        at,
                        &message,
                        &format!("{set}.{kind}"),
                    );
                }
            }
            ("PMML", "Apply") => {
                for function in of("function").filter(|function| function.contains('.')) {
                    let message = "the model calls a function that is a class of Java";
                    self.report(scan, &rules::PMML_FUNCTION, at, message, function);
                }
            }
            _ => {}
        }
    }

    fn report(
        &self,
        scan: &mut Scan,
        rule: &rules::Rule,
        at: usize,
        message: &str,
        evidence: &str,
    ) {
        scan.report(rule.finding(self.entry.place(Some(at as u64)), message, evidence));
    }
}

/// A declaration ends where its brackets and quotes do.
pub(super) fn declaration_end(text: &str) -> Option<usize> {
    let (mut quote, mut depth) = (None, 0_u32);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) => quote = (c != open).then_some(open),
            (None, '"' | '\'') => quote = Some(c),
            (None, '[') => depth += 1,
            (None, ']') => depth = depth.saturating_sub(1),
            (None, '>') if depth == 0 => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Whether a declaration names one of the types that everybody writes, at its publisher's own address.
fn is_usual_type(declaration: &str) -> bool {
    let parts: Vec<&str> = declaration.split('"').collect();
    let [start, public, between, system, _] = parts.as_slice() else { return false };
    start.trim_end().ends_with("PUBLIC")
        && between.trim().is_empty()
        && USUAL_TYPES.iter().any(|(name, at)| public.starts_with(name) && system.starts_with(at))
}

/// The values of the attributes with a name.
fn values<'f>(fields: &'f [(&'f str, &'f str)], key: &'f str) -> impl Iterator<Item = &'f str> {
    fields.iter().filter(move |(name, _)| *name == key).map(|(_, value)| *value)
}

/// Attributes of an element: names and values as they are written.
fn attributes(fields: &str) -> Result<Vec<(&str, &str)>, String> {
    let mut found = Vec::new();
    let mut rest = fields.trim_start();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').ok_or("an attribute without a value")?;
        let after = after.trim_start();
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
        let quote = quote.ok_or("an attribute without quotes")?;
        let (value, after) = after
            .get(1..)
            .and_then(|a| a.split_once(quote))
            .ok_or("an attribute without an end")?;
        found.push((name.trim_end(), value));
        rest = after.trim_start();
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use weighbridge_domain::{ScanReport, Verdict};

    use crate::{Limits, scan_bytes};

    fn scan(name: &str, text: &str) -> ScanReport {
        scan_bytes(&name.parse().unwrap(), text.as_bytes(), &Limits::default())
    }

    const NET: &str = r#"<?xml version="1.0"?><net name="m" version="11"><layers><layer id="0" name="a &gt; b" type="Parameter" version="opset1"><data shape="1,3"/></layer></layers><edges/></net>"#;

    #[test]
    fn what_frameworks_write_is_clean() {
        for (name, text, format) in [
            ("m.xml", NET, "openvino"),
            (
                "m.pmml",
                "<PMML version=\"4.4\"><!-- <!DOCTYPE --><Apply function=\"+\"/></PMML>",
                "pmml",
            ),
            ("a.xml", "<a><![CDATA[<!DOCTYPE x>]]></a>\n", "xml"),
        ] {
            let report = scan(name, text);
            assert_eq!(
                (report.verdict(), report.format.as_str()),
                (Verdict::Clean, format),
                "{report:?}"
            );
        }
    }

    #[test]
    fn what_makes_a_reader_open_or_run_something_is_told() {
        let own = NET.replace("opset1", "extension");
        for (name, text, rule) in [
            ("m.xml", "<!DOCTYPE net SYSTEM \"http://a/b\"><net/>", "WB-XML-ENTITY"),
            ("m.pmml", "<!DOCTYPE P [<!ENTITY x \"a>b\">]><P>&x;</P>", "WB-XML-ENTITY"),
            ("a.xml", "<a xmlns:xi=\"x\"><xi:include href=\"/etc/passwd\"/></a>", "WB-XML-ENTITY"),
            ("a.xml", "<?xml-stylesheet href=\"a.xsl\"?><a/>", "WB-XML-REFERENCE"),
            ("m.xml", &own, "WB-OPENVINO-CUSTOM"),
            ("m.pmml", "<PMML><Apply function=\"acme.Udf\"/></PMML>", "WB-PMML-FUNCTION"),
        ] {
            let report = scan(name, text);
            let rules: Vec<&str> = report.findings.iter().map(|f| f.rule.as_str()).collect();
            assert_eq!(rules, [rule], "{text}: {report:?}");
        }
    }

    #[test]
    fn a_document_is_known_by_what_it_says() {
        let entity = "<!DOCTYPE net [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><net>&x;</net>";
        for name in ["m", "m.svg", "net.ir", "m.html"] {
            let report = scan(name, NET);
            assert_eq!((report.verdict(), report.format.as_str()), (Verdict::Clean, "openvino"));
        }
        let report = scan("m.ir", &format!("\u{feff}<?xml version='1.0'?> <!-- > -->{entity}"));
        assert_eq!(report.verdict(), Verdict::Dangerous, "{report:?}");
        assert_eq!(scan("m", "<PMML><Apply function=\"a.B\"/></PMML>").verdict(), Verdict::Review);
        assert_eq!(scan("m", "<net").verdict(), Verdict::Clean);
        assert_eq!(scan("m", "<net><layer>").verdict(), Verdict::Unknown);
    }

    #[test]
    fn pages_and_pictures_are_not_held_to_be_models() {
        let kind =
            "\"-//W3C//DTD SVG 1.1//EN\" \"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\"";
        let picture = format!("<?xml version=\"1.0\"?><!DOCTYPE svg PUBLIC {kind}><svg/>");
        for name in ["a.svg", "a.xml", "a"] {
            assert_eq!(scan(name, &picture).verdict(), Verdict::Clean, "{name}");
        }
        for (name, text) in [
            ("a.html", "<!DOCTYPE html><p>text<br>"),
            ("README.md", "<network>\n"),
            ("a.txt", "<unk>\n<pad>\n"),
            ("a", "<none of this & that"),
        ] {
            assert_eq!(scan(name, text).verdict(), Verdict::Clean, "{name}");
        }
    }

    #[test]
    fn what_is_no_xml_is_unknown() {
        for text in [
            "<a>",
            "<a></b>",
            "<a b></a>",
            "<",
            "text",
            "<?xml version='1.0' encoding='utf-7'?><a/>",
        ] {
            assert_eq!(scan("a.xml", text).verdict(), Verdict::Unknown, "{text}");
        }
        assert_eq!(scan("a.xml", &"<a>".repeat(100_000)).verdict(), Verdict::Unknown);
    }
}
