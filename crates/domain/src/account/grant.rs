//! What an account may do, for which artifacts, in which environment.

use crate::{Artifact, Environment, RepoPattern, Role};

/// One role, for the artifacts of a pattern, in one environment or in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What its holder may do.
    pub role: Role,
    /// For which artifacts.
    pub pattern: RepoPattern,
    /// In which environment; in all, when it is left out.
    pub environment: Option<Environment>,
    /// Whether gated and private repositories of the pattern are meant too.
    pub includes_gated: bool,
}

/// A grant that would say more than it does.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadGrant {
    /// Administrators and auditors see and set what has no namespace.
    #[error(
        "`{0}` is a role for the whole instance: grant it without a namespace and without an environment"
    )]
    WholeInstance(Role),
}

/// Somebody holds no role that would allow it there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` does not hold the role {wanted} for `{on}`{}", place(environment.as_ref()))]
pub struct OutOfReach {
    /// Who.
    pub name: String,
    /// The roles that would do.
    pub wanted: String,
    /// For what.
    pub on: String,
    /// In which environment; in any, when it is left out.
    pub environment: Option<Environment>,
}

fn place(environment: Option<&Environment>) -> String {
    environment.map(|name| format!(" in `{name}`")).unwrap_or_default()
}

impl Grant {
    /// Checks that the grant means what it says.
    pub fn new(
        role: Role,
        pattern: RepoPattern,
        environment: Option<Environment>,
        includes_gated: bool,
    ) -> Result<Grant, BadGrant> {
        let is_narrow = environment.is_some() || !pattern.is_everything();
        if is_narrow && matches!(role, Role::Admin | Role::Auditor) {
            return Err(BadGrant::WholeInstance(role));
        }
        Ok(Grant { role, pattern, environment, includes_gated })
    }

    /// Whether it holds in an environment.
    pub fn holds_in(&self, environment: &Environment) -> bool {
        self.environment.as_ref().is_none_or(|own| own == environment)
    }

    /// Whether it holds for an artifact in an environment.
    pub fn covers(&self, artifact: &Artifact, environment: &Environment) -> bool {
        self.holds_in(environment) && self.pattern.matches(artifact)
    }

    /// Whether it holds for all artifacts of a pattern in an environment.
    pub fn covers_all(&self, pattern: &RepoPattern, environment: &Environment) -> bool {
        self.holds_in(environment) && self.pattern.includes(pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_ends_at_its_namespace_and_its_environment() {
        let (dev, production) = ("dev".parse().unwrap(), "production".parse().unwrap());
        let ours: Artifact = "acme/tiny".parse().unwrap();
        let other: Artifact = "other/tiny".parse().unwrap();
        let pattern: RepoPattern = "acme/*".parse().unwrap();
        let grant = |environment| {
            Grant::new(Role::SecurityReviewer, pattern.clone(), environment, false).unwrap()
        };
        assert!(grant(None).covers(&ours, &dev) && grant(None).covers(&ours, &production));
        assert!(!grant(None).covers(&other, &dev));
        let narrow = grant(Some(production.clone()));
        assert!(narrow.covers(&ours, &production) && !narrow.covers(&ours, &dev));
        assert!(narrow.covers_all(&"acme/tiny-*".parse().unwrap(), &production));
        assert!(!narrow.covers_all(&"**".parse().unwrap(), &production));
    }

    #[test]
    fn whoever_runs_or_checks_the_instance_does_so_as_a_whole() {
        for role in [Role::Admin, Role::Auditor] {
            let narrow = Grant::new(role, "acme/*".parse().unwrap(), None, false);
            assert_eq!(narrow, Err(BadGrant::WholeInstance(role)));
            let narrow = Grant::new(role, "**".parse().unwrap(), "dev".parse().ok(), false);
            assert_eq!(narrow, Err(BadGrant::WholeInstance(role)));
            assert!(Grant::new(role, "**".parse().unwrap(), None, false).is_ok());
        }
    }
}
