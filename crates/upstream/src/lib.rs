//! The only crate that opens outbound connections: it asks upstream registries and believes nothing
//! that it has not measured.
//!
//! Rules: redirects are followed by hand, the upstream credential never leaves the source's own
//! origin, and "could not tell" is an answer of its own, never "does not exist".

mod address;
mod answer;
mod http;
mod hub;
mod link;
mod outlet;
mod redirect;
mod source_url;
mod status;

pub use address::{BadNetwork, Network};
pub use answer::{Answer, NotYes, Refusal, RefusalKind, Trouble, TroubleKind};
pub use http::{Http, HttpError, HttpSettings};
pub use hub::{Body, CommitEntry, HubClient, Probe, RefEntry, Refs, RepoInfo, SearchHit, TreeFile};
pub use outlet::{BadOutletUrl, Outgoing, Outlet, OutletReply, OutletSettings, OutletUrl};
pub use source_url::{BadSourceUrl, SourceUrl};
