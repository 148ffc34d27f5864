//! `GET /api/models` and `/api/datasets`: search. Sources are asked in their order; what a prohibited
//! source or pattern covers is left out.

use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use weighbridge_domain::ArtifactKind;

use super::{HubRequest, error};

/// Results a page, as the Hub has it.
const LIMIT: u16 = 100;

pub(super) async fn answer(request: &HubRequest, kind: ArtifactKind) -> Response {
    let query =
        request.parameter("search").or_else(|| request.parameter("author")).unwrap_or_default();
    if query.len() > 200 {
        return error(
            http::StatusCode::BAD_REQUEST,
            None,
            "the search text is longer than 200 bytes",
        );
    }
    let limit = request.parameter("limit").and_then(|limit| limit.parse().ok()).unwrap_or(LIMIT);
    match request.engine.search(&request.caller, kind, &query, limit.clamp(1, LIMIT)).await {
        Ok(hits) => {
            let entries: Vec<Value> = hits
                .iter()
                .map(|hit| {
                    let mut entry = json!({
                        "_id": hit.id.as_str(), "id": hit.id.as_str(),
                        "author": hit.id.publisher(),
                        "private": false, "gated": false, "disabled": false,
                        "downloads": hit.downloads, "likes": 0, "tags": hit.tags,
                        "lastModified": hit.last_modified.map(|moment| moment.to_string()),
                        "createdAt": hit.last_modified.map(|moment| moment.to_string()),
                    });
                    if let (ArtifactKind::Model, Some(fields)) = (kind, entry.as_object_mut()) {
                        fields.insert("modelId".to_owned(), hit.id.as_str().into());
                        fields.insert("pipeline_tag".to_owned(), hit.pipeline_tag.clone().into());
                    }
                    entry
                })
                .collect();
            axum::Json(entries).into_response()
        }
        Err(refused) => error(http::StatusCode::BAD_GATEWAY, None, &refused.message()),
    }
}
