//! What somebody who answers a request has to see, for people.

use weighbridge_server::api::requests::{
    ChangesView, EvidenceView, FileChangeView, FileSideView, SeenView,
};

use super::short;
use crate::output::{Lines, bold, bytes, printable};

/// Tells the evidence.
pub(super) fn tell(text: &mut Lines, evidence: &EvidenceView) {
    text.add("");
    let EvidenceView { examined, pending, unknown, dangerous, review, notes, .. } = evidence;
    text.add(format_args!(
        "  {}: {examined} files examined, {pending} waited for, {unknown} not examined whole",
        bold("scan"),
    ));
    text.add(format_args!(
        "  {}: {dangerous} dangerous, {review} to look at, {notes} notes",
        bold("findings"),
    ));
    for finding in &evidence.findings {
        text.add(format_args!("    {}", seen(finding)));
    }
    let formats: Vec<String> = evidence
        .formats
        .iter()
        .map(|format| format!("{} {} ({})", format.files, printable(&format.format), format.grade))
        .collect();
    text.add(format_args!("  {}: {}", bold("formats"), formats.join(", ")));
    let licences = match evidence.licences.as_slice() {
        [] => "none (missing)".to_owned(),
        licences => format!("{} (declared)", printable(&licences.join(", "))),
    };
    text.add(format_args!("  {}: {licences}", bold("licences")));
    if let Some(commit) = &evidence.carried_over_from {
        text.add(format_args!(
            "  {}: the approvals of {} hold for this one too",
            bold("carried over"),
            short(commit),
        ));
    }
    let Some(remaining) = &evidence.remaining else {
        text.add(format_args!(
            "  {}: what policy would still object to could not be found out",
            bold("stays"),
        ));
        return tell_history(text, evidence);
    };
    for reason in remaining.iter().filter(|reason| reason.mode == "enforce") {
        text.add(format_args!(
            "  {}: {} ({}), whoever approves; ask: {}",
            bold("stays"),
            printable(&reason.message),
            reason.rule,
            reason.contact,
        ));
    }
    tell_history(text, evidence);
}

fn tell_history(text: &mut Lines, evidence: &EvidenceView) {
    match &evidence.changes {
        Some(changes) => tell_changes(text, changes),
        None => text.add(format_args!("  {}: none was approved before", bold("changes"))),
    }
    for other in &evidence.family {
        let answers = other.answers.iter().map(|answer| {
            format!(
                "{} by {}: {}",
                answer.answer,
                printable(&answer.by),
                printable(&answer.comment)
            )
        });
        let answers = answers.collect::<Vec<_>>().join("; ");
        text.add(format_args!(
            "  {}: {} for {}@{} in `{}` is {}{}{answers}",
            bold("before"),
            other.id,
            other.artifact,
            short(&other.commit),
            other.environment,
            other.state,
            if answers.is_empty() { "" } else { ": " },
        ));
    }
}

fn tell_changes(text: &mut Lines, changes: &ChangesView) {
    text.add(format_args!(
        "  {}: since {}, approved {} by request {}: {} files",
        bold("changes"),
        short(&changes.commit),
        changes.approved_at,
        changes.request,
        changes.files_in_all,
    ));
    for file in &changes.files {
        text.add(format_args!("    {}", changed(file)));
    }
    if let Some(licences) = &changes.licences_before {
        text.add(format_args!("    licences were: {}", printable(&licences.join(", "))));
    }
    for (word, findings) in [("new", &changes.new_findings), ("gone", &changes.gone_findings)] {
        for finding in findings {
            text.add(format_args!("    {word}: {}", seen(finding)));
        }
    }
    for line in changes.card.iter().flat_map(|card| card.lines()) {
        text.add(format_args!("    | {}", printable(line)));
    }
}

fn seen(finding: &SeenView) -> String {
    let SeenView { severity, rule, path, message } = finding;
    format!("{severity} in {}: {} ({rule})", printable(path), printable(message))
}

fn changed(file: &FileChangeView) -> String {
    let side = |side: &FileSideView| {
        let hash = side.sha256.as_deref().map_or("not known".to_owned(), short);
        format!("{} ({}, {hash})", printable(&side.path), bytes(side.size_bytes))
    };
    let sides: Vec<String> = file.before.iter().chain(&file.after).map(side).collect();
    format!("{}: {}", file.change, sides.join(" → "))
}
