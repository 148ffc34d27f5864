//! File bytes from the page cache to the socket without a copy through our memory.
//!
//! HTTP libraries write byte slices, so a piece of a file travels through them as a slice of
//! [`STAND_IN`], which is never read: the connection knows that slice by its address and calls
//! `sendfile(2)` for the piece that is next in its queue. The length the HTTP library counts is the
//! length that is sent, so framing stays its business.

use std::collections::VecDeque;
use std::fs::File;
use std::future::Future as _;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead as _, AsyncWrite as _, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Duration, Instant, Sleep, sleep};

const MOST_BYTES: usize = 1024 * 1024;
/// How long a client may take no byte before it is given up: a connection is a place and an open file.
const STALLED: Duration = Duration::from_mins(5);

/// Stands in for file bytes on their way through the HTTP library. Its pages are never touched.
static STAND_IN: [u8; MOST_BYTES] = [0; MOST_BYTES];

struct Piece {
    file: Arc<File>,
    at: u64,
    left: u64,
    gathers: bool,
}

/// What comes after a piece on its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Another piece of the same answer.
    Piece,
    /// Nothing, until the client asks again.
    Nothing,
}

/// Hands pieces of files to one connection.
#[derive(Clone, Default)]
pub(crate) struct Pipe(Arc<Mutex<VecDeque<Piece>>>);

impl Pipe {
    /// The most bytes of one piece.
    pub(crate) fn most_bytes() -> u64 {
        MOST_BYTES as u64
    }

    /// Queues `length` bytes of `file` from `at` and gives their stand-in, which has to be written to
    /// this connection before any later piece's.
    pub(crate) fn send(&self, file: &Arc<File>, at: u64, length: u64, next: Next) -> Bytes {
        // A piece shorter than it could be is all there is at the moment: it must not wait.
        let gathers = next == Next::Piece && length == Pipe::most_bytes();
        let piece = Piece { file: Arc::clone(file), at, left: length, gathers };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(piece);
        let length = usize::try_from(length).unwrap_or(MOST_BYTES).min(MOST_BYTES);
        Bytes::from_static(&STAND_IN).slice(..length)
    }
}

fn is_stand_in(slice: &[u8]) -> bool {
    let start = STAND_IN.as_ptr().addr();
    let at = slice.as_ptr().addr();
    !slice.is_empty() && at >= start && at < start + MOST_BYTES
}

/// A connection that knows stand-ins.
pub(crate) struct Connection {
    stream: TcpStream,
    pipe: Pipe,
    /// Whether an incomplete packet waits for the next piece to fill it (no `TCP_NODELAY`). Pushing one
    /// out after each call costs a third more CPU a byte on several busy connections.
    gathers: bool,
    patience: Pin<Box<Sleep>>,
    is_waiting: bool,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> Connection {
        stream.set_nodelay(true).ok();
        let patience = Box::pin(sleep(STALLED));
        Connection { stream, pipe: Pipe::default(), gathers: false, patience, is_waiting: false }
    }

    pub(crate) fn pipe(&self) -> Pipe {
        self.pipe.clone()
    }

    /// Lets a write wait for so long and no longer.
    fn in_time<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.is_waiting = false;
            return written;
        }
        if !self.is_waiting {
            self.is_waiting = true;
            self.patience.as_mut().reset(Instant::now() + STALLED);
        }
        ready!(self.patience.as_mut().poll(context));
        let message = "the client takes no bytes any more";
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, message)))
    }

    fn poll_slices(
        &mut self,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match slices.iter().position(|slice| is_stand_in(slice)) {
            Some(0) => {
                let most = slices.first().map_or(0, |slice| slice.len());
                self.poll_sendfile(context, most)
            }
            Some(others) => {
                let own = slices.get(..others).unwrap_or_default();
                Pin::new(&mut self.stream).poll_write_vectored(context, own)
            }
            None => Pin::new(&mut self.stream).poll_write_vectored(context, slices),
        }
    }

    fn poll_sendfile(&mut self, context: &mut Context<'_>, most: usize) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.stream.poll_write_ready(context))?;
            let mut queue = self.pipe.0.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(piece) = queue.front_mut() else {
                return Poll::Ready(Err(io::Error::other("no piece is queued for its stand-in")));
            };
            if self.gathers != piece.gathers {
                self.gathers = piece.gathers;
                self.stream.set_nodelay(!piece.gathers).ok(); // What waits leaves at once.
            }
            let count = most.min(usize::try_from(piece.left).unwrap_or(usize::MAX));
            let mut at = piece.at;
            let sent = self.stream.try_io(Interest::WRITABLE, || {
                Ok(rustix::fs::sendfile(&self.stream, &*piece.file, Some(&mut at), count)?)
            });
            match sent {
                Ok(0) => {
                    let message = "the stored file is shorter than its record";
                    return Poll::Ready(Err(io::Error::new(io::ErrorKind::UnexpectedEof, message)));
                }
                Ok(sent) => {
                    piece.at += sent as u64;
                    piece.left -= sent as u64;
                    if piece.left == 0 {
                        queue.pop_front();
                    }
                    return Poll::Ready(Ok(sent));
                }
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                    ) => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl hyper::rt::Read for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut space = [0; 8 * 1024];
        let room = space.len().min(buffer.remaining());
        let mut read = ReadBuf::new(space.get_mut(..room).unwrap_or_default());
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut read))?;
        buffer.put_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}

impl hyper::rt::Write for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slice: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = self.poll_slices(context, &[IoSlice::new(slice)]);
        self.in_time(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = self.poll_slices(context, slices);
        self.in_time(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        true // Otherwise the HTTP library copies slices together, and would copy stand-ins.
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::io::Write as _;

    use hyper::rt::Write as _;
    use tokio::io::AsyncReadExt as _;
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn a_stand_in_is_known_by_its_address_alone() {
        let pipe = Pipe::default();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        let piece = pipe.send(&Arc::new(file), 2, 5, Next::Nothing);
        assert_eq!(piece.len(), 5);
        assert!(is_stand_in(&piece) && is_stand_in(&piece.slice(3..)));
        assert!(!is_stand_in(&[0; 5]) && !is_stand_in(b""));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_no_bytes_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut connection = Connection::new(listener.accept().await.unwrap().0);
        let begun = Instant::now();
        let ended = loop {
            let bytes = vec![7; 64 * 1024];
            match poll_fn(|context| Pin::new(&mut connection).poll_write(context, &bytes)).await {
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert_eq!(ended.kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() >= STALLED);
    }

    #[tokio::test]
    async fn only_a_full_piece_that_another_follows_may_wait() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut connection = Connection::new(listener.accept().await.unwrap().0);
        let pipe = connection.pipe();
        let mut file = tempfile::tempfile().unwrap();
        let content: Vec<u8> = (0..=250).cycle().take(MOST_BYTES * 2).collect();
        file.write_all(&content).unwrap();
        let file = Arc::new(file);

        let mut at = 0;
        for (length, next, is_pushed) in [
            (MOST_BYTES, Next::Piece, false),
            (100, Next::Piece, true),
            (MOST_BYTES - 200, Next::Piece, true),
            (100, Next::Nothing, true),
        ] {
            let mut stand_in = pipe.send(&file, at as u64, length as u64, next);
            let write = async {
                while !stand_in.is_empty() {
                    let write =
                        poll_fn(|context| Pin::new(&mut connection).poll_write(context, &stand_in));
                    let sent = write.await.unwrap();
                    drop(stand_in.split_to(sent));
                }
            };
            let mut got = vec![0; length];
            tokio::join!(write, async { client.read_exact(&mut got).await.unwrap() });
            assert!(got == content[at..at + length], "other bytes from {at}");
            assert_eq!(connection.stream.nodelay().unwrap(), is_pushed, "from {at}");
            at += length;
        }
    }
}
