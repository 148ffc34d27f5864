//! What other rules than those of today have looked at, and those of today have not: found in the tables
//! alone, so that a stop in between loses nothing.

use weighbridge_domain::{Digest, RepoPath, Timestamp};

use super::{RepositoryScanRow, ScanRow};
use crate::db::{BadColumn, Record, Row, args};
use crate::{Queries, StoreError};

/// A blob that these rules have not looked at as what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleScan {
    /// What was said last.
    pub latest: ScanRow,
    /// How large it is.
    pub size_bytes: u64,
    /// A name that ends in the suffix, in one of the revisions that have it.
    pub path: Option<RepoPath>,
}

/// Which of them to list: the smallest first.
#[derive(Clone, Debug)]
pub struct StalePage<'a> {
    /// The rules of today.
    pub ruleset: &'a str,
    /// Only files of these formats; all others when there are none.
    pub formats: &'a [&'a str],
    /// Only what comes after this one.
    pub after: Option<&'a StaleScan>,
    /// At most so many.
    pub limit: u32,
}

/// How far the rules of today have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RescanProgress {
    /// Files, each once for every suffix it goes by.
    pub files: u64,
    /// Those of them that these rules have not looked at.
    pub stale_files: u64,
    /// Revisions that were looked at as a whole.
    pub revisions: u64,
    /// Those of them that these rules have not looked at.
    pub stale_revisions: u64,
    /// When these rules first looked at something.
    pub since: Option<Timestamp>,
}

impl Record for StaleScan {
    const TABLE: &'static str = "scan";
    const KEY: &'static [&'static str] = &["digest", "suffix", "ruleset"];

    fn read(row: Row<'_>) -> Result<StaleScan, BadColumn> {
        let latest = ScanRow::read(row)?;
        let path: Option<RepoPath> = row.optional_parsed("path")?;
        Ok(StaleScan {
            size_bytes: row.count("size_bytes")?,
            path: path.filter(|path| path.extension() == latest.suffix),
            latest,
        })
    }
}

impl Record for RescanProgress {
    const TABLE: &'static str = "scan";
    const KEY: &'static [&'static str] = &[];

    fn read(row: Row<'_>) -> Result<RescanProgress, BadColumn> {
        let (files, revisions) = (row.count("files")?, row.count("revisions")?);
        Ok(RescanProgress {
            files,
            stale_files: files.saturating_sub(row.count("fresh_files")?),
            revisions,
            stale_revisions: revisions.saturating_sub(row.count("fresh_revisions")?),
            since: row.optional_moment("since")?,
        })
    }
}

impl Queries {
    /// What these rules have not looked at, the smallest first.
    pub async fn list_stale_scans(
        &mut self,
        page: &StalePage<'_>,
    ) -> Result<Vec<StaleScan>, StoreError> {
        const SQL: &str = "
            SELECT scan.digest, scan.suffix, scan.ruleset, scan.verdict, scan.report,
                scan.scanned_at, blob.size_bytes, (
                    SELECT revision_file.path
                    FROM revision_file
                    WHERE revision_file.digest = scan.digest
                        AND (scan.suffix = '' OR LOWER(revision_file.path) LIKE '%.' || scan.suffix)
                    ORDER BY revision_file.revision_id, revision_file.path
                    LIMIT 1
                ) AS path
            FROM blob JOIN scan ON scan.digest = blob.digest
            WHERE scan.ruleset <> $1
                AND (blob.size_bytes > $2
                    OR (blob.size_bytes = $2 AND blob.digest > $3)
                    OR (blob.size_bytes = $2 AND blob.digest = $3 AND scan.suffix > $4))
                AND blob.size_bytes >= $2
                AND (CASE WHEN $5 LIKE '%,' || scan.format || ',%' THEN 1 ELSE 0 END) = $6
                AND NOT EXISTS (
                    SELECT 1
                    FROM scan AS later
                    WHERE later.digest = scan.digest AND later.suffix = scan.suffix
                        AND (later.ruleset = $1 OR later.scanned_at > scan.scanned_at
                            OR (later.scanned_at = scan.scanned_at
                                AND later.ruleset > scan.ruleset))
                )
            ORDER BY blob.size_bytes, blob.digest, scan.suffix
            LIMIT $7";
        let (size, digest, suffix) = match page.after {
            Some(StaleScan { latest, size_bytes, .. }) => {
                (*size_bytes, latest.digest.to_string(), latest.suffix.as_str())
            }
            None => (0, String::new(), ""),
        };
        let is_only = !page.formats.is_empty();
        let formats = if is_only { page.formats } else { &[""] };
        let formats = format!(",{},", formats.join(","));
        let given = args![page.ruleset, size, digest, suffix, formats, is_only, page.limit];
        self.db.fetch_all(SQL, given).await
    }

    /// Revisions that these rules have not looked at as a whole, by id, with what was said last.
    pub async fn list_stale_revisions(
        &mut self,
        ruleset: &str,
        after: &str,
        limit: u32,
    ) -> Result<Vec<RepositoryScanRow>, StoreError> {
        const SQL: &str = "
            SELECT revision_id, ruleset, report, scanned_at
            FROM repository_scan
            WHERE revision_id > $2 AND ruleset <> $1 AND NOT EXISTS (
                SELECT 1
                FROM repository_scan AS later
                WHERE later.revision_id = repository_scan.revision_id
                    AND (later.ruleset = $1 OR later.scanned_at > repository_scan.scanned_at
                        OR (later.scanned_at = repository_scan.scanned_at
                            AND later.ruleset > repository_scan.ruleset))
            )
            ORDER BY revision_id
            LIMIT $3";
        self.db.fetch_all(SQL, args![ruleset, after, limit]).await
    }

    /// How far these rules have come.
    pub async fn rescan_progress(&mut self, ruleset: &str) -> Result<RescanProgress, StoreError> {
        const SQL: &str = "
            SELECT
                (SELECT COUNT(*) FROM (SELECT DISTINCT digest, suffix FROM scan) AS known) AS files,
                (SELECT COUNT(*) FROM scan WHERE ruleset = $1) AS fresh_files,
                (SELECT COUNT(DISTINCT revision_id) FROM repository_scan) AS revisions,
                (SELECT COUNT(*) FROM repository_scan WHERE ruleset = $1) AS fresh_revisions,
                (SELECT MIN(scanned_at) FROM scan WHERE ruleset = $1) AS since";
        self.db.fetch_one(SQL, args![ruleset]).await
    }

    /// A revision that has a blob under a name with that suffix, and the name.
    pub async fn find_name_of_blob(
        &mut self,
        digest: Digest,
        suffix: &str,
    ) -> Result<Option<(String, RepoPath)>, StoreError> {
        const SQL: &str = "
            SELECT revision_id, path
            FROM revision_file
            WHERE digest = $1
            ORDER BY CASE WHEN LOWER(path) LIKE '%.' || $2 THEN 0 ELSE 1 END, revision_id, path
            LIMIT 1";
        let found: Option<NameOfBlob> = self.db.fetch_optional(SQL, args![digest, suffix]).await?;
        Ok(found.map(|found| (found.0, found.1)))
    }
}

struct NameOfBlob(String, RepoPath);

impl Record for NameOfBlob {
    const TABLE: &'static str = "revision_file";
    const KEY: &'static [&'static str] = &["revision_id", "path"];

    fn read(row: Row<'_>) -> Result<NameOfBlob, BadColumn> {
        Ok(NameOfBlob(row.text("revision_id")?, row.parsed("path")?))
    }
}
