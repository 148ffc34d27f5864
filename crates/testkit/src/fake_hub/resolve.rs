//! Files: `/resolve/` at the Hub, signed addresses at the CDN.

use axum::http::header::{AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, LINK, LOCATION};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use weighbridge_domain::{ArtifactKind, Clock, CommitId, Digest, GitOid};

use super::answer::{Asked, Outcome, Refused, nowhere, refuse};
use super::body::{Shipment, text};
use super::fault::{Moment, Place, What};
use super::repo::{Commit, File, Repo};
use super::world::Found;

const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What the Hub promises about a file, the truth unless a fault bends it.
pub(super) struct Promised {
    pub(super) size_bytes: u64,
    pub(super) git_oid: GitOid,
    pub(super) lfs: Option<Digest>,
    has_hash: bool,
}

impl Promised {
    pub(super) fn new(file: &File, lies: &[What]) -> Promised {
        let mut promised = Promised {
            size_bytes: file.size_bytes,
            git_oid: file.git_oid,
            lfs: file.lfs,
            has_hash: true,
        };
        for lie in lies {
            match lie {
                What::WrongHash => {
                    promised.lfs = file.lfs.map(|_| Digest::of(b"not what you get"));
                    promised.git_oid = GitOid::from_bytes([0xab; 20]);
                }
                What::WrongSize { bytes } => promised.size_bytes = *bytes,
                What::NoHash => promised.has_hash = false,
                _ => {}
            }
        }
        promised
    }

    fn etag(&self) -> String {
        self.lfs.map_or_else(|| self.git_oid.to_string(), |digest| digest.to_string())
    }

    /// A made-up Xet hash: nothing answers for it.
    pub(super) fn xet_hash(&self) -> Option<String> {
        self.lfs.map(|digest| Digest::of(format!("xet {digest}").as_bytes()).to_string())
    }
}

/// HEAD or GET of a file at the Hub.
pub(super) fn at_hub(asked: &Asked, place: &Place) -> Outcome {
    let (Some(name), Some(path)) = (&place.repo, &place.path) else { return Err(nowhere()) };
    let is_cached = asked.segments.get(1).is_some_and(|word| word == "resolve-cache");
    let revision = if is_cached {
        asked.segments.iter().find(|segment| segment.parse::<CommitId>().is_ok())
    } else {
        asked.segments.iter().skip_while(|segment| *segment != "resolve").nth(1)
    };
    let repo = asked.repo(name)?;
    let commit = find_commit(&repo, revision.map_or("", String::as_str))?;
    if repo.gated && !repo.is_open_to(asked.token()) {
        return Err(gated(asked, &repo));
    }
    let Some(file) = commit.files.get(path) else {
        let refused = refuse(StatusCode::NOT_FOUND, Some("EntryNotFound"), "Entry not found");
        let headers = HeaderMap::from_iter([repo_commit(&commit.id)]);
        return Err((headers, refused.into_response()).into_response().into());
    };

    let (settings, lies) = {
        let state = asked.world.lock();
        (state.settings.clone(), state.faults.promises(&repo.artifact.to_string(), path))
    };
    let promised = Promised::new(file, &lies);
    let headers = metadata(asked, &repo, commit, path, &promised, settings.xet);
    if file.lfs.is_some() {
        let expired = asked.faults.contains(&What::ExpiredUrl);
        let expires_at =
            if expired { now().saturating_sub(10) } else { now() + settings.url_lifetime_s };
        return Ok(redirect(
            headers,
            StatusCode::FOUND,
            &cdn_url(asked, &repo, commit, path, expires_at),
        ));
    }
    if settings.resolve_cache && !is_cached {
        let (kind, name) = (plural(&repo), &repo.artifact.name);
        let path = encoded_path(path);
        let location = format!("/api/resolve-cache/{kind}/{name}/{}/{path}?etag=1", commit.id);
        return Ok(redirect(headers, StatusCode::TEMPORARY_REDIRECT, &location));
    }
    let mut headers = headers;
    headers.insert(CONTENT_TYPE, text("text/plain; charset=utf-8"));
    headers.insert(CONTENT_DISPOSITION, text("inline"));
    let shipment = Shipment {
        content: file.content.clone(),
        headers,
        counted_as: Some(path.clone()),
        faults: asked.world.strike(place, Moment::FileBody),
    };
    Ok(shipment.answer(&asked.world, asked.header("range"), asked.is_head()))
}

/// The commit that a revision means.
pub(super) fn find_commit<'a>(repo: &'a Repo, revision: &str) -> Result<&'a Commit, Refused> {
    repo.find(revision).ok_or_else(|| {
        let message = format!("Invalid rev id: {}", revision.escape_default());
        refuse(StatusCode::NOT_FOUND, Some("RevisionNotFound"), &message)
    })
}

/// Everything a client wants to know of a file before its bytes.
fn metadata(
    asked: &Asked,
    repo: &Repo,
    commit: &Commit,
    path: &str,
    promised: &Promised,
    xet: bool,
) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let named = |name| HeaderName::from_static(name);
    if asked.faults.contains(&What::WrongCommit) {
        let other = "0123456789abcdef0123456789abcdef01234567";
        headers.insert(named("x-repo-commit"), text(other));
    } else if !asked.faults.contains(&What::NoCommit) {
        headers.extend([repo_commit(&commit.id)]);
    }
    let etag = text(&format!("\"{}\"", promised.etag()));
    if promised.lfs.is_none() {
        if promised.has_hash {
            headers.insert(ETAG, etag);
        }
        return headers;
    }
    if promised.has_hash {
        headers.insert(named("x-linked-etag"), etag);
    }
    headers.insert(named("x-linked-size"), promised.size_bytes.into());
    if let Some(hash) = promised.xet_hash().filter(|_| xet) {
        let api = format!("{}/api/{}/{}", asked.world.hub_url(), plural(repo), repo.artifact.name);
        let auth = format!("{api}/xet-read-token/{}", commit.id);
        let cdn = format!("{}/reconstruct/{}", asked.world.cdn_url(), encoded_path(path));
        headers.insert(named("x-xet-hash"), text(&hash));
        headers.insert(
            LINK,
            text(&format!("<{auth}>; rel=\"xet-auth\", <{cdn}>; rel=\"xet-reconstruction-info\"")),
        );
    }
    headers
}

/// GET of a file at the other origin: the address is the permission.
pub(super) fn at_cdn(asked: &Asked, place: &Place) -> Response {
    if asked.header(AUTHORIZATION).is_some() {
        return xml(StatusCode::BAD_REQUEST, "InvalidArgument", "Only one auth mechanism allowed");
    }
    let (Some(name), Some(path)) = (&place.repo, &place.path) else {
        return xml(StatusCode::NOT_FOUND, "NoSuchKey", "The specified key does not exist.");
    };
    let expires_at: u64 = asked.query("Expires").and_then(|at| at.parse().ok()).unwrap_or(0);
    let key = asked.segments.join("/");
    if asked.query("Signature") != Some(signature(&key, expires_at).as_str()) {
        return xml(StatusCode::FORBIDDEN, "SignatureDoesNotMatch", "The signature does not match");
    }
    if expires_at < now() {
        return xml(StatusCode::FORBIDDEN, "AccessDenied", "Request has expired");
    }
    let content = {
        let state = asked.world.lock();
        let repo = match state.find(name) {
            Found::Here(repo) => Some(repo),
            Found::Moved(to) => state.repos.get(&to),
            Found::Nowhere => None,
        };
        let id = asked.segments.iter().find_map(|segment| segment.parse::<CommitId>().ok());
        let commit = repo.zip(id).and_then(|(repo, id)| repo.by_id(&id));
        commit.and_then(|commit| commit.files.get(path)).map(|file| file.content.clone())
    };
    let Some(content) = content else {
        return xml(StatusCode::NOT_FOUND, "NoSuchKey", "The specified key does not exist.");
    };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, text("binary/octet-stream"));
    // Object stores number their own versions: this is no hash of the content.
    headers.insert(ETAG, text("\"5d41402abc4b2a76b9719d911017c592-3\""));
    let shipment = Shipment {
        content,
        headers,
        counted_as: Some(path.clone()),
        faults: asked.world.strike(place, Moment::FileBody),
    };
    shipment.answer(&asked.world, asked.header("range"), asked.is_head())
}

/// Repository and path of an address at the CDN.
pub(super) fn cdn_place(segments: &[&str]) -> (Option<String>, Option<String>) {
    let Some(at) = segments.iter().position(|segment| segment.parse::<CommitId>().is_ok()) else {
        return (None, None);
    };
    let (before, after) = segments.split_at(at);
    let name = before.strip_prefix(&["models"]).unwrap_or(before).join("/");
    (Some(name), Some(after.get(1..).unwrap_or_default().join("/")))
}

fn cdn_url(asked: &Asked, repo: &Repo, commit: &Commit, path: &str, expires_at: u64) -> String {
    let key = format!("{}/{}/{}/{path}", plural(repo), repo.artifact.name, commit.id);
    let signature = signature(&key, expires_at);
    let key = encoded_path(&key);
    format!(
        "{}/{key}?Expires={expires_at}&Signature={signature}&Key-Pair-Id=FAKE",
        asked.world.cdn_url()
    )
}

fn signature(key: &str, expires_at: u64) -> String {
    Digest::of(format!("the fake's secret\n{key}\n{expires_at}").as_bytes()).to_string()
}

fn now() -> u64 {
    u64::try_from(Clock::system().now().as_micros() / 1_000_000).unwrap_or(0)
}

fn gated(asked: &Asked, repo: &Repo) -> Refused {
    let status =
        if asked.token().is_some() { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED };
    let message = format!(
        "Access to {} {} is restricted and you are not in the authorized list.",
        repo.artifact.kind, repo.artifact.name
    );
    refuse(status, Some("GatedRepo"), &message)
}

fn redirect(mut headers: HeaderMap, status: StatusCode, location: &str) -> Response {
    headers.insert(LOCATION, text(location));
    (status, headers, format!("Redirecting to {location}")).into_response()
}

fn xml(status: StatusCode, code: &str, message: &str) -> Response {
    let body = format!(
        "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    (status, [(CONTENT_TYPE, "application/xml")], body).into_response()
}

fn repo_commit(id: &CommitId) -> (HeaderName, axum::http::HeaderValue) {
    (HeaderName::from_static("x-repo-commit"), text(id.as_str()))
}

pub(super) fn plural(repo: &Repo) -> &'static str {
    match repo.artifact.kind {
        ArtifactKind::Model => "models",
        ArtifactKind::Dataset => "datasets",
    }
}

fn encoded_path(path: &str) -> String {
    let encode = |segment| utf8_percent_encode(segment, SEGMENT).to_string();
    path.split('/').map(encode).collect::<Vec<_>>().join("/")
}
