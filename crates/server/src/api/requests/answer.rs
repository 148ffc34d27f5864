//! `POST /api/v1/requests/{id}/answers`: a review, or the approval, in the role of the token.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_engine::NewAnswer;

use super::{RequestPath, RequestView};
use crate::ServerState;
use crate::allowed::Reviewer;
use crate::api::extract::{Body, Json, Path, moment};
use crate::problem::{Problem, ProblemView};

/// An answer to a request.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerRequest {
    /// `yes` or `no`.
    #[schema(example = "yes")]
    pub answer: String,
    /// Why.
    pub comment: String,
    /// When the approval ends, in RFC 3339; as late as the lane allows, when it is left out.
    #[serde(default)]
    pub expires_at: Option<String>,
    /// What the approval is bound to, in words.
    #[serde(default)]
    pub conditions: String,
}

impl AnswerRequest {
    /// The answer, when it is one.
    pub(crate) fn answer(self) -> Result<NewAnswer, Problem> {
        let is_yes = match self.answer.as_str() {
            "yes" => true,
            "no" => false,
            other => {
                let detail = format!("`answer`: `{other}` is neither `yes` nor `no`");
                return Err(Problem::bad_request("bad-value", detail));
            }
        };
        let end = self.expires_at.as_deref();
        Ok(NewAnswer {
            is_yes,
            comment: self.comment,
            expires_at: end.map(|text| moment("expires_at", text)).transpose()?,
            conditions: self.conditions,
        })
    }
}

/// Answer a request in the role of the token; the last yes approves, any no rejects
#[utoipa::path(post, path = "/requests/{id}/answers", tag = "requests", params(RequestPath),
    request_body = AnswerRequest, responses(
    (status = 200, body = RequestView),
    (status = 400, body = ProblemView),
    (status = 403, body = ProblemView),
    (status = 404, body = ProblemView),
    (status = 409, body = ProblemView),
))]
pub(crate) async fn answer_request(
    State(state): State<ServerState>,
    Reviewer(caller): Reviewer,
    Path(path): Path<RequestPath>,
    Body(body): Body<AnswerRequest>,
) -> Result<Json<RequestView>, Problem> {
    let new = body.answer()?;
    Ok(Json(state.engine.answer_request(&caller, &path.id, new).await?.into()))
}
