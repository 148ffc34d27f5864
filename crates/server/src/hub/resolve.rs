//! `HEAD` and `GET /{id}/resolve/{rev}/{path}`: a file's metadata and its bytes.
//!
//! A branch is answered with a redirect to its commit, so that a client that asks twice cannot mix
//! two commits. Sizes over 50 GB are left out of `HEAD` for clients that then ask for them by `GET`:
//! older ones refuse such files whatever we answer.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use weighbridge_domain::RepoPath;
use weighbridge_engine::{Ask, FileView, Refused, RevisionView};

use super::refusal::WARNING;
use super::{HubRequest, body, error};

/// The largest file that the clients' plain HTTP takes when it knows the size.
const MAX_ANNOUNCED_BYTES: u64 = 50_000_000_000;

/// The most redirects an old client follows, less a few for its own use.
const MOST_ROUNDS: u32 = 27;

/// What a path segment may carry as it is.
const SEGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

const COMMIT: HeaderName = HeaderName::from_static("x-repo-commit");
const LINKED_ETAG: HeaderName = HeaderName::from_static("x-linked-etag");
const LINKED_SIZE: HeaderName = HeaderName::from_static("x-linked-size");

pub(super) async fn answer(request: &HubRequest, ask: Ask, path: RepoPath) -> Response {
    let refuse = |refused| request.refuse(&ask, Some(path.as_str()), &refused);
    let until = request.engine.hold_until();
    let (view, file) = match request.engine.open_file(&request.caller, &ask, &path, until).await {
        Ok(found) => found,
        Err(refused) => return refuse(refused),
    };
    if ask.revision.as_commit().is_none() {
        return pinned(request, &view, &file, 0);
    }
    let mut response = if request.method == Method::HEAD {
        // Not an empty body of known length: that would announce a size of 0.
        Body::from_stream(futures_util::stream::empty::<Result<bytes::Bytes, std::io::Error>>())
            .into_response()
    } else {
        let size = file.size_bytes;
        let (bytes, status) = match range_of(request, &file) {
            Range::None => (0..size, StatusCode::OK),
            Range::Part(first, end) => (first..end, StatusCode::PARTIAL_CONTENT),
            Range::Impossible => {
                let message = format!("`{path}` has {size} bytes: the range is outside");
                let mut response = error(StatusCode::RANGE_NOT_SATISFIABLE, None, &message);
                set(&mut response, header::CONTENT_RANGE, &format!("bytes */{size}"));
                return response;
            }
        };
        let (engine, caller) = (&request.engine, &request.caller);
        let reading = match engine.read_file(caller, &ask, &view, &file, bytes.clone(), until).await
        {
            Ok(reading) => reading,
            Err(refused) => {
                return wait_again(request, &view, &file, &refused)
                    .unwrap_or_else(|| refuse(refused));
            }
        };
        let mut response = match body::answer(request, reading, bytes.clone(), status).await {
            Ok(response) => response,
            Err(refused) => return refuse(refused),
        };
        if status == StatusCode::PARTIAL_CONTENT {
            let place = format!("bytes {}-{}/{size}", bytes.start, bytes.end - 1);
            set(&mut response, header::CONTENT_RANGE, &place);
        }
        response
    };
    describe(&mut response, request, &view, &file);
    response
}

/// Old clients give up at a 429, and follow thirty redirects: those are sent round in a circle while
/// their file is judged, each round as long as the hold time.
fn wait_again(
    request: &HubRequest,
    view: &RevisionView,
    file: &FileView,
    refused: &Refused,
) -> Option<Response> {
    if !matches!(refused, Refused::Pending { .. }) || !request.client.contains("hf_hub/0.") {
        return None;
    }
    let rounds = request.parameter("round").and_then(|round| round.parse().ok()).unwrap_or(0);
    (rounds < MOST_ROUNDS).then(|| pinned(request, view, file, rounds + 1))
}

/// Sends the client to the commit, on the same origin and below the same prefix.
fn pinned(request: &HubRequest, view: &RevisionView, file: &FileView, round: u32) -> Response {
    // Without the host: older clients follow no other redirects.
    let host_and_prefix = request.base_url.split_once("://").map_or("", |(_, rest)| rest);
    let prefix = host_and_prefix.find('/').and_then(|at| host_and_prefix.get(at..)).unwrap_or("");
    let path = utf8_percent_encode(file.path.as_str(), SEGMENT);
    let query = if round > 0 { format!("?round={round}") } else { String::new() };
    let place = format!("{prefix}/{}/resolve/{}/{path}{query}", view.artifact, view.commit);
    let mut response = StatusCode::TEMPORARY_REDIRECT.into_response();
    set(&mut response, header::LOCATION, &place);
    set(&mut response, COMMIT, view.commit.as_str());
    set(&mut response, header::CONTENT_LENGTH, "0");
    response
}

fn describe(response: &mut Response, request: &HubRequest, view: &RevisionView, file: &FileView) {
    let etag = format!("\"{}\"", file.etag());
    set(response, COMMIT, view.commit.as_str());
    if let Some(emergency) = &view.emergency {
        let warning =
            format!("weighbridge-break-glass; Weighbridge: {}: {emergency}", view.artifact);
        set(response, WARNING, &warning);
    }
    set(response, header::ETAG, &etag);
    set(response, header::ACCEPT_RANGES, "bytes");
    set(response, header::CONTENT_TYPE, content_type(&file.path));
    // A browser must never run what a repository holds.
    set(response, header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox");
    set(response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    let disposition =
        format!("inline; filename*=UTF-8''{}", utf8_percent_encode(file.path.file_name(), SEGMENT));
    set(response, header::CONTENT_DISPOSITION, &disposition);
    if file.lfs.is_some() {
        set(response, LINKED_ETAG, &etag);
    }
    if request.method != Method::HEAD {
        return;
    }
    let hides_size = file.size_bytes > MAX_ANNOUNCED_BYTES && learns_size_by_get(&request.client);
    if !hides_size {
        set(response, header::CONTENT_LENGTH, &file.size_bytes.to_string());
        if file.lfs.is_some() {
            set(response, LINKED_SIZE, &file.size_bytes.to_string());
        }
    }
}

/// `huggingface_hub` from 1.31 on skips its size check when `HEAD` tells no size.
fn learns_size_by_get(client: &str) -> bool {
    let Some((_, version)) = client.split_once("hf_hub/") else { return false };
    let mut numbers = version.split(['.', ';', ' ']).map_while(|number| number.parse::<u32>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(1), Some(minor)) => minor >= 31,
        (Some(major), _) => major >= 2,
        _ => false,
    }
}

fn content_type(path: &RepoPath) -> &'static str {
    match path.extension().as_str() {
        "json" => "application/json",
        "md" | "txt" | "csv" | "jsonl" | "jinja" | "py" | "yaml" | "yml" => {
            "text/plain; charset=utf-8"
        }
        _ => "application/octet-stream",
    }
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Range {
    None,
    /// First byte and the byte after the last.
    Part(u64, u64),
    Impossible,
}

fn range_of(request: &HubRequest, file: &FileView) -> Range {
    let text = |name| request.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if text(header::IF_RANGE).is_some_and(|tag| tag.trim_matches('"') != file.etag()) {
        return Range::None;
    }
    text(header::RANGE).map_or(Range::None, |range| parse_range(range, file.size_bytes))
}

/// Reads one range; several, or another unit, mean the whole file (RFC 9110, 14.2).
fn parse_range(text: &str, size_bytes: u64) -> Range {
    let Some(range) = text.strip_prefix("bytes=") else { return Range::None };
    let Some((first, last)) = range.trim().split_once('-') else { return Range::None };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let (first, end) = match (first.trim(), last.trim()) {
        ("", last) => match number(last) {
            Some(count) if count > 0 => (size_bytes.saturating_sub(count), size_bytes),
            Some(_) => return Range::Impossible,
            None => return Range::None,
        },
        (first, "") => match number(first) {
            Some(first) => (first, size_bytes),
            None => return Range::None,
        },
        (first, last) => match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => {
                (first, last.saturating_add(1).min(size_bytes))
            }
            _ => return Range::None,
        },
    };
    if first >= end { Range::Impossible } else { Range::Part(first, end) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_says() {
        assert_eq!(parse_range("bytes=0-9", 100), Range::Part(0, 10));
        assert_eq!(parse_range("bytes=90-", 100), Range::Part(90, 100));
        assert_eq!(parse_range("bytes=-10", 100), Range::Part(90, 100));
        assert_eq!(parse_range("bytes=0-1000", 100), Range::Part(0, 100));
        assert_eq!(parse_range("bytes=100-", 100), Range::Impossible);
        assert_eq!(parse_range("bytes=-0", 100), Range::Impossible);
        assert_eq!(parse_range("bytes=0-", 0), Range::Impossible);
        for whole in ["items=0-1", "bytes=5-1", "bytes=a-b", "bytes=0-1,5-6", "bytes=--", ""] {
            assert_eq!(parse_range(whole, 100), Range::None, "{whole}");
        }
    }

    #[test]
    fn only_clients_that_ask_again_are_left_without_a_size() {
        assert!(learns_size_by_get("unknown/None; hf_hub/2.4.0; python/3.11.7"));
        assert!(learns_size_by_get("x; hf_hub/1.31.0; python/3"));
        assert!(!learns_size_by_get("x; hf_hub/1.30.2; python/3"));
        assert!(!learns_size_by_get("x; hf_hub/0.36.0") && !learns_size_by_get("curl/8"));
    }
}
