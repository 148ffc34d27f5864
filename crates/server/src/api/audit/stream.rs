//! `GET /api/v1/audit/stream`: the ledger as lines of JSON, from anywhere on, and as it grows.

use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;
use utoipa::IntoParams;
use weighbridge_engine::{Engine, StoreError, entry_line};

use crate::ServerState;
use crate::allowed::Auditor;
use crate::api::extract::Query;
use crate::problem::{Problem, ProblemView};

/// Entries that are read at once: a body may be long.
const BATCH: u32 = 32;
/// How often it is looked whether there are more.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long one answer goes on; whoever wants more asks again, from where it ended.
const LASTS: Duration = Duration::from_mins(15);
/// Those who may follow at once.
static FOLLOWERS: Semaphore = Semaphore::const_new(32);

/// From where on, and how far.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StreamQuery {
    /// Only what comes after this position; everything when it is left out.
    after: Option<u64>,
    /// At most so many lines.
    limit: Option<u64>,
    /// Whether to go on with what is written from now on. The answer ends after 15 minutes at the
    /// latest: ask again, `after` the last position that came.
    #[serde(default)]
    follow: bool,
}

/// Read the ledger as lines of JSON, from anywhere on, and as it grows
#[utoipa::path(get, path = "/audit/stream", tag = "audit", params(StreamQuery), responses(
    (status = 200, body = String, content_type = "application/x-ndjson"),
    (status = 403, body = ProblemView),
    (status = 429, body = ProblemView),
))]
pub(crate) async fn stream_entries(
    State(state): State<ServerState>,
    _auditor: Auditor,
    Query(query): Query<StreamQuery>,
) -> Result<Response, Problem> {
    let place = if query.follow {
        let busy = |_| {
            let detail = "as many as may follow the ledger at once do so already";
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-followers", detail)
                .hint("ask without `follow`, again and again")
        };
        Some(FOLLOWERS.try_acquire().map_err(busy)?)
    } else {
        None
    };
    let reading = Reading {
        engine: state.engine,
        next: query.after.map_or(0, |after| after.saturating_add(1)),
        left: query.limit.unwrap_or(u64::MAX),
        until: Instant::now() + LASTS,
        place,
    };
    let lines = stream::try_unfold(reading, |mut reading| async move {
        let lines = reading.more().await.map_err(|error| {
            tracing::warn!(%error, "the audit stream broke off");
            std::io::Error::other("the ledger cannot be read")
        })?;
        Ok::<_, std::io::Error>(lines.map(|lines| (lines, reading)))
    });
    let mut response = Body::from_stream(lines).into_response();
    let kind = HeaderValue::from_static("application/x-ndjson");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// An answer under way.
struct Reading {
    engine: Engine,
    next: u64,
    left: u64,
    until: Instant,
    /// The place among those who follow.
    place: Option<SemaphorePermit<'static>>,
}

impl Reading {
    /// The next lines; `None` at the end.
    async fn more(&mut self) -> Result<Option<String>, StoreError> {
        loop {
            let limit = u32::try_from(self.left).unwrap_or(BATCH).min(BATCH);
            if limit == 0 {
                return Ok(None);
            }
            let entries = self.engine.list_entries(self.next, limit).await?;
            let mut lines = String::new();
            for entry in entries {
                lines.push_str(&entry_line(&entry));
                lines.push('\n');
                self.next = entry.position.saturating_add(1);
                self.left = self.left.saturating_sub(1);
            }
            if !lines.is_empty() {
                return Ok(Some(lines));
            }
            if self.place.is_none() || Instant::now() >= self.until || self.engine.is_closing() {
                return Ok(None);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}
