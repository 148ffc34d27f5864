//! `/ui/requests/{id}`: what is asked, what is known, who has to answer; and the forms to do it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use weighbridge_domain::{RequestState, Role};
use weighbridge_engine::{RequestError, RequestReport};

use super::super::visitor::Visitor;
use super::super::{Frame, render, show as text, trouble};
use super::talk::{Said, talk};
use crate::ServerState;
use crate::api::exceptions::ExceptionsView;
use crate::api::extract::Path;
use crate::api::requests::{EvidenceView, PartView, RequestView};
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "request.html")]
#[expect(clippy::struct_excessive_bools, reason = "each is a form that is there or not")]
struct RequestPage {
    frame: Frame,
    request: RequestView,
    /// What the scanner saw and what differs; absent when it cannot be told.
    evidence: Option<EvidenceView>,
    /// What people have said beside the rules.
    exceptions: ExceptionsView,
    /// Answers and what else was said, the oldest first.
    talk: Vec<Said>,
    /// What went wrong with the form that was sent, and what can be done.
    note: Option<String>,
    /// What was written into the form that could not be taken.
    written: String,
    /// In which role the visitor may answer it now.
    answers_as: Option<Role>,
    may_comment: bool,
    may_reply: bool,
    may_escalate: bool,
    /// The parts that the visitor may give to somebody, and to whom.
    gives: Vec<Giving>,
    may_withdraw: bool,
}

/// The part of a role, and who may have it.
struct Giving {
    role: Role,
    people: Vec<String>,
}

/// A form that could not be taken.
pub(super) struct Failed {
    pub(super) problem: Problem,
    pub(super) written: String,
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
    failed: Option<Failed>,
) -> Response {
    match gather(state, visitor, id, failed).await {
        Ok((status, page)) => render(status, &page),
        Err(problem) => trouble(visitor, problem, &format!("/ui/requests/{id}")),
    }
}

async fn gather(
    state: &ServerState,
    visitor: &Visitor,
    id: &str,
    failed: Option<Failed>,
) -> Result<(StatusCode, RequestPage), Problem> {
    let (report, evidence) = state.engine.show_request_whole(&visitor.caller, id).await?;
    let (caller, request) = (&visitor.caller, &report.row.request);
    let (is_open, is_own) = (request.state == RequestState::Open, request.asked_by == caller.name);
    let holds = |may: fn(Role) -> bool| {
        caller.acting_on(may, &report.artifact.artifact, &request.environment).is_ok()
    };
    let has_say = |role: Role| role.reviews() || role == Role::Admin;
    let asks_back = request.question.as_ref().map(|question| question.by == caller.name);
    let mut page = RequestPage {
        frame: Frame::new("A request", visitor),
        note: None,
        written: String::new(),
        answers_as: answers_as(visitor, &report),
        may_comment: caller.holds(Role::may_ask),
        may_reply: is_open && asks_back.is_some_and(|own| own || is_own),
        may_escalate: is_open && (is_own || holds(has_say)),
        gives: gives(state, visitor, &report).await?,
        may_withdraw: is_open && (is_own || visitor.is_admin()),
        evidence: None,
        exceptions: ExceptionsView::default(),
        talk: Vec::new(),
        request: RequestView::whole(&state.engine, caller, report, evidence).await?,
    };
    page.evidence = page.request.evidence.take();
    page.exceptions = page.request.exceptions.take().unwrap_or_default();
    page.talk = talk(&page.request);
    let mut status = StatusCode::OK;
    if let Some(Failed { problem, written }) = failed {
        status = problem.status;
        page.written = written;
        page.note = Some(problem.sentence());
    }
    Ok((status, page))
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

/// The parts that the visitor may give to somebody of their role.
async fn gives(
    state: &ServerState,
    visitor: &Visitor,
    report: &RequestReport,
) -> Result<Vec<Giving>, RequestError> {
    let (caller, request) = (&visitor.caller, &report.row.request);
    if request.state != RequestState::Open || request.asked_by == caller.name {
        return Ok(Vec::new());
    }
    let (artifact, environment) = (&report.artifact.artifact, &request.environment);
    let mut gives = Vec::new();
    for role in request.missing() {
        let may = |own: Role| own == role || own == Role::Approver || own == Role::Admin;
        if caller.acting_on(may, artifact, environment).is_ok() {
            let people = state.engine.list_assignable(report, role).await?;
            gives.push(Giving { role, people });
        }
    }
    Ok(gives)
}

impl RequestPage {
    /// The last to answer says until when, and under which conditions.
    fn approves(&self) -> bool {
        self.answers_as == Some(Role::Approver)
    }

    /// Nobody says yes to what is not here, or while a question is open.
    fn may_say_yes(&self) -> bool {
        self.request.missing_files == 0 && self.request.question_by.is_none()
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
