//! What was seen once every file of a revision was looked at: the verdict, what the scanner found, that the
//! bytes are those that upstream promised, and under which terms they come.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::json;
use weighbridge_domain::{Finding, Grade, RepoPath, Severity, Timestamp};
use weighbridge_evidence::predicate::{
    LICENCE, Licence, LicenceClaim, ResourceDescriptor, SVR, ScanMetadata, ScanResult, Scanner,
    ScannerDb, SeverityScore, Svr, TEST_RESULT, TestOutcome, TestResult, VERIFIER_ID, VULNS,
    Verifier, Vulns,
};
use weighbridge_store::{Queries, StoreError};

use super::write::{NewStatement, Whole};
use crate::Engine;
use crate::admit::Card;
use crate::change::Change;

/// How many findings a statement lists, the worst first; its annotations say how many there are.
const MAX_FINDINGS: usize = 500;
/// Characters of a message in a statement.
const MESSAGE_CHARS: usize = 300;

/// What the scanner said of a whole revision.
#[derive(Default)]
struct Seen {
    files: u64,
    /// Files that nobody looked at yet.
    pending: u64,
    unexamined: u64,
    findings: Vec<(Severity, RepoPath, Finding)>,
    found: u64,
    by_rule: BTreeMap<String, Severity>,
    began: Option<Timestamp>,
    ended: Option<Timestamp>,
}

impl Engine {
    /// Tells, signed, what is known of a revision once every file of it was looked at; what was told
    /// before is not told again.
    pub(crate) async fn attest_whole(
        &self,
        change: &mut Change,
        revision_id: &str,
    ) -> Result<(), StoreError> {
        let Some(whole) = self.find_sealed(change.tx(), revision_id).await? else { return Ok(()) };
        self.attest_hashes(change, &whole).await?;
        self.attest_licence(change, &whole).await?;
        let ruleset = self.0.ruleset.as_str();
        let about = format!("scan/{ruleset}");
        if change.tx().find_attestation(&whole.revision_id, &about).await?.is_some() {
            return Ok(());
        }
        let seen = self.see(change.tx(), &whole.revision_id).await?;
        if seen.pending > 0 {
            return Ok(());
        }
        let predicate = self.verdict(&seen);
        let new = NewStatement {
            about,
            predicate_type: TEST_RESULT,
            predicate: &predicate,
            grade: Grade::Verified,
        };
        self.attest(change, &whole, new).await?;
        let predicate = self.findings(seen);
        let new = NewStatement {
            about: format!("findings/{ruleset}"),
            predicate_type: VULNS,
            predicate: &predicate,
            grade: Grade::Verified,
        };
        self.attest(change, &whole, new).await
    }

    async fn attest_hashes(&self, change: &mut Change, whole: &Whole) -> Result<(), StoreError> {
        let predicate = Svr {
            verifier: Verifier { id: VERIFIER_ID.to_owned(), policies: Vec::new() },
            time_created: self.0.settings.clock.now().to_string(),
            properties: vec![
                "WEIGHBRIDGE_RECEIVED_WHOLE".to_owned(),
                "WEIGHBRIDGE_HASHES_MATCH_UPSTREAM".to_owned(),
            ],
        };
        let about = "hashes".to_owned();
        let grade = Grade::Verified;
        let new = NewStatement { about, predicate_type: SVR, predicate: &predicate, grade };
        self.attest(change, whole, new).await
    }

    async fn attest_licence(&self, change: &mut Change, whole: &Whole) -> Result<(), StoreError> {
        let revision = change.tx().find_revision_by_id(&whole.revision_id).await?;
        let card = revision.and_then(|row| serde_json::from_str::<Card>(&row.card).ok());
        let licences = card.map(|card| card.licences).unwrap_or_default();
        let grade = if licences.is_empty() { Grade::Missing } else { Grade::Declared };
        let claim = |name| LicenceClaim { name, declared_by: "publisher".to_owned() };
        let predicate = Licence {
            grade: grade.to_string(),
            licences: licences.into_iter().map(claim).collect(),
            at: self.0.settings.clock.now().to_string(),
        };
        let about = "licence".to_owned();
        let new = NewStatement { about, predicate_type: LICENCE, predicate: &predicate, grade };
        self.attest(change, whole, new).await
    }

    /// What these rules said of every file, and of all of them together.
    async fn see(&self, db: &mut Queries, revision_id: &str) -> Result<Seen, StoreError> {
        let ruleset = self.0.ruleset.as_str();
        let mut seen = Seen::default();
        let scans = db.list_scans_of_revision(revision_id, ruleset).await?;
        let scans: HashMap<_, _> =
            scans.into_iter().map(|scan| ((scan.digest, scan.suffix.clone()), scan)).collect();
        for file in db.list_fetched_files(revision_id).await? {
            seen.files += 1;
            let key = file.digest.map(|digest| (digest, file.path.extension()));
            let Some(scan) = key.and_then(|key| scans.get(&key)) else {
                seen.pending += 1;
                continue;
            };
            seen.at(scan.scanned_at);
            seen.unexamined += u64::from(!scan.report.unexamined.is_empty());
            for finding in &scan.report.findings {
                seen.add(&file.path, finding);
            }
        }
        match db.find_repository_scan(revision_id, ruleset).await? {
            None => seen.pending += 1,
            Some(together) => {
                seen.at(together.scanned_at);
                seen.unexamined += u64::from(!together.unexamined.is_empty());
                for entry in &together.findings {
                    seen.add(&entry.path, &entry.finding);
                }
            }
        }
        Ok(seen)
    }

    fn verdict(&self, seen: &Seen) -> TestResult {
        let rules = |severity: Severity| -> Vec<String> {
            let of = seen.by_rule.iter().filter(|(_, worst)| **worst == severity);
            of.map(|(rule, _)| rule.clone()).collect()
        };
        let (warned_tests, failed_tests) = (rules(Severity::Review), rules(Severity::Dangerous));
        let objecting: BTreeSet<&String> = warned_tests.iter().chain(&failed_tests).collect();
        let all = weighbridge_scan::rules().iter().map(|rule| rule.code.to_owned());
        // A rule that could not look everywhere has passed nothing.
        let passed_tests = if seen.unexamined > 0 {
            Vec::new()
        } else {
            all.filter(|code| !objecting.contains(code)).collect()
        };
        let result = if !failed_tests.is_empty() {
            TestOutcome::Failed
        } else if !warned_tests.is_empty() || seen.unexamined > 0 {
            TestOutcome::Warned
        } else {
            TestOutcome::Passed
        };
        let mut configuration =
            ResourceDescriptor::named("weighbridge-scan rules", self.0.ruleset.clone());
        configuration.annotations = BTreeMap::from([
            ("version".to_owned(), json!(weighbridge_scan::ruleset().version)),
            ("sandboxed".to_owned(), json!(self.0.sandboxed)),
            ("files".to_owned(), json!(seen.files)),
            ("filesNotWhollyExamined".to_owned(), json!(seen.unexamined)),
        ]);
        TestResult {
            result,
            configuration: vec![configuration],
            url: None,
            passed_tests,
            warned_tests,
            failed_tests,
        }
    }

    fn findings(&self, mut seen: Seen) -> Vulns {
        seen.findings.sort_by(|one, other| {
            let key = |finding: &(Severity, RepoPath, Finding)| {
                (std::cmp::Reverse(finding.0), finding.1.clone(), finding.2.rule.clone())
            };
            key(one).cmp(&key(other))
        });
        let (found, total) = (seen.findings, seen.found);
        let result = |(severity, path, finding): (Severity, RepoPath, Finding)| ScanResult {
            id: finding.rule,
            severity: vec![SeverityScore {
                method: "weighbridge".to_owned(),
                score: severity.to_string(),
            }],
            annotations: vec![BTreeMap::from([
                ("path".to_owned(), json!(path.as_str())),
                ("member".to_owned(), json!(finding.place.member)),
                (
                    "message".to_owned(),
                    json!(finding.message.chars().take(MESSAGE_CHARS).collect::<String>()),
                ),
                ("findings".to_owned(), json!(total)),
            ])],
        };
        let began = seen.began.map(|moment| moment.to_string()).unwrap_or_default();
        Vulns {
            scanner: Scanner {
                uri: "https://weighbridge/scan".to_owned(),
                version: Some(weighbridge_scan::ruleset().version.to_owned()),
                db: ScannerDb {
                    uri: Some(format!("https://weighbridge/scan/rules/{}", self.0.ruleset)),
                    version: Some(self.0.ruleset.clone()),
                    // The rules are part of the program: they are as old as it.
                    last_update: Some(began.clone()),
                },
                result: found.into_iter().take(MAX_FINDINGS).map(result).collect(),
            },
            metadata: ScanMetadata {
                scan_started_on: began,
                scan_finished_on: seen.ended.map(|moment| moment.to_string()).unwrap_or_default(),
            },
        }
    }
}

impl Seen {
    fn at(&mut self, moment: Timestamp) {
        self.began = Some(self.began.map_or(moment, |began| began.min(moment)));
        self.ended = Some(self.ended.map_or(moment, |ended| ended.max(moment)));
    }

    fn add(&mut self, path: &RepoPath, finding: &Finding) {
        self.found += 1;
        let worst = self.by_rule.entry(finding.rule.clone()).or_insert(finding.severity);
        *worst = (*worst).max(finding.severity);
        // Repositories can have millions of notes: what is kept is bounded, the worst stay.
        if self.findings.len() >= MAX_FINDINGS * 20 {
            if finding.severity == Severity::Note {
                return;
            }
            self.findings.sort_by_key(|(severity, ..)| std::cmp::Reverse(*severity));
            self.findings.truncate(MAX_FINDINGS * 10);
        }
        self.findings.push((finding.severity, path.clone(), finding.clone()));
    }
}
