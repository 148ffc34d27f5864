//! `/ui/requests/{id}`: what is asked, what is known, who has to answer; and the forms to do it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use weighbridge_domain::{RequestState, Role};
use weighbridge_engine::RequestReport;

use super::super::visitor::Visitor;
use super::super::{Frame, render, show as text, trouble};
use crate::ServerState;
use crate::api::extract::Path;
use crate::api::requests::{PartView, RequestView};
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "request.html")]
struct RequestPage {
    frame: Frame,
    request: RequestView,
    /// What went wrong with the form that was sent, and what can be done.
    note: Option<String>,
    /// In which role the visitor may answer it now.
    answers_as: Option<Role>,
    may_withdraw: bool,
}

/// The page.
pub(crate) async fn page(
    State(state): State<ServerState>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Response {
    show(&state, &visitor, &id, None).await
}

/// The page; with what went wrong, when a form could not be taken.
pub(super) async fn show(
    state: &ServerState,
    visitor: &Visitor,
    id: &str,
    problem: Option<Problem>,
) -> Response {
    let report = match state.engine.show_request(&visitor.caller, id).await {
        Ok(report) => report,
        Err(error) => {
            return trouble(visitor, Problem::from(error), &format!("/ui/requests/{id}"));
        }
    };
    let status = problem.as_ref().map_or(StatusCode::OK, |problem| problem.status);
    let note = problem.map(|problem| match problem.hint {
        Some(hint) => format!("{}; {hint}", problem.detail),
        None => problem.detail,
    });
    let page = RequestPage {
        frame: Frame::new("A request", visitor),
        note,
        answers_as: answers_as(visitor, &report),
        may_withdraw: report.row.request.state == RequestState::Open
            && (report.row.request.asked_by == visitor.caller.name || visitor.is_admin()),
        request: report.into(),
    };
    render(status, &page)
}

/// The role that the request waits for and the visitor holds there. The engine has the last word.
fn answers_as(visitor: &Visitor, report: &RequestReport) -> Option<Role> {
    let request = &report.row.request;
    if request.state != RequestState::Open || request.asked_by == visitor.caller.name {
        return None;
    }
    let missing = request.missing();
    let artifact = &report.artifact.artifact;
    let acting =
        visitor.caller.acting_on(|role| missing.contains(&role), artifact, &request.environment);
    acting.ok().map(|caller| caller.role)
}

impl RequestPage {
    /// The last to answer says until when, and under which conditions.
    fn approves(&self) -> bool {
        self.answers_as == Some(Role::Approver)
    }
}

impl PartView {
    /// What its role said, in a word.
    fn said(&self, request: &RequestView) -> &'static str {
        match request.answers.iter().rfind(|answer| answer.role == self.role) {
            Some(answer) if answer.answer == "yes" => "yes",
            Some(_) => "no",
            None if request.state == "open" => "waiting",
            None => "not asked any more",
        }
    }

    fn shade(&self, request: &RequestView) -> &'static str {
        match self.said(request) {
            "yes" => "allow",
            "no" => "deny",
            "waiting" => "hold",
            _ => "plain",
        }
    }
}
