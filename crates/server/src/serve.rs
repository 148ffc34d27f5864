//! The listening socket: accepts connections and gives each its own pipe for files.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::TokioTimer;
use hyper_util::server::graceful::GracefulShutdown;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt as _;
use tracing::{debug, warn};

use crate::sendfile::{Connection, Pipe};

/// Where a request comes from; in the extensions of every request.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// The most connections at once.
const MAX_CONNECTIONS: usize = 4_096;
/// The most that the headers of one request may weigh.
const MAX_HEADER_BYTES: usize = 64 * 1024;
/// How long a client may take to send its headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long answers under way may take to end after `shutdown`.
const GRACE: Duration = Duration::from_secs(10);

/// Serves until `shutdown` ends, then lets answers under way finish for ten seconds.
pub async fn serve(listener: TcpListener, router: Router, shutdown: impl Future<Output = ()>) {
    raise_file_limit();
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_HEADER_BYTES);
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: waiting lets some close.
                warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else {
            warn!(%peer, "more than {MAX_CONNECTIONS} connections: one was closed");
            continue;
        };
        let (connection, pipe) = prepare(stream);
        let router = router.clone();
        let service =
            hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                let router = router.clone();
                let pipe = pipe.clone();
                async move {
                    let mut request = request.map(axum::body::Body::new);
                    request.extensions_mut().insert(Peer(peer));
                    request.extensions_mut().insert(pipe);
                    router.oneshot(request).await
                }
            });
        let serving = graceful.watch(http.serve_connection(connection, service));
        tokio::spawn(async move {
            if let Err(error) = serving.await {
                debug!(%error, "a connection ended early");
            }
            drop(permit);
        });
    }
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        warn!("answers under way were cut off at shutdown");
    }
}

/// Connections and the files they are served from are open files, and the limit that most machines
/// begin with is meant for other programs.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        warn!(%error, "the limit of open files stays at {:?}", limit.current);
    }
}

fn prepare(stream: TcpStream) -> (Connection, Pipe) {
    let connection = Connection::new(stream);
    let pipe = connection.pipe();
    (connection, pipe)
}
