//! A registry that speaks the Hugging Face Hub's protocol.

mod body;
mod commits;
mod metadata;
mod probe;
mod refs;
mod repo_info;
mod search;
mod tree;

pub use body::Body;
pub use commits::CommitEntry;
pub use probe::Probe;
pub use refs::{RefEntry, Refs};
pub use repo_info::RepoInfo;
pub use search::SearchHit;
pub use tree::TreeFile;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;
use weighbridge_domain::{ArtifactKind, ArtifactName};

use crate::{Http, SourceUrl, Trouble, TroubleKind};

/// One Hub. Each method takes the upstream credential for the repository it asks about; a caller's
/// own token has no way in here.
#[derive(Clone, Debug)]
pub struct HubClient {
    http: Http,
    base: SourceUrl,
}

impl HubClient {
    /// A client of the Hub at `base`.
    pub fn new(http: Http, base: SourceUrl) -> HubClient {
        HubClient { http, base }
    }

    /// Where the Hub is.
    pub fn base(&self) -> &SourceUrl {
        &self.base
    }

    /// The address of something in a repository's API; `rest` is encoded already.
    fn api_url(&self, kind: ArtifactKind, name: &ArtifactName, rest: &str) -> Result<Url, Trouble> {
        self.url(&format!("api/{}/{name}/{rest}", plural(kind)))
    }

    /// An address below the Hub's own; `path_and_query` is encoded already.
    fn url(&self, path_and_query: &str) -> Result<Url, Trouble> {
        self.base.below(path_and_query).ok_or_else(|| {
            bad_answer(format!("`{path_and_query}` makes no address below {}", self.base))
        })
    }
}

/// What RFC 3986 leaves unreserved stays as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// One path segment or query value: a `/` becomes `%2F`.
fn encoded(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// A path that keeps its slashes.
fn encoded_path(text: &str) -> String {
    text.split('/').map(encoded).collect::<Vec<_>>().join("/")
}

fn plural(kind: ArtifactKind) -> &'static str {
    match kind {
        ArtifactKind::Model => "models",
        ArtifactKind::Dataset => "datasets",
    }
}

fn bad_answer(what: impl Into<String>) -> Trouble {
    Trouble::new(TroubleKind::BadAnswer, what)
}

/// A text from outside, for a message: short and without control characters.
fn shown(text: &str) -> String {
    text.chars().take(200).flat_map(char::escape_default).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_are_one_segment_and_paths_are_many() {
        assert_eq!(encoded("refs/pr/1"), "refs%2Fpr%2F1");
        assert_eq!(encoded_path("dir with space/a#b?.txt"), "dir%20with%20space/a%23b%3F.txt");
    }

    #[test]
    fn addresses_stay_below_the_sources_own() {
        let http = Http::new(crate::HttpSettings::default()).unwrap();
        let hub = HubClient::new(http, "http://hub.example/mirror/".parse().unwrap());
        let name: ArtifactName = "acme/tiny".parse().unwrap();
        let url = hub.api_url(ArtifactKind::Dataset, &name, "revision/dev%2Fx").unwrap();
        assert_eq!(
            url.as_str(),
            "http://hub.example/mirror/api/datasets/acme/tiny/revision/dev%2Fx"
        );
    }
}
