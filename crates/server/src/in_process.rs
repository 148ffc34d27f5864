//! The API without a socket: the command line asks it this way when no server runs, so that there is
//! one code path and no second set of answers.

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

/// A router that is asked in this process.
#[derive(Clone, Debug)]
pub struct InProcess(Router);

/// What the router answered.
#[derive(Clone, Debug)]
pub struct InProcessAnswer {
    /// The status.
    pub status: StatusCode,
    /// The body, whole.
    pub body: Bytes,
}

/// An answer whose body is still to come.
#[derive(Debug)]
pub struct OpenAnswer {
    /// The status.
    pub status: StatusCode,
    body: Body,
}

impl OpenAnswer {
    /// The next piece of the body; `None` at its end.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, InProcessError> {
        while let Some(frame) = self.body.frame().await {
            if let Ok(data) = frame?.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }

    /// The whole body.
    pub async fn whole(self) -> Result<InProcessAnswer, InProcessError> {
        let body = self.body.collect().await?.to_bytes();
        Ok(InProcessAnswer { status: self.status, body })
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum InProcessError {
    /// The request cannot be one.
    #[error("the request cannot be made: {0}")]
    Request(#[from] http::Error),
    /// The answer broke off.
    #[error("the answer broke off: {0}")]
    Answer(#[from] axum::Error),
}

impl InProcess {
    /// Asks this router.
    pub fn new(router: Router) -> InProcess {
        InProcess(router)
    }

    /// Sends one request of a token's holder and waits for the whole answer.
    pub async fn send(
        &self,
        method: &str,
        path_and_query: &str,
        token: &str,
        body: Option<Vec<u8>>,
    ) -> Result<InProcessAnswer, InProcessError> {
        self.send_as(method, path_and_query, &format!("Bearer {token}"), body).await
    }

    /// Sends one request and waits for the whole answer.
    pub async fn send_as(
        &self,
        method: &str,
        path_and_query: &str,
        authorization: &str,
        body: Option<Vec<u8>>,
    ) -> Result<InProcessAnswer, InProcessError> {
        self.open(method, path_and_query, authorization, body).await?.whole().await
    }

    /// Sends one request; the answer comes in pieces.
    pub async fn open(
        &self,
        method: &str,
        path_and_query: &str,
        authorization: &str,
        body: Option<Vec<u8>>,
    ) -> Result<OpenAnswer, InProcessError> {
        let request = Request::builder()
            .method(method)
            .uri(path_and_query)
            .header(header::HOST, "localhost")
            .header(header::AUTHORIZATION, authorization)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.map_or_else(Body::empty, Body::from))?;
        let response = match self.0.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status();
        Ok(OpenAnswer { status, body: response.into_body() })
    }
}
