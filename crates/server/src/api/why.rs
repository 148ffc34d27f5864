//! `GET /api/v1/why?ref=&environment=`: why an environment may or may not have a revision.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use weighbridge_domain::{Caller, Environment, Gate, Mode, Outcome, Role};
use weighbridge_engine::{Ask, Engine, Explanation, LastRefusal, Missing, Refused};

use super::decisions::{DecisionView, ReasonView};
use super::exceptions::ExceptionsView;
use super::extract::{Json, Query, parsed};
use super::revisions::show::parse_ref;
use crate::ServerState;
use crate::allowed::{Anyone, is_known, may_know, may_read};
use crate::problem::{Problem, ProblemView};

/// What is said of everything that somebody without a grant may not know of.
const NOT_ENTITLED: &str = "not-entitled";

/// Why an environment may or may not have a revision.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct WhyView {
    /// What was asked about.
    #[serde(rename = "ref")]
    pub reference: String,
    /// For which environment.
    pub environment: String,
    /// `allow`, `hold`, `deny`, or `not-evaluated`, which is not a yes.
    pub outcome: String,
    /// The answer in a sentence.
    pub summary: String,
    /// Every objection, the enforced ones first.
    pub reasons: Vec<ReasonView>,
    /// Everything that is missing, in the order in which it is done; empty when nothing is.
    #[serde(default)]
    pub missing: Vec<MissingView>,
    /// What people have said beside the rules, as it is now.
    #[serde(default)]
    pub exceptions: ExceptionsView,
    /// The decision; absent when the name alone is refused or nothing was evaluated.
    pub decision: Option<DecisionView>,
    /// When nothing was evaluated: why the last caller was turned away, if one was not long ago.
    pub last_refusal: Option<RefusalView>,
}

/// One thing that is missing, and who can supply it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MissingView {
    /// What.
    pub what: String,
    /// The role that can supply it; `weighbridge` when nobody has to do anything.
    pub role: String,
    /// The people who were asked, or have that role; told to those with a token.
    pub people: Vec<String>,
    /// How it is supplied.
    pub how: String,
    /// Until when somebody was asked to.
    pub due_at: Option<String>,
}

/// Why a caller was turned away, by something else than policy.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RefusalView {
    /// When.
    pub at: String,
    /// Why.
    pub message: String,
    /// What would change it.
    pub remedy: String,
    /// Who can help.
    pub contact: String,
}

/// About what.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhyQuery {
    /// `acme/tiny-bert@main`: a branch, a tag, a commit or the beginning of one.
    #[serde(rename = "ref")]
    reference: String,
    /// For which environment; the caller's own when it is left out.
    environment: Option<String>,
}

/// Explain why an environment may or may not have a revision
#[utoipa::path(get, path = "/why", tag = "decisions", params(WhyQuery), responses(
    (status = 200, body = WhyView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn explain(
    State(state): State<ServerState>,
    Anyone(caller): Anyone,
    Query(query): Query<WhyQuery>,
) -> Result<Json<WhyView>, Problem> {
    let ask = parse_ref(&query.reference)?;
    let environment = match &query.environment {
        Some(name) => parsed("environment", name)?,
        None => caller.environment.clone(),
    };
    explain_for(&state.engine, &caller, &ask, &environment).await.map(Json)
}

/// Explains, as far as the caller may know.
pub(crate) async fn explain_for(
    engine: &Engine,
    caller: &Caller,
    ask: &Ask,
    environment: &Environment,
) -> Result<WhyView, Problem> {
    if !engine.settings().environments.iter().any(|known| known.name == *environment) {
        let detail = format!("there is no environment `{environment}` here");
        return Err(Problem::not_found("no-such-environment", detail));
    }
    if !may_read(engine, caller, environment) {
        let detail = format!("`{}` may not read what concerns `{environment}`", caller.name);
        return Err(Problem::forbidden("other-environment", detail)
            .hint(format!("sign in with a token of `{environment}`")));
    }
    let explanation = engine
        .explain(ask, environment)
        .await
        .map_err(|refused| Problem::internal(refused.message()))?;
    let mut view = WhyView::of(caller, ask, environment, explanation);
    let is_hidden = view.reasons.iter().any(|reason| reason.rule == NOT_ENTITLED);
    if view.outcome != "allow" && !is_hidden {
        let missing = match engine.list_missing(ask, environment).await {
            Ok(missing) => missing,
            Err(Refused::Internal(error)) => return Err(Problem::internal(error)),
            // The reasons above say the same.
            Err(_) => Vec::new(),
        };
        let may_name = is_known(caller);
        view.missing = missing.into_iter().map(|item| MissingView::of(item, may_name)).collect();
    }
    if !is_hidden {
        view.exceptions = view.find_exceptions(engine, caller, ask, environment).await?;
    }
    Ok(view)
}

impl MissingView {
    fn of(missing: Missing, may_name: bool) -> MissingView {
        let Missing { what, role, people, how, due_at } = missing;
        let people = if may_name { people } else { Vec::new() };
        MissingView { what, role, people, how, due_at: due_at.map(|due| due.to_string()) }
    }
}

impl WhyView {
    /// What people have said beside the rules, under the name that the artifact has here.
    async fn find_exceptions(
        &self,
        engine: &Engine,
        caller: &Caller,
        ask: &Ask,
        environment: &Environment,
    ) -> Result<ExceptionsView, Problem> {
        let name = self.decision.as_ref().and_then(|decision| decision.artifact.parse().ok());
        let artifact = name.as_ref().unwrap_or(&ask.artifact);
        let facts = self.decision.as_ref().and_then(|decision| decision.facts_document.as_ref());
        ExceptionsView::find(engine, caller, artifact, environment, facts).await
    }

    fn of(
        caller: &Caller,
        ask: &Ask,
        environment: &Environment,
        explanation: Explanation,
    ) -> WhyView {
        let view = |outcome: &str, summary: String| WhyView {
            reference: format!("{}@{}", ask.artifact, ask.revision),
            environment: environment.to_string(),
            outcome: outcome.to_owned(),
            summary,
            reasons: Vec::new(),
            missing: Vec::new(),
            exceptions: ExceptionsView::default(),
            decision: None,
            last_refusal: None,
        };
        match explanation {
            Explanation::ByName { artifact, reason } => {
                let summary = format!("{artifact} is refused by name, in every environment");
                WhyView { reasons: vec![ReasonView::from(&reason)], ..view("deny", summary) }
            }
            Explanation::NotEvaluated { artifact: Some(row), .. }
                if !may_know(caller, &row.artifact, row.restricted) =>
            {
                not_entitled(ask, view)
            }
            Explanation::NotEvaluated { what, last_refusal, .. } => WhyView {
                last_refusal: last_refusal.map(RefusalView::from),
                ..view("not-evaluated", what)
            },
            Explanation::Decided(report) => {
                if !may_know(caller, &report.artifact.artifact, report.artifact.restricted) {
                    return not_entitled(ask, view);
                }
                let decision = DecisionView::from(*report);
                let summary = decision.summary();
                WhyView {
                    reasons: decision.reasons.clone(),
                    decision: Some(decision.clone()),
                    ..view(&decision.outcome, summary)
                }
            }
        }
    }
}

/// What somebody without a grant is told: no more than the Hub door says too.
fn not_entitled(ask: &Ask, view: impl Fn(&str, String) -> WhyView) -> WhyView {
    let name = &ask.artifact;
    let reason = ReasonView {
        rule: NOT_ENTITLED.to_owned(),
        gate: Gate::Admit.to_string(),
        mode: Mode::Enforce.to_string(),
        effect: Outcome::Deny.to_string(),
        message: format!("`{name}` is gated or private upstream, and you have no grant for it"),
        remedy: format!("ask for a token made with `--entitle '{name}'`"),
        contact: Role::Admin.to_string(),
    };
    let summary = format!("{name} is given to those entitled to it only");
    WhyView { reasons: vec![reason], ..view("deny", summary) }
}

impl From<LastRefusal> for RefusalView {
    fn from(refusal: LastRefusal) -> RefusalView {
        let remedies = [
            ("(upstream-credential)", "store a credential with `weighbridge source credential`"),
            (
                "(not-entitled)",
                "make a token with `weighbridge token create NAME --entitle PATTERN`",
            ),
            ("(integrity-mismatch)", "ask again later; if it stays, tell whoever runs the source"),
        ];
        let known = remedies.iter().find(|(code, _)| refusal.message.ends_with(code));
        let remedy = known.map_or("ask for it again", |(_, remedy)| remedy);
        RefusalView {
            at: refusal.at.to_string(),
            message: refusal.message,
            remedy: remedy.to_owned(),
            contact: Role::Admin.to_string(),
        }
    }
}

impl DecisionView {
    /// The answer in a sentence.
    pub fn summary(&self) -> String {
        let verb = match self.outcome.as_str() {
            "allow" => "is allowed",
            "hold" => "is held",
            _ => "is denied",
        };
        let commit: String = self.commit.chars().take(12).collect();
        format!("{}@{commit} {verb} in `{}`", self.artifact, self.environment)
    }
}
