//! Why an environment may or may not have a revision.

use weighbridge_domain::{Artifact, Environment, Reason, RevisionSpec, Tier};
use weighbridge_store::ArtifactRow;

use super::decisions::{DecisionReport, with_facts};
use super::revisions::find_revision;
use crate::Engine;
use crate::admit::locate::{prohibited_reason, removed_source_reason, reserved_reason};
use crate::admit::{Ask, Refused};

/// Why an environment may or may not have a revision.
#[derive(Clone, Debug)]
pub enum Explanation {
    /// The name alone is refused, whatever is behind it.
    ByName {
        /// The artifact, under its canonical name where that is known.
        artifact: Artifact,
        /// The rule and its words.
        reason: Reason,
    },
    /// Policy decided.
    Decided(Box<DecisionReport>),
    /// Policy was never asked, which is not a yes.
    NotEvaluated {
        /// What is missing, in a sentence without a full stop.
        what: String,
        /// The artifact, when our records have it.
        artifact: Option<ArtifactRow>,
    },
}

impl Engine {
    /// Explains what holds for a revision in an environment, from our records alone.
    pub async fn explain(
        &self,
        ask: &Ask,
        environment: &Environment,
    ) -> Result<Explanation, Refused> {
        if let Some(by_name) = self.explain_by_name(&ask.artifact).await? {
            return Ok(by_name);
        }
        let mut db = self.0.store.read().await?;
        let Some(artifact) = db.find_artifact(&ask.artifact).await? else {
            let what = format!("nobody asked for {} yet", ask.artifact);
            return Ok(Explanation::NotEvaluated { what, artifact: None });
        };
        let not_evaluated =
            |what| Ok(Explanation::NotEvaluated { what, artifact: Some(artifact.clone()) });
        let Some(revision) = find_revision(&mut db, &artifact.id, &ask.revision).await? else {
            let known = &artifact.artifact;
            return not_evaluated(format!("nobody asked for {known} at `{}` yet", ask.revision));
        };
        let current = db.find_current_decision(&revision.id, environment).await?;
        let report = match current {
            Some(row) => with_facts(&mut db, row).await?,
            None => None,
        };
        if let Some(report) = report {
            return Ok(Explanation::Decided(Box::new(report)));
        }
        let (known, commit) = (&artifact.artifact, &revision.commit);
        not_evaluated(format!("nobody asked for {known} at `{commit}` in `{environment}` yet"))
    }

    /// What is refused before any source is asked: reserved names, prohibited sources and patterns.
    async fn explain_by_name(&self, asked: &Artifact) -> Result<Option<Explanation>, Refused> {
        let refused = |artifact: &Artifact, reason| {
            Ok(Some(Explanation::ByName { artifact: artifact.clone(), reason }))
        };
        let mut db = self.0.store.read().await?;
        for reserved in db.list_reserved_names().await? {
            if reserved.pattern.matches(asked) {
                return refused(asked, reserved_reason(&reserved.pattern, &reserved.reason));
            }
        }
        let sources = self.read_sources(&mut db).await?;
        if let Some(row) = db.find_artifact(asked).await? {
            let Some(source) = sources.iter().find(|source| source.name == row.source) else {
                return refused(&row.artifact, removed_source_reason(&row.source));
            };
            for name in [&row.artifact, asked] {
                let tier = source.tier_of(name);
                if tier.tier == Tier::Prohibited {
                    return refused(&row.artifact, prohibited_reason(name, &source.name, &tier));
                }
            }
            return Ok(None);
        }
        let mut prohibited = None;
        for source in &sources {
            let tier = source.tier_of(asked);
            if tier.tier != Tier::Prohibited {
                return Ok(None);
            }
            let reason = prohibited_reason(asked, &source.name, &tier);
            if tier.because != "source" {
                return refused(asked, reason);
            }
            prohibited.get_or_insert(reason);
        }
        match prohibited {
            Some(reason) => refused(asked, reason),
            None => Ok(None),
        }
    }
}

impl Ask {
    /// Reads `acme/tiny-bert@main`; without a revision the default branch is meant.
    pub fn parse(text: &str) -> Result<Ask, String> {
        let (name, revision) = match text.rsplit_once('@') {
            Some((name, revision)) => {
                (name, revision.parse::<RevisionSpec>().map_err(|error| error.to_string())?)
            }
            None => (text, RevisionSpec::main()),
        };
        let artifact = name.parse::<Artifact>().map_err(|error| error.to_string())?;
        Ok(Ask { artifact, revision })
    }
}
