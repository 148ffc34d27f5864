//! Envelopes on their way out, piece by piece: a revision of fifty thousand files is never whole in memory.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use futures_util::{Stream, StreamExt as _, stream};
use http::{HeaderValue, header};
use weighbridge_engine::{AttestationText, StoreError};

/// The pieces of an envelope.
pub(super) fn pieces(text: AttestationText) -> impl Stream<Item = Result<String, StoreError>> {
    stream::try_unfold(text, async |mut text| Ok(text.next().await?.map(|piece| (piece, text))))
}

/// An answer of these pieces. What cannot be read ends it before its end, and is logged.
pub(super) fn answer(
    pieces: impl Stream<Item = Result<String, StoreError>> + Send + 'static,
    kind: &'static str,
) -> Response {
    let pieces = pieces.inspect(|piece| {
        if let Err(error) = piece {
            tracing::error!(%error, "an attestation could not be read");
        }
    });
    let mut response = Body::from_stream(pieces).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
