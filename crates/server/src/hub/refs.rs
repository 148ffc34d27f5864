//! `GET /api/{kind}s/{id}/refs`: branches and tags. llama.cpp asks for it first.

use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use weighbridge_domain::{Artifact, RevisionSpec};
use weighbridge_engine::{Ask, NamedRevision};

use super::HubRequest;

pub(super) async fn answer(request: &HubRequest, artifact: Artifact) -> Response {
    let ask = Ask { artifact, revision: RevisionSpec::main() };
    let view = match request.engine.open_revision(&request.caller, &ask).await {
        Ok(view) => view,
        Err(refused) => return request.refuse(&ask, None, &refused),
    };
    if let Err(refused) = view.allowed() {
        return request.refuse(&ask, None, &refused);
    }
    let refs = match request.engine.list_refs(&view).await {
        Ok(refs) => refs,
        Err(refused) => return request.refuse(&ask, None, &refused),
    };
    let entries = |list: &[NamedRevision]| -> Vec<Value> {
        list.iter()
            .map(|entry| {
                json!({ "name": entry.name, "ref": entry.reference, "targetCommit": entry.commit.as_str() })
            })
            .collect()
    };
    let mut document = json!({
        "branches": entries(&refs.branches),
        "converts": entries(&refs.converts),
        "tags": entries(&refs.tags),
    });
    if request.parameter("include_prs").is_some()
        && let Some(fields) = document.as_object_mut()
    {
        fields.insert("pullRequests".to_owned(), entries(&refs.pull_requests).into());
    }
    axum::Json(document).into_response()
}
