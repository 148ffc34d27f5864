//! `GET /api/{kind}s/{id}` and `…/revision/{rev}`: what a repository is and which commit a revision
//! means. Clients put no time-out on it, so this is where they wait while a revision is judged.

use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use weighbridge_domain::ArtifactKind;
use weighbridge_engine::{Ask, FileView, RevisionView};

use super::HubRequest;

/// How many files one read of the store brings.
const BATCH: u32 = 5_000;

pub(super) async fn answer(request: &HubRequest, ask: Ask) -> Response {
    let view = match request.engine.open_revision(&request.caller, &ask).await {
        Ok(view) => view,
        Err(refused) => return request.refuse(&ask, None, &refused),
    };
    if let Err(refused) = view.allowed() {
        return request.refuse(&ask, None, &refused);
    }
    let with_blobs =
        request.parameter("blobs").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let mut siblings = Vec::new();
    let mut after: Option<weighbridge_domain::RepoPath> = None;
    loop {
        let files = match request.engine.list_files(&view, "", after.as_ref(), BATCH).await {
            Ok(files) => files,
            Err(refused) => return request.refuse(&ask, None, &refused),
        };
        after = files.last().map(|file| file.path.clone());
        siblings.extend(files.iter().map(|file| sibling(file, with_blobs)));
        if files.len() < BATCH as usize {
            break;
        }
    }
    axum::Json(document(&view, &siblings)).into_response()
}

fn sibling(file: &FileView, with_blobs: bool) -> Value {
    if !with_blobs {
        return json!({ "rfilename": file.path.as_str() });
    }
    let mut entry = json!({
        "rfilename": file.path.as_str(), "size": file.size_bytes, "blobId": file.git_oid.to_string(),
    });
    if let (Some(digest), Some(entry)) = (file.lfs, entry.as_object_mut()) {
        let lfs = json!({ "sha256": digest.to_string(), "size": file.size_bytes, "pointerSize": super::listing::POINTER_BYTES });
        entry.insert("lfs".to_owned(), lfs);
    }
    entry
}

fn document(view: &RevisionView, siblings: &[Value]) -> Value {
    let card = &view.card;
    let mut document = json!({
        "_id": view.artifact_id,
        "id": view.artifact.name.as_str(),
        "author": card.author.as_deref().or(view.artifact.name.publisher()),
        "sha": view.commit.as_str(),
        "lastModified": card.last_modified,
        "createdAt": card.last_modified,
        "private": card.private,
        // The gate here is Weighbridge; upstream's was passed with the operator's credential.
        "gated": false,
        "disabled": false,
        "downloads": card.downloads,
        "likes": 0,
        "tags": card.tags,
        "cardData": card.card_data,
        "siblings": siblings,
    });
    if view.artifact.kind == ArtifactKind::Model
        && let Some(fields) = document.as_object_mut()
    {
        fields.insert("modelId".to_owned(), view.artifact.name.as_str().into());
        fields.insert("pipeline_tag".to_owned(), card.pipeline_tag.clone().into());
        fields.insert("library_name".to_owned(), card.library_name.clone().into());
    }
    document
}
