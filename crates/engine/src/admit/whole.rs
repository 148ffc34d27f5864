//! A whole revision brought in, before anybody pulls it: what people answer for has been looked at.

use futures_util::TryStreamExt as _;
use weighbridge_domain::RepoPath;
use weighbridge_store::{FilePage, FileRow, RevisionRow};

use crate::Engine;
use crate::admit::Refused;
use crate::admit::fetch::Wanted;
use crate::admit::locate::Located;
use crate::admit::transfer::Stage;

/// Files fetched at once for one revision.
const AT_ONCE: usize = 4;

impl Engine {
    /// Fetches and judges every file of a revision that is not here, once for all who want it.
    pub(crate) async fn bring_in_whole(
        &self,
        located: Located,
        revision: RevisionRow,
    ) -> Result<(), Refused> {
        let engine = self.clone();
        let key = revision.id.clone();
        let work = || async move { engine.bring_in_whole_once(&located, &revision).await };
        let done = self.0.intakes.run(key, work).await;
        done.unwrap_or_else(|| Err(Refused::internal("bringing in a revision failed")))
    }

    async fn bring_in_whole_once(
        &self,
        located: &Located,
        revision: &RevisionRow,
    ) -> Result<(), Refused> {
        self.examine_small_files(located, revision).await?;
        let mut after: Option<RepoPath> = None;
        loop {
            let mut db = self.0.store.read().await?;
            let page = FilePage { folder: "", after: after.as_ref(), limit: 1_000 };
            let rows = db.list_files(&revision.id, &page).await?;
            drop(db);
            let Some(last) = rows.last() else { return Ok(()) };
            after = Some(last.path.clone());
            let missing = rows.into_iter().filter(|row| row.digest.is_none());
            futures_util::stream::iter(missing.map(Ok))
                .try_for_each_concurrent(AT_ONCE, |file| self.bring_in_one(located, revision, file))
                .await?;
        }
    }

    async fn bring_in_one(
        &self,
        located: &Located,
        revision: &RevisionRow,
        file: FileRow,
    ) -> Result<(), Refused> {
        let wanted = Wanted { located: located.clone(), revision: revision.clone(), file };
        loop {
            let (transfer, is_new) = self.0.transfers.join(&wanted.key(), wanted.purpose());
            let mut progress = transfer.watch();
            if is_new {
                self.start_transfer(transfer, wanted.clone());
            }
            let ended =
                progress.wait_for(|now| matches!(now.stage, Stage::Judged | Stage::Failed(_)));
            let stage = ended.await.map(|now| now.stage.clone()).map_err(Refused::internal)?;
            match stage {
                Stage::Failed(refused) if is_new => return Err(refused),
                Stage::Judged if is_new => return Ok(()),
                // It was another revision's: now this one's own turn comes, with the bytes here.
                _ => {}
            }
        }
    }
}
