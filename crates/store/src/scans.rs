//! What the scanner said, of a blob under a suffix and of a revision as a whole.

mod held;
mod stale;
mod stored;

pub use stale::{RescanProgress, StalePage, StaleScan};

use serde::Serialize;
use weighbridge_domain::{Digest, Finding, Format, RepoPath, ScanReport, Timestamp, Verdict};

use crate::db::{Arg, Args, BadColumn, Number, Record, Row, args, placeholders};
use crate::{Queries, StoreError, WriteTx};
use stored::{StoredReport, StoredRepositoryReport};

/// Rows in one statement.
const BATCH: usize = 64;

/// What one set of rules says of a blob, read as a file with that suffix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanRow {
    /// The blob.
    pub digest: Digest,
    /// What follows the last `.` of the file's name, in lower case: it may change how the bytes are
    /// read.
    pub suffix: String,
    /// The scanner's rules, by their version.
    pub ruleset: String,
    /// What it said.
    pub report: ScanReport,
    /// When.
    pub scanned_at: Timestamp,
}

/// What one set of rules says of the files of a revision together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryScanRow {
    /// The revision.
    pub revision_id: String,
    /// The scanner's rules, by their version.
    pub ruleset: String,
    /// What was seen.
    pub findings: Vec<PathFinding>,
    /// What was not examined; empty when everything was.
    pub unexamined: Vec<String>,
    /// When.
    pub scanned_at: Timestamp,
}

impl RepositoryScanRow {
    /// What it says in one word.
    pub fn verdict(&self) -> Verdict {
        let worst = self.findings.iter().map(|entry| entry.finding.severity).max();
        Verdict::of(worst, self.unexamined.is_empty())
    }
}

/// Something that is only visible when files are looked at together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathFinding {
    /// The file it is about.
    pub path: RepoPath,
    /// What was seen.
    pub finding: Finding,
}

impl Record for ScanRow {
    const TABLE: &'static str = "scan";
    const KEY: &'static [&'static str] = &["digest", "suffix", "ruleset"];

    fn read(row: Row<'_>) -> Result<ScanRow, BadColumn> {
        let report = row.json::<StoredReport>("report")?.report()?;
        // The column is there to be counted; the report is what it rests on.
        if row.parsed::<Verdict>("verdict")? != report.verdict() {
            return Err(BadColumn::new("verdict", "it is not what the report says"));
        }
        Ok(ScanRow {
            digest: row.parsed("digest")?,
            suffix: row.text("suffix")?,
            ruleset: row.text("ruleset")?,
            report,
            scanned_at: row.moment("scanned_at")?,
        })
    }
}

impl Record for RepositoryScanRow {
    const TABLE: &'static str = "repository_scan";
    const KEY: &'static [&'static str] = &["revision_id", "ruleset"];

    fn read(row: Row<'_>) -> Result<RepositoryScanRow, BadColumn> {
        let (findings, unexamined) = row.json::<StoredRepositoryReport>("report")?.parts()?;
        Ok(RepositoryScanRow {
            revision_id: row.text("revision_id")?,
            ruleset: row.text("ruleset")?,
            findings,
            unexamined,
            scanned_at: row.moment("scanned_at")?,
        })
    }
}

impl Queries {
    /// What those rules said of a blob under that suffix.
    pub async fn find_scan(
        &mut self,
        digest: Digest,
        suffix: &str,
        ruleset: &str,
    ) -> Result<Option<ScanRow>, StoreError> {
        const SQL: &str = "
            SELECT digest, suffix, ruleset, verdict, report, scanned_at
            FROM scan
            WHERE digest = $1 AND suffix = $2 AND ruleset = $3";
        self.db.fetch_optional(SQL, args![digest, suffix, ruleset]).await
    }

    /// Everything that was ever said of a blob, the latest first.
    pub async fn list_scans(&mut self, digest: Digest) -> Result<Vec<ScanRow>, StoreError> {
        const SQL: &str = "
            SELECT digest, suffix, ruleset, verdict, report, scanned_at
            FROM scan
            WHERE digest = $1
            ORDER BY scanned_at DESC, suffix, ruleset";
        self.db.fetch_all(SQL, args![digest]).await
    }

    /// What those rules said of the blobs of a revision, under every suffix.
    pub async fn list_scans_of_revision(
        &mut self,
        revision_id: &str,
        ruleset: &str,
    ) -> Result<Vec<ScanRow>, StoreError> {
        const SQL: &str = "
            SELECT digest, suffix, ruleset, verdict, report, scanned_at
            FROM scan
            WHERE ruleset = $2
                AND digest IN (SELECT digest FROM revision_file WHERE revision_id = $1)
            ORDER BY digest, suffix";
        self.db.fetch_all(SQL, args![revision_id, ruleset]).await
    }

    /// Whether those rules found a format among the files of a revision.
    pub async fn has_format(
        &mut self,
        revision_id: &str,
        ruleset: &str,
        format: &Format,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "
            SELECT COUNT(*) AS number
            FROM (
                SELECT 1 AS one
                FROM revision_file JOIN scan ON scan.digest = revision_file.digest
                WHERE revision_file.revision_id = $1 AND scan.ruleset = $2 AND scan.format = $3
                LIMIT 1
            ) AS found";
        let given = args![revision_id, ruleset, format.as_str()];
        let found: Number = self.db.fetch_one(SQL, given).await?;
        Ok(found.0 > 0)
    }

    /// What those rules said of a revision as a whole.
    pub async fn find_repository_scan(
        &mut self,
        revision_id: &str,
        ruleset: &str,
    ) -> Result<Option<RepositoryScanRow>, StoreError> {
        const SQL: &str = "
            SELECT revision_id, ruleset, report, scanned_at
            FROM repository_scan
            WHERE revision_id = $1 AND ruleset = $2";
        self.db.fetch_optional(SQL, args![revision_id, ruleset]).await
    }
}

impl WriteTx {
    /// Records what the scanner said of a blob, in place of what the same rules said before.
    pub async fn set_scan(&mut self, row: &ScanRow) -> Result<(), StoreError> {
        self.set_scans(std::slice::from_ref(row)).await
    }

    /// Records what the scanner said of blobs, each with a suffix once, in place of what the same rules said before.
    pub async fn set_scans(&mut self, rows: &[ScanRow]) -> Result<(), StoreError> {
        const OVER: &str = "DO UPDATE SET
            verdict = excluded.verdict, format = excluded.format,
            report = excluded.report, scanned_at = excluded.scanned_at";
        self.insert_scans(rows, OVER).await.map(drop)
    }

    /// The same where those rules have said nothing yet; answers how often that was.
    pub async fn add_scans(&mut self, rows: &[ScanRow]) -> Result<u64, StoreError> {
        self.insert_scans(rows, "DO NOTHING").await
    }

    async fn insert_scans(&mut self, rows: &[ScanRow], again: &str) -> Result<u64, StoreError> {
        let mut count = 0;
        for batch in rows.chunks(BATCH) {
            let sql = format!(
                "INSERT INTO scan (digest, suffix, ruleset, verdict, format, report, scanned_at)
                VALUES {}
                ON CONFLICT (digest, suffix, ruleset) {again}",
                placeholders(batch.len(), 7)
            );
            let mut given = Vec::with_capacity(batch.len() * 7);
            for ScanRow { digest, suffix, ruleset, report, scanned_at } in batch {
                given.push(Arg::from(*digest));
                given.push(Arg::from(suffix));
                given.push(Arg::from(ruleset));
                given.push(Arg::from(report.verdict()));
                given.push(Arg::from(report.format.as_str()));
                given.push(Arg::from(to_json(&StoredReport::of(report))?));
                given.push(Arg::from(*scanned_at));
            }
            let is_kept = batch.len() == BATCH || batch.len() == 1;
            count += self.db.execute_made(sql, Args(given), is_kept).await?;
        }
        Ok(count)
    }

    /// Records what the scanner said of a revision as a whole.
    pub async fn set_repository_scan(&mut self, row: &RepositoryScanRow) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO repository_scan (revision_id, ruleset, report, scanned_at)
            VALUES ($1, $2, $3, $4)
            ON CONFLICT (revision_id, ruleset) DO UPDATE SET
                report = excluded.report, scanned_at = excluded.scanned_at";
        let RepositoryScanRow { revision_id, ruleset, findings, unexamined, scanned_at } = row;
        let stored = to_json(&StoredRepositoryReport::of(findings, unexamined))?;
        let given = args![revision_id, ruleset, stored, *scanned_at];
        self.db.execute(SQL, given).await.map(drop)
    }
}

/// The text of a document of ours.
pub(crate) fn to_json(document: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(document).map_err(|error| StoreError::Other(error.to_string()))
}
