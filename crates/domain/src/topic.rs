//! What people are told about: topics, each a few kinds of events.

use std::fmt;
use std::str::FromStr;

/// What somebody wants to be told about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// Somebody asked for a revision.
    Asked,
    /// Somebody has to act on a request: answer it, or answer a question about it.
    NeedsReview,
    /// A request has ended, one way or the other.
    Decided,
    /// An approval or a waiver ends soon, or has ended.
    Expiring,
    /// A request waits for longer than was promised.
    Overdue,
    /// Break-glass was asked for, opened, has ended, was closed.
    BreakGlass,
    /// A rule was set aside, or holds again.
    Waiver,
    /// Something is wrong with what came in, or with somebody's history; or somebody tries passwords.
    Alarm,
    /// Somebody else's statement about a revision was taken, or whose are taken has changed.
    Evidence,
    /// Somebody changed sources, tokens, names, policy, webhooks, or erased something.
    Administration,
}

impl Topic {
    /// Every topic.
    pub const ALL: [Topic; 10] = [
        Topic::Asked,
        Topic::NeedsReview,
        Topic::Decided,
        Topic::Expiring,
        Topic::Overdue,
        Topic::BreakGlass,
        Topic::Waiver,
        Topic::Alarm,
        Topic::Evidence,
        Topic::Administration,
    ];

    /// The word used in the CLI, the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Topic::Asked => "asked",
            Topic::NeedsReview => "needs-review",
            Topic::Decided => "decided",
            Topic::Expiring => "expiring",
            Topic::Overdue => "overdue",
            Topic::BreakGlass => "break-glass",
            Topic::Waiver => "waiver",
            Topic::Alarm => "alarm",
            Topic::Evidence => "evidence",
            Topic::Administration => "administration",
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Topic {
    type Err = String;
    fn from_str(text: &str) -> Result<Topic, String> {
        let found = Topic::ALL.into_iter().find(|topic| topic.as_str() == text);
        found.ok_or_else(|| {
            let known: Vec<_> = Topic::ALL.iter().map(|topic| format!("`{topic}`")).collect();
            let text: String = text.chars().take(40).collect();
            format!("`{text}` is nothing that people are told about: use {}", known.join(", "))
        })
    }
}
