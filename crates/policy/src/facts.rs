//! The facts document: everything a rule may know about one revision in one environment.
//!
//! It is written once per decision, kept with it, and named by its digest. A field is added with a
//! new `schema` number only when an old document could be misread.

use std::fmt::Display;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use weighbridge_domain::{
    Affected, Artifact, ArtifactKind, ArtifactName, CommitId, DataClass, Digest, Environment,
    Grade, Region, RiskAnswers, Severity, SourceName, Tier, Timestamp,
};

use crate::canonical;

/// How many findings a facts document lists; the counts cover the rest.
pub const MAX_FINDINGS: usize = 200;

/// The version of the facts document.
const SCHEMA: u64 = 1;

/// Everything known about one revision, for one environment.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Where the revision would be used.
    pub environment: Environment,
    /// What it is called.
    pub artifact: ArtifactFact,
    /// Where it comes from.
    pub source: SourceFact,
    /// What it consists of.
    pub revision: RevisionFact,
    /// The formats of its files, one entry a format.
    pub formats: Vec<FormatFact>,
    /// What the scanner saw, the worst first, at most [`MAX_FINDINGS`].
    pub findings: Vec<FindingFact>,
    /// How much the scanner saw in all.
    pub finding_counts: FindingCounts,
    /// How far the scan got.
    pub scan: ScanFact,
    /// Whether a file of it was rejected or recalled.
    pub custody: CustodyFact,
    /// The approvals that hold for this revision and environment now; expired ones are left out.
    pub approvals: Vec<ApprovalFact>,
    /// When the last approval of exactly these bytes ended, when none holds any more.
    pub approval_ended_at: Option<Timestamp>,
    /// What the revision is approved for: what whoever asked said about the use.
    pub uses: Vec<UseFact>,
    /// The rules that are set aside for this artifact and environment now.
    pub waivers: Vec<WaiverFact>,
    /// What others say about the revision, signed by keys that are trusted for it now.
    pub attestations: Vec<AttestationFact>,
    /// The emergencies for which every rule at gate `use` is lifted now.
    pub break_glass: Vec<BreakGlassFact>,
}

/// What the artifact is called.
#[derive(Clone, Debug, Serialize)]
pub struct ArtifactFact {
    /// Model or dataset.
    #[serde(serialize_with = "text")]
    pub kind: ArtifactKind,
    /// Its canonical name.
    #[serde(serialize_with = "text")]
    pub name: ArtifactName,
    /// The part of the name before the slash, if there is one.
    pub publisher: Option<String>,
}

impl From<&Artifact> for ArtifactFact {
    fn from(artifact: &Artifact) -> ArtifactFact {
        ArtifactFact {
            kind: artifact.kind,
            name: artifact.name.clone(),
            publisher: artifact.name.publisher().map(str::to_owned),
        }
    }
}

/// Where the artifact comes from, and how far that is trusted.
#[derive(Clone, Debug, Serialize)]
pub struct SourceFact {
    /// The source's name.
    #[serde(serialize_with = "text")]
    pub name: SourceName,
    /// The tier that holds for this artifact; 1, 2 or 3 in the document.
    #[serde(serialize_with = "number")]
    pub tier: Tier,
    /// What gave it that tier: a pattern such as `acme/*`, or `source`.
    pub tier_because: String,
}

/// What the revision consists of.
#[derive(Clone, Debug, Serialize)]
pub struct RevisionFact {
    /// The upstream commit.
    #[serde(serialize_with = "text")]
    pub commit: CommitId,
    /// The manifest digest, once every file's digest is known.
    #[serde(serialize_with = "optional_text")]
    pub manifest: Option<Digest>,
    /// Whole hours since upstream made the revision; `None` when upstream does not say.
    pub age_hours: Option<u64>,
    /// Whether upstream gives it to some people only (gated or private).
    pub restricted: bool,
    /// The licence tags it declares, as upstream writes them.
    pub licences: Vec<String>,
    /// What the licence tags rest on.
    pub licence_grade: LicenceGrade,
    /// How many files it has.
    pub file_count: u64,
    /// How large it is in all.
    pub total_bytes: u64,
    /// How large its largest file is.
    pub largest_file_bytes: u64,
    /// The path of its largest file.
    pub largest_file: Option<String>,
}

/// What a licence tag rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LicenceGrade {
    /// The publisher says so.
    Declared,
    /// Nobody says anything.
    Missing,
}

/// One format, and the files that have it.
#[derive(Clone, Debug, Serialize)]
pub struct FormatFact {
    /// By content when examined: the scanner's word. Before: the ending of the files' names in
    /// lower case, without the dot, and `none` for names without one.
    pub format: String,
    /// How many files have it.
    pub files: u64,
    /// The path of one of them.
    pub example: String,
    /// Whether the scanner said so; otherwise the names say so.
    pub examined: bool,
}

/// One thing the scanner saw.
#[derive(Clone, Debug, Serialize)]
pub struct FindingFact {
    /// The scanner's rule code: `WB-PICKLE-CALL`.
    pub rule: String,
    /// How bad.
    #[serde(serialize_with = "text")]
    pub severity: Severity,
    /// The file.
    pub path: String,
    /// One sentence without a full stop.
    pub message: String,
}

/// How many findings of each severity there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FindingCounts {
    /// Worth knowing.
    pub note: u64,
    /// A person has to look.
    pub review: u64,
    /// It can act on whoever loads it.
    pub dangerous: u64,
}

/// How far the scan got.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ScanFact {
    /// Files that were examined whole.
    pub examined: u64,
    /// Files nobody has asked for yet, or whose scan has not ended.
    pub pending: u64,
    /// Files of which something could not be examined.
    pub unknown: u64,
    /// One of the unknown files.
    pub example_unknown: Option<UnknownFact>,
    /// Whether the scanner ran in its sandbox.
    pub sandboxed: bool,
}

/// A file of which something could not be examined.
#[derive(Clone, Debug, Serialize)]
pub struct UnknownFact {
    /// The file.
    pub path: String,
    /// Why not.
    pub why: String,
}

/// Whether a file of the revision was rejected or recalled.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CustodyFact {
    /// Files that were rejected.
    pub rejected: u64,
    /// Files that were recalled.
    pub recalled: u64,
    /// The path of one of them.
    pub example: Option<String>,
    /// Who recalled it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recalled_by: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recalled_because: Option<String>,
}

/// One approval that holds now.
#[derive(Clone, Debug, Serialize)]
pub struct ApprovalFact {
    /// Who approved.
    pub by: String,
    /// In which role.
    pub role: String,
    /// Until when it holds; `None` when it has no end.
    #[serde(serialize_with = "optional_text")]
    pub expires_at: Option<Timestamp>,
    /// The commit whose approval it is, when it was carried over to this one.
    #[serde(serialize_with = "optional_text", skip_serializing_if = "Option::is_none")]
    pub carried_over_from: Option<CommitId>,
}

/// One use that the revision is approved for.
#[derive(Clone, Debug, Serialize)]
pub struct UseFact {
    /// The request.
    pub request: String,
    /// What it is for, in a few words; empty when nobody said.
    pub use_case: String,
    /// How sensitive the data is: `public`, `internal`, `confidential` or `restricted`.
    #[serde(serialize_with = "text")]
    pub data: DataClass,
    /// Where the data has to stay; `None` when nobody said.
    #[serde(serialize_with = "optional_text")]
    pub residency: Option<Region>,
    /// People outside the team meet what it says or does.
    pub user_facing: bool,
    /// Decisions about people rest on it.
    pub affects_people: bool,
    /// The widest circle it reaches: `team`, `employees`, `customers` or `public`; `None` when nobody
    /// said.
    #[serde(serialize_with = "optional_text")]
    pub affected: Option<Affected>,
}

impl UseFact {
    /// What whoever made a request said.
    pub fn of(request: String, risk: RiskAnswers) -> UseFact {
        let RiskAnswers { use_case, data, residency, user_facing, affects_people, affected } = risk;
        UseFact { request, use_case, data, residency, user_facing, affects_people, affected }
    }
}

/// One rule that is set aside now.
#[derive(Clone, Debug, Serialize)]
pub struct WaiverFact {
    /// The waiver.
    pub id: String,
    /// The rule.
    pub rule: String,
    /// Who answers for it.
    pub by: String,
    /// Until when.
    #[serde(serialize_with = "text")]
    pub expires_at: Timestamp,
}

/// One kind of statement that somebody else signed.
#[derive(Clone, Debug, Serialize)]
pub struct AttestationFact {
    /// What kind of thing it says.
    pub predicate_type: String,
    /// The name of the key.
    pub key: String,
    /// How well it is known: `verified` or `declared`.
    #[serde(serialize_with = "text")]
    pub grade: Grade,
}

/// One emergency, for which rules are lifted now.
#[derive(Clone, Debug, Serialize)]
pub struct BreakGlassFact {
    /// The break-glass.
    pub id: String,
    /// Who opened it.
    pub by: String,
    /// The second person, where there is one.
    pub confirmed_by: Option<String>,
    /// Until when.
    #[serde(serialize_with = "text")]
    pub expires_at: Timestamp,
}

impl Facts {
    /// The document: one line of JSON with sorted keys, the same for the same facts.
    pub fn canonical(&self) -> String {
        canonical::text(self)
    }

    /// The name of the document: SHA-256 over [`Facts::canonical`].
    pub fn digest(&self) -> Digest {
        Digest::of(self.canonical().as_bytes())
    }
}

impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut document = serializer.serialize_struct("Facts", 14)?;
        document.serialize_field("schema", &SCHEMA)?;
        document.serialize_field("environment", self.environment.as_str())?;
        document.serialize_field("artifact", &self.artifact)?;
        document.serialize_field("source", &self.source)?;
        document.serialize_field("revision", &self.revision)?;
        document.serialize_field("formats", &self.formats)?;
        document.serialize_field("findings", &self.findings)?;
        document.serialize_field("finding_counts", &self.finding_counts)?;
        document.serialize_field("scan", &self.scan)?;
        document.serialize_field("custody", &self.custody)?;
        document.serialize_field("approvals", &self.approvals)?;
        if let Some(moment) = &self.approval_ended_at {
            document.serialize_field("approval_ended_at", &moment.to_string())?;
        }
        document.serialize_field("uses", &self.uses)?;
        document.serialize_field("waivers", &self.waivers)?;
        // Most revisions have none; their documents stay as they were.
        if !self.attestations.is_empty() {
            document.serialize_field("attestations", &self.attestations)?;
        }
        // Facts of ordinary days look as they did before there was any.
        if !self.break_glass.is_empty() {
            document.serialize_field("break_glass", &self.break_glass)?;
        }
        document.end()
    }
}

fn text<S: Serializer>(word: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(word)
}

#[expect(clippy::ref_option, reason = "serde passes fields by reference")]
fn optional_text<S: Serializer>(
    word: &Option<impl Display>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match word {
        Some(word) => serializer.collect_str(word),
        None => serializer.serialize_none(),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn number<S: Serializer>(tier: &Tier, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(tier.number())
}
