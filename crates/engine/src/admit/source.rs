//! A source as it is configured: its tier with the patterns that change it, and its credentials.

use weighbridge_domain::{Artifact, RepoPattern, SourceName, Tier};
use weighbridge_upstream::{HubClient, SourceUrl};

use crate::Engine;
use crate::admit::Refused;

/// A source with everything configured about it.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) name: SourceName,
    pub(crate) url: SourceUrl,
    tier: Tier,
    patterns: Vec<(RepoPattern, Tier)>,
    credentials: Vec<(RepoPattern, String)>,
}

/// The tier that holds for an artifact, and what gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EffectiveTier {
    pub(crate) tier: Tier,
    pub(crate) because: String,
}

impl Source {
    /// The tier of an artifact here: the strictest of the patterns that match it, else the source's.
    pub(crate) fn tier_of(&self, artifact: &Artifact) -> EffectiveTier {
        let matching = self.patterns.iter().filter(|(pattern, _)| pattern.matches(artifact));
        match matching.max_by_key(|(_, tier)| *tier) {
            Some((pattern, tier)) => EffectiveTier { tier: *tier, because: pattern.to_string() },
            None => EffectiveTier { tier: self.tier, because: "source".to_owned() },
        }
    }

    /// Whether nothing of it may be used, so that there is nothing to ask it.
    pub(crate) fn is_prohibited(&self) -> bool {
        let mut tiers = self.patterns.iter().map(|(_, tier)| *tier);
        self.tier == Tier::Prohibited && tiers.all(|tier| tier == Tier::Prohibited)
    }

    /// The upstream credential for an artifact: the longest pattern that matches wins.
    pub(crate) fn credential(&self, artifact: &Artifact) -> Option<&str> {
        let matching = self.credentials.iter().filter(|(pattern, _)| pattern.matches(artifact));
        matching
            .max_by_key(|(pattern, _)| pattern.as_str().len())
            .map(|(_, secret)| secret.as_str())
    }

    /// Every upstream credential, with the pattern it is for.
    pub(crate) fn credentials(&self) -> &[(RepoPattern, String)] {
        &self.credentials
    }

    pub(crate) fn client(&self, engine: &Engine) -> HubClient {
        HubClient::new(engine.0.http.clone(), self.url.clone())
    }
}

impl Engine {
    /// Reads the sources in their order, with patterns and credentials.
    pub(crate) async fn read_sources(
        &self,
        db: &mut weighbridge_store::Reader,
    ) -> Result<Vec<Source>, Refused> {
        let rows = db.list_sources().await?;
        let patterns = db.list_source_patterns().await?;
        let credentials = db.list_source_credentials().await?;
        let mut sources = Vec::with_capacity(rows.len());
        for row in rows {
            let own = patterns.iter().filter(|pattern| pattern.source == row.name);
            let patterns = own.map(|pattern| (pattern.pattern.clone(), pattern.tier)).collect();
            let mut opened = Vec::new();
            for credential in credentials.iter().filter(|known| known.source == row.name) {
                let purpose = credential_purpose(&row.name, &credential.pattern);
                let secret = self.0.secret_key.open(&purpose, &credential.secret);
                opened.push((credential.pattern.clone(), secret.map_err(Refused::internal)?));
            }
            sources.push(Source {
                url: row.url.parse().map_err(Refused::internal)?,
                name: row.name,
                tier: row.tier,
                patterns,
                credentials: opened,
            });
        }
        Ok(sources)
    }
}

/// What a credential is sealed for.
pub(crate) fn credential_purpose(source: &SourceName, pattern: &RepoPattern) -> String {
    format!("source-credential {source} {pattern}")
}

/// The stricter of two tiers; the first of equals.
pub(crate) fn strictest(one: EffectiveTier, other: EffectiveTier) -> EffectiveTier {
    if other.tier > one.tier { other } else { one }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> Source {
        let pattern = |text: &str| text.parse::<RepoPattern>().unwrap();
        Source {
            name: "hub".parse().unwrap(),
            url: "http://127.0.0.1:1".parse().unwrap(),
            tier: Tier::Conditional,
            patterns: vec![
                (pattern("acme/*"), Tier::PreApproved),
                (pattern("acme/bad*"), Tier::Prohibited),
            ],
            credentials: vec![
                (pattern("**"), "all".to_owned()),
                (pattern("acme/*"), "acme".to_owned()),
            ],
        }
    }

    #[test]
    fn the_strictest_pattern_decides_the_tier() {
        let tier = |name: &str| source().tier_of(&name.parse().unwrap());
        assert_eq!(tier("acme/good").tier, Tier::PreApproved);
        assert_eq!(tier("Acme/Bad-one").because, "acme/bad*");
        assert_eq!(
            tier("other/x"),
            EffectiveTier { tier: Tier::Conditional, because: "source".to_owned() }
        );
    }

    #[test]
    fn the_longest_pattern_decides_the_credential() {
        let source = source();
        assert_eq!(source.credential(&"acme/x".parse().unwrap()), Some("acme"));
        assert_eq!(source.credential(&"other/x".parse().unwrap()), Some("all"));
    }
}
