//! Attestations: what is known of a revision, signed, beside it.
//!
//! The rule: a statement is made, signed and kept in the change it tells of, and the ledger entry of that
//! change names its envelope. There is no moment at which one is there without the other. A statement is
//! about a manifest, so there is none about a revision whose bytes are not all here.
//!
//! | file | what |
//! |---|---|
//! | `write` | one statement, signed and kept |
//! | `whole` | what was seen once every file was looked at: verdict, findings, hashes, licence |
//! | `answer` | reviews and approvals |
//! | `decision` | policy's answer, and the waivers it rests on |
//! | `read` | what is kept, as others read it |
//! | `trust` | keys of others |
//! | `import` | envelopes of others |

pub(crate) mod answer;
pub(crate) mod decision;
pub(crate) mod import;
pub(crate) mod read;
pub(crate) mod trust;
pub(crate) mod whole;
pub(crate) mod write;

use weighbridge_domain::{Artifact, ArtifactKind, CommitId};

pub use import::{ImportError, Imported};
pub use read::{AttestationReport, AttestationText, EnvelopeForm, InstanceKeys};
pub use trust::{NewTrustedKey, TrustError};
pub use weighbridge_evidence::{BadPublicKey, PublicKey};
pub use weighbridge_store::{AttestationRow, TrustedKeyRow};

/// The package URL of a revision. There is a type for models of the Hub and none for datasets.
pub(crate) fn package_url(artifact: &Artifact, commit: &CommitId) -> String {
    match artifact.kind {
        ArtifactKind::Model => format!("pkg:huggingface/{}@{commit}", artifact.name),
        ArtifactKind::Dataset => format!("pkg:generic/datasets/{}@{commit}", artifact.name),
    }
}
