//! Emergencies, waivers and approvals, as pages tell them.

use super::show::moment;
use crate::api::break_glass::BreakGlassView;
use crate::api::exceptions::ApprovalView;
use crate::api::waivers::WaiverView;

impl BreakGlassView {
    /// The class that shades it; the words say the same.
    pub(super) fn shade(&self) -> &'static str {
        match self.state.as_str() {
            "open" | "needs-review" => "deny",
            "waiting" => "hold",
            _ => "plain",
        }
    }

    /// The state in words.
    pub(super) fn word(&self) -> &'static str {
        match self.state.as_str() {
            "waiting" => "waits for a second person",
            "open" => "open",
            "needs-review" => "ended, not reviewed",
            "lapsed" => "lapsed unconfirmed",
            _ => "closed",
        }
    }

    /// What it does or did, before the artifacts are named.
    pub(super) fn does(&self) -> &'static str {
        match self.state.as_str() {
            "waiting" => "An emergency is declared, and lifts nothing yet, for",
            "open" => "Rules are lifted now for",
            "lapsed" => "Nothing was lifted for",
            _ => "Rules were lifted for",
        }
    }

    /// Who has to do what about it.
    pub(super) fn next(&self) -> String {
        let (by, end) = (&self.opened_by, self.ends());
        match self.state.as_str() {
            "waiting" => format!("Somebody other than {by} has to confirm it before {end}"),
            "open" => format!("They hold again from {end}, or when it is closed with a review"),
            _ => {
                format!("That ended {end}. Somebody other than {by} has to close it with a review")
            }
        }
    }

    /// Who stands behind it, in a word or two.
    pub(super) fn second(&self) -> String {
        match (&self.confirmed_by, self.one_person, self.state.as_str()) {
            (Some(by), ..) => format!("confirmed by {by}"),
            (None, true, _) => "alone: one person was enough, which is an alarm".to_owned(),
            (None, false, "waiting") => "nobody has confirmed it yet".to_owned(),
            (None, false, _) => "nobody confirmed it".to_owned(),
        }
    }

    pub(super) fn opened(&self) -> String {
        moment(&self.opened_at)
    }

    pub(super) fn ends(&self) -> String {
        moment(&self.expires_at)
    }

    pub(super) fn closed(&self) -> String {
        self.closed_at.as_deref().map(moment).unwrap_or_default()
    }
}

impl WaiverView {
    pub(super) fn granted(&self) -> String {
        moment(&self.granted_at)
    }

    /// When it ends, or that it was ended.
    pub(super) fn ends(&self) -> String {
        match &self.revoked_at {
            Some(at) => format!("revoked {}", moment(at)),
            None => moment(&self.expires_at),
        }
    }
}

impl ApprovalView {
    pub(super) fn approved(&self) -> String {
        self.approved_at.as_deref().map(moment).unwrap_or_default()
    }

    pub(super) fn ends(&self) -> String {
        self.expires_at.as_deref().map_or_else(|| "never".to_owned(), moment)
    }
}
