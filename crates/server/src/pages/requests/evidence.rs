//! What was found and what differs, as the page of a request tells it.

use super::super::show as text;
use super::shade_of;
use crate::api::decisions::ReasonView;
use crate::api::requests::{ChangesView, EvidenceView, FileChangeView, FileSideView, RelatedView};

impl EvidenceView {
    /// Whether there are more findings than are told.
    pub(super) fn is_cut(&self) -> bool {
        as_count(self.findings.len()) < self.dangerous + self.review + self.notes
    }

    /// What policy would still object to, whoever approves; `None` when that could not be found out.
    pub(super) fn stays(&self) -> Option<Vec<&ReasonView>> {
        let enforced = |reason: &&ReasonView| reason.mode == "enforce";
        Some(self.remaining.as_ref()?.iter().filter(enforced).collect())
    }
}

fn as_count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

impl ChangesView {
    /// Whether more files differ than are told.
    pub(super) fn is_cut(&self) -> bool {
        as_count(self.files.len()) < self.files_in_all
    }

    /// Whether nothing that is told differs.
    pub(super) fn is_nothing(&self) -> bool {
        self.files_in_all == 0
            && self.licences_before.is_none()
            && self.new_findings.is_empty()
            && self.gone_findings.is_empty()
    }

    /// What differs, in a sentence.
    pub(super) fn told(&self) -> String {
        let licences = if self.licences_before.is_some() { "differ" } else { "are the same" };
        let (new, gone) = (as_count(self.new_findings.len()), as_count(self.gone_findings.len()));
        format!(
            "{} {}, {} new, {} gone, the licences {licences}",
            text::counted(self.files_in_all, "file"),
            if self.files_in_all == 1 { "differs" } else { "differ" },
            text::counted(new, "finding"),
            text::counted(gone, "finding"),
        )
    }

    /// The difference of the cards, line by line.
    pub(super) fn card_lines(&self) -> Vec<text::Line> {
        self.card.as_deref().map(text::diff_lines).unwrap_or_default()
    }
}

impl RelatedView {
    /// The class of the badge that shows the state.
    pub(super) fn shade(&self) -> &'static str {
        shade_of(&self.state)
    }
}

impl FileChangeView {
    /// The sign that people know from differences.
    pub(super) fn sign(&self) -> &'static str {
        match self.change.as_str() {
            "added" => "+",
            "removed" => "−",
            "renamed" => "→",
            _ => "±",
        }
    }

    /// The class that shades it.
    pub(super) fn shade(&self) -> &'static str {
        match self.change.as_str() {
            "added" => "add",
            "removed" => "del",
            _ => "",
        }
    }
}

impl FileSideView {
    pub(super) fn name(&self) -> String {
        text::plain(&self.path)
    }

    pub(super) fn size(&self) -> String {
        text::bytes(self.size_bytes)
    }

    pub(super) fn hash(&self) -> String {
        self.sha256.as_deref().map_or_else(|| "not known".to_owned(), text::short)
    }
}
