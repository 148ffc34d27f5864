//! The report for people.

use weighbridge_domain::{FindingPlace, Verdict};

use super::verdicts::{FileResult, Scanned, Seen};
use crate::output::{Lines, bold, counted, cyan, green, printable, red, yellow};

/// The verdicts, the worst first.
const ORDER: [Verdict; 4] = [Verdict::Dangerous, Verdict::Unknown, Verdict::Review, Verdict::Clean];

/// Every file that is not clean, and how many there are of each kind.
pub(super) fn text(scanned: &Scanned, shows_clean: bool) -> String {
    let mut lines = Lines::default();
    let shows = shows_clean || scanned.files.len() == 1;
    for wanted in ORDER {
        let files = scanned.files.iter().filter(|file| file.verdict() == wanted);
        for file in files.filter(|file| shows || wanted != Verdict::Clean || has_words(file)) {
            describe(&mut lines, file);
        }
    }
    for gap in &scanned.unexamined {
        lines.add(format_args!("{}  {}", yellow("not examined"), printable(gap)));
    }
    let counts = ORDER.map(|verdict| (scanned.count(verdict), verdict));
    let counts: Vec<String> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, verdict)| format!("{count} {verdict}"))
        .collect();
    if scanned.files.is_empty() {
        lines.add("nothing to scan: there is no file");
    } else {
        let files = counted(scanned.files.len() as u64, "file");
        lines.add(format_args!("{files}: {}", counts.join(", ")));
    }
    lines.text()
}

/// Whether something is told of a clean file: a note, or what somebody set aside.
fn has_words(file: &FileResult) -> bool {
    !file.findings.is_empty()
}

fn describe(lines: &mut Lines, file: &FileResult) {
    let verdict = file.verdict();
    let word = match verdict {
        Verdict::Clean => green(verdict.as_str()),
        Verdict::Review | Verdict::Unknown => yellow(verdict.as_str()),
        Verdict::Dangerous => red(verdict.as_str()),
    };
    lines.add(format_args!("{word}  {} ({})", bold(&printable(&file.shown)), file.format));
    for seen in &file.findings {
        tell(lines, seen);
    }
    for gap in &file.unexamined {
        let place = place(&gap.place);
        lines.add(format_args!(
            "  not examined  {}{}",
            gap.why,
            place.map_or_else(String::new, |place| format!(" ({place})"))
        ));
    }
}

fn tell(lines: &mut Lines, seen: &Seen) {
    let Seen { finding, suppressed } = seen;
    lines.add(format_args!("  {}  {}: {}", finding.severity, finding.rule, finding.message));
    if let Some(place) = place(&finding.place) {
        lines.add(format_args!("    where       {place}"));
    }
    if !finding.evidence.is_empty() {
        lines.add(format_args!("    evidence    {}", finding.evidence));
    }
    if let Some(why) = suppressed {
        let reason = printable(&why.reason);
        lines.add(format_args!("    set aside   until {}: {reason}", why.expires));
        return;
    }
    if let Some(rule) = weighbridge_scan::rules().iter().find(|rule| rule.code == finding.rule) {
        lines.add(format_args!("    why         {}", rule.why));
        lines.add(format_args!("    {}  {}", cyan("what to do"), rule.advice));
    }
}

fn place(place: &FindingPlace) -> Option<String> {
    match (place.member.as_str(), place.offset) {
        ("", None) => None,
        ("", Some(offset)) => Some(format!("byte {offset}")),
        (member, None) => Some(member.to_owned()),
        (member, Some(offset)) => Some(format!("{member}, byte {offset}")),
    }
}
