//! Bytes that were released and are found bad: recalled, everywhere they are. Custody decides, so every
//! revision with such a file is denied in every environment from that moment on.

use weighbridge_domain::{Caller, Custody, RepoPath, Role};

use super::{RequestError, checked};
use crate::admit::{Ask, Refused};
use crate::event::RecalledFile;
use crate::{Engine, Event};

impl Engine {
    /// Recalls files of a revision: a security reviewer, or an administrator. Answers how many were.
    pub async fn recall_files(
        &self,
        by: &Caller,
        ask: &Ask,
        paths: &[RepoPath],
        because: &str,
    ) -> Result<usize, RequestError> {
        let because = checked("because", because)?;
        let may = |role: Role| role == Role::SecurityReviewer || role == Role::Admin;
        let (located, revision) = self.find_listed(by, ask).await?;
        let by = by.acting_on(may, &located.artifact, &by.environment)?;
        let now = self.0.settings.clock.now();
        let mut change = self.begin().await?;
        let mut files = Vec::new();
        for path in paths {
            let file = change.tx().find_file(&revision.id, path).await?;
            let Some(digest) = file.and_then(|file| file.digest) else { continue };
            let blob = change.tx().find_blob(digest).await?;
            if blob.is_none_or(|blob| blob.custody != Custody::Released) {
                continue;
            }
            change.tx().set_custody(digest, Custody::Released, Custody::Recalled, now).await?;
            files.push(RecalledFile { path: path.to_string(), digest: digest.to_string() });
        }
        if files.is_empty() {
            return Err(Refused::internal("none of these files was released").into());
        }
        let count = files.len();
        change
            .commit(Event::FilesRecalled {
                by: by.name,
                artifact: located.artifact.to_string(),
                commit: revision.commit.to_string(),
                because,
                files,
            })
            .await?;
        Ok(count)
    }
}
