//! Sources: the upstream registries, and how far each is trusted.

pub(crate) mod add;
pub(crate) mod change;
pub(crate) mod list;
pub(crate) mod remove;
pub(crate) mod remove_credential;
pub(crate) mod remove_pattern;
pub(crate) mod set_credential;
pub(crate) mod set_pattern;
pub(crate) mod test;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use weighbridge_domain::SourceName;
use weighbridge_engine::{Engine, ProbeAnswer, ProbeReport, SourceError, SourceReport};

use crate::problem::Problem;

pub use add::AddSource;
pub use change::ChangeSource;
pub use set_credential::SetCredential;
pub use set_pattern::SetPattern;

/// A source, with everything configured about it but the secrets.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SourceView {
    /// Its name.
    pub name: String,
    /// The protocol it speaks: `hub`.
    pub kind: String,
    /// Where it is.
    pub url: String,
    /// 1 pre-approved, 2 conditional, 3 prohibited.
    pub tier: u8,
    /// The tier in words.
    pub tier_name: String,
    /// Its turn when several are asked, from 1.
    pub position: u32,
    /// Repositories with a tier of their own.
    pub patterns: Vec<PatternView>,
    /// Repositories there is a credential for.
    pub credentials: Vec<String>,
    /// When it was added.
    pub created_at: String,
}

/// A tier of their own for some repositories of a source.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PatternView {
    /// Which: `org/*`, `datasets/org/*`.
    pub pattern: String,
    /// 1 pre-approved, 2 conditional, 3 prohibited.
    pub tier: u8,
    /// The tier in words.
    pub tier_name: String,
}

/// What a source answered.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProbeView {
    /// The source.
    pub source: String,
    /// Where it is.
    pub url: String,
    /// Whether what travels is encrypted.
    pub is_encrypted: bool,
    /// Its answer to somebody without a credential.
    pub anonymous: AnswerView,
    /// Its answer to each of our credentials.
    pub credentials: Vec<CredentialAnswerView>,
}

/// Its answer to one of our credentials.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CredentialAnswerView {
    /// The repositories the credential is for.
    pub pattern: String,
    /// The answer.
    pub answer: AnswerView,
}

/// One answer of a source. "Could not be asked" is an answer of its own.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AnswerView {
    /// `yes`, `no` or `unknown`.
    pub answer: String,
    /// What it said, or what went wrong.
    pub detail: String,
    /// How long the answer took.
    pub latency_ms: Option<u64>,
}

/// Which source.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct SourcePath {
    /// The source's name.
    name: String,
}

/// Which repositories.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PatternQuery {
    /// The pattern: `org/*`.
    pattern: String,
}

impl SourcePath {
    fn name(&self) -> Result<SourceName, Problem> {
        super::extract::parsed("name", &self.name)
    }
}

impl From<SourceReport> for SourceView {
    fn from(source: SourceReport) -> SourceView {
        let patterns = source.patterns.iter().map(|(pattern, tier)| PatternView {
            pattern: pattern.to_string(),
            tier: tier.number(),
            tier_name: tier.as_str().to_owned(),
        });
        SourceView {
            name: source.name.to_string(),
            kind: source.kind,
            url: source.url,
            tier: source.tier.number(),
            tier_name: source.tier.as_str().to_owned(),
            position: source.position,
            patterns: patterns.collect(),
            credentials: source.credentials.iter().map(ToString::to_string).collect(),
            created_at: source.created_at.to_string(),
        }
    }
}

impl From<ProbeReport> for ProbeView {
    fn from(report: ProbeReport) -> ProbeView {
        let credentials = report.credentials.into_iter().map(|(pattern, answer)| {
            CredentialAnswerView { pattern: pattern.to_string(), answer: answer.into() }
        });
        ProbeView {
            source: report.source.to_string(),
            url: report.url,
            is_encrypted: report.is_encrypted,
            anonymous: report.anonymous.into(),
            credentials: credentials.collect(),
        }
    }
}

impl From<ProbeAnswer> for AnswerView {
    fn from(answer: ProbeAnswer) -> AnswerView {
        let (word, detail, latency) = match answer {
            ProbeAnswer::Yes { latency, account } => {
                let whom = account
                    .map_or("it answers".to_owned(), |name| format!("it takes us for `{name}`"));
                ("yes", whom, Some(latency))
            }
            ProbeAnswer::No { message } => ("no", message, None),
            ProbeAnswer::Unknown { what } => ("unknown", what, None),
        };
        let latency_ms = latency.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        AnswerView { answer: word.to_owned(), detail, latency_ms }
    }
}

/// The source as it is now.
async fn show(engine: &Engine, name: &SourceName) -> Result<SourceView, Problem> {
    let sources = engine.list_sources().await.map_err(Problem::internal)?;
    match sources.into_iter().find(|source| source.name == *name) {
        Some(source) => Ok(SourceView::from(source)),
        None => Err(SourceError::NoSuchSource(name.clone()).into()),
    }
}

impl From<SourceError> for Problem {
    fn from(error: SourceError) -> Problem {
        match error {
            SourceError::NoSuchSource(_) => Problem::not_found("no-such-source", error)
                .hint("`weighbridge source list` shows the sources there are"),
            SourceError::NoSuchPattern(..) => Problem::not_found("no-such-pattern", error),
            SourceError::NoSuchCredential(..) => Problem::not_found("no-such-credential", error),
            SourceError::Taken(_) => Problem::conflict("source-exists", error)
                .hint("choose another name, or remove that source first"),
            SourceError::UnknownKind(_) => Problem::bad_request("unknown-kind", error),
            SourceError::Url(_) => Problem::bad_request("bad-url", error),
            SourceError::BadSecret => Problem::bad_request("bad-secret", error),
            SourceError::Seal => Problem::internal(error),
            SourceError::Store(error) => Problem::internal(error),
        }
    }
}
