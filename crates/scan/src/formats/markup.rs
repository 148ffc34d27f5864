//! HTML and SVG: what a browser that shows them would run.
//!
//! Sources: the tokenization of the HTML standard, SVG 2, XML 1.0 (entities and defaults of attributes). The
//! rule: a script is told wherever a browser may see one; text, comments and code that is shown are none.

use std::borrow::Cow;

use weighbridge_domain::Hasher;

use super::xml;
use crate::analyse::{Entry, Scan, shown};
use crate::rules;

/// Elements that are scripts, or show another document.
const SCRIPTS: &[&str] = &["script"];
const FRAMES: &[&str] = &["embed", "iframe", "object"];
/// Addresses that are scripts.
const ADDRESSES: &[&str] = &["javascript:", "vbscript:"];
/// Attributes that are addresses, or give others their values.
const ADDRESSED: &[&str] =
    &["action", "by", "data", "formaction", "from", "href", "src", "to", "values"];
/// Tags whose quotes do not pair: nobody writes more of them.
const ODD_TAGS: usize = 64;
/// The longest code in a line, or in lines without a fence.
const SPAN: usize = 64 << 10;
/// How an entity hides the start of an element until it is put in.
const HIDDEN: &[&str] = &["&#60;", "&#060;", "&#x3c;", "&#x03c;", "&#38;#60;", "&#x26;"];

/// Looks into a picture; `is_all` says that `text` is all of it.
pub(super) fn check_picture(scan: &mut Scan, entry: &Entry<'_>, text: &str, is_all: bool) {
    let found = script(text, &[SCRIPTS, FRAMES]).or_else(|| declared(text));
    if let Some((at, evidence)) = found {
        let message = "the picture carries a script";
        let place = entry.place(Some(at as u64));
        scan.report(rules::SVG_SCRIPT.finding(place, message, evidence));
    }
    if !is_all {
        scan.skip(entry.place(None), "the picture is too long to be examined");
    }
}

/// The first script of a page, or a frame in it.
pub(super) fn script_of_page(html: &str) -> Option<String> {
    script(html, &[SCRIPTS, FRAMES]).map(|(_, evidence)| evidence)
}

/// The first script of a text in Markdown. Code is shown, and frames are taken out where it is shown.
pub(super) fn script_of_markdown(text: &str) -> Option<String> {
    script(&without_code(text), &[SCRIPTS]).map(|(_, evidence)| evidence)
}

/// Feeds the tables into the rule set's digest.
pub(super) fn tables(hasher: &mut Hasher) {
    hasher.update(format!("{SCRIPTS:?}{FRAMES:?}{ADDRESSES:?}{ADDRESSED:?}{HIDDEN:?}").as_bytes());
}

/// The first element that is a script or has one in an attribute, and where it is.
fn script(text: &str, elements: &[&[&str]]) -> Option<(usize, String)> {
    let mut at = 0;
    let mut odd = 0;
    while let Some(size) = text.get(at..)?.find('<') {
        at += size;
        let rest = text.get(at..)?;
        if rest.starts_with("<!--") {
            // An end may stand right behind the start.
            at += 2 + comment_end(rest.get(2..)?)?;
            continue;
        }
        let body = rest.get(1..)?;
        if !body.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            at += 1;
            continue;
        }
        let body = body.get(..tag_end(body, &mut odd))?;
        if odd > ODD_TAGS || runs(body, elements) {
            return Some((at, shown(rest.as_bytes(), 160)));
        }
        at += 1 + body.len();
    }
    None
}

fn comment_end(text: &str) -> Option<usize> {
    let end = text.find("-->");
    let other = text.get(..end.unwrap_or(text.len()))?.find("--!>");
    other.map(|at| at + 4).or(end.map(|at| at + 3))
}

/// Where a tag ends: at the first `>` outside of quotes, or at the first of all when they do not pair, which is
/// an odd tag.
fn tag_end(body: &str, odd: &mut usize) -> usize {
    let mut quote = None;
    let mut is_value = false;
    for (at, c) in body.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => continue,
            // Quotes that start no value are part of a name.
            None if matches!(c, '"' | '\'') && is_value => quote = Some(c),
            None if c == '>' => return at,
            None => {}
        }
        is_value = c == '=' || (is_value && c.is_whitespace());
    }
    *odd += 1;
    body.find('>').unwrap_or(body.len())
}

/// Whether the element of a tag is a script, or one of its attributes is.
fn runs(tag: &str, elements: &[&[&str]]) -> bool {
    let is_end = |c: char| c.is_whitespace() || c == '/';
    let (name, fields) = tag.split_once(is_end).unwrap_or((tag, ""));
    let local = name.rsplit(':').next().unwrap_or(name).to_ascii_lowercase();
    if elements.iter().any(|names| names.contains(&local.as_str())) {
        return true;
    }
    let mut rest = fields;
    while let Some((before, after)) = rest.split_once('=') {
        let name = before.trim_end().rsplit(is_end).next().unwrap_or_default();
        let name = name.rsplit(['"', '\'', ':']).next().unwrap_or_default();
        let after = after.trim_start();
        let quoted = after.chars().next().filter(|c| matches!(c, '"' | '\''));
        let quoted = quoted.and_then(|quote| after.get(1..)?.split_once(quote));
        let (value, after) =
            quoted.unwrap_or_else(|| after.split_once(is_end).unwrap_or((after, "")));
        // Animations put their values into other attributes.
        let sets = name.eq_ignore_ascii_case("attributeName") && is_event(plain(value).trim());
        let is_address = ADDRESSED.iter().any(|known| name.eq_ignore_ascii_case(known));
        if is_event(name) || sets || (is_address && is_script(value)) {
            return true;
        }
        rest = after;
    }
    false
}

/// Names of handlers are letters: `onload`, `onclick`.
fn is_event(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let event = lower.strip_prefix("on").unwrap_or_default();
    event.len() > 2 && event.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Whether an address, or one of several, is a script.
fn is_script(value: &str) -> bool {
    let is_gap = |c: char| c.is_whitespace() || c.is_control();
    let is_one = |part: &str| {
        let part: String = part.chars().filter(|c| !is_gap(*c)).take(16).collect();
        let part = part.to_ascii_lowercase();
        ADDRESSES.iter().any(|address| part.starts_with(address))
    };
    plain(value).split(';').any(is_one)
}

/// A value with its characters put in for their numbers, as far as an address may need them.
fn plain(value: &str) -> Cow<'_, str> {
    if !value.contains('&') {
        return Cow::Borrowed(value);
    }
    let mut out = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (c, behind) = reference(after).unwrap_or(('&', after));
        out.push(c);
        rest = behind;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The character of a reference, and what follows it.
fn reference(text: &str) -> Option<(char, &str)> {
    for (name, c) in [("colon;", ':'), ("Tab;", '\t'), ("NewLine;", '\n')] {
        if let Some(behind) = text.strip_prefix(name) {
            return Some((c, behind));
        }
    }
    let number = text.strip_prefix('#')?;
    let (digits, radix) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    let c = char::from_u32(u32::from_str_radix(digits.get(..end)?, radix).ok()?)?;
    let behind = digits.get(end..)?;
    Some((c, behind.strip_prefix(';').unwrap_or(behind)))
}

/// Scripts that the document's type brings: in entities, and in attributes that elements have unsaid.
fn declared(text: &str) -> Option<(usize, String)> {
    let mut at = 0;
    while let Some(size) = text.get(at..)?.find("<!") {
        at += size;
        let rest = text.get(at..)?;
        if rest.starts_with("<!--") {
            at += 2 + comment_end(rest.get(2..)?)?;
            continue;
        }
        let is_list = starts_so(rest, "<!attlist");
        if !is_list && !starts_so(rest, "<!entity") {
            at += 2;
            continue;
        }
        let size = xml::declaration_end(rest).unwrap_or(rest.len());
        let lower = rest.get(..size)?.to_ascii_lowercase();
        let acts = if is_list {
            let mut words = lower.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
            words.any(|word| is_event(word) || is_script(word))
        } else {
            HIDDEN.iter().any(|hidden| lower.contains(hidden))
        };
        if acts {
            return Some((at, shown(rest.as_bytes(), 160)));
        }
        at += size;
    }
    None
}

fn starts_so(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|text| text.eq_ignore_ascii_case(start))
}

/// Markdown without the code in it: between backticks, or lines between fences.
fn without_code(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    let mut is_line_start = true;
    let mut odd = 0;
    while let Some(at) = rest.find(['`', '<', '\n', '~']) {
        let (before, here) = rest.split_at(at);
        out.push_str(before);
        let indent = before.len() < 4 && before.bytes().all(|byte| byte == b' ');
        let may_fence = is_line_start && indent;
        is_line_start = false;
        let mark = here.chars().next().unwrap_or('\n');
        let skipped = match mark {
            '`' | '~' => {
                let count = here.len() - here.trim_start_matches(mark).len();
                let (run, behind) = here.split_at(count);
                let fenced = if may_fence { fence_end(mark, count, behind) } else { None };
                let span = || (mark == '`').then(|| span_end(count, behind)).flatten();
                if let Some(end) = fenced.or_else(span) {
                    count + end
                } else {
                    out.push_str(run);
                    count
                }
            }
            '<' => {
                let body = here.get(1..).unwrap_or_default();
                let is_tag = body.starts_with(|c: char| c.is_ascii_alphabetic());
                let is_read = is_tag && odd <= ODD_TAGS;
                let size = if is_read { 1 + tag_end(body, &mut odd) } else { 1 };
                out.push_str(here.get(..size).unwrap_or_default());
                size
            }
            _ => {
                is_line_start = true;
                out.push('\n');
                1
            }
        };
        rest = here.get(skipped..).unwrap_or_default();
        is_line_start |= out.ends_with('\n');
    }
    out.push_str(rest);
    out
}

/// Where a block of code ends behind its first fence: at a line that is a fence as long, or with the text.
fn fence_end(mark: char, count: usize, behind: &str) -> Option<usize> {
    let (info, _) = behind.split_once('\n')?;
    if count < 3 || (mark == '`' && info.contains('`')) {
        return None;
    }
    let mut at = info.len() + 1;
    for line in behind.get(at..)?.split_inclusive('\n') {
        let start = line.trim_start_matches(' ');
        let run = start.len() - start.trim_start_matches(mark).len();
        let is_alone = start.get(run..).is_some_and(|rest| rest.trim().is_empty());
        if run >= count && is_alone && line.len() - start.len() < 4 {
            return Some(at + line.trim_end_matches(['\n', '\r']).len());
        }
        at += line.len();
    }
    Some(behind.len())
}

/// Where code in a line ends: behind as many backticks, before the next empty line.
fn span_end(count: usize, behind: &str) -> Option<usize> {
    let mut at = 0;
    let mut is_empty = false;
    for line in behind.split_inclusive('\n') {
        if is_empty && line.trim().is_empty() {
            return None;
        }
        is_empty = true;
        let mut rest = line;
        while let Some(start) = rest.find('`') {
            let here = rest.get(start..)?;
            let run = here.len() - here.trim_start_matches('`').len();
            at += start + run;
            if run == count {
                return Some(at);
            }
            if at > SPAN {
                return None;
            }
            rest = here.get(run..)?;
        }
        at += rest.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use weighbridge_domain::Verdict;

    use super::{script_of_markdown, script_of_page};
    use crate::{Limits, scan_bytes};

    fn verdict(name: &str, text: &str) -> Verdict {
        scan_bytes(&name.parse().unwrap(), text.as_bytes(), &Limits::default()).verdict()
    }

    #[test]
    fn pictures_with_scripts_are_told() {
        for inside in [
            "<script>alert(1)</script>",
            "<svg:script href='a.js'/>",
            "<SCRIPT >a</SCRIPT>",
            "<rect width='1' onclick = 'a()'/>",
            "<rect title='a > b' ONLOAD='a()'/>",
            "<a xlink:href='javascript:a()'><text>x</text></a>",
            "<a href=' java&#x0a;scri&#112;t&colon;a()'/>",
            "<a><set attributeName='onmouseover' to='a()'/></a>",
            "<animate attributeName='href' values='#a;javascript:a()'/>",
            "<foreignObject><body><iframe src='b'/></body></foreignObject>",
            "<foreignObject><img src='x' onerror='a()'/></foreignObject>",
        ] {
            let text = format!("<svg xmlns=\"http://www.w3.org/2000/svg\">{inside}</svg>");
            for name in ["a.svg", "a", "a.xml"] {
                assert_eq!(verdict(name, &text), Verdict::Review, "{name}: {inside}");
            }
        }
        for kind in ["<!ENTITY a '&#60;script>'>", "<!ATTLIST svg onload CDATA 'a()'>"] {
            let text = format!("<!DOCTYPE svg [{kind}]><svg>&a;</svg>");
            assert_eq!(verdict("a.svg", &text), Verdict::Review, "{kind}");
        }
    }

    #[test]
    fn pictures_that_only_draw_are_clean() {
        for inside in [
            "<!-- <script>a</script> onload='x' -->",
            "<style type=\"text/css\">*{stroke-linejoin: round}</style>",
            "<use xlink:href=\"#m1\" x=\"1\" style=\"stroke: #000\"/>",
            "<text x='1'>on load = 1, javascript: no &lt;script></text>",
            "<foreignObject><div xmlns='http://www.w3.org/1999/xhtml'>a</div></foreignObject>",
            "<a href='https://a/?onload=1&amp;x=javascript:'><title>build</title></a>",
            "<sodipodi:namedview inkscape:window-x='1' id='on' on='1'/>",
        ] {
            let text = format!("<svg xmlns=\"http://www.w3.org/2000/svg\">{inside}</svg>");
            assert_eq!(verdict("a.svg", &text), Verdict::Clean, "{inside}");
        }
        let entity = "<!DOCTYPE svg [<!ENTITY ns_svg 'http://www.w3.org/2000/svg'>]><svg/>";
        assert_eq!(verdict("a.svg", entity), Verdict::Clean);
    }

    #[test]
    fn code_in_markdown_is_shown_and_the_rest_is_html() {
        for text in [
            "<img src=x onerror=alert(1)>",
            "a ` b\n\n<b onclick='a()'>\n\n ` c",
            "<b title='`' onclick='a()'> ` ",
            "    ```\n\n<script>a</script>\n\n    ```",
            "``` a`b\n\n<script>a</script>\n",
            "```\na\n```\n<script>a</script>\n```\n```",
        ] {
            assert!(script_of_markdown(text).is_some(), "{text}");
        }
        for text in [
            "use `<script>` and ``<b onclick=\"`\">``",
            "```html\n<script>a</script>\n\n<b onclick='a()'>\n```\n",
            "~~~\n<script>a</script>\n~~~",
            "<iframe src='https://a/video'></iframe> <img src='a.png' width=3>",
            "a < b, on = c > d",
        ] {
            assert_eq!(script_of_markdown(text), None, "{text}");
        }
        assert!(script_of_page("<iframe src=a>").is_some());
    }
}
