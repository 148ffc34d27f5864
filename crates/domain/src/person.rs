//! Who is asking.

use std::fmt;
use std::str::FromStr;

use crate::{Artifact, Environment, Grant, OutOfReach, RepoPattern};

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Pulls artifacts: machines, mostly.
    Reader,
    /// Pulls artifacts, and requests them for an environment.
    Developer,
    /// Reviews requests for what an artifact can do to whoever uses it.
    SecurityReviewer,
    /// Reviews requests for licences, data and duties.
    ComplianceReviewer,
    /// Answers for what one environment uses.
    Approver,
    /// Reads everything and changes nothing.
    Auditor,
    /// Changes sources, tokens and settings, and reads everything.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 7] = [
        Role::Reader,
        Role::Developer,
        Role::SecurityReviewer,
        Role::ComplianceReviewer,
        Role::Approver,
        Role::Auditor,
        Role::Admin,
    ];

    /// The word used in the CLI, the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Reader => "reader",
            Role::Developer => "developer",
            Role::SecurityReviewer => "security-reviewer",
            Role::ComplianceReviewer => "compliance-reviewer",
            Role::Approver => "approver",
            Role::Auditor => "auditor",
            Role::Admin => "admin",
        }
    }

    /// Whether it asks for artifacts: machines and auditors do not.
    pub fn may_ask(self) -> bool {
        !matches!(self, Role::Reader | Role::Auditor)
    }

    /// Whether it answers requests.
    pub fn reviews(self) -> bool {
        matches!(self, Role::SecurityReviewer | Role::ComplianceReviewer | Role::Approver)
    }

    /// Whether it reads the records and what is configured.
    pub fn audits(self) -> bool {
        matches!(self, Role::Auditor | Role::Admin)
    }

    /// Whether it reads what concerns environments and artifacts that it has no part in.
    pub fn reads_everything(self) -> bool {
        self.reviews() || matches!(self, Role::Auditor | Role::Admin)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;
    fn from_str(text: &str) -> Result<Role, String> {
        let found = Role::ALL.into_iter().find(|role| role.as_str() == text);
        found.ok_or_else(|| {
            let known: Vec<_> = Role::ALL.iter().map(|role| format!("`{role}`")).collect();
            format!("`{text}` is not a role: use one of {}", known.join(", "))
        })
    }
}

/// Who is asking, in which environment, and which gated repositories they may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Who it is: the account, the service, the name of a token of neither, or `anonymous`.
    pub name: String,
    /// The id of the token; `None` when anonymous.
    pub token_id: Option<String>,
    /// What the caller may do, or does now: an account may hold several roles.
    pub role: Role,
    /// The environment the caller pulls for.
    pub environment: Environment,
    /// Gated and private repositories this caller is entitled to.
    pub entitled_to: Vec<RepoPattern>,
    /// The account behind it. Without one the role holds everywhere, as that of a bare token does.
    pub holder: Option<Holder>,
}

/// The account behind a caller, as far as the token or the session reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The id of the account.
    pub account_id: String,
    /// What it may do, and where.
    pub grants: Vec<Grant>,
}

impl Caller {
    /// Somebody without a token.
    pub fn anonymous(environment: Environment) -> Caller {
        Caller {
            name: "anonymous".to_owned(),
            token_id: None,
            role: Role::Reader,
            environment,
            entitled_to: Vec::new(),
            holder: None,
        }
    }

    /// Whether the caller may have a gated or private repository: the grant is the caller's own,
    /// whatever the cache holds.
    pub fn is_entitled_to(&self, artifact: &Artifact) -> bool {
        self.is_admin() || self.entitled_to.iter().any(|pattern| pattern.matches(artifact))
    }

    /// Whether it is an administrator, in whatever role it acts now.
    pub fn is_admin(&self) -> bool {
        self.holds(|role| role == Role::Admin)
    }

    /// Whether it holds a role that `may`, anywhere.
    pub fn holds(&self, may: impl Fn(Role) -> bool) -> bool {
        match &self.holder {
            None => may(self.role),
            Some(holder) => holder.grants.iter().any(|grant| may(grant.role)),
        }
    }

    /// The caller in a role that `may`, when it holds one somewhere. Where it holds the role is for
    /// [`Caller::acting_on`] to say, once the artifact is known.
    pub fn acting(&self, may: impl Fn(Role) -> bool) -> Option<Caller> {
        self.acting_where(may, |_| true)
    }

    /// The caller in a role that `may`, held for every artifact in every environment: for what concerns
    /// all of them, such as the policy.
    pub fn acting_everywhere(&self, may: impl Fn(Role) -> bool) -> Option<Caller> {
        self.acting_where(may, |grant| grant.pattern.is_everything() && grant.environment.is_none())
    }

    /// The caller in a role that `may`, held for this artifact in this environment. A bare token holds its
    /// role everywhere; an approver's environment is compared with the request's afterwards.
    pub fn acting_on(
        &self,
        may: impl Fn(Role) -> bool + Copy,
        artifact: &Artifact,
        environment: &Environment,
    ) -> Result<Caller, OutOfReach> {
        self.acting_where(may, |grant| grant.covers(artifact, environment))
            .map(|caller| caller.in_environment_of(environment))
            .ok_or_else(|| self.out_of_reach(may, &artifact.to_string(), Some(environment)))
    }

    /// The caller in a role that `may`, held for this artifact in some environment: for what is true of the
    /// bytes, wherever they are used.
    pub fn acting_about(
        &self,
        may: impl Fn(Role) -> bool + Copy,
        artifact: &Artifact,
    ) -> Result<Caller, OutOfReach> {
        self.acting_where(may, |grant| grant.pattern.matches(artifact))
            .ok_or_else(|| self.out_of_reach(may, &artifact.to_string(), None))
    }

    /// The caller in a role that `may`, held for all artifacts of a pattern in this environment.
    pub fn acting_on_all(
        &self,
        may: impl Fn(Role) -> bool + Copy,
        pattern: &RepoPattern,
        environment: &Environment,
    ) -> Result<Caller, OutOfReach> {
        self.acting_where(may, |grant| grant.covers_all(pattern, environment))
            .map(|caller| caller.in_environment_of(environment))
            .ok_or_else(|| self.out_of_reach(may, pattern.as_str(), Some(environment)))
    }

    /// Whether it reads what people did about an artifact in an environment, such as a request of others.
    pub fn reads_about(&self, artifact: &Artifact, environment: &Environment) -> bool {
        match &self.holder {
            None => self.role.reads_everything(),
            Some(holder) => holder
                .grants
                .iter()
                .any(|grant| grant.role.reads_everything() && grant.covers(artifact, environment)),
        }
    }

    /// Whether it reads what concerns an environment: it belongs there, or reads everything.
    pub fn reads_in(&self, environment: &Environment) -> bool {
        match &self.holder {
            None => {
                self.role.reads_everything()
                    || self.environment == *environment && self.token_id.is_some()
            }
            Some(holder) => holder.grants.iter().any(|grant| grant.holds_in(environment)),
        }
    }

    /// Whether it may know of a gated artifact: it is entitled to it, or answers for it.
    pub fn knows_gated(&self, artifact: &Artifact) -> bool {
        let answers = match &self.holder {
            None => self.role.reads_everything(),
            Some(holder) => holder
                .grants
                .iter()
                .any(|grant| grant.role.reads_everything() && grant.pattern.matches(artifact)),
        };
        answers || self.is_entitled_to(artifact)
    }

    fn acting_where(
        &self,
        may: impl Fn(Role) -> bool,
        is_there: impl Fn(&Grant) -> bool,
    ) -> Option<Caller> {
        let Some(holder) = &self.holder else {
            return may(self.role).then(|| self.clone());
        };
        let holds = |role: Role| {
            may(role) && holder.grants.iter().any(|grant| grant.role == role && is_there(grant))
        };
        // The role it acts in already goes first, then the one that decides least.
        let role = std::iter::once(self.role).chain(Role::ALL).find(|role| holds(*role))?;
        Some(Caller { role, ..self.clone() })
    }

    /// An account answers for every environment that its grants name; a bare token for its own.
    fn in_environment_of(mut self, environment: &Environment) -> Caller {
        if self.holder.is_some() {
            self.environment = environment.clone();
        }
        self
    }

    fn out_of_reach(
        &self,
        may: impl Fn(Role) -> bool,
        on: &str,
        environment: Option<&Environment>,
    ) -> OutOfReach {
        let wanted: Vec<String> = Role::ALL
            .into_iter()
            .filter(|role| may(*role))
            .map(|role| format!("`{role}`"))
            .collect();
        OutOfReach {
            name: self.name.clone(),
            wanted: wanted.join(" or "),
            on: on.to_owned(),
            environment: environment.cloned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_entitled_by_default() {
        let artifact: Artifact = "acme/secret".parse().unwrap();
        let mut caller = Caller::anonymous("dev".parse().unwrap());
        assert!(!caller.is_entitled_to(&artifact));
        caller.entitled_to.push("acme/*".parse().unwrap());
        assert!(caller.is_entitled_to(&artifact));
    }

    #[test]
    fn an_account_acts_where_its_grants_say_and_a_bare_token_everywhere() {
        let (dev, production) = ("dev".parse().unwrap(), "production".parse().unwrap());
        let ours: Artifact = "acme/x".parse().unwrap();
        let other: Artifact = "other/x".parse().unwrap();
        let grant = |role, environment: Option<&Environment>| {
            Grant::new(role, "acme/*".parse().unwrap(), environment.cloned(), false).unwrap()
        };
        let mut sam = Caller::anonymous("dev".parse().unwrap());
        sam.role = Role::SecurityReviewer;
        assert_eq!(sam.acting_on(Role::reviews, &other, &production), Ok(sam.clone()));
        let grants =
            vec![grant(Role::Approver, Some(&production)), grant(Role::SecurityReviewer, None)];
        sam.holder = Some(Holder { account_id: "1".to_owned(), grants });
        let role = |artifact, environment| {
            sam.acting_on(Role::reviews, artifact, environment).map(|sam| sam.role).ok()
        };
        assert_eq!(role(&ours, &dev), Some(Role::SecurityReviewer));
        assert_eq!((role(&other, &dev), role(&other, &production)), (None, None));
        let approves = |environment| {
            let approver = |role| role == Role::Approver;
            sam.acting_on(approver, &ours, environment).map(|sam| sam.environment)
        };
        assert_eq!(approves(&production), Ok(production.clone()));
        let refused = approves(&dev).unwrap_err().to_string();
        assert!(refused.contains("the role `approver` for `acme/x` in `dev`"), "{refused}");
        assert!(sam.reads_about(&ours, &dev) && !sam.reads_about(&other, &dev));
        let about = |artifact| sam.acting_about(Role::may_ask, artifact).map(|sam| sam.name);
        assert!(about(&ours).is_ok());
        assert!(about(&other).unwrap_err().to_string().ends_with("for `other/x`"));
        assert!(sam.acting(Role::may_ask).is_some());
        assert!(sam.acting(|role| role == Role::Admin).is_none() && !sam.is_admin());
    }
}
