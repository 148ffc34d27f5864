//! Why an environment may or may not have a revision.

use weighbridge_domain::{Artifact, Environment, Reason, RevisionSpec, Tier, Timestamp};
use weighbridge_store::{ArtifactRow, Queries, StoreError};

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
        /// Why the last caller was turned away, when one was not long ago.
        last_refusal: Option<LastRefusal>,
    },
}

/// Why the last caller was turned away, by something else than policy.
#[derive(Clone, Debug)]
pub struct LastRefusal {
    /// When.
    pub at: Timestamp,
    /// Why, in a sentence, with the code of the cause in parentheses at its end.
    pub message: String,
}

/// The kind of entries that tell of refusals.
const PULLS: &str = "pulls";
/// How many of the last ledger entries are searched for a refusal.
const SEARCHED: u32 = 500;

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
        let artifact = db.find_artifact(&ask.artifact).await?;
        let Some(artifact) = artifact else {
            let what = format!("policy was never asked about {}", ask.artifact);
            let last_refusal = last_refusal(&mut db, &[&ask.artifact], environment).await?;
            return Ok(Explanation::NotEvaluated { what, artifact: None, last_refusal });
        };
        let name = artifact.artifact.clone();
        let revision = find_revision(&mut db, &artifact.id, &ask.revision).await?;
        let current = match &revision {
            Some(revision) => db.find_current_decision(&revision.id, environment).await?,
            None => None,
        };
        let report = match current {
            Some(row) => with_facts(&mut db, row).await?,
            None => None,
        };
        if let Some(report) = report {
            return Ok(Explanation::Decided(Box::new(report)));
        }
        let what = match &revision {
            Some(revision) => {
                let commit = &revision.commit;
                format!("policy was never asked about {name} at `{commit}` for `{environment}`")
            }
            None => format!("policy was never asked about {name} at `{}`", ask.revision),
        };
        let last_refusal = last_refusal(&mut db, &[&ask.artifact, &name], environment).await?;
        Ok(Explanation::NotEvaluated { what, artifact: Some(artifact), last_refusal })
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

/// The last time somebody was refused one of these names in an environment, among the last entries.
async fn last_refusal(
    db: &mut Queries,
    names: &[&Artifact],
    environment: &Environment,
) -> Result<Option<LastRefusal>, StoreError> {
    for entry in db.list_last_entries(SEARCHED).await? {
        if entry.kind != PULLS {
            continue;
        }
        let body: serde_json::Value = serde_json::from_str(&entry.body).unwrap_or_default();
        let refused = body.get("refused").and_then(serde_json::Value::as_array);
        for pull in refused.into_iter().flatten() {
            let text = |field: &str| pull.get(field).and_then(|value| value.as_str()).unwrap_or("");
            let asked = text("artifact").to_lowercase();
            let is_meant = names.iter().any(|name| name.to_string().to_lowercase() == asked);
            if is_meant && text("environment") == environment.as_str() {
                let message = text("why").to_owned();
                return Ok(Some(LastRefusal { at: entry.at, message }));
            }
        }
    }
    Ok(None)
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
