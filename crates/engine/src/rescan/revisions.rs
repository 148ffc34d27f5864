//! Revisions that are looked at again as a whole, and the statements about them that follow.

use std::collections::BTreeSet;

use weighbridge_domain::Severity;
use weighbridge_scan::{ScanInput, ScanJob, is_config};
use weighbridge_store::{RepositoryScanRow, RevisionRow};

use super::Pass;
use crate::admit::{Refused, on_disk};
use crate::{Engine, Event};

impl Engine {
    /// Looks again at the files of a revision together. When every file of it was looked at too, the statements
    /// of the scanner about it are made anew.
    pub(super) async fn renew_revision(
        &self,
        before: RepositoryScanRow,
        pass: &mut Pass,
    ) -> Result<(), Refused> {
        let revision = self.0.store.read().await?.find_revision_by_id(&before.revision_id).await?;
        let Some(revision) = revision else { return Ok(()) };
        let Some(job) = self.whole_again(&revision).await? else { return Ok(()) };
        let mut db = self.0.store.read().await?;
        let artifact = db.find_artifact_by_id(&revision.artifact_id).await?;
        drop(db);
        let artifact = artifact.map(|row| row.artifact);
        let name = match &artifact {
            Some(artifact) => {
                let files = job.repository.as_deref().unwrap_or_default();
                self.judge_name(artifact, files).await?
            }
            None => None,
        };
        let answer = self.scan_behind(job).await?;
        let sandboxed = answer.sandbox.is_complete();
        let row = self.seen_together(&revision.id, &answer, name);
        let mut change = self.begin().await?;
        let known = change.tx().find_repository_scan(&revision.id, &self.0.ruleset).await?;
        if known.is_some() {
            return Ok(());
        }
        change.tx().set_repository_scan(&row).await?;
        self.attest_whole(&mut change, &revision.id).await?;
        let is_same = (&row.findings, &row.unexamined) == (&before.findings, &before.unexamined);
        if is_same {
            change.keep_answers();
        }
        let (was, verdict) = (before.verdict(), row.verdict());
        let event = if verdict.is_worse_than(was) {
            pass.done.worse += 1;
            let objecting =
                row.findings.iter().filter(|entry| entry.finding.severity != Severity::Note);
            let worst = objecting.clone().max_by_key(|entry| entry.finding.severity);
            let rules: BTreeSet<String> = objecting.map(|it| it.finding.rule.clone()).collect();
            Event::VerdictWorsened {
                artifact: artifact.as_ref().map(ToString::to_string),
                commit: Some(revision.commit.to_string()),
                path: worst.map(|entry| entry.path.to_string()),
                digest: None,
                before: was.as_str(),
                verdict: verdict.as_str(),
                rules: rules.into_iter().collect(),
                custody: None,
                revisions: 1,
                ruleset_before: before.ruleset.clone(),
                ruleset: self.0.ruleset.clone(),
                sandboxed,
            }
        } else {
            pass.done.better += u64::from(was.is_worse_than(verdict));
            let ruleset = self.0.ruleset.clone();
            Event::Rescanned { ruleset, sandboxed, files: 0, revisions: 1, better: Vec::new() }
        };
        change.commit(event).await?;
        pass.done.revisions += 1;
        if !is_same && let Some(artifact) = artifact {
            self.decide_anew(&[(artifact, revision.commit)]).await;
        }
        Ok(())
    }

    /// The whole list of a revision and the configurations that its rules read; nothing when one of them was here
    /// and is not any more.
    async fn whole_again(&self, revision: &RevisionRow) -> Result<Option<ScanJob>, Refused> {
        let mut db = self.0.store.read().await?;
        let (small, all) = self.split(&mut db, revision).await?;
        drop(db);
        let configs = small.into_iter().filter(|row| is_config(&row.path));
        let configs: Vec<_> =
            configs.filter_map(|row| row.digest.map(|digest| (row.path, digest))).collect();
        let blobs = self.0.blobs.clone();
        let inputs = on_disk(move || {
            let mut inputs = Vec::with_capacity(configs.len());
            for (path, digest) in configs {
                let Some((file, size_bytes)) = blobs.open_blob(digest)? else { return Ok(None) };
                inputs.push(ScanInput { path, file, size_bytes, available_bytes: size_bytes });
            }
            Ok(Some(inputs))
        })
        .await?;
        Ok(inputs.map(|inputs| ScanJob { inputs, repository: Some(all) }))
    }
}
