//! Attestations: what is said about a revision, signed, by us and by others.

pub(crate) mod import;
pub(crate) mod keys;
pub(crate) mod lines;
pub(crate) mod list;
pub(crate) mod show;
mod stream;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use weighbridge_engine::{AttestationRow, EnvelopeForm, ImportError};

use crate::problem::Problem;

pub use import::ImportedView;
pub use keys::KeysView;

/// The most an envelope of somebody else may weigh.
pub(crate) const MAX_IMPORT_BYTES: usize = 16 * 1024 * 1024;

/// Which revision.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RefQuery {
    /// `acme/tiny-bert@main`: a branch, a tag, a commit or the beginning of one.
    #[serde(rename = "ref")]
    pub(crate) reference: String,
}

/// How envelopes are wrapped.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FormQuery {
    /// `dsse`, which is meant when it is left out, or `sigstore`: a Sigstore bundle v0.3.
    form: Option<String>,
}

/// What somebody says about a revision, without the list of its files.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AttestationView {
    /// SHA-256 of the envelope: its name here, and in the ledger.
    pub digest: String,
    /// What kind of thing is said.
    #[schema(example = "https://weighbridge/approval/v1")]
    pub predicate_type: String,
    /// How well it is known: `verified`, `declared`, `inferred` or `missing`.
    pub grade: String,
    /// The trusted key that signed it; absent when this instance did.
    pub trusted_key: Option<String>,
    /// The key that signed it: SHA-256 of its DER.
    pub keyid: String,
    /// The manifest it is about.
    pub manifest: String,
    /// SHA-256 of the statement.
    pub statement: String,
    /// What is said; absent for envelopes of others, and when it was erased.
    pub predicate: Option<serde_json::Value>,
    /// Whether what it says was erased.
    pub is_erased: bool,
    /// The entry of the ledger that names it.
    pub entry: u64,
    /// When it was made or came.
    pub at: String,
}

impl From<AttestationRow> for AttestationView {
    fn from(row: AttestationRow) -> AttestationView {
        AttestationView {
            digest: row.envelope_digest.to_string(),
            predicate_type: row.predicate_type,
            grade: row.grade.to_string(),
            trusted_key: row.trusted_key,
            keyid: row.keyid,
            manifest: row.manifest.to_string(),
            statement: row.payload_digest.to_string(),
            is_erased: row.predicate.is_none() && row.envelope.is_none(),
            predicate: row.predicate.and_then(|text| serde_json::from_str(&text).ok()),
            entry: row.position,
            at: row.made_at.to_string(),
        }
    }
}

impl FormQuery {
    pub(crate) fn form(&self) -> Result<EnvelopeForm, Problem> {
        match self.form.as_deref() {
            None | Some("dsse") => Ok(EnvelopeForm::Dsse),
            Some("sigstore") => Ok(EnvelopeForm::Sigstore),
            Some(_) => Err(Problem::bad_request("bad-value", "`form` is `dsse` or `sigstore`")),
        }
    }
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Problem {
        let unprocessable =
            |code, error: &ImportError| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, error);
        match &error {
            ImportError::NoSuchRevision(_) => Problem::not_found("no-such-artifact", &error)
                .hint("what nobody asked for yet is not on record"),
            ImportError::NotWhole => Problem::conflict("not-whole", &error)
                .hint("`weighbridge request REF` brings every file in"),
            ImportError::Envelope(_) | ImportError::OtherPayload(_) => {
                unprocessable("bad-envelope", &error)
                    .hint("give a DSSE envelope or a Sigstore bundle v0.3 with one")
            }
            ImportError::Untrusted(_) => unprocessable("untrusted", &error).hint(
                "an administrator trusts keys with `weighbridge trust add`; `weighbridge trust list` shows them",
            ),
            ImportError::Statement(_) => unprocessable("bad-statement", &error),
            ImportError::Predicate(_) => unprocessable("bad-predicate", &error),
            ImportError::OutOfScope { .. } => unprocessable("out-of-scope", &error).hint(
                "an administrator says with `weighbridge trust add` what a key is trusted for",
            ),
            ImportError::OtherBytes(_) => unprocessable("other-bytes", &error).hint(
                "name the manifest of `weighbridge artifact show`, or every file by its path and SHA-256",
            ),
            ImportError::TooMany => Problem::conflict("too-many", &error),
            ImportError::Store(_) => Problem::internal(error),
        }
    }
}
