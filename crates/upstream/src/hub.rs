//! A registry that speaks the Hugging Face Hub's protocol.

mod body;
mod commits;
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

use crate::{Http, SourceUrl};

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
}

fn unbuilt<T>(hub: &HubClient) -> crate::Answer<T> {
    let _ = (&hub.http.client, &hub.http.settings);
    crate::Answer::Unknown(crate::Trouble::new(crate::TroubleKind::BadAnswer, "not built yet"))
}
