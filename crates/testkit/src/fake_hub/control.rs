//! `POST /__control/…` at the Hub's port and at a port of its own: what the handle can do, in JSON.
//!
//! The port of its own goes on answering while the Hub is down.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use weighbridge_domain::{Artifact, Digest};

use super::world::{State, World};
use super::{FakeHub, Fault, Settings, Synthetic, seed};

/// Files come in as base64.
const MOST_BYTES: usize = 512 * 1024 * 1024;

type Answer = Result<Value, String>;

/// A router with the control API alone, for a port of its own.
pub fn router(hub: &FakeHub) -> Router {
    let hub = hub.clone();
    Router::new().fallback(move |request: Request| {
        let hub = hub.clone();
        async move {
            let path = request.uri().path().trim_start_matches('/').to_owned();
            let segments: Vec<String> = path.split('/').map(str::to_owned).collect();
            run(hub, &segments, request.into_body()).await
        }
    })
}

/// The answer at the Hub's own port.
pub(super) async fn answer(world: &Arc<World>, segments: &[String], body: Body) -> Response {
    match world.hub.get().and_then(FakeHub::from_weak) {
        Some(hub) => run(hub, segments, body).await,
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn run(hub: FakeHub, segments: &[String], body: Body) -> Response {
    let result = match axum::body::to_bytes(body, MOST_BYTES).await {
        Ok(body) => dispatch(hub, segments, &body).await,
        Err(error) => Err(error.to_string()),
    };
    let (status, value) = match result {
        Ok(value) => (StatusCode::OK, value),
        Err(error) => (StatusCode::BAD_REQUEST, json!({ "error": error })),
    };
    (status, [(CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

async fn dispatch(hub: FakeHub, segments: &[String], body: &[u8]) -> Answer {
    let words: Vec<&str> = segments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["__control", "publish"] => publish(&hub, parse(body)?),
        ["__control", "publish_synthetic"] => publish_synthetic(hub, parse(body)?).await,
        ["__control", "remove"] => {
            let file: FileBody = parse(body)?;
            let commit = hub.remove(named(&file.repo)?, &file.path);
            Ok(json!({ "commit": commit.as_str() }))
        }
        ["__control", "repo"] => repo(&hub, parse(body)?),
        ["__control", "fault"] => {
            hub.fault(parse::<Fault>(body)?);
            Ok(json!({}))
        }
        ["__control", "clear_faults"] => {
            hub.clear_faults();
            Ok(json!({}))
        }
        ["__control", "settings"] => settings(&hub, body),
        ["__control", "account"] => {
            let account: AccountBody = parse(body)?;
            hub.account(&account.token, &account.name);
            Ok(json!({}))
        }
        ["__control", "down"] => {
            down(hub, parse(body)?);
            Ok(json!({}))
        }
        ["__control", "up"] => {
            hub.come_back().await;
            Ok(json!({}))
        }
        ["__control", "stats"] => Ok(stats(&hub)),
        ["__control", "reset"] => {
            reset(&hub, &parse(body)?);
            Ok(json!({}))
        }
        ["__control", "seed"] => {
            let SeedBody { dir } = parse(body)?;
            let seeded = seed::from_directory(&hub, Path::new(&dir));
            seeded
                .map(|repos| json!({ "repos": repos }))
                .map_err(|error: io::Error| error.to_string())
        }
        _ => Err(format!("there is no `{}`", words.join("/"))),
    }
}

/// An empty body is an empty object.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

fn named(repo: &str) -> Result<&str, String> {
    repo.parse::<Artifact>().map(|_| repo).map_err(|error| error.to_string())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileBody {
    repo: String,
    path: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountBody {
    token: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedBody {
    dir: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PublishBody {
    repo: String,
    /// One file …
    path: Option<String>,
    text: Option<String>,
    base64: Option<String>,
    /// … or many in one commit.
    #[serde(default)]
    files: BTreeMap<String, BytesBody>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum BytesBody {
    Text(String),
    Base64(String),
}

impl BytesBody {
    fn bytes(self) -> Result<Vec<u8>, String> {
        match self {
            BytesBody::Text(text) => Ok(text.into_bytes()),
            BytesBody::Base64(text) => STANDARD.decode(text).map_err(|error| error.to_string()),
        }
    }
}

fn publish(hub: &FakeHub, body: PublishBody) -> Answer {
    let mut given = body.files;
    match (body.path, body.text, body.base64) {
        (Some(path), Some(text), None) => {
            given.insert(path, BytesBody::Text(text));
        }
        (Some(path), None, Some(text)) => {
            given.insert(path, BytesBody::Base64(text));
        }
        (None, None, None) => {}
        _ => return Err("`path` goes with either `text` or `base64`".to_owned()),
    }
    let mut files = Vec::new();
    for (path, bytes) in given {
        files.push((path, bytes.bytes()?));
    }
    let commit = hub.publish_many(named(&body.repo)?, files);
    Ok(json!({ "commit": commit.as_str() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SyntheticBody {
    repo: String,
    path: String,
    size: u64,
    #[serde(default)]
    seed: u64,
    /// A well-formed safetensors header.
    #[serde(default)]
    safetensors: bool,
    header_base64: Option<String>,
    /// Stated instead of computed.
    sha256: Option<String>,
}

async fn publish_synthetic(hub: FakeHub, body: SyntheticBody) -> Answer {
    let mut synthetic = if body.safetensors {
        Synthetic::safetensors(body.size, body.seed)
    } else {
        Synthetic::new(body.size, body.seed)
    };
    if let Some(header) = body.header_base64 {
        synthetic.header = BytesBody::Base64(header).bytes()?.into();
    }
    if let Some(claimed) = body.sha256 {
        let claimed: Digest = claimed.parse().map_err(|error| format!("{error}"))?;
        synthetic = synthetic.claiming(claimed);
    }
    named(&body.repo)?;
    let work = tokio::task::spawn_blocking(move || {
        let commit = hub.publish_synthetic(&body.repo, &body.path, synthetic);
        let digest = hub.digest_of(&body.repo, &body.path);
        json!({ "commit": commit.as_str(), "sha256": digest.to_string() })
    });
    work.await.map_err(|error| error.to_string())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RepoBody {
    repo: String,
    licence: Option<String>,
    gated: Option<bool>,
    private: Option<bool>,
    disabled: Option<bool>,
    #[serde(default)]
    requires_token: Vec<String>,
    tags: Option<Vec<String>>,
    #[serde(default)]
    card: Map<String, Value>,
    #[serde(default)]
    info: Map<String, Value>,
    /// Other names for files, in a commit each.
    #[serde(default)]
    renamed_files: BTreeMap<String, String>,
    tag: Option<String>,
    branch: Option<String>,
    /// A full name, such as `refs/pr/1`, for what `main` is now.
    point: Option<String>,
    renamed_from: Option<String>,
    renamed_to: Option<String>,
}

fn repo(hub: &FakeHub, body: RepoBody) -> Answer {
    let handle = hub.repo(named(&body.repo)?);
    handle.with(|repo| {
        repo.gated = body.gated.unwrap_or(repo.gated);
        repo.private = body.private.unwrap_or(repo.private);
        repo.disabled = body.disabled.unwrap_or(repo.disabled);
        repo.tokens.extend(body.requires_token);
        repo.tags = body.tags.unwrap_or_else(|| std::mem::take(&mut repo.tags));
        repo.card.extend(body.card);
        repo.info.extend(body.info);
    });
    if let Some(licence) = &body.licence {
        handle.licence(licence);
    }
    for (old, new) in &body.renamed_files {
        handle.rename_file(old, new);
    }
    if let Some(name) = &body.tag {
        handle.tag(name);
    }
    if let Some(name) = &body.branch {
        handle.branch(name);
    }
    if let Some(reference) = &body.point {
        handle.point(reference);
    }
    if let Some(old) = &body.renamed_from {
        handle.renamed_from(old);
    }
    let commit = handle.head();
    if let Some(new) = &body.renamed_to {
        handle.renamed_to(named(new)?);
    }
    Ok(json!({ "commit": commit.as_str() }))
}

/// What is not named stays.
fn settings(hub: &FakeHub, body: &[u8]) -> Answer {
    let given: Map<String, Value> = parse(body)?;
    let mut changed = Ok(());
    hub.settings(|settings| {
        let mut all = json!(settings);
        for (name, value) in given {
            match all.get_mut(&name) {
                Some(known) => *known = value,
                None => changed = Err(format!("there is no setting `{name}`")),
            }
        }
        match serde_json::from_value::<Settings>(all) {
            Ok(new) if changed.is_ok() => *settings = new,
            Ok(_) => {}
            Err(error) => changed = Err(error.to_string()),
        }
    });
    changed.map(|()| json!({}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DownBody {
    /// Connections are taken and never answered, instead of refused.
    #[serde(default)]
    hang: bool,
}

fn down(hub: FakeHub, DownBody { hang }: DownBody) {
    if hang {
        hub.hang();
    } else {
        // The connection that asked is cut too, so the asking must not wait for it.
        tokio::spawn(async move { hub.go_down().await });
    }
}

fn stats(hub: &FakeHub) -> Value {
    let state = hub.0.world.lock();
    json!({
        "requests": state.log.entries(),
        "downloads": state.log.downloads,
        "bytes_sent": state.log.bytes_sent,
        "tokens": state.log.tokens(),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResetBody {
    /// Forgets the repositories too.
    #[serde(default)]
    repos: bool,
}

/// Forgets faults, settings and counters.
fn reset(hub: &FakeHub, body: &ResetBody) {
    let mut state = hub.0.world.lock();
    let old = std::mem::take(&mut *state);
    if !body.repos {
        let State { repos, moved, accounts, .. } = old;
        *state = State { repos, moved, accounts, ..State::default() };
    }
}
