//! One listening address that can be closed and opened again.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt as _;

use super::answer::HungUp;
use super::world::World;

/// A listening address on loopback.
#[derive(Debug)]
pub(super) struct Door {
    address: SocketAddr,
    router: Router,
    world: Arc<World>,
    state: State,
}

#[derive(Debug)]
enum State {
    Open(JoinHandle<()>),
    /// Bound but not listening: callers are refused and nobody else gets the port.
    Closed(TcpSocket),
    Lost,
}

impl Door {
    /// Opens `port` of a loopback address, or any port when it is 0.
    pub(super) fn open(
        host: Ipv4Addr,
        port: u16,
        world: Arc<World>,
        router: Router,
    ) -> io::Result<Door> {
        let listener = bind(SocketAddr::from((host, port)))?.listen(1024)?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(serve(listener, router.clone(), Arc::clone(&world)));
        Ok(Door { address, router, world, state: State::Open(task) })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Cuts every connection and refuses new ones.
    pub(super) async fn close(&mut self) -> io::Result<()> {
        if let State::Open(task) = &mut self.state {
            task.abort();
            // A cancelled task is what was asked for.
            let _cancelled = task.await;
            self.state = State::Closed(bind(self.address)?);
        }
        Ok(())
    }

    /// Takes connections again, at the same address.
    pub(super) fn reopen(&mut self) -> io::Result<()> {
        if let State::Closed(socket) = std::mem::replace(&mut self.state, State::Lost) {
            let serving = serve(socket.listen(1024)?, self.router.clone(), Arc::clone(&self.world));
            self.state = State::Open(tokio::spawn(serving));
        }
        Ok(())
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if let State::Open(task) = &self.state {
            task.abort();
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Serves until it is aborted; its connections end with it.
async fn serve(listener: TcpListener, router: Router, world: Arc<World>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let _best_effort = stream.set_nodelay(true);
                let router = router.clone();
                let world = Arc::clone(&world);
                connections.spawn(async move {
                    world.latency().await;
                    let service = service_fn(|request: hyper::Request<Incoming>| {
                        let answer = router.clone().oneshot(request.map(Body::new));
                        async { hang_up_if_told(answer.await) }
                    });
                    // What breaks here is what the test wanted to break.
                    let _broken = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// An error instead of an answer makes hyper close the connection.
fn hang_up_if_told(answer: Result<Response, Infallible>) -> io::Result<Response> {
    match answer {
        Ok(response) if response.extensions().get::<HungUp>().is_none() => Ok(response),
        _ => Err(io::Error::other("hung up, as the test wanted")),
    }
}
