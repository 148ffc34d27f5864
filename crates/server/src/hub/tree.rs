//! `GET /api/{kind}s/{id}/tree/{rev}[/{folder}]`: the files of a revision, a page at a time.
//!
//! The list of a commit never changes: clients keep it for ever. `next` links lead back here.

use std::collections::HashSet;

use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use weighbridge_domain::RepoPath;
use weighbridge_engine::{Ask, FileView, Refused};

use super::{HubRequest, error, listing};

/// Files a page. Some clients do not page at all, so it is as large as the Hub's own.
const PAGE: u32 = 1_000;

pub(super) async fn answer(request: &HubRequest, ask: Ask, folder: Option<RepoPath>) -> Response {
    let view = match request.engine.open_revision(&request.caller, &ask).await {
        Ok(view) => view,
        Err(refused) => return request.refuse(&ask, None, &refused),
    };
    if let Err(refused) = view.allowed() {
        return request.refuse(&ask, None, &refused);
    }
    let flag = |name| {
        request.parameter(name).is_some_and(|value| matches!(value.as_str(), "true" | "True" | "1"))
    };
    let limit = request.parameter("limit").and_then(|limit| limit.parse::<u32>().ok());
    let limit = limit.unwrap_or(PAGE).clamp(1, 10_000);
    let after = match request.parameter("cursor").map(|cursor| cursor.parse::<RepoPath>()) {
        None => None,
        Some(Ok(after)) => Some(after),
        Some(Err(bad)) => return error(StatusCode::BAD_REQUEST, None, &bad.to_string()),
    };
    let root = folder.as_ref().map_or("", RepoPath::as_str);
    let page = if flag("recursive") {
        all_below(request, &view, root, after.as_ref(), limit).await
    } else {
        one_level(request, &view, root, after.clone(), limit).await
    };
    let (entries, next) = match page {
        Ok(page) => page,
        Err(refused) => return request.refuse(&ask, None, &refused),
    };
    if entries.is_empty() && after.is_none() && !root.is_empty() {
        let message = format!("no folder `{root}` in {} at `{}`", view.artifact, view.commit);
        return error(StatusCode::NOT_FOUND, Some("EntryNotFound"), &message);
    }
    let mut response = axum::Json(entries).into_response();
    if let Some(next) = next {
        let cursor = utf8_percent_encode(&next, NON_ALPHANUMERIC);
        let mut query: Vec<String> = Vec::new();
        for pair in request.query.split('&').filter(|pair| !pair.is_empty()) {
            if !pair.starts_with("cursor=") {
                query.push(pair.to_owned());
            }
        }
        query.push(format!("cursor={cursor}"));
        let link =
            format!("<{}{}?{}>; rel=\"next\"", request.base_url, request.path, query.join("&"));
        if let Ok(link) = HeaderValue::from_str(&link) {
            response.headers_mut().insert(header::LINK, link);
        }
    }
    response
}

type Page = (Vec<serde_json::Value>, Option<String>);

/// Every file below `root`, each folder named before its first file.
async fn all_below(
    request: &HubRequest,
    view: &weighbridge_engine::RevisionView,
    root: &str,
    after: Option<&RepoPath>,
    limit: u32,
) -> Result<Page, Refused> {
    let files = request.engine.list_files(view, root, after, limit).await?;
    let mut named: HashSet<&str> =
        after.map(|after| listing::folders_of(after.as_str(), root).collect()).unwrap_or_default();
    let mut entries = Vec::with_capacity(files.len());
    for file in &files {
        for folder in listing::folders_of(file.path.as_str(), root) {
            if named.insert(folder) {
                entries.push(listing::folder(folder));
            }
        }
        entries.push(listing::file(file));
    }
    let next = (files.len() == limit as usize).then(|| last_path(&files)).flatten();
    Ok((entries, next))
}

/// The files and folders directly in `root`.
async fn one_level(
    request: &HubRequest,
    view: &weighbridge_engine::RevisionView,
    root: &str,
    mut after: Option<RepoPath>,
    limit: u32,
) -> Result<Page, Refused> {
    let mut entries = Vec::new();
    loop {
        let files = request.engine.list_files(view, root, after.as_ref(), PAGE).await?;
        let mut skipped = None;
        for file in &files {
            match listing::folders_of(file.path.as_str(), root).next() {
                None => entries.push(listing::file(file)),
                Some(folder) => {
                    entries.push(listing::folder(folder));
                    // No name follows this one in the folder: it jumps over everything in there.
                    skipped = format!("{folder}/{}", char::MAX).parse().ok();
                }
            }
            after = Some(skipped.clone().unwrap_or_else(|| file.path.clone()));
            if entries.len() >= limit as usize {
                return Ok((entries, after.map(|after| after.to_string())));
            }
            if skipped.is_some() {
                break;
            }
        }
        if skipped.is_none() && files.len() < PAGE as usize {
            return Ok((entries, None));
        }
    }
}

fn last_path(files: &[FileView]) -> Option<String> {
    files.last().map(|file| file.path.to_string())
}
