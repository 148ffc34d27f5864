//! What the fake was asked and what it sent.

use std::collections::BTreeMap;

use serde::Serialize;

/// How many requests are remembered one by one.
const MOST_ENTRIES: usize = 100_000;

/// Which of the two origins was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The Hub itself.
    Hub,
    /// The other origin, with the large files.
    Cdn,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestEntry {
    /// Which origin.
    pub side: Side,
    /// GET, HEAD or POST.
    pub method: String,
    /// Path and query as they came, signatures included.
    pub path: String,
    /// The `Range` header.
    pub range: Option<String>,
    /// The `Accept-Encoding` header.
    pub accept_encoding: Option<String>,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// The bearer token.
    pub token: Option<String>,
    /// The status of the answer, once there is one.
    pub status: Option<u16>,
}

/// Everything that is remembered.
#[derive(Debug, Default)]
pub(super) struct Log {
    entries: Vec<RequestEntry>,
    /// How often bytes of a file were sent, by path in the repository.
    pub(super) downloads: BTreeMap<String, u64>,
    /// How many bytes of a file were sent.
    pub(super) bytes_sent: BTreeMap<String, u64>,
}

impl Log {
    pub(super) fn entries(&self) -> &[RequestEntry] {
        &self.entries
    }

    /// Remembers a request; the number is for [`Log::answered`].
    pub(super) fn asked(&mut self, entry: RequestEntry) -> Option<usize> {
        if self.entries.len() >= MOST_ENTRIES {
            return None;
        }
        self.entries.push(entry);
        Some(self.entries.len() - 1)
    }

    pub(super) fn answered(&mut self, number: Option<usize>, status: u16) {
        if let Some(entry) = number.and_then(|number| self.entries.get_mut(number)) {
            entry.status = Some(status);
        }
    }

    pub(super) fn download(&mut self, path: &str) {
        *self.downloads.entry(path.to_owned()).or_default() += 1;
    }

    pub(super) fn sent(&mut self, path: &str, bytes: u64) {
        match self.bytes_sent.get_mut(path) {
            Some(sum) => *sum += bytes,
            None => {
                self.bytes_sent.insert(path.to_owned(), bytes);
            }
        }
    }

    /// Each token once, in the order of appearance.
    pub(super) fn tokens(&self) -> Vec<String> {
        let mut seen: Vec<String> = Vec::new();
        for token in self.entries.iter().filter_map(|entry| entry.token.as_ref()) {
            if !seen.contains(token) {
                seen.push(token.clone());
            }
        }
        seen
    }
}
