//! Extractors that answer with a problem when the request does not fit, and the rules of lists.

use axum::extract::{FromRequest, FromRequestParts, Request};
use http::StatusCode;
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use weighbridge_domain::Timestamp;

use crate::problem::Problem;

/// Segments of the path.
pub(crate) struct Path<T>(pub(crate) T);

/// Parameters of the query.
pub(crate) struct Query<T>(pub(crate) T);

/// A JSON document: the body of a request or of an answer.
pub(crate) use axum::Json;

/// The body of a request.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Path<T>, Problem> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Path(value)),
            Err(rejection) => Err(misfit("bad-path", "path", &rejection.body_text())),
        }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Query<T>, Problem> {
        match axum::extract::Query::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(value)) => Ok(Query(value)),
            Err(rejection) => Err(misfit("bad-query", "query", &rejection.body_text())),
        }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Body<T>, Problem> {
        match Json::from_request(request, state).await {
            Ok(Json(value)) => Ok(Body(value)),
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(Problem::new(rejection.status(), "body-too-large", rejection.body_text()))
            }
            Err(rejection) => Err(misfit("bad-body", "body", &rejection.body_text())),
        }
    }
}

/// The framework says first that something failed, then what.
fn misfit(code: &'static str, part: &str, text: &str) -> Problem {
    let what = text.split_once(": ").map_or(text, |(_, what)| what);
    Problem::bad_request(code, format!("the {part} does not fit: {what}"))
}

/// Where in a list to go on, and how far.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// Only what comes after this: `next` of the page before.
    pub(crate) after: Option<String>,
    /// At most so many, 1 to 500.
    #[param(minimum = 1, maximum = 500, default = 50)]
    pub(crate) limit: Option<u32>,
}

/// One page of a list.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// What to give as `after` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl Paging {
    /// The limit, when it is one.
    pub(crate) fn limit(&self) -> Result<u32, Problem> {
        match self.limit {
            None => Ok(50),
            Some(limit @ 1..=500) => Ok(limit),
            Some(other) => {
                let detail = format!("`limit` has to be between 1 and 500, not {other}");
                Err(Problem::bad_request("bad-limit", detail))
            }
        }
    }
}

impl<T> Page<T> {
    /// A page of what a query for one more than `limit` found. `key` names an item for `after`.
    pub(crate) fn of<R>(
        mut found: Vec<R>,
        limit: u32,
        key: impl Fn(&R) -> String,
        view: impl FnMut(R) -> T,
    ) -> Page<T> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let is_last = found.len() <= limit;
        found.truncate(limit);
        let next = found.last().filter(|_| !is_last).map(key);
        Page { items: found.into_iter().map(view).collect(), next }
    }

    /// A list that is short enough to come whole.
    pub(crate) fn whole(items: Vec<T>) -> Page<T> {
        Page { items, next: None }
    }
}

/// Reads a moment from a request.
pub(crate) fn moment(field: &str, text: &str) -> Result<Timestamp, Problem> {
    Timestamp::from_rfc3339(text).ok_or_else(|| {
        let detail = format!("`{field}`: `{text}` is not a moment in RFC 3339");
        Problem::bad_request("bad-value", detail)
    })
}

/// Reads a word of ours from a request.
pub(crate) fn parsed<T>(field: &str, text: &str) -> Result<T, Problem>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    text.parse()
        .map_err(|error: T::Err| Problem::bad_request("bad-value", format!("`{field}`: {error}")))
}
