//! Attestations: in-toto Statements v1 in DSSE envelopes, and the keys that sign them.
//!
//! | file | what |
//! |---|---|
//! | `envelope` | DSSE v1: read, bounded, and verified |
//! | `statement` | in-toto Statement v1: read, bounded |
//! | `writer` | both written in pieces, so that a list of files is never whole in memory |
//! | `key` | keys: ours (ECDSA P-256), and those of others |
//! | `bundle` | the same envelope as a Sigstore bundle v0.3 |
//! | `predicate` | what statements tell |

mod answer;
mod bundle;
mod envelope;
mod key;
mod pem;
pub mod predicate;
mod statement;
mod writer;

pub use answer::{answer, feeding};
pub use bundle::{SIGSTORE_BUNDLE_TYPE, bundle_around, envelope_in_bundle};
pub use envelope::{
    BadEnvelope, Envelope, EnvelopeSignature, IN_TOTO_TYPE, MAX_ENVELOPE_BYTES, MAX_SIGNATURES,
};
pub use key::{AttestationSigner, BadPublicKey, PublicKey};
pub use statement::{BadStatement, MAX_SUBJECTS, STATEMENT_TYPE, Statement, Subject};
pub use writer::{EnvelopeDigests, EnvelopeText, StatementText, file_subject};

/// What was said about a text from outside, shortened and without what a terminal would obey.
fn printable(text: &str) -> String {
    text.chars()
        .take(300)
        .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
        .collect()
}
