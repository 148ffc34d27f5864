//! The bytes of an answer: read from our disk, never from the upstream stream.
//!
//! The record of a download is durable before its last piece leaves, so a crash loses none that a
//! client has got whole. One that is broken off is recorded when it ends.

use std::io;
use std::ops::Range;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, StatusCode, header};
use weighbridge_engine::{Reading, Refused};

use super::HubRequest;
use crate::sendfile::{Next, Pipe};

/// Bytes a piece when they are copied through memory.
const COPIED_BYTES: u64 = 256 * 1024;

struct Sending {
    reading: Reading,
    pipe: Option<Pipe>,
    at: u64,
    first: u64,
    end: u64,
    client: String,
    address: String,
    is_recorded: bool,
}

/// Answers with these bytes of the file.
pub(super) async fn answer(
    request: &HubRequest,
    reading: Reading,
    bytes: Range<u64>,
    status: StatusCode,
) -> Result<Response, Refused> {
    let Range { start: first, end } = bytes;
    let mut sending = Sending {
        reading,
        pipe: request.pipe.clone(),
        at: first,
        first,
        end,
        client: request.client.clone(),
        address: request.address.clone(),
        is_recorded: false,
    };
    let mut response = if first == end {
        // A body without a byte is never asked for a piece: its record is made before the answer.
        sending.record().await?;
        Body::empty().into_response()
    } else {
        Body::from_stream(stream::try_unfold(sending, Sending::next)).into_response()
    };
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(end - first));
    Ok(response)
}

impl Sending {
    async fn next(mut self) -> io::Result<Option<(Bytes, Sending)>> {
        if self.at == self.end {
            return Ok(None);
        }
        let may_go = self.reading.available(self.at).await.map_err(aborted)?.min(self.end);
        let left = may_go - self.at;
        let length = match &self.pipe {
            Some(_) => left.min(Pipe::most_bytes()),
            None => left.min(COPIED_BYTES),
        };
        let next = if self.at + length == self.end { Next::Nothing } else { Next::Piece };
        if next == Next::Nothing {
            self.record().await.map_err(aborted)?;
        }
        let piece = match &self.pipe {
            Some(pipe) => pipe.send(self.reading.file(), self.at, length, next),
            None => self.reading.read(self.at, length).await?,
        };
        self.at += length;
        Ok(Some((piece, self)))
    }

    async fn record(&mut self) -> Result<(), Refused> {
        self.is_recorded = true;
        self.reading.record(self.first, self.end - self.first, &self.client, &self.address).await
    }
}

impl Drop for Sending {
    /// What has left has left, and an auditor asks for it too.
    fn drop(&mut self) {
        let sent = self.at - self.first;
        if !self.is_recorded && sent > 0 {
            self.reading.record_broken_off(self.first, sent, &self.client, &self.address);
        }
    }
}

/// Cuts the connection: the client sees a broken body and asks again, and then gets the reason.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` calls")]
fn aborted(refused: Refused) -> io::Error {
    io::Error::other(refused.message())
}
