//! `GET /api/{kind}s/{id}/commits/{rev}`: the history upstream tells, first page.

use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use weighbridge_engine::Ask;

use super::HubRequest;

pub(super) async fn answer(request: &HubRequest, ask: Ask) -> Response {
    let view = match request.engine.open_revision(&request.caller, &ask).await {
        Ok(view) => view,
        Err(refused) => return request.refuse(&ask, None, &refused),
    };
    if let Err(refused) = view.allowed() {
        return request.refuse(&ask, None, &refused);
    }
    let commits = match request.engine.list_commits(&view, &ask.revision).await {
        Ok(commits) => commits,
        Err(refused) => return request.refuse(&ask, None, &refused),
    };
    let entries: Vec<Value> = commits
        .iter()
        .map(|commit| {
            let authors: Vec<Value> =
                commit.authors.iter().map(|author| json!({ "user": author })).collect();
            json!({
                "id": commit.commit.as_str(),
                "title": commit.title,
                "message": commit.message,
                "date": commit.authored_at.map(|moment| moment.to_string()),
                "authors": authors,
            })
        })
        .collect();
    axum::Json(entries).into_response()
}
