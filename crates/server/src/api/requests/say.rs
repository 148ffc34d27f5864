//! `POST /api/v1/requests/{id}/notes`: a comment, a question to whoever asked, or the reply.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_engine::Say;

use super::{RequestPath, RequestView};
use crate::ServerState;
use crate::allowed::Asker;
use crate::api::extract::{Body, Json, Path};
use crate::problem::{Problem, ProblemView};

/// Something to say about a request.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SayRequest {
    /// `comment`, `question` or `reply`.
    #[schema(example = "question")]
    pub kind: String,
    /// The words.
    pub text: String,
}

impl SayRequest {
    /// What is said, when it is something.
    pub(crate) fn said(self) -> Result<(Say, String), Problem> {
        let say = match self.kind.as_str() {
            "comment" => Say::Comment,
            "question" => Say::Question,
            "reply" => Say::Reply,
            other => {
                let detail = format!("`kind`: `{other}` is not `comment`, `question` or `reply`");
                return Err(Problem::bad_request("bad-value", detail));
            }
        };
        Ok((say, self.text))
    }
}

/// Say something about a request; a question has to be replied to before anybody says yes
#[utoipa::path(post, path = "/requests/{id}/notes", tag = "requests", params(RequestPath),
    request_body = SayRequest, responses(
    (status = 200, body = RequestView),
    (status = 400, body = ProblemView),
    (status = 403, body = ProblemView),
    (status = 404, body = ProblemView),
    (status = 409, body = ProblemView),
))]
pub(crate) async fn say_on_request(
    State(state): State<ServerState>,
    Asker(caller): Asker,
    Path(path): Path<RequestPath>,
    Body(body): Body<SayRequest>,
) -> Result<Json<RequestView>, Problem> {
    let (say, text) = body.said()?;
    Ok(Json(state.engine.say_on_request(&caller, &path.id, say, &text).await?.into()))
}
