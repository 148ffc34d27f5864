//! From scan reports to custody: the one place where bytes are released or rejected.
//!
//! A dangerous file is rejected for good. Every other verdict releases the bytes to policy, which
//! decides per environment; "unknown" is a verdict that policy holds, never one that passes here
//! unseen. Bytes that are dangerous under one name and harmless under another are refused under the
//! first: if they were rejected, a bad name in one repository would take a file from all the others.

use std::collections::HashSet;

use weighbridge_domain::{Artifact, CommitId, Custody, Digest, RepoPath, ScanReport, Verdict};
use weighbridge_store::{RecallRow, RepositoryScanRow, RevisionRow, ScanRow, StoreError};

use crate::admit::locate::Located;
use crate::admit::{Refused, on_disk};
use crate::event::JudgedFile;
use crate::{Engine, Event};

/// Who recalls what newer rules find dangerous.
const ITSELF: &str = "weighbridge";

/// A file that lies in quarantine, verified, with its report.
pub(crate) struct Examined {
    pub(crate) path: RepoPath,
    pub(crate) size_bytes: u64,
    pub(crate) digest: Digest,
    pub(crate) git_oid: Option<weighbridge_domain::GitOid>,
    pub(crate) report: ScanReport,
}

/// What bytes are called somewhere.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) artifact: Artifact,
    pub(crate) commit: CommitId,
    pub(crate) path: RepoPath,
}

impl Engine {
    /// Records reports, and what they make of the custody of their files, in one change; then moves
    /// released bytes out of quarantine.
    pub(crate) async fn judge(
        &self,
        located: &Located,
        revision: &RevisionRow,
        files: &[Examined],
        repository: Option<&RepositoryScanRow>,
        sandboxed: bool,
    ) -> Result<(), Refused> {
        let now = self.0.settings.clock.now();
        let ruleset = self.0.ruleset.as_str();
        let mut change = self.begin().await?;
        let (mut judged, mut released) = (Vec::new(), Vec::new());
        // A new revision has no prepared answers that its small files could change.
        let mut keeps_answers = match repository {
            Some(_) => true,
            None => self.brings_nothing_new(change.tx(), revision, files).await?,
        };
        for file in files {
            let (verdict, suffix) = (file.report.verdict(), file.path.extension());
            change.tx().insert_blob(file.digest, file.size_bytes, file.git_oid, now).await?;
            let held = change.tx().find_held_scan(file.digest, &suffix, ruleset).await?;
            keeps_answers &= held.as_ref().is_none_or(|scan| scan.report == file.report);
            let held = held.map(|scan| scan.report.verdict());
            let worse_than = held.filter(|before| verdict.is_worse_than(*before));
            let named = Named {
                artifact: located.artifact.clone(),
                commit: revision.commit.clone(),
                path: file.path.clone(),
            };
            let (known, custody) =
                self.take_custody(change.tx(), file.digest, &suffix, verdict, Some(&named)).await?;
            keeps_answers &= known == Custody::Quarantined
                || (known, custody) == (Custody::Released, Custody::Released);
            change
                .tx()
                .set_scan(&ScanRow {
                    digest: file.digest,
                    suffix,
                    ruleset: ruleset.to_owned(),
                    report: file.report.clone(),
                    scanned_at: now,
                })
                .await?;
            if custody == Custody::Released {
                released.push(file.digest);
            }
            judged.push(JudgedFile {
                path: file.path.to_string(),
                digest: file.digest.to_string(),
                format: file.report.format.to_string(),
                verdict: verdict.as_str(),
                custody: custody.as_str(),
                worse_than: worse_than.map(Verdict::as_str),
            });
        }
        let digests: Vec<_> = files.iter().map(|file| (file.path.clone(), file.digest)).collect();
        change.tx().set_file_digests(&revision.id, &digests).await?;
        if let Some(repository) = repository {
            change.tx().set_repository_scan(repository).await?;
        }
        let missing = change.tx().count_files(&revision.id).await?.missing;
        // The last file of a revision completes it, which policy may have waited for.
        if keeps_answers && (missing > 0 || repository.is_some()) {
            change.keep_answers();
        }
        if missing == 0 && revision.manifest.is_none() {
            self.seal_manifest(change.tx(), revision).await?;
        }
        if missing == 0 {
            self.attest_whole(&mut change, &revision.id).await?;
        }
        change
            .commit(Event::FilesJudged {
                artifact: located.artifact.to_string(),
                commit: revision.commit.to_string(),
                ruleset: ruleset.to_owned(),
                sandboxed,
                files: judged,
            })
            .await?;
        self.release(released).await
    }

    /// What a verdict makes of the custody of bytes: where they stood before, and where they stand now.
    pub(crate) async fn take_custody(
        &self,
        tx: &mut weighbridge_store::WriteTx,
        digest: Digest,
        suffix: &str,
        verdict: Verdict,
        named: Option<&Named>,
    ) -> Result<(Custody, Custody), StoreError> {
        let now = self.0.settings.clock.now();
        let scans = tx.list_scans(digest).await?;
        let elsewhere = elsewhere(&scans, suffix);
        let is_rejected = verdict == Verdict::Dangerous
            && elsewhere.iter().all(|other| *other == Verdict::Dangerous);
        let next = if is_rejected { Custody::Rejected } else { Custody::Released };
        let before = tx.find_blob(digest).await?;
        let before = before.map_or(Custody::Quarantined, |blob| blob.custody);
        let mut known = before;
        // Other rules can find harmless what was rejected; what they could not examine they did not clear.
        let is_cleared = matches!(verdict, Verdict::Clean | Verdict::Review);
        if (known, next) == (Custody::Rejected, Custody::Released)
            && (is_cleared || !elsewhere.is_empty())
        {
            tx.requarantine(digest, now).await?;
            known = Custody::Quarantined;
        }
        // Under the same name they can look worse to newer rules: then they are recalled.
        let next = match (known, next) {
            (Custody::Released, Custody::Rejected) => Custody::Recalled,
            (_, next) => next,
        };
        if (known, next) == (Custody::Released, Custody::Recalled)
            && let Some(Named { artifact, commit, path }) = named.cloned()
        {
            let recall = RecallRow {
                id: self.0.settings.ids.ulid(now),
                digest,
                artifact,
                commit,
                path,
                by: ITSELF.to_owned(),
                because: "the scanner's rules find it dangerous now".to_owned(),
                at: now,
            };
            tx.insert_recall(&recall).await?;
        }
        if !known.may_become(next) {
            return Ok((before, known));
        }
        tx.set_custody(digest, known, next, now).await?;
        Ok((before, next))
    }

    /// Whether policy has seen files like these in the revision and learns nothing but their number: then
    /// its decision stands, and the next thousand files cost nothing.
    async fn brings_nothing_new(
        &self,
        tx: &mut weighbridge_store::WriteTx,
        revision: &RevisionRow,
        files: &[Examined],
    ) -> Result<bool, Refused> {
        if files.iter().any(|file| !file.report.says_nothing()) {
            return Ok(false);
        }
        for file in files {
            let format = &file.report.format;
            if !tx.has_format(&revision.id, &self.0.ruleset, format).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Once the digest of every file is known, the revision has its identity.
    async fn seal_manifest(
        &self,
        tx: &mut weighbridge_store::WriteTx,
        revision: &RevisionRow,
    ) -> Result<(), Refused> {
        let mut entries = Vec::new();
        let mut after: Option<RepoPath> = None;
        loop {
            let page =
                weighbridge_store::FilePage { folder: "", after: after.as_ref(), limit: 5_000 };
            let rows = tx.list_files(&revision.id, &page).await?;
            let Some(last) = rows.last() else { break };
            after = Some(last.path.clone());
            for row in rows {
                let Some(digest) = row.digest else { return Ok(()) };
                entries.push(weighbridge_domain::ManifestEntry {
                    path: row.path,
                    size_bytes: row.size_bytes,
                    digest,
                });
            }
        }
        let manifest = weighbridge_domain::Manifest::new(entries).digest();
        Ok(tx.set_manifest(&revision.id, manifest).await?)
    }

    /// Moves released bytes out of quarantine. A crash before this is harmless: reading looks in both
    /// places and custody alone decides.
    pub(crate) async fn release(&self, digests: Vec<Digest>) -> Result<(), Refused> {
        let blobs = self.0.blobs.clone();
        on_disk(move || digests.into_iter().try_for_each(|digest| blobs.release(digest))).await
    }
}

/// What was said last of the same bytes under each other suffix.
fn elsewhere(latest_first: &[ScanRow], suffix: &str) -> Vec<Verdict> {
    let mut seen = HashSet::from([suffix]);
    let others = latest_first.iter().filter(|scan| seen.insert(&scan.suffix));
    others.map(|scan| scan.report.verdict()).collect()
}
