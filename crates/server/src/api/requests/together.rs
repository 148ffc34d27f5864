//! `POST /api/v1/requests/answers`: several requests answered at once, each on its own.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AnswerRequest, RequestView};
use crate::ServerState;
use crate::allowed::Reviewer;
use crate::api::extract::{Body, Json};
use crate::problem::{Problem, ProblemView};

/// One answer to several requests.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerRequests {
    /// The requests: at most 50, all of one lane, and for a yes without findings that have to be looked at.
    pub ids: Vec<String>,
    /// The answer.
    pub answer: AnswerRequest,
}

/// What came of each.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AnsweredTogether {
    /// In the order in which they were given.
    pub items: Vec<AnsweredView>,
}

/// What came of answering one request.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AnsweredView {
    /// The request.
    pub id: String,
    /// Where it stands, when the answer counts.
    pub request: Option<RequestView>,
    /// Why the answer does not count.
    pub problem: Option<ProblemView>,
}

/// Answer several requests the same; each is answered or refused on its own
#[utoipa::path(post, path = "/requests/answers", tag = "requests", request_body = AnswerRequests,
    responses(
    (status = 200, body = AnsweredTogether),
    (status = 400, body = ProblemView),
    (status = 403, body = ProblemView),
))]
pub(crate) async fn answer_requests(
    State(state): State<ServerState>,
    Reviewer(caller): Reviewer,
    Body(body): Body<AnswerRequests>,
) -> Result<Json<AnsweredTogether>, Problem> {
    let new = body.answer.answer()?;
    let answered = state.engine.answer_requests(&caller, &body.ids, &new).await?;
    let view = |(id, outcome)| match outcome {
        Ok(report) => AnsweredView { id, request: Some(RequestView::from(report)), problem: None },
        Err(error) => {
            AnsweredView { id, request: None, problem: Some(Problem::from(error).view()) }
        }
    };
    Ok(Json(AnsweredTogether { items: answered.into_iter().map(view).collect() }))
}
