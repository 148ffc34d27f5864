//! Everything policy may know about a revision, from the store alone.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use weighbridge_domain::{
    CommitId, Custody, Environment, Finding, Grade, RepoPath, ScanReport, Severity, Timestamp,
};
use weighbridge_policy::{
    ApprovalFact, ArtifactFact, AttestationFact, BreakGlassFact, CustodyFact, Facts, FindingCounts,
    FindingFact, FormatFact, LicenceGrade, MAX_FINDINGS, RevisionFact, ScanFact, SourceFact,
    UnknownFact, UseFact, WaiverFact,
};
use weighbridge_store::{
    ApprovalRow, BreakGlassRow, FilePage, Queries, RepositoryScanRow, RevisionRow, StoreError,
    WaiverRow,
};

use crate::Engine;
use crate::admit::locate::Located;
use crate::admit::{Card, Refused};
use crate::attest::trust::foreign_facts;

/// What never changes about a revision's files, counted once.
#[derive(Debug, Default)]
pub(crate) struct FileSummary {
    count: u64,
    total_bytes: u64,
    largest: Option<(u64, RepoPath)>,
    by_suffix: BTreeMap<String, (u64, RepoPath)>,
}

const DAY_HOURS: u64 = 24;
/// Letters of a reason that stand in a decision.
const TOLD_LETTERS: usize = 240;
/// Suffixes of one revision that are told apart; files cut into numbered parts have thousands.
const MAX_SUFFIXES: usize = 200;
/// What the others are called. It is no suffix, so no list of allowed ones has it.
const OTHER_SUFFIXES: &str = "(others)";

impl Engine {
    /// Gathers the facts about a revision for one environment.
    pub(crate) async fn gather_facts(
        &self,
        located: &Located,
        revision: &RevisionRow,
        card: &Card,
        environment: &Environment,
    ) -> Result<Facts, Refused> {
        let mut db = self.0.store.read().await?;
        let summary = self.file_summary(&mut db, &revision.id).await?;
        let ruleset = self.0.ruleset.as_str();
        let mut gathered = Gathered::new(&summary);
        let blobs = db.list_blobs_of_revision(&revision.id).await?;
        let blobs: HashMap<_, _> =
            blobs.into_iter().map(|blob| (blob.digest, blob.custody)).collect();
        let scans = db.list_held_scans_of_revision(&revision.id, ruleset).await?;
        let scans: HashMap<_, _> =
            scans.into_iter().map(|scan| ((scan.digest, scan.suffix), scan.report)).collect();
        for file in db.list_fetched_files(&revision.id).await? {
            let Some(digest) = file.digest else { continue };
            gathered.custody(&file.path, blobs.get(&digest).copied());
            if let Some(report) = scans.get(&(digest, file.path.extension())) {
                gathered.file(&file.path, report);
            }
        }
        if let Some(row) = db.find_held_repository_scan(&revision.id, ruleset).await? {
            gathered.repository(row);
        }
        if gathered.custody.recalled > 0
            && let Some(recall) = db.find_recall_in_revision(&revision.id).await?
        {
            gathered.custody.example = Some(recall.path.to_string());
            gathered.custody.recalled_by = Some(recall.by);
            gathered.custody.recalled_because = Some(beginning(&recall.because));
        }
        let now = self.0.settings.clock.now();
        let mut approvals = db.list_approvals(&revision.id, environment, now).await?;
        let mut carried_over_from = None;
        if approvals.is_empty()
            && let Some((commit, held)) =
                self.carried_over(&mut db, located, revision, environment, now).await?
        {
            (carried_over_from, approvals) = (Some(commit), held);
        }
        let approval_ended_at = if approvals.is_empty() {
            db.find_ended_approval(&revision.id, environment, now).await?
        } else {
            None
        };
        let attestations = foreign_facts(&mut db, &revision.id, &located.artifact).await?;
        let waivers = db.list_waivers_in_force(environment, now).await?;
        let broken = db.list_break_glass_in_force(environment, now).await?;
        let broken = broken.into_iter().filter(|row| row.pattern.matches(&located.artifact));
        let waivers = waivers.into_iter().filter(|row| row.pattern.matches(&located.artifact));
        // Read again: the last file may have come in since the caller read it.
        let current = db.find_revision_by_id(&revision.id).await?;
        let manifest = current.and_then(|current| current.manifest);
        drop(db);
        Ok(Facts {
            environment: environment.clone(),
            artifact: ArtifactFact::from(&located.artifact),
            source: SourceFact {
                name: located.source.name.clone(),
                tier: located.tier.tier,
                tier_because: located.tier.because.clone(),
            },
            revision: RevisionFact {
                commit: revision.commit.clone(),
                manifest,
                age_hours: card.last_modified.as_deref().and_then(|text| age_hours(text, now)),
                restricted: located.restricted,
                licences: card.licences.clone(),
                licence_grade: if card.licences.is_empty() {
                    LicenceGrade::Missing
                } else {
                    LicenceGrade::Declared
                },
                file_count: summary.count,
                total_bytes: summary.total_bytes,
                largest_file_bytes: summary.largest.as_ref().map_or(0, |(size, _)| *size),
                largest_file: summary.largest.as_ref().map(|(_, path)| path.to_string()),
            },
            formats: gathered.formats(),
            finding_counts: gathered.counts,
            scan: ScanFact {
                examined: gathered.examined,
                pending: summary.count.saturating_sub(gathered.seen),
                unknown: gathered.unknown,
                example_unknown: gathered.example_unknown,
                sandboxed: self.0.sandboxed,
            },
            custody: gathered.custody,
            findings: worst_first(gathered.findings),
            approval_ended_at,
            uses: uses(&approvals),
            approvals: approvals
                .into_iter()
                .map(|row| approval(row, carried_over_from.clone()))
                .collect(),
            waivers: waivers.map(waiver).collect(),
            attestations: attestations.into_iter().map(attestation).collect(),
            break_glass: broken.map(break_glass).collect(),
        })
    }

    async fn file_summary(
        &self,
        db: &mut Queries,
        revision_id: &str,
    ) -> Result<Arc<FileSummary>, StoreError> {
        if let Some(summary) = self.0.summaries.get(revision_id) {
            return Ok(summary);
        }
        let mut summary = FileSummary::default();
        let mut after: Option<RepoPath> = None;
        loop {
            let page = FilePage { folder: "", after: after.as_ref(), limit: 5_000 };
            let rows = db.list_files(revision_id, &page).await?;
            let Some(last) = rows.last() else { break };
            after = Some(last.path.clone());
            for row in rows {
                summary.count += 1;
                summary.total_bytes = summary.total_bytes.saturating_add(row.size_bytes);
                if summary.largest.as_ref().is_none_or(|(size, _)| row.size_bytes > *size) {
                    summary.largest = Some((row.size_bytes, row.path.clone()));
                }
                let suffixes = &mut summary.by_suffix;
                let mut suffix = row.path.extension();
                if suffixes.len() >= MAX_SUFFIXES && !suffixes.contains_key(&suffix) {
                    OTHER_SUFFIXES.clone_into(&mut suffix);
                }
                let entry = suffixes.entry(suffix);
                entry.or_insert_with(|| (0, row.path.clone())).0 += 1;
            }
        }
        let summary = Arc::new(summary);
        self.0.summaries.insert(revision_id.to_owned(), Arc::clone(&summary));
        Ok(summary)
    }
}

fn break_glass(row: BreakGlassRow) -> BreakGlassFact {
    let BreakGlassRow { id, glass, .. } = row;
    BreakGlassFact {
        id,
        by: glass.opened_by,
        confirmed_by: glass.confirmed.map(|(by, _)| by),
        expires_at: glass.expires_at,
    }
}

fn waiver(row: WaiverRow) -> WaiverFact {
    let WaiverRow { id, rule, granted_by: by, expires_at, .. } = row;
    WaiverFact { id, rule, by, expires_at }
}

fn attestation((predicate_type, key, grade): (String, String, Grade)) -> AttestationFact {
    AttestationFact { predicate_type, key, grade }
}

fn approval(row: ApprovalRow, carried_over_from: Option<CommitId>) -> ApprovalFact {
    let ApprovalRow { by, role, expires_at, .. } = row;
    let (role, expires_at) = (role.to_string(), Some(expires_at));
    ApprovalFact { by, role, expires_at, carried_over_from }
}

/// What the approvals are for: one use a request.
fn uses(approvals: &[ApprovalRow]) -> Vec<UseFact> {
    let mut requests = std::collections::HashSet::new();
    let first = approvals.iter().filter(|row| requests.insert(row.request_id.as_str()));
    first.map(|row| UseFact::of(row.request_id.clone(), row.risk.clone())).collect()
}

struct Gathered<'a> {
    summary: &'a FileSummary,
    by_format: BTreeMap<String, (u64, RepoPath)>,
    examined_by_suffix: HashMap<String, u64>,
    findings: Vec<FindingFact>,
    counts: FindingCounts,
    /// Files with a report, whatever it says.
    seen: u64,
    examined: u64,
    unknown: u64,
    example_unknown: Option<UnknownFact>,
    custody: CustodyFact,
}

impl<'a> Gathered<'a> {
    fn new(summary: &'a FileSummary) -> Gathered<'a> {
        Gathered {
            summary,
            by_format: BTreeMap::new(),
            examined_by_suffix: HashMap::new(),
            findings: Vec::new(),
            counts: FindingCounts::default(),
            seen: 0,
            examined: 0,
            unknown: 0,
            example_unknown: None,
            custody: CustodyFact::default(),
        }
    }

    fn custody(&mut self, path: &RepoPath, custody: Option<Custody>) {
        match custody {
            Some(Custody::Rejected) => self.custody.rejected += 1,
            Some(Custody::Recalled) => self.custody.recalled += 1,
            Some(Custody::Quarantined | Custody::Released) | None => return,
        }
        self.custody.example.get_or_insert_with(|| path.to_string());
    }

    fn file(&mut self, path: &RepoPath, report: &ScanReport) {
        let format = self.by_format.entry(report.format.as_str().to_owned());
        format.or_insert_with(|| (0, path.clone())).0 += 1;
        let mut suffix = path.extension();
        if !self.summary.by_suffix.contains_key(&suffix) {
            OTHER_SUFFIXES.clone_into(&mut suffix);
        }
        *self.examined_by_suffix.entry(suffix).or_default() += 1;
        self.seen += 1;
        match report.unexamined.first() {
            None => self.examined += 1,
            Some(gap) => {
                self.unknown += 1;
                let unknown = UnknownFact { path: path.to_string(), why: gap.why.clone() };
                self.example_unknown.get_or_insert(unknown);
            }
        }
        for finding in &report.findings {
            self.finding(path, finding);
        }
    }

    fn repository(&mut self, row: RepositoryScanRow) {
        for entry in &row.findings {
            self.finding(&entry.path, &entry.finding);
        }
        if let Some(why) = row.unexamined.into_iter().next() {
            self.unknown += 1;
            let path = "the repository".to_owned();
            self.example_unknown.get_or_insert(UnknownFact { path, why });
        }
    }

    fn finding(&mut self, path: &RepoPath, finding: &Finding) {
        match finding.severity {
            Severity::Note => self.counts.note += 1,
            Severity::Review => self.counts.review += 1,
            Severity::Dangerous => self.counts.dangerous += 1,
        }
        self.findings.push(FindingFact {
            rule: finding.rule.clone(),
            severity: finding.severity,
            path: path.to_string(),
            message: finding.message.clone(),
        });
    }

    /// What was examined by content, and what was not by the names of its files.
    fn formats(&self) -> Vec<FormatFact> {
        let examined = self.by_format.iter().map(|(format, (files, example))| FormatFact {
            format: format.clone(),
            files: *files,
            example: example.to_string(),
            examined: true,
        });
        let pending = self.summary.by_suffix.iter().filter_map(|(suffix, (files, example))| {
            let seen = self.examined_by_suffix.get(suffix).copied().unwrap_or(0);
            let files = files.saturating_sub(seen);
            (files > 0).then(|| FormatFact {
                format: if suffix.is_empty() { "none".to_owned() } else { suffix.clone() },
                files,
                example: example.to_string(),
                examined: false,
            })
        });
        examined.chain(pending).collect()
    }
}

/// As much of a reason as fits into what clients show.
fn beginning(text: &str) -> String {
    let mut letters = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    let beginning: String = letters.by_ref().take(TOLD_LETTERS).collect();
    if letters.next().is_none() { beginning } else { format!("{}…", beginning.trim_end()) }
}

fn worst_first(mut findings: Vec<FindingFact>) -> Vec<FindingFact> {
    findings.sort_by(|one, other| {
        let key = |finding: &FindingFact| {
            (std::cmp::Reverse(finding.severity), finding.path.clone(), finding.rule.clone())
        };
        key(one).cmp(&key(other))
    });
    findings.truncate(MAX_FINDINGS);
    findings
}

/// Whole hours up to two days, then whole days up to ninety: a fact that changed every hour for ever
/// would make a new decision every hour for ever.
fn age_hours(last_modified: &str, now: Timestamp) -> Option<u64> {
    let modified = Timestamp::from_rfc3339(last_modified)?;
    let age: Duration = modified.until(now);
    let hours = age.as_secs() / 3600;
    Some(if hours < 2 * DAY_HOURS {
        hours
    } else {
        (hours / DAY_HOURS * DAY_HOURS).min(90 * DAY_HOURS)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_grow_coarser() {
        let now = Timestamp::from_rfc3339("2026-03-01T00:00:00Z").unwrap();
        let age = |text: &str| age_hours(text, now);
        assert_eq!(age("2026-02-28T19:30:00Z"), Some(4));
        assert_eq!(age("2026-02-20T19:30:00Z"), Some(8 * 24));
        assert_eq!(age("2020-01-01T00:00:00Z"), Some(90 * 24));
        assert_eq!(age("2027-01-01T00:00:00Z"), Some(0));
        assert_eq!(age("yesterday"), None);
    }
}
