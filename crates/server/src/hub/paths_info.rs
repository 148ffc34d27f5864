//! `POST /api/{kind}s/{id}/paths-info/{rev}`: some paths of a revision. Unknown ones are left out.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use weighbridge_domain::RepoPath;
use weighbridge_engine::Ask;

use super::{HubRequest, error, form_pairs, listing};

/// The most a question may weigh.
const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;
/// The most paths one question may name.
const MAX_PATHS: usize = 20_000;

pub(super) async fn answer(request: &HubRequest, ask: Ask, body: Body) -> Response {
    let view = match request.engine.open_revision(&request.caller, &ask).await {
        Ok(view) => view,
        Err(refused) => return request.refuse(&ask, None, &refused),
    };
    if let Err(refused) = view.allowed() {
        return request.refuse(&ask, None, &refused);
    }
    let Ok(bytes) = axum::body::to_bytes(body, MAX_BODY_BYTES).await else {
        return error(
            StatusCode::PAYLOAD_TOO_LARGE,
            None,
            "the list of paths is larger than 2 MiB",
        );
    };
    let Some(paths) = read_paths(request, &bytes) else {
        return error(StatusCode::BAD_REQUEST, None, "the body is not a list of `paths`");
    };
    if paths.len() > MAX_PATHS {
        return error(StatusCode::BAD_REQUEST, None, "more than 20,000 paths in one question");
    }
    let mut entries = Vec::new();
    for path in paths {
        let Ok(path) = path.trim_matches('/').parse::<RepoPath>() else { continue };
        match request.engine.find_file(&view, &path).await {
            Ok(Some(file)) => entries.push(listing::file(&file)),
            Ok(None) => match request.engine.list_files(&view, path.as_str(), None, 1).await {
                Ok(below) if !below.is_empty() => entries.push(listing::folder(path.as_str())),
                Ok(_) => {}
                Err(refused) => return request.refuse(&ask, None, &refused),
            },
            Err(refused) => return request.refuse(&ask, None, &refused),
        }
    }
    axum::Json(entries).into_response()
}

/// Clients send a form; JSON is accepted too, as on the Hub.
fn read_paths(request: &HubRequest, bytes: &[u8]) -> Option<Vec<String>> {
    let kind = request.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind.is_some_and(|kind| kind.starts_with("application/json")) {
        #[derive(serde::Deserialize)]
        struct Question {
            paths: Paths,
        }
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Paths {
            One(String),
            Many(Vec<String>),
        }
        let question: Question = serde_json::from_slice(bytes).ok()?;
        return Some(match question.paths {
            Paths::One(path) => vec![path],
            Paths::Many(paths) => paths,
        });
    }
    let text = std::str::from_utf8(bytes).ok()?;
    Some(form_pairs(text).filter(|(key, _)| key == "paths").map(|(_, path)| path).collect())
}
