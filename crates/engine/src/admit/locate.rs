//! From a name as somebody wrote it to the canonical artifact, its source and its tier.
//!
//! Rules: a reserved name never falls through to a source; sources are asked in their order; the
//! first clear yes wins and the name belongs to that source from then on; "don't know" ends the
//! search, since the next source could be a stranger with the same name; tier 3 is refused whichever
//! spelling was used; the name that a source answers with obeys the same rules as the one asked for.

use std::sync::Arc;

use weighbridge_domain::{
    Artifact, Digest, Gate, Mode, Outcome, Reason, RepoPath, RepoPattern, SourceName, Tier,
};
use weighbridge_store::{ArtifactRow, ReservedNameRow, StoreError};
use weighbridge_upstream::{Answer, Refusal, RefusalKind, RepoInfo};

use crate::admit::source::{EffectiveTier, Source, strictest};
use crate::admit::{Ask, Refused};
use crate::{Engine, Event};

/// An artifact that a source has.
#[derive(Clone, Debug)]
pub(crate) struct Located {
    pub(crate) id: String,
    pub(crate) artifact: Artifact,
    pub(crate) source: Source,
    pub(crate) tier: EffectiveTier,
    /// Gated or private upstream.
    pub(crate) restricted: bool,
}

impl Located {
    /// What it means that the source listed a file and does not give it: for a gated repository that
    /// our credential is not good enough, otherwise that it contradicts itself.
    pub(crate) fn withheld(&self, path: &RepoPath, refusal: Refusal) -> Refused {
        let source = self.source.name.clone();
        match refusal.kind {
            RefusalKind::Gated | RefusalKind::Unauthorized | RefusalKind::Disabled => {
                let artifact = self.artifact.clone();
                Refused::UpstreamForbids { artifact, source, message: refusal.message }
            }
            RefusalKind::RepoNotFound
            | RefusalKind::RevisionNotFound
            | RefusalKind::EntryNotFound => {
                let what = format!("it listed `{path}` and then said: {refusal}");
                Refused::UpstreamUnknown { source, what }
            }
        }
    }
}

impl Engine {
    /// Finds the artifact an ask means. `known` carries the upstream's answer when it was asked, so
    /// that nothing is asked twice.
    pub(crate) async fn locate(&self, ask: &Ask) -> Result<(Located, Option<RepoInfo>), Refused> {
        let mut db = self.0.store.read().await?;
        if let Some(row) = db.find_artifact(&ask.artifact).await? {
            drop(db);
            return Ok((self.located(ask, &row.id).await?, None));
        }
        let sources = self.read_sources(&mut db).await?;
        // One handle at a time: whoever holds one and waits for another may wait for ever.
        drop(db);
        if let Some(reason) = self.find_reserved(&[&ask.artifact]).await? {
            return Err(self.refused_by_name(ask, reason).await);
        }
        self.search_sources(ask, sources).await
    }

    /// The known artifact that an ask means, under the names and tiers of now.
    pub(crate) async fn located(&self, ask: &Ask, id: &str) -> Result<Located, Refused> {
        let mut db = self.0.store.read().await?;
        let Some(row) = db.find_artifact_by_id(id).await? else {
            return Err(Refused::internal(format!("artifact `{id}` vanished from the store")));
        };
        let sources = self.read_sources(&mut db).await?;
        // One handle at a time: whoever holds one and waits for another may wait for ever.
        drop(db);
        if let Some(reason) = self.find_reserved(&[&ask.artifact, &row.artifact]).await? {
            return Err(self.refused_by_name(ask, reason).await);
        }
        self.pinned(ask, row, &sources).await
    }

    async fn pinned(
        &self,
        ask: &Ask,
        row: ArtifactRow,
        sources: &[Source],
    ) -> Result<Located, Refused> {
        let artifact = row.artifact;
        let Some(source) = sources.iter().find(|source| source.name == row.source) else {
            let reason = removed_source_reason(&row.source);
            return Err(self.refused_by_name(ask, reason).await);
        };
        let tier = strictest(source.tier_of(&artifact), source.tier_of(&ask.artifact));
        if tier.tier == Tier::Prohibited {
            let reason = prohibited_reason(&artifact, &source.name, &tier);
            return Err(self.refused_by_name(ask, reason).await);
        }
        Ok(Located {
            id: row.id,
            artifact,
            source: source.clone(),
            tier,
            restricted: row.restricted,
        })
    }

    async fn search_sources(
        &self,
        ask: &Ask,
        sources: Vec<Source>,
    ) -> Result<(Located, Option<RepoInfo>), Refused> {
        let mut prohibited = None;
        for source in sources {
            let tier = source.tier_of(&ask.artifact);
            if tier.tier == Tier::Prohibited {
                let reason = prohibited_reason(&ask.artifact, &source.name, &tier);
                if tier.because != "source" {
                    return Err(self.refused_by_name(ask, reason).await);
                }
                prohibited.get_or_insert(reason);
                continue;
            }
            let Some(info) = self.ask_source(&source, ask).await? else { continue };
            let located = self.pin(ask, source, &info).await?;
            return Ok((located, Some(info)));
        }
        match prohibited {
            Some(reason) => Err(self.refused_by_name(ask, reason).await),
            None => Err(Refused::NoSuchRepository(ask.artifact.clone())),
        }
    }

    /// Asks one source for a revision, once for all who ask at the moment. `None` is its clear "no
    /// such repository".
    pub(crate) async fn ask_source(
        &self,
        source: &Source,
        ask: &Ask,
    ) -> Result<Option<RepoInfo>, Refused> {
        let key = (source.name.clone(), ask.clone());
        let (engine, source, ask) = (self.clone(), source.clone(), ask.clone());
        let work = || async move { engine.ask_source_once(&source, &ask).await };
        let asked = self.0.questions.run(key, work).await;
        asked.unwrap_or_else(|| Err(Refused::internal("asking a source failed")))
    }

    async fn ask_source_once(
        &self,
        source: &Source,
        ask: &Ask,
    ) -> Result<Option<RepoInfo>, Refused> {
        let Artifact { kind, name } = &ask.artifact;
        let token = source.credential(&ask.artifact);
        let answer = source.client(self).repo_info(*kind, name, &ask.revision, token).await;
        match &answer {
            Answer::Unknown(_) => self.0.silent.insert(source.name.clone(), ()),
            Answer::Yes(_) | Answer::No(_) => self.0.silent.invalidate(&source.name),
        }
        match answer {
            Answer::Yes(info) => Ok(Some(info)),
            Answer::No(refusal) => match refusal.kind {
                RefusalKind::RepoNotFound => Ok(None),
                RefusalKind::RevisionNotFound | RefusalKind::EntryNotFound => {
                    Err(Refused::NoSuchRevision(ask.clone()))
                }
                RefusalKind::Gated | RefusalKind::Unauthorized | RefusalKind::Disabled => {
                    Err(Refused::UpstreamForbids {
                        artifact: ask.artifact.clone(),
                        source: source.name.clone(),
                        message: refusal.message,
                    })
                }
            },
            Answer::Unknown(trouble) => {
                Err(Refused::UpstreamUnknown { source: source.name.clone(), what: trouble.what })
            }
        }
    }

    /// Records which source a name belongs to, under the name the source itself uses.
    pub(crate) async fn pin(
        &self,
        ask: &Ask,
        source: Source,
        info: &RepoInfo,
    ) -> Result<Located, Refused> {
        let artifact = Artifact { kind: ask.artifact.kind, name: info.canonical.clone() };
        let tier = strictest(source.tier_of(&artifact), source.tier_of(&ask.artifact));
        if tier.tier == Tier::Prohibited {
            let reason = prohibited_reason(&artifact, &source.name, &tier);
            return Err(self.refused_by_name(ask, reason).await);
        }
        let (folded, asked) = (artifact.name.folded(), ask.artifact.name.folded());
        if folded != asked {
            self.check_canonical(ask, &source.name, &artifact).await?;
        }
        let mut change = self.begin().await?;
        let known = match change.tx().find_artifact_called(&artifact).await? {
            Some(row) => Some(row),
            None => change.tx().find_artifact(&artifact).await?,
        };
        let is_new = known.is_none();
        let (id, restricted) = match known {
            // Another source has the canonical name, or another artifact: it keeps it.
            Some(row) if row.source != source.name || row.artifact.name.folded() != folded => {
                return Err(Refused::NoSuchRepository(ask.artifact.clone()));
            }
            Some(row) => (row.id, row.restricted),
            None => {
                let restricted = info.gated || info.private;
                let now = self.0.settings.clock.now();
                let row = ArtifactRow {
                    id: self.0.settings.ids.ulid(now),
                    artifact: artifact.clone(),
                    source: source.name.clone(),
                    restricted,
                    created_at: now,
                };
                change.tx().insert_artifact(&row).await?;
                (row.id, restricted)
            }
        };
        // From now on the name that was asked for means this artifact, also where it was an artifact's
        // own before upstream renamed it: asked by commit, it would go round the policy of the new name.
        let means = change.tx().find_artifact(&ask.artifact).await?;
        let means = means.map(|row| (row.id, row.source));
        let is_alias = asked != folded && means.as_ref().is_none_or(|(own, _)| *own != id);
        if is_alias && means.as_ref().is_some_and(|(_, from)| *from != source.name) {
            return Err(Refused::NoSuchRepository(ask.artifact.clone()));
        }
        if is_alias {
            change.tx().set_artifact_alias(&ask.artifact, &id).await?;
        }
        let is_back = change.tx().delete_artifact_alias(&artifact).await?;
        if is_new || is_alias || is_back {
            if means.is_none() && !is_back {
                change.keep_answers();
            }
            change
                .commit(Event::NamePinned {
                    artifact: artifact.to_string(),
                    source: source.name.to_string(),
                    asked_as: ask.artifact.to_string(),
                })
                .await?;
        }
        Ok(Located { id, artifact, source, tier, restricted })
    }

    /// A source may only call a repository by another name where it would have been found under that
    /// name as well: an alias must not take names from us, or from the sources that are asked first.
    async fn check_canonical(
        &self,
        ask: &Ask,
        source: &SourceName,
        canonical: &Artifact,
    ) -> Result<(), Refused> {
        let mut db = self.0.store.read().await?;
        let is_known = db.find_artifact(canonical).await?.is_some();
        let sources = self.read_sources(&mut db).await?;
        // One handle at a time: whoever holds one and waits for another may wait for ever.
        drop(db);
        if let Some(reason) = self.find_reserved(&[canonical]).await? {
            return Err(self.refused_by_name(ask, reason).await);
        }
        if is_known {
            return Ok(());
        }
        let named = Ask { artifact: canonical.clone(), revision: ask.revision.clone() };
        for earlier in sources.iter().take_while(|other| other.name != *source) {
            let tier = earlier.tier_of(canonical);
            if tier.tier == Tier::Prohibited && tier.because != "source" {
                let reason = prohibited_reason(canonical, &earlier.name, &tier);
                return Err(self.refused_by_name(ask, reason).await);
            }
            if tier.tier != Tier::Prohibited && self.ask_source(earlier, &named).await?.is_some() {
                return Err(Refused::NoSuchRepository(ask.artifact.clone()));
            }
        }
        Ok(())
    }

    /// Why one of these names is ours, if it is.
    pub(crate) async fn find_reserved(
        &self,
        names: &[&Artifact],
    ) -> Result<Option<Reason>, StoreError> {
        let rows = self.reserved_names().await?;
        let found = rows.iter().find(|row| names.iter().any(|name| row.pattern.matches(name)));
        Ok(found.map(|row| reserved_reason(&row.pattern, &row.reason)))
    }

    /// The reserved names, read once a generation: their patterns are compiled once then, too.
    pub(crate) async fn reserved_names(&self) -> Result<Arc<Vec<ReservedNameRow>>, StoreError> {
        let generation = self.generation().await?;
        if let Some(known) = self.0.reserved.get(&generation) {
            return Ok(known);
        }
        let rows = Arc::new(self.0.store.read().await?.list_reserved_names().await?);
        self.0.reserved.insert(generation, Arc::clone(&rows));
        Ok(rows)
    }

    pub(crate) async fn refused_by_name(&self, ask: &Ask, reason: Reason) -> Refused {
        let was_downloaded = match self.was_ever_downloaded(&ask.artifact).await {
            Ok(was_downloaded) => was_downloaded,
            Err(error) => return Refused::internal(error),
        };
        Refused::ByName { artifact: ask.artifact.clone(), reason: Box::new(reason), was_downloaded }
    }
}

fn reason(rule: &str, message: String, remedy: &str) -> Reason {
    Reason {
        rule: rule.to_owned(),
        gate: Gate::Admit,
        mode: Mode::Enforce,
        effect: Outcome::Deny,
        message,
        remedy: remedy.to_owned(),
        contact: "admin".to_owned(),
    }
}

pub(crate) fn prohibited_reason(
    artifact: &Artifact,
    source: &SourceName,
    tier: &EffectiveTier,
) -> Reason {
    let because = match tier.because.as_str() {
        "source" => format!("source `{source}` is prohibited (tier 3)"),
        pattern => format!("`{pattern}` of source `{source}` is prohibited (tier 3)"),
    };
    let remedy = "choose an artifact from an approved source, or ask to have the tier changed";
    reason("source-prohibited", format!("{because}, and covers {artifact}"), remedy)
}

pub(crate) fn reserved_reason(pattern: &RepoPattern, why: &str) -> Reason {
    let message =
        format!("names like `{pattern}` are reserved for us and never fetched from outside: {why}");
    reason("name-reserved", message, "publish it here, or ask to have the reservation lifted")
}

/// The same rule as policy's own, for those who tell policy not to mind.
pub(crate) fn rejected_reason(path: &RepoPath, digest: Digest) -> Reason {
    let message =
        format!("`{path}` ({digest}) was judged dangerous, and such bytes are never served");
    reason("custody-bad", message, "choose another revision or file format")
}

pub(crate) fn removed_source_reason(source: &SourceName) -> Reason {
    let message = format!("it belongs to source `{source}`, which was removed");
    reason("source-removed", message, "ask to have the source added again")
}
