//! What is held of files and revisions until the rules of today have looked at them too: what was said last.

use weighbridge_domain::Digest;

use super::{RepositoryScanRow, ScanRow};
use crate::db::args;
use crate::{Queries, StoreError};

impl Queries {
    /// What is held of a blob under that suffix: what those rules said, or else what was said last.
    pub async fn find_held_scan(
        &mut self,
        digest: Digest,
        suffix: &str,
        ruleset: &str,
    ) -> Result<Option<ScanRow>, StoreError> {
        const SQL: &str = "
            SELECT digest, suffix, ruleset, verdict, report, scanned_at
            FROM scan
            WHERE digest = $1 AND suffix = $2
            ORDER BY CASE WHEN ruleset = $3 THEN 0 ELSE 1 END, scanned_at DESC, ruleset DESC
            LIMIT 1";
        self.db.fetch_optional(SQL, args![digest, suffix, ruleset]).await
    }

    /// What is held of the blobs of a revision, under every suffix: what those rules said, or else what was said
    /// last.
    pub async fn list_held_scans_of_revision(
        &mut self,
        revision_id: &str,
        ruleset: &str,
    ) -> Result<Vec<ScanRow>, StoreError> {
        const SQL: &str = "
            SELECT digest, suffix, ruleset, verdict, report, scanned_at
            FROM scan
            WHERE digest IN (SELECT digest FROM revision_file WHERE revision_id = $1)
                AND (ruleset = $2 OR NOT EXISTS (
                    SELECT 1
                    FROM scan AS later
                    WHERE later.digest = scan.digest AND later.suffix = scan.suffix
                        AND (later.ruleset = $2 OR later.scanned_at > scan.scanned_at
                            OR (later.scanned_at = scan.scanned_at
                                AND later.ruleset > scan.ruleset))
                ))
            ORDER BY digest, suffix";
        self.db.fetch_all(SQL, args![revision_id, ruleset]).await
    }

    /// What is held of a revision as a whole: what those rules said, or else what was said last.
    pub async fn find_held_repository_scan(
        &mut self,
        revision_id: &str,
        ruleset: &str,
    ) -> Result<Option<RepositoryScanRow>, StoreError> {
        const SQL: &str = "
            SELECT revision_id, ruleset, report, scanned_at
            FROM repository_scan
            WHERE revision_id = $1
            ORDER BY CASE WHEN ruleset = $2 THEN 0 ELSE 1 END, scanned_at DESC, ruleset DESC
            LIMIT 1";
        self.db.fetch_optional(SQL, args![revision_id, ruleset]).await
    }
}
