//! The Hub's JSON: repository info, file lists, refs, history, search, identity.
#![expect(clippy::indexing_slicing, reason = "a JSON object grows where it is indexed")]

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::header::LINK;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value, json};
use weighbridge_domain::{ArtifactKind, Digest};

use super::answer::{Asked, Outcome, nowhere, refuse};
use super::body::text;
use super::fault::{Armed, Place, What};
use super::repo::{Commit, File, Repo};
use super::resolve::{Promised, find_commit};

/// Entries on a page when more is asked about each, as on the Hub.
const EXPANDED_PAGE: usize = 50;
const MOST_FORM_BYTES: usize = 8 * 1024 * 1024;

/// `GET /api/{kind}s/{name}` and `…/revision/{rev}`.
pub(super) fn info(asked: &Asked, place: &Place) -> Outcome {
    let repo = asked.repo(place.repo.as_deref().unwrap_or_default())?;
    let commit = find_commit(&repo, after(asked, "revision").unwrap_or("main"))?;
    let mut info = summary(&repo, commit);
    let with_blobs = asked.query("blobs").is_some_and(|blobs| blobs.eq_ignore_ascii_case("true"));
    let state = asked.world.lock();
    let siblings: Vec<Value> = commit
        .files
        .iter()
        .map(|(path, file)| {
            let mut sibling = json!({ "rfilename": path });
            if with_blobs {
                let entry = file_json(&repo, path, file, &state.faults, false);
                sibling["size"] = entry["size"].clone();
                sibling["blobId"] = entry["oid"].clone();
                if let Some(digest) = file.lfs {
                    sibling["lfs"] = json!({
                        "sha256": digest.to_string(),
                        "size": file.size_bytes,
                        "pointerSize": file.pointer_size(),
                    });
                }
            }
            sibling
        })
        .collect();
    info.insert("siblings".to_owned(), siblings.into());
    if state.settings.xet {
        info.insert("xetEnabled".to_owned(), true.into());
    }
    drop(state);
    info.extend(repo.info.clone());
    Ok(asked.json(place, HeaderMap::new(), &Value::Object(info)))
}

/// `GET /api/{kind}s/{name}/tree/{rev}[/{path}]`.
pub(super) fn tree(asked: &Asked, place: &Place) -> Outcome {
    let repo = asked.repo(place.repo.as_deref().unwrap_or_default())?;
    let commit = find_commit(&repo, after(asked, "tree").unwrap_or_default())?;
    let at = asked.segments.iter().position(|segment| segment == "tree").unwrap_or_default();
    let folder = asked.rest(at + 2);
    let (is_recursive, is_expanded) = (is_true(asked, "recursive"), is_true(asked, "expand"));

    let state = asked.world.lock();
    let mut entries: BTreeMap<String, Value> = BTreeMap::new();
    for (path, file) in commit.files.iter() {
        for (at, _) in path.match_indices('/') {
            let directory = path.get(..at).unwrap_or_default();
            if is_listed(directory, &folder, is_recursive) {
                entries.insert(directory.to_owned(), directory_json(directory));
            }
        }
        if is_listed(path, &folder, is_recursive) {
            let entry = file_json(&repo, path, file, &state.faults, state.settings.xet);
            entries.insert(path.clone(), entry);
        }
    }
    let page_size = state.settings.page_size.max(1);
    drop(state);
    if entries.is_empty() && !folder.is_empty() {
        let message = "The folder does not exist";
        return Err(refuse(StatusCode::NOT_FOUND, Some("EntryNotFound"), message));
    }
    if is_expanded {
        for entry in entries.values_mut() {
            let last = json!({ "id": commit.id.as_str(), "title": commit.title, "date": commit.at.to_string() });
            entry["lastCommit"] = last;
            entry["securityFileStatus"] = Value::Null;
        }
    }
    for fault in &asked.faults {
        if let What::ExtraPath(path) = fault {
            // It may repeat one that is there.
            let key = format!("{path}\u{0}");
            entries.insert(
                key,
                json!({ "type": "file", "path": path, "size": 1, "oid": "ab".repeat(20) }),
            );
        }
    }
    Ok(paged(asked, place, entries.into_values().collect(), page_size, is_expanded))
}

/// One page of `entries`, with a link to the next.
fn paged(
    asked: &Asked,
    place: &Place,
    entries: Vec<Value>,
    page_size: usize,
    is_expanded: bool,
) -> Response {
    let limit = asked.query("limit").and_then(|limit| limit.parse().ok()).unwrap_or(page_size);
    let limit: usize =
        limit.min(page_size).min(if is_expanded { EXPANDED_PAGE } else { usize::MAX }).max(1);
    let start: usize = asked.query("cursor").and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
    let left = entries.len().saturating_sub(start);
    let page: Vec<Value> = entries.into_iter().skip(start).take(limit).collect();
    let mut headers = HeaderMap::new();
    let told = asked.faults.iter().find_map(|fault| match fault {
        What::NextPage(url) => Some(url.clone()),
        _ => None,
    });
    let own = || {
        let path = asked.target.split('?').next().unwrap_or_default();
        let kept: String = asked
            .target
            .split_once('?')
            .map_or("", |(_, query)| query)
            .split('&')
            .filter(|pair| {
                !pair.is_empty() && !pair.starts_with("cursor=") && !pair.starts_with("limit=")
            })
            .flat_map(|pair| [pair, "&"])
            .collect();
        format!("{}{path}?{kept}limit={limit}&cursor={}", asked.world.hub_url(), start + limit)
    };
    if let Some(next) = told.or_else(|| (left > limit).then(own)) {
        headers.insert(LINK, text(&format!("<{next}>; rel=\"next\"")));
    }
    asked.json(place, headers, &Value::Array(page))
}

/// `POST /api/{kind}s/{name}/paths-info/{rev}`: a form or JSON; unknown paths are left out.
pub(super) async fn paths_info(asked: &Asked, place: &Place, body: Body) -> Outcome {
    let body = axum::body::to_bytes(body, MOST_FORM_BYTES).await.map_err(|_| nowhere())?;
    let is_json = asked.header("content-type").is_some_and(|kind| kind.contains("json"));
    let paths: Vec<String> = if is_json {
        let value: Value = serde_json::from_slice(&body).map_err(|_| nowhere())?;
        serde_json::from_value(value.get("paths").cloned().unwrap_or_default())
            .map_err(|_| nowhere())?
    } else {
        form_values(&String::from_utf8_lossy(&body), "paths")
    };
    let repo = asked.repo(place.repo.as_deref().unwrap_or_default())?;
    let commit = find_commit(&repo, after(asked, "paths-info").unwrap_or_default())?;
    let state = asked.world.lock();
    let mut found = Vec::new();
    for path in &paths {
        let inside = format!("{path}/");
        if let Some(file) = commit.files.get(path) {
            found.push(file_json(&repo, path, file, &state.faults, state.settings.xet));
        } else if commit.files.keys().any(|known| known.starts_with(&inside)) {
            found.push(directory_json(path));
        }
    }
    drop(state);
    Ok(asked.json(place, HeaderMap::new(), &found.into()))
}

/// `GET /api/{kind}s/{name}/refs`.
pub(super) fn refs(asked: &Asked, place: &Place) -> Outcome {
    let repo = asked.repo(place.repo.as_deref().unwrap_or_default())?;
    let list = |prefix: &str| -> Vec<Value> {
        let named =
            repo.refs.iter().filter_map(|(full, id)| Some((full, full.strip_prefix(prefix)?, id)));
        named.map(|(full, name, id)| json!({ "name": name, "ref": full, "targetCommit": id.as_str() })).collect()
    };
    let mut refs = json!({
        "branches": list("refs/heads/"),
        "tags": list("refs/tags/"),
        "converts": list("refs/convert/"),
    });
    if asked.query("include_prs").is_some_and(|prs| prs == "1" || prs == "true") {
        refs["pullRequests"] = list("refs/pr/").into();
    }
    Ok(asked.json(place, HeaderMap::new(), &refs))
}

/// `GET /api/{kind}s/{name}/commits/{rev}`.
pub(super) fn commits(asked: &Asked, place: &Place) -> Outcome {
    let repo = asked.repo(place.repo.as_deref().unwrap_or_default())?;
    let commit = find_commit(&repo, after(asked, "commits").unwrap_or_default())?;
    let history = repo.history(commit).map(|commit| {
        json!({
            "id": commit.id.as_str(),
            "title": commit.title,
            "message": "",
            "date": commit.at.to_string(),
            "authors": [{ "user": author(&repo) }],
        })
    });
    Ok(paged(asked, place, history.collect(), EXPANDED_PAGE, false))
}

/// `GET /api/{kind}s?search=&author=&limit=`.
pub(super) fn search(asked: &Asked, place: &Place) -> Response {
    let kind = match asked.segments.get(1).map(String::as_str) {
        Some("datasets") => ArtifactKind::Dataset,
        _ => ArtifactKind::Model,
    };
    let query = asked.query("search").unwrap_or_default().to_lowercase();
    let state = asked.world.lock();
    let hits: Vec<Value> = state
        .repos
        .values()
        .filter(|repo| repo.artifact.kind == kind && !repo.disabled)
        .filter(|repo| !repo.private || repo.is_open_to(asked.token()))
        .filter(|repo| repo.artifact.name.folded().contains(&query))
        .filter(|repo| {
            asked
                .query("author")
                .is_none_or(|author| repo.artifact.name.publisher() == Some(author))
        })
        .map(|repo| {
            let mut hit = summary(repo, repo.head());
            hit.remove("cardData");
            hit.extend(repo.info.clone());
            Value::Object(hit)
        })
        .collect();
    drop(state);
    paged(asked, place, hits, 1000, false)
}

/// `GET /api/whoami-v2`.
pub(super) fn whoami(asked: &Asked, place: &Place) -> Outcome {
    let name = asked.token().and_then(|token| asked.world.lock().accounts.get(token).cloned());
    let Some(name) = name else {
        let message = "Invalid credentials in Authorization header";
        return Err(refuse(StatusCode::UNAUTHORIZED, None, message));
    };
    let body = json!({
        "type": "user",
        "name": name,
        "fullname": name,
        "orgs": [],
        "auth": { "accessToken": { "displayName": name, "role": "read" } },
    });
    Ok(asked.json(place, HeaderMap::new(), &body))
}

/// What clients ask besides.
pub(super) fn other(asked: &Asked, place: &Place) -> Outcome {
    let name = place.repo.as_deref().unwrap_or_default();
    match asked.segments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["api", "models" | "datasets", .., "discussions"] => {
            asked.repo(name)?;
            Ok(asked.json(
                place,
                HeaderMap::new(),
                &json!({ "discussions": [], "count": 0, "start": 0 }),
            ))
        }
        ["api", "models" | "datasets", .., "auth-check"] => {
            asked.repo(name)?;
            Ok(asked.json(place, HeaderMap::new(), &json!({})))
        }
        ["api", "models" | "datasets", .., "xet-read-token", _] if asked.world.settings().xet => {
            asked.repo(name)?;
            let cas = format!("{}/cas", asked.world.cdn_url());
            let token =
                json!({ "accessToken": "xet-fake", "exp": 4_102_444_800_u64, "casUrl": cas });
            let mut headers = HeaderMap::new();
            headers.insert("x-xet-cas-url", text(&cas));
            headers.insert("x-xet-access-token", text("xet-fake"));
            headers.insert("x-xet-token-expiration", text("4102444800"));
            Ok(asked.json(place, headers, &token))
        }
        _ => Err(nowhere()),
    }
}

/// What info and search have in common.
fn summary(repo: &Repo, commit: &Commit) -> Map<String, Value> {
    let name = repo.artifact.name.as_str();
    let licences = match repo.card.get("license") {
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one.as_str()],
        _ => Vec::new(),
    };
    let mut tags = repo.tags.clone();
    tags.extend(licences.iter().map(|licence| format!("license:{licence}")));
    let first_at = repo.history(repo.head()).last().map(|commit| commit.at.to_string());
    let mut summary = json!({
        "_id": Digest::of(name.as_bytes()).to_string().get(..24),
        "id": name,
        "author": author(repo),
        "sha": commit.id.as_str(),
        "lastModified": repo.head().at.to_string(),
        "createdAt": first_at,
        "private": repo.private,
        "gated": if repo.gated { json!("manual") } else { json!(false) },
        "disabled": repo.disabled,
        "downloads": 42,
        "likes": 7,
        "tags": tags,
        "cardData": repo.card,
    });
    if repo.artifact.kind == ArtifactKind::Model {
        summary["modelId"] = name.into();
    }
    match summary {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn author(repo: &Repo) -> &str {
    repo.artifact.name.publisher().unwrap_or("huggingface")
}

fn file_json(repo: &Repo, path: &str, file: &File, faults: &Armed, xet: bool) -> Value {
    let promised = Promised::new(file, &faults.promises(&repo.artifact.to_string(), path));
    let mut entry = json!({
        "type": "file",
        "oid": promised.git_oid.to_string(),
        "size": promised.size_bytes,
        "path": path,
    });
    if let Some(digest) = promised.lfs {
        entry["lfs"] = json!({
            "oid": digest.to_string(),
            "size": promised.size_bytes,
            "pointerSize": file.pointer_size(),
        });
    }
    if let Some(hash) = promised.xet_hash().filter(|_| xet) {
        // Those without a grant see that there is one, not which.
        entry["xetHash"] = if repo.gated { "*".repeat(64).into() } else { hash.into() };
    }
    entry
}

fn directory_json(path: &str) -> Value {
    let oid = Digest::of(path.as_bytes()).to_string();
    json!({ "type": "directory", "oid": oid.get(..40), "size": 0, "path": path })
}

/// Whether a list of `folder` names `path`.
fn is_listed(path: &str, folder: &str, is_recursive: bool) -> bool {
    let inner = if folder.is_empty() {
        Some(path)
    } else {
        path.strip_prefix(folder).and_then(|inner| inner.strip_prefix('/'))
    };
    inner.is_some_and(|inner| !inner.is_empty() && (is_recursive || !inner.contains('/')))
}

/// The segment that follows `word`.
fn after<'a>(asked: &'a Asked, word: &str) -> Option<&'a str> {
    let mut segments = asked.segments.iter().skip_while(|segment| *segment != word);
    segments.nth(1).map(String::as_str)
}

fn is_true(asked: &Asked, name: &str) -> bool {
    asked
        .query(name)
        .is_some_and(|value| matches!(value.to_ascii_lowercase().as_str(), "true" | "1"))
}

/// The values of `name` in a form.
fn form_values(form: &str, name: &str) -> Vec<String> {
    let decode = |text: &str| {
        percent_encoding::percent_decode_str(&text.replace('+', " "))
            .decode_utf8_lossy()
            .into_owned()
    };
    form.split('&')
        .filter_map(|pair| pair.split_once('='))
        .filter(|(known, _)| decode(known) == name)
        .map(|(_, value)| decode(value))
        .collect()
}
