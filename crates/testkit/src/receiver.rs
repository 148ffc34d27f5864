//! Somebody who is told things: a server on loopback that keeps what it gets and answers as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};

/// One message as it arrived.
#[derive(Clone, Debug)]
pub struct Message {
    /// Path and query.
    pub path: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Message {
    /// A header as text; empty when it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// A receiver. Dropped, it is gone.
pub struct Receiver {
    address: std::net::SocketAddr,
    shared: Arc<Shared>,
    serving: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    got: Mutex<Vec<Message>>,
    answers: Mutex<VecDeque<Reply>>,
}

type Reply = (u16, Option<(&'static str, String)>);

impl Receiver {
    /// Starts one on a free port.
    pub async fn start() -> Receiver {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let shared = Arc::new(Shared::default());
        let router = Router::new().fallback(take).with_state(Arc::clone(&shared));
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.ok();
        });
        Receiver { address, shared, serving }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// Answers the next message so; after those, with 204.
    pub fn answer_next(&self, status: u16) {
        locked(&self.shared.answers).push_back((status, None));
    }

    /// The same with a header.
    pub fn answer_next_with(&self, status: u16, name: &'static str, value: &str) {
        locked(&self.shared.answers).push_back((status, Some((name, value.to_owned()))));
    }

    /// Everything it got, in the order in which it came.
    pub fn got(&self) -> Vec<Message> {
        locked(&self.shared.got).clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn take(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, HeaderMap) {
    locked(&shared.got).push(Message { path: uri.to_string(), headers, body });
    let (status, header) = locked(&shared.answers).pop_front().unwrap_or((204, None));
    let mut headers = HeaderMap::new();
    if let Some((name, value)) = header {
        let value = HeaderValue::from_str(&value).expect("a header");
        headers.insert(HeaderName::from_static(name), value);
    }
    (StatusCode::from_u16(status).expect("a status"), headers)
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
