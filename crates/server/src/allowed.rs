//! Permissions as extractors: what a handler demands of its caller stands in its signature.

mod policy_keeper;

use axum::extract::FromRequestParts;
use base64::Engine as _;
use http::StatusCode;
use http::request::Parts;
use weighbridge_domain::{Artifact, Caller, Environment, Role, TokenSecret};
use weighbridge_engine::{AccountRow, Engine, PasswordError, SignInError};

use crate::ServerState;
use crate::caller::{address, bearer};
use crate::problem::Problem;

pub(crate) use policy_keeper::{PolicyKeeper, policy_keeper};

/// Somebody with an administrator's token.
pub(crate) struct Admin(pub(crate) Caller);

/// Somebody who asks for revisions in an environment.
pub(crate) struct Asker(pub(crate) Caller);

/// Somebody who answers requests. Which ones, the requests say.
pub(crate) struct Reviewer(pub(crate) Caller);

/// Somebody in a role that rules name: it answers for them. Which ones, the rules say.
pub(crate) struct Answerable(pub(crate) Caller);

/// Somebody who recalls what was found bad: a security-reviewer or an administrator. What, the artifacts say.
pub(crate) struct Recaller(pub(crate) Caller);

/// Somebody who looks into what was recalled and who has it: those who recall, and auditors.
pub(crate) struct Investigator(pub(crate) Caller);

/// Somebody who reads the records and what is configured: an auditor or an administrator.
pub(crate) struct Auditor;

/// Somebody with any token.
pub(crate) struct Reader(pub(crate) Caller);

/// Somebody with an account, by a personal token of it or by name and password.
pub(crate) struct AccountHolder(pub(crate) AccountRow);

/// Somebody who has just given the password of their account: a token is not enough.
pub(crate) struct PasswordHolder(pub(crate) AccountRow);

/// Somebody with a token, or without one where the default environment allows that.
pub(crate) struct Anyone(pub(crate) Caller);

impl FromRequestParts<ServerState> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ServerState) -> Result<Admin, Problem> {
        let may = |role| role == Role::Admin;
        in_role(
            &signed_in(parts, state).await?,
            may,
            "not-an-administrator",
            "; this takes an administrator's token",
        )
        .map(Admin)
    }
}

impl FromRequestParts<ServerState> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ServerState) -> Result<Asker, Problem> {
        let may = Role::may_ask;
        in_role(
            &signed_in(parts, state).await?,
            may,
            "may-not-ask",
            "; this takes a developer's token",
        )
        .map(Asker)
        .map_err(|problem| {
            problem
                .hint("an administrator makes one with `weighbridge token create --role developer`")
        })
    }
}

impl FromRequestParts<ServerState> for Reviewer {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &ServerState,
    ) -> Result<Reviewer, Problem> {
        let may = Role::reviews;
        in_role(
            &signed_in(parts, state).await?,
            may,
            "not-a-reviewer",
            "; this takes the token of a reviewer or an approver",
        )
        .map(Reviewer)
    }
}

impl FromRequestParts<ServerState> for Answerable {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &ServerState,
    ) -> Result<Answerable, Problem> {
        let may = |role: Role| role.reviews() || role == Role::Admin;
        in_role(
            &signed_in(parts, state).await?,
            may,
            "not-answerable",
            ", which answers for no rule",
        )
        .map(Answerable)
    }
}

impl FromRequestParts<ServerState> for Recaller {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &ServerState,
    ) -> Result<Recaller, Problem> {
        let may = |role: Role| role == Role::SecurityReviewer || role == Role::Admin;
        in_role(
            &signed_in(parts, state).await?,
            may,
            "may-not-recall",
            "; this takes the token of a security-reviewer or an administrator",
        )
        .map(Recaller)
    }
}

impl FromRequestParts<ServerState> for Investigator {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &ServerState,
    ) -> Result<Investigator, Problem> {
        let may = |role: Role| role == Role::SecurityReviewer || role.audits();
        in_role(
            &signed_in(parts, state).await?,
            may,
            "may-not-investigate",
            "; this takes the token of a security-reviewer, an auditor or an administrator",
        )
        .map(Investigator)
    }
}

impl FromRequestParts<ServerState> for Auditor {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &ServerState,
    ) -> Result<Auditor, Problem> {
        let may = Role::audits;
        in_role(
            &signed_in(parts, state).await?,
            may,
            "not-an-auditor",
            "; this takes an auditor's or an administrator's token",
        )
        .map(|_| Auditor)
    }
}

impl FromRequestParts<ServerState> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ServerState) -> Result<Reader, Problem> {
        signed_in(parts, state).await.map(Reader)
    }
}

impl FromRequestParts<ServerState> for Anyone {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ServerState) -> Result<Anyone, Problem> {
        match presented(parts)? {
            Some(_) => signed_in(parts, state).await.map(Anyone),
            None => Ok(Anyone(state.engine.sign_in(None, None).await?)),
        }
    }
}

impl FromRequestParts<ServerState> for AccountHolder {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &ServerState,
    ) -> Result<AccountHolder, Problem> {
        if let Some((name, password)) = basic(parts) {
            return by_password(parts, state, &name, &password).await.map(AccountHolder);
        }
        let caller = signed_in(parts, state).await?;
        let found = state.engine.account_of(&caller).await.map_err(Problem::internal)?;
        found.map(|report| AccountHolder(report.account)).ok_or_else(|| {
            let detail = format!("`{}` is a token, not an account", caller.name);
            Problem::forbidden("not-an-account", detail)
                .hint("use a personal token, or name and password")
        })
    }
}

impl FromRequestParts<ServerState> for PasswordHolder {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &ServerState,
    ) -> Result<PasswordHolder, Problem> {
        if let Some((name, password)) = basic(parts) {
            return by_password(parts, state, &name, &password).await.map(PasswordHolder);
        }
        signed_in(parts, state).await?;
        let detail = "this takes the name and the password of an account; a token is not enough";
        Err(Problem::forbidden("password-needed", detail))
    }
}

async fn by_password(
    parts: &Parts,
    state: &ServerState,
    name: &str,
    password: &str,
) -> Result<AccountRow, Problem> {
    Ok(state.engine.check_password(name, password, &address(parts, state)).await?)
}

/// Name and password of a request (RFC 7617, in UTF-8).
fn basic(parts: &Parts) -> Option<(String, String)> {
    let value = parts.headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, coded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let bytes = base64::engine::general_purpose::STANDARD.decode(coded.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (name, password) = text.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

/// Whether `caller` may read what concerns `environment`.
pub(crate) fn may_read(engine: &Engine, caller: &Caller, environment: &Environment) -> bool {
    let is_open = engine
        .settings()
        .environments
        .iter()
        .any(|known| known.name == *environment && known.anonymous);
    is_open || caller.reads_in(environment)
}

/// Whether `caller` may know of `artifact`: a gated one exists only for those entitled to it, and for those
/// who answer for it.
pub(crate) fn may_know(caller: &Caller, artifact: &Artifact, is_restricted: bool) -> bool {
    !is_restricted || caller.knows_gated(artifact)
}

/// Whether the caller came with a token or a session: what people say about each other is for those.
pub(crate) fn is_known(caller: &Caller) -> bool {
    caller.token_id.is_some() || caller.holder.is_some()
}

/// The caller in a role that may do it, when it has one; `why` goes on where the role was told. Where an
/// account holds that role is for the operation to check, which knows the artifact.
fn in_role(
    caller: &Caller,
    may: impl Fn(Role) -> bool,
    code: &'static str,
    why: &str,
) -> Result<Caller, Problem> {
    if let Some(acting) = caller.acting(may) {
        return Ok(acting);
    }
    let detail = format!("`{}` has the role `{}`{why}", caller.name, caller.role);
    tracing::info!(by = %caller.name, role = %caller.role, code, "an operation was refused");
    Err(Problem::forbidden(code, detail))
}

async fn signed_in(parts: &Parts, state: &ServerState) -> Result<Caller, Problem> {
    let Some(secret) = presented(parts)? else {
        return Err(Problem::unauthorized("no-token", "this takes a token")
            .hint("send `Authorization: Bearer hf_…`; an administrator makes one with `weighbridge token create`"));
    };
    Ok(state.engine.sign_in(Some(&secret), None).await?)
}

/// The token of the request. The console's cookie does not count: another site could send it along.
fn presented(parts: &Parts) -> Result<Option<TokenSecret>, Problem> {
    let Some(value) = parts.headers.get(http::header::AUTHORIZATION) else { return Ok(None) };
    let secret = bearer(value).ok_or_else(|| {
        let detail = "the Authorization header is not `Bearer` and a token";
        Problem::unauthorized("bad-authorization", detail)
    })?;
    Ok(Some(secret))
}

impl From<PasswordError> for Problem {
    fn from(error: PasswordError) -> Problem {
        match error {
            PasswordError::Wrong => Problem::unauthorized("wrong-password", error)
                .hint("an administrator sets a new one with `weighbridge account password`"),
            PasswordError::Wait(_) => {
                Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-tries", error)
            }
            PasswordError::Busy => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", error),
            PasswordError::Store(error) => Problem::internal(error),
        }
    }
}

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Problem {
        match error {
            SignInError::NoToken(_) => Problem::unauthorized("no-token", error),
            SignInError::UnknownToken => Problem::unauthorized("unknown-token", error),
            SignInError::OtherEnvironment { .. } => Problem::forbidden("other-environment", error),
            SignInError::NoSuchEnvironment(_) => Problem::not_found("no-such-environment", error),
            SignInError::Store(error) => Problem::internal(error),
        }
    }
}
