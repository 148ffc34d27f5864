//! `/ui/requests/new`: the form to ask for a revision in an environment, with the questions about the use.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;
use weighbridge_domain::{Affected, DataClass, Role};
use weighbridge_engine::NewRequest;

use super::super::posted::Posted;
use super::super::visitor::Visitor;
use super::super::{Frame, render, show as text, sign_in, trouble};
use crate::ServerState;
use crate::api::extract::{Query, parsed};
use crate::api::requests::RiskView;
use crate::api::revisions::show::parse_ref;
use crate::problem::Problem;

/// What the form says; and, as a link, what it is filled with.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct Wish {
    #[serde(rename = "ref", default)]
    reference: String,
    #[serde(default)]
    environment: String,
    #[serde(default)]
    because: String,
    #[serde(default)]
    use_case: String,
    #[serde(default)]
    data: String,
    #[serde(default)]
    residency: String,
    #[serde(default)]
    affected: String,
    /// A box that is ticked.
    user_facing: Option<String>,
    affects_people: Option<String>,
}

#[derive(Template)]
#[template(path = "ask.html")]
struct AskPage {
    frame: Frame,
    wish: Wish,
    environments: Vec<String>,
    classes: Vec<String>,
    circles: Vec<String>,
    note: Option<String>,
}

/// The form.
pub(crate) async fn page(
    State(state): State<ServerState>,
    visitor: Visitor,
    Query(wish): Query<Wish>,
) -> Response {
    if !visitor.is_signed_in {
        return sign_in::form(&visitor, StatusCode::UNAUTHORIZED, "/ui/requests/new", None);
    }
    if !visitor.caller.holds(Role::may_ask) {
        let detail = format!("`{}` has no role that asks for artifacts", visitor.caller.name);
        let problem = Problem::forbidden("may-not-ask", detail)
            .hint("an administrator grants the role `developer`");
        return trouble(&visitor, problem, "/ui/requests");
    }
    form(&state, &visitor, wish, None)
}

fn form(state: &ServerState, visitor: &Visitor, wish: Wish, problem: Option<Problem>) -> Response {
    let status = problem.as_ref().map_or(StatusCode::OK, |problem| problem.status);
    let known = &state.engine.settings().environments;
    let page = AskPage {
        frame: Frame::new("Ask for an artifact", visitor),
        wish,
        environments: known.iter().map(|known| known.name.to_string()).collect(),
        classes: DataClass::ALL.iter().map(ToString::to_string).collect(),
        circles: Affected::ALL.iter().map(ToString::to_string).collect(),
        note: problem.map(Problem::sentence),
    };
    render(status, &page)
}

/// Makes the request and shows it; what could not be taken stays in the form.
pub(crate) async fn make(
    State(state): State<ServerState>,
    Posted { visitor, form: wish }: Posted<Wish>,
) -> Response {
    let asked = async {
        let risk = RiskView {
            use_case: wish.use_case.clone(),
            data: wish.data.clone(),
            residency: Some(wish.residency.trim().to_owned()),
            user_facing: wish.user_facing.is_some(),
            affects_people: wish.affects_people.is_some(),
            affected: Some(wish.affected.clone()),
        };
        let new = NewRequest {
            ask: parse_ref(wish.reference.trim())?,
            environment: parsed("environment", &wish.environment)?,
            because: wish.because.clone(),
            risk: risk.answers()?,
        };
        Ok::<_, Problem>(state.engine.request_use(&visitor.caller, new).await?)
    };
    match asked.await {
        Ok(report) => Redirect::to(&format!("/ui/requests/{}", report.row.id)).into_response(),
        Err(problem) => form(&state, &visitor, wish, Some(problem)),
    }
}
