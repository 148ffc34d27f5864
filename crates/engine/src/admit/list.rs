//! From a branch or commit to a revision whose file list is fixed for ever.

use weighbridge_domain::{Artifact, CommitId, Timestamp};
use weighbridge_store::{FileRow, RefRow, RevisionRow};
use weighbridge_upstream::{Answer, RepoInfo};

use crate::admit::locate::Located;
use crate::admit::open::Resolved;
use crate::admit::{Ask, Card, Refused};
use crate::{Engine, Event};

impl Engine {
    /// Resolves a revision to a commit, asking upstream only when what we know is too old. While
    /// upstream is down the last known commit is believed, and the view says so.
    pub(crate) async fn resolve(
        &self,
        located: Located,
        ask: &Ask,
        info: Option<RepoInfo>,
    ) -> Result<(Located, Resolved), Refused> {
        let now = self.0.settings.clock.now();
        let fresh_until = now.plus(self.0.settings.ref_freshness);
        let end_of_time = Timestamp::from_micros(i64::MAX);
        let mut db = self.0.store.read().await?;
        if info.is_none()
            && let Some(commit) = ask.revision.as_commit()
            && db.find_revision(&located.id, &commit).await?.is_some()
        {
            let resolved =
                Resolved { commit, info: None, stale: false, believed_until: end_of_time };
            return Ok((located, resolved));
        }
        let known = db.find_ref(&located.id, &ask.revision).await?;
        drop(db);
        if info.is_none()
            && let Some(row) = &known
        {
            let believed_until = row.checked_at.plus(self.0.settings.ref_freshness);
            if now < believed_until {
                let resolved = Resolved {
                    commit: row.commit.clone(),
                    info: None,
                    stale: false,
                    believed_until,
                };
                return Ok((located, resolved));
            }
        }
        let canonical = Ask { artifact: located.artifact.clone(), revision: ask.revision.clone() };
        let answer = match info {
            Some(info) => Ok(Some(info)),
            None => self.ask_source(&located.source, &canonical).await,
        };
        let info = match (answer, known) {
            (Ok(Some(info)), _) => info,
            (Ok(None), _) => return Err(Refused::NoSuchRepository(ask.artifact.clone())),
            (Err(Refused::UpstreamUnknown { what, source }), Some(row)) => {
                self.0.silent.insert(source.clone(), ());
                tracing::warn!(%source, %what, "serving the last known commit of {}", located.artifact);
                let resolved = Resolved {
                    commit: row.commit,
                    info: None,
                    stale: true,
                    believed_until: end_of_time,
                };
                return Ok((located, resolved));
            }
            (Err(refused), _) => return Err(refused),
        };
        let located = self.follow_rename(located, &canonical, &info).await?;
        if ask.revision.as_commit().is_none() {
            self.keep_ref(&located, ask, &info.commit, now).await?;
        }
        let commit = info.commit.clone();
        let card = Some(Card::from(info));
        Ok((located, Resolved { commit, info: card, stale: false, believed_until: fresh_until }))
    }

    /// A repository that upstream calls by another name now is that other artifact, with its own
    /// tier and decisions. Whether it is gated may have changed too.
    async fn follow_rename(
        &self,
        mut located: Located,
        ask: &Ask,
        info: &RepoInfo,
    ) -> Result<Located, Refused> {
        if info.canonical.folded() != located.artifact.name.folded() {
            located = self.pin(ask, located.source, info).await?;
        }
        let restricted = info.gated || info.private;
        if restricted != located.restricted {
            let mut change = self.begin().await?;
            change.tx().set_restricted(&located.id, restricted).await?;
            change
                .commit(Event::RestrictionChanged {
                    artifact: located.artifact.to_string(),
                    restricted,
                })
                .await?;
            located.restricted = restricted;
        }
        Ok(located)
    }

    async fn keep_ref(
        &self,
        located: &Located,
        ask: &Ask,
        commit: &CommitId,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let row = RefRow {
            artifact_id: located.id.clone(),
            name: ask.revision.clone(),
            commit: commit.clone(),
            checked_at: now,
        };
        if self.0.store.confirm_ref(&row).await? {
            return Ok(());
        }
        let mut change = self.begin().await?;
        let known = change.tx().find_ref(&located.id, &ask.revision).await?;
        let from = known.map(|row| row.commit);
        if from.as_ref() == Some(commit) {
            return Ok(());
        }
        change.tx().set_ref(&row).await?;
        change
            .commit(Event::RefMoved {
                artifact: located.artifact.to_string(),
                reference: ask.revision.to_string(),
                from: from.map(|commit| commit.to_string()),
                to: commit.to_string(),
            })
            .await?;
        Ok(())
    }

    /// The revision of a commit; lists its files when they are not known yet. Once for all callers.
    pub(crate) async fn listed(
        &self,
        located: &Located,
        resolved: &Resolved,
    ) -> Result<RevisionRow, Refused> {
        let mut db = self.0.store.read().await?;
        if let Some(row) = db.find_revision(&located.id, &resolved.commit).await? {
            return Ok(row);
        }
        drop(db);
        let engine = self.clone();
        let (own, commit, card) = (located.clone(), resolved.commit.clone(), resolved.info.clone());
        let key = (located.artifact.clone(), resolved.commit.clone());
        let listed =
            self.0.listings.run(key, || async move { engine.list(own, commit, card).await });
        listed.await.unwrap_or_else(|| Err(Refused::internal("listing a revision failed")))
    }

    async fn list(
        &self,
        located: Located,
        commit: CommitId,
        card: Option<Card>,
    ) -> Result<RevisionRow, Refused> {
        let Artifact { kind, name } = &located.artifact;
        let mut db = self.0.store.read().await?;
        if let Some(row) = db.find_revision(&located.id, &commit).await? {
            return Ok(row);
        }
        drop(db);
        let card = match card {
            Some(card) => card,
            None => self.card_of(&located, &commit).await?,
        };
        let token = located.source.credential(&located.artifact);
        let files = match located.source.client(self).tree(*kind, name, &commit, token).await {
            Answer::Yes(files) => files,
            Answer::No(refusal) => {
                return Err(Refused::UpstreamForbids {
                    artifact: located.artifact.clone(),
                    source: located.source.name.clone(),
                    message: refusal.message,
                });
            }
            Answer::Unknown(trouble) => {
                return Err(Refused::UpstreamUnknown {
                    source: located.source.name.clone(),
                    what: trouble.what,
                });
            }
        };
        let now = self.0.settings.clock.now();
        let row = RevisionRow {
            id: self.0.settings.ids.ulid(now),
            artifact_id: located.id.clone(),
            commit: commit.clone(),
            manifest: None,
            card: serde_json::to_string(&card).map_err(Refused::internal)?,
            listed_at: now,
        };
        let total_bytes =
            files.iter().fold(0, |sum: u64, file| sum.saturating_add(file.size_bytes));
        let rows: Vec<FileRow> = files
            .into_iter()
            .map(|file| FileRow {
                path: file.path,
                size_bytes: file.size_bytes,
                git_oid: file.git_oid,
                lfs: file.lfs,
                digest: None,
            })
            .collect();
        let mut change = self.begin().await?;
        change.tx().insert_revision(&row).await?;
        change.tx().insert_files(&row.id, &rows).await?;
        change
            .commit(Event::RevisionListed {
                artifact: located.artifact.to_string(),
                source: located.source.name.to_string(),
                commit: commit.to_string(),
                files: rows.len() as u64,
                total_bytes,
            })
            .await?;
        Ok(row)
    }

    async fn card_of(&self, located: &Located, commit: &CommitId) -> Result<Card, Refused> {
        let revision = commit.as_str().parse().map_err(Refused::internal)?;
        let ask = Ask { artifact: located.artifact.clone(), revision };
        match self.ask_source(&located.source, &ask).await? {
            Some(info) => Ok(Card::from(info)),
            None => Err(Refused::NoSuchRepository(located.artifact.clone())),
        }
    }
}

impl From<RepoInfo> for Card {
    fn from(info: RepoInfo) -> Card {
        Card {
            private: info.private,
            gated: info.gated,
            last_modified: info.last_modified.map(|moment| moment.to_string()),
            author: info.author,
            tags: info.tags,
            licences: info.licences,
            pipeline_tag: info.pipeline_tag,
            library_name: info.library_name,
            downloads: info.downloads.unwrap_or(0),
            card_data: info.card,
        }
    }
}
