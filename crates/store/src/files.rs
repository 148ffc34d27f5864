//! The files of revisions.

use std::collections::HashMap;

use weighbridge_domain::{Digest, GitOid, RepoPath};

use crate::db::{Arg, Args, BadColumn, Record, Row, args, placeholders};
use crate::{Queries, StoreError, WriteTx};

/// Rows in one statement. `SQLite` finds each placeholder by walking a list, so ten times the rows
/// would take ten times as long a row.
const BATCH: usize = 50;

/// One file of a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// Where it lies.
    pub path: RepoPath,
    /// Its size, as upstream promised.
    pub size_bytes: u64,
    /// Its git blob id, as upstream promised (of the pointer, when it lies in LFS).
    pub git_oid: GitOid,
    /// Its SHA-256, as upstream promised, when it lies in LFS.
    pub lfs: Option<Digest>,
    /// Its SHA-256 once it was fetched and verified.
    pub digest: Option<Digest>,
}

/// Which files of a revision to list, by path.
#[derive(Clone, Debug, Default)]
pub struct FilePage<'a> {
    /// Only those in this folder or below; empty means all.
    pub folder: &'a str,
    /// Only those after this path.
    pub after: Option<&'a RepoPath>,
    /// At most so many.
    pub limit: u32,
}

/// How much a revision holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileCount {
    /// Its files.
    pub files: u64,
    /// Their sizes together.
    pub size_bytes: u64,
    /// The files that were not fetched and verified yet.
    pub missing: u64,
}

impl Record for FileRow {
    const TABLE: &'static str = "revision_file";
    const KEY: &'static [&'static str] = &["revision_id", "path"];

    fn read(row: Row<'_>) -> Result<FileRow, BadColumn> {
        Ok(FileRow {
            path: row.parsed("path")?,
            size_bytes: row.count("size_bytes")?,
            git_oid: row.parsed("git_oid")?,
            lfs: row.optional_parsed("lfs_digest")?,
            digest: row.optional_parsed("digest")?,
        })
    }
}

impl Record for FileCount {
    const TABLE: &'static str = "revision_file";
    const KEY: &'static [&'static str] = &[];

    fn read(row: Row<'_>) -> Result<FileCount, BadColumn> {
        Ok(FileCount {
            files: row.count("files")?,
            size_bytes: row.count("size_bytes")?,
            missing: row.count("missing")?,
        })
    }
}

impl Queries {
    /// The file at a path.
    pub async fn find_file(
        &mut self,
        revision_id: &str,
        path: &RepoPath,
    ) -> Result<Option<FileRow>, StoreError> {
        const SQL: &str = "
            SELECT revision_id, path, size_bytes, git_oid, lfs_digest, digest
            FROM revision_file
            WHERE revision_id = $1 AND path = $2";
        self.db.fetch_optional(SQL, args![revision_id, path]).await
    }

    /// Files in the order of their paths, byte by byte.
    pub async fn list_files(
        &mut self,
        revision_id: &str,
        page: &FilePage<'_>,
    ) -> Result<Vec<FileRow>, StoreError> {
        const ALL: &str = "
            SELECT revision_id, path, size_bytes, git_oid, lfs_digest, digest
            FROM revision_file
            WHERE revision_id = $1 AND path > $2
            ORDER BY path
            LIMIT $3";
        const BELOW: &str = "
            SELECT revision_id, path, size_bytes, git_oid, lfs_digest, digest
            FROM revision_file
            WHERE revision_id = $1 AND path > $2 AND path > $4 AND path < $5
            ORDER BY path
            LIMIT $3";
        let after = page.after.map_or("", RepoPath::as_str);
        if page.folder.is_empty() {
            return self.db.fetch_all(ALL, args![revision_id, after, page.limit]).await;
        }
        // `0` follows `/`: everything between the two lies in the folder.
        let (from, to) = (format!("{}/", page.folder), format!("{}0", page.folder));
        self.db.fetch_all(BELOW, args![revision_id, after, page.limit, from, to]).await
    }

    /// The files of a revision that were fetched and verified, by path.
    pub async fn list_fetched_files(
        &mut self,
        revision_id: &str,
    ) -> Result<Vec<FileRow>, StoreError> {
        const SQL: &str = "
            SELECT revision_id, path, size_bytes, git_oid, lfs_digest, digest
            FROM revision_file
            WHERE revision_id = $1 AND digest IS NOT NULL
            ORDER BY path";
        self.db.fetch_all(SQL, args![revision_id]).await
    }

    /// How many files a revision has, and how large they are together.
    pub async fn count_files(&mut self, revision_id: &str) -> Result<FileCount, StoreError> {
        const SQL: &str = "
            SELECT COUNT(*) AS files,
                CAST(COALESCE(SUM(size_bytes), 0) AS BIGINT) AS size_bytes,
                COUNT(*) - COUNT(digest) AS missing
            FROM revision_file
            WHERE revision_id = $1";
        self.db.fetch_one(SQL, args![revision_id]).await
    }
}

struct CountOf(String, FileCount);

impl Record for CountOf {
    const TABLE: &'static str = "revision_file";
    const KEY: &'static [&'static str] = &["revision_id"];

    fn read(row: Row<'_>) -> Result<CountOf, BadColumn> {
        Ok(CountOf(row.text("revision_id")?, FileCount::read(row)?))
    }
}

impl Queries {
    /// How many files each of these revisions has, by their ids.
    pub async fn count_files_of(
        &mut self,
        revision_ids: &[String],
    ) -> Result<HashMap<String, FileCount>, StoreError> {
        const SQL: &str = "
            SELECT revision_id, COUNT(*) AS files,
                CAST(COALESCE(SUM(size_bytes), 0) AS BIGINT) AS size_bytes,
                COUNT(*) - COUNT(digest) AS missing
            FROM revision_file
            WHERE revision_id IN (SELECT id FROM wanted)
            GROUP BY revision_id
            ORDER BY revision_id";
        let counts = self.db.fetch_wanted(SQL, revision_ids).await?;
        Ok(counts.into_iter().map(|CountOf(id, count)| (id, count)).collect())
    }
}

impl WriteTx {
    /// Adds the files of a revision that was just inserted.
    pub async fn insert_files(
        &mut self,
        revision_id: &str,
        files: &[FileRow],
    ) -> Result<(), StoreError> {
        // Sizes are what upstream claims: a sum that no column holds could never be counted again.
        let total = files.iter().try_fold(0_u64, |sum, file| sum.checked_add(file.size_bytes));
        if total.is_none_or(|total| i64::try_from(total).is_err()) {
            return Err(StoreError::Other("the sizes of the files are beyond counting".to_owned()));
        }
        for batch in files.chunks(BATCH) {
            let sql = format!(
                "INSERT INTO revision_file
                    (revision_id, path, size_bytes, git_oid, lfs_digest, digest)
                VALUES {}",
                placeholders(batch.len(), 6)
            );
            let mut given = Vec::with_capacity(batch.len() * 6);
            for FileRow { path, size_bytes, git_oid, lfs, digest } in batch {
                given.push(Arg::from(revision_id));
                given.push(Arg::from(path));
                given.push(Arg::from(*size_bytes));
                given.push(Arg::from(*git_oid));
                given.push(Arg::from(*lfs));
                given.push(Arg::from(*digest));
            }
            self.db.execute_made(sql, Args(given), batch.len() == BATCH).await?;
        }
        Ok(())
    }

    /// Says which verified blobs the files of a revision are. The blobs have to be there, and every
    /// path has to be listed.
    pub async fn set_file_digests(
        &mut self,
        revision_id: &str,
        files: &[(RepoPath, Digest)],
    ) -> Result<(), StoreError> {
        for batch in files.chunks(BATCH) {
            let sql = format!(
                "WITH known (path, digest) AS (VALUES {})
                UPDATE revision_file SET digest = known.digest
                FROM known
                WHERE revision_file.path = known.path AND revision_file.revision_id = ${}",
                placeholders(batch.len(), 2),
                batch.len() * 2 + 1
            );
            let mut given = Vec::with_capacity(batch.len() * 2 + 1);
            for (path, digest) in batch {
                given.push(Arg::from(path));
                given.push(Arg::from(*digest));
            }
            given.push(Arg::from(revision_id));
            let changed = self.db.execute_made(sql, Args(given), batch.len() == BATCH).await?;
            if usize::try_from(changed) != Ok(batch.len()) {
                return Err(StoreError::Conflict(format!(
                    "revision `{revision_id}` lists {changed} of {} files",
                    batch.len()
                )));
            }
        }
        Ok(())
    }
}
