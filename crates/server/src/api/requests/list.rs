//! `GET /api/v1/requests`: what was asked for, the newest first; one's own by what is due first.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use weighbridge_engine::{RequestFilter, RequestReport};

use super::RequestView;
use crate::ServerState;
use crate::allowed::Reader;
use crate::api::extract::{Json, Page, Paging, Query, parsed};
use crate::problem::{Problem, ProblemView};

/// Which requests.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RequestQuery {
    /// Only those that are `open`, `approved`, `rejected` or `withdrawn`.
    state: Option<String>,
    /// Only those that the caller made, or whose answer is awaited in any of the caller's roles: what is due first
    /// comes first, what is settled last.
    #[serde(default)]
    mine: bool,
    /// Only those for this environment.
    environment: Option<String>,
    /// Only open ones of which a part is late.
    #[serde(default)]
    overdue: bool,
}

/// List what was asked for, the newest first: one's own requests, or all for those who answer them
#[utoipa::path(get, path = "/requests", tag = "requests", params(RequestQuery, Paging), responses(
    (status = 200, body = Page<RequestView>),
    (status = 401, body = ProblemView),
))]
pub(crate) async fn list_requests(
    State(state): State<ServerState>,
    Reader(caller): Reader,
    Query(query): Query<RequestQuery>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<RequestView>>, Problem> {
    let limit = paging.limit()?;
    let filter = RequestFilter {
        state: query.state.as_deref().map(|text| parsed("state", text)).transpose()?,
        mine: query.mine,
        environment: query
            .environment
            .as_deref()
            .map(|text| parsed("environment", text))
            .transpose()?,
        overdue: query.overdue,
    };
    let after = paging.after.as_deref();
    let found =
        state.engine.list_requests(&caller, &filter, after, limit.saturating_add(1)).await?;
    let key = |report: &RequestReport| report.place.clone();
    Ok(Json(Page::of(found, limit, key, RequestView::from)))
}
