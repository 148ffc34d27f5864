//! Files that are looked at again: the new report, what it makes of their custody, and who is told.

use std::collections::BTreeSet;

use weighbridge_domain::{Custody, RepoPath, ScanReport, Severity, Verdict};
use weighbridge_scan::{ScanInput, ScanJob, ScanOutcome};
use weighbridge_store::{ScanRow, StaleScan};

use super::batches::batches;
use super::{Pass, name_of};
use crate::admit::{Refused, on_disk};
use crate::event::RescannedFile;
use crate::{Engine, Event};

/// A file that was looked at again.
pub(super) struct Renewed {
    stale: StaleScan,
    report: ScanReport,
    sandboxed: bool,
}

impl Renewed {
    fn row(&self, engine: &Engine) -> ScanRow {
        ScanRow {
            digest: self.stale.latest.digest,
            suffix: self.stale.latest.suffix.clone(),
            ruleset: engine.0.ruleset.clone(),
            report: self.report.clone(),
            scanned_at: engine.0.settings.clock.now(),
        }
    }

    fn before(&self) -> Verdict {
        self.stale.latest.report.verdict()
    }
}

impl Engine {
    /// Records what was seen. What looks worse is recorded file by file, each with an entry of its own.
    pub(super) async fn record(
        &self,
        renewed: Vec<Renewed>,
        pass: &mut Pass,
    ) -> Result<(), Refused> {
        let (worse, others): (Vec<Renewed>, Vec<Renewed>) = renewed
            .into_iter()
            .partition(|file| file.report.verdict().is_worse_than(file.before()));
        self.record_renewed(others, pass).await?;
        for file in worse {
            self.record_worse(file, pass).await?;
        }
        Ok(())
    }

    /// Renews what is known of revisions with a file that looks worse: their other files, and all together.
    pub(super) async fn renew_urgent(&self, pass: &mut Pass) -> Result<(), Refused> {
        while let Some(revision_id) = pass.urgent.pop_front() {
            let mut db = self.0.store.read().await?;
            let held = db.list_held_scans_of_revision(&revision_id, &self.0.ruleset).await?;
            let files = db.list_fetched_files(&revision_id).await?;
            let together = db.find_held_repository_scan(&revision_id, &self.0.ruleset).await?;
            drop(db);
            let stale = held.into_iter().filter(|scan| scan.ruleset != self.0.ruleset);
            let stale = stale.filter_map(|latest| {
                let file = files.iter().find(|file| {
                    file.digest == Some(latest.digest) && file.path.extension() == latest.suffix
                })?;
                let (size_bytes, path) = (file.size_bytes, Some(file.path.clone()));
                Some(StaleScan { latest, size_bytes, path })
            });
            for batch in batches(stale.collect(), false) {
                let renewed = self.look_again(batch).await?;
                self.record(renewed, pass).await?;
            }
            if let Some(before) = together.filter(|scan| scan.ruleset != self.0.ruleset) {
                self.renew_revision(before, pass).await?;
            }
        }
        Ok(())
    }

    /// Hands files to a worker. What is not on the disk any more is left as it is.
    pub(super) async fn look_again(&self, stale: Vec<StaleScan>) -> Result<Vec<Renewed>, Refused> {
        let blobs = self.0.blobs.clone();
        let (kept, inputs) = on_disk(move || {
            let (mut kept, mut inputs) = (Vec::new(), Vec::new());
            for one in stale {
                let digest = one.latest.digest;
                let Some((file, size_bytes)) = blobs.open_blob(digest)? else {
                    tracing::debug!(%digest, "a file that is not here is not looked at again");
                    continue;
                };
                let Some(path) = one.path.clone().or_else(|| named_by(&one.latest.suffix)) else {
                    continue;
                };
                inputs.push(ScanInput { path, file, size_bytes, available_bytes: size_bytes });
                kept.push(one);
            }
            Ok((kept, inputs))
        })
        .await?;
        if inputs.is_empty() {
            return Ok(Vec::new());
        }
        let answer = self.scan_behind(ScanJob { inputs, repository: None }).await?;
        let sandboxed = answer.sandbox.is_complete();
        let outcomes = kept.into_iter().zip(answer.outcomes);
        let renewed = outcomes.filter_map(|(stale, outcome)| {
            // A whole file that the scanner wants more of is a file it did not judge.
            let ScanOutcome::Report(report) = outcome else { return None };
            let report = keeping_danger(&stale.latest.report, report);
            Some(Renewed { stale, report, sandboxed })
        });
        Ok(renewed.collect())
    }

    /// Records reports that are no worse than before, in one change.
    async fn record_renewed(&self, files: Vec<Renewed>, pass: &mut Pass) -> Result<(), Refused> {
        let Some(first) = files.first() else { return Ok(()) };
        let sandboxed = first.sandboxed;
        let mut change = self.begin().await?;
        let mut rows = Vec::with_capacity(files.len());
        let (mut better, mut released, mut changed) = (Vec::new(), Vec::new(), BTreeSet::new());
        for file in &files {
            if file.report == file.stale.latest.report {
                rows.push(file.row(self));
                continue;
            }
            let (digest, suffix) = (file.stale.latest.digest, &file.stale.latest.suffix);
            if change.tx().find_scan(digest, suffix, &self.0.ruleset).await?.is_some() {
                continue;
            }
            rows.push(file.row(self));
            changed.insert(digest);
            let verdict = file.report.verdict();
            let named = name_of(change.tx(), digest, suffix).await?;
            let (_, custody) =
                self.take_custody(change.tx(), digest, suffix, verdict, named.as_ref()).await?;
            if custody == Custody::Released {
                released.push(digest);
            }
            if file.before().is_worse_than(verdict) {
                better.push(RescannedFile {
                    digest: digest.to_string(),
                    suffix: suffix.clone(),
                    before: file.before().as_str(),
                    verdict: verdict.as_str(),
                    custody: custody.as_str(),
                });
            }
        }
        // Another replica, or somebody who pulled some of them, may have been faster.
        let files = change.tx().add_scans(&rows).await?;
        if files == 0 {
            return Ok(());
        }
        pass.done.files += files;
        pass.done.better += better.len() as u64;
        if changed.is_empty() {
            change.keep_answers();
        }
        let ruleset = self.0.ruleset.clone();
        change.commit(Event::Rescanned { ruleset, sandboxed, files, revisions: 0, better }).await?;
        self.release(released).await?;
        let changed: Vec<_> = changed.into_iter().collect();
        self.decide_about(&changed).await.map(drop)
    }

    /// Records a report that is worse than before: the report, what it makes of the custody and the entry that
    /// tells it are one change.
    async fn record_worse(&self, file: Renewed, pass: &mut Pass) -> Result<(), Refused> {
        let StaleScan { latest, .. } = &file.stale;
        let (digest, suffix) = (latest.digest, latest.suffix.as_str());
        let verdict = file.report.verdict();
        let mut change = self.begin().await?;
        if change.tx().find_scan(digest, suffix, &self.0.ruleset).await?.is_some() {
            // Another replica, or somebody who pulled it, was faster.
            return Ok(());
        }
        let named = name_of(change.tx(), digest, suffix).await?;
        let revisions = change.tx().count_revisions_with_blob(digest).await?;
        let (_, custody) =
            self.take_custody(change.tx(), digest, suffix, verdict, named.as_ref()).await?;
        change.tx().set_scan(&file.row(self)).await?;
        let path = named.as_ref().map(|named| named.path.to_string());
        tracing::warn!(
            %digest,
            path,
            before = %file.before(),
            %verdict,
            "a file looks worse to the rules of today"
        );
        let objecting = file.report.findings.iter().filter(|it| it.severity != Severity::Note);
        let rules: BTreeSet<String> = objecting.map(|finding| finding.rule.clone()).collect();
        change
            .commit(Event::VerdictWorsened {
                artifact: named.as_ref().map(|named| named.artifact.to_string()),
                commit: named.as_ref().map(|named| named.commit.to_string()),
                path,
                digest: Some(digest.to_string()),
                before: file.before().as_str(),
                verdict: verdict.as_str(),
                rules: rules.into_iter().collect(),
                custody: Some(custody.as_str()),
                revisions,
                ruleset_before: latest.ruleset.clone(),
                ruleset: self.0.ruleset.clone(),
                sandboxed: file.sandboxed,
            })
            .await?;
        pass.done.files += 1;
        pass.done.worse += 1;
        let affected = self.decide_about(&[digest]).await?;
        pass.urgent.extend(affected);
        Ok(())
    }
}

/// A name for bytes that no revision has any more.
fn named_by(suffix: &str) -> Option<RepoPath> {
    let name = if suffix.is_empty() { "file".to_owned() } else { format!("file.{suffix}") };
    name.parse().ok()
}

/// What was found dangerous stays so until it was looked at whole: a worker that dies or is too slow takes
/// nothing back.
fn keeping_danger(before: &ScanReport, mut report: ScanReport) -> ScanReport {
    if before.verdict() == Verdict::Dangerous && report.verdict() == Verdict::Unknown {
        let dangers =
            before.findings.iter().filter(|finding| finding.severity == Severity::Dangerous);
        report.findings.extend(dangers.cloned());
    }
    report
}
