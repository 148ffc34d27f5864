//! Bodies: whole or in part, at the speed of the link, with the faults that strike on the way.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::stream;

use super::content::Content;
use super::fault::What;
use super::world::World;

const PIECE_BYTES: usize = 1 << 20;
/// Small enough that a shaped link flows instead of jumping.
const SHAPED_PIECE_BYTES: usize = 64 * 1024;

/// Something to send.
pub(super) struct Shipment {
    pub(super) content: Content,
    /// Sent in place of the content's own size.
    pub(super) headers: HeaderMap,
    /// The path under which it is counted.
    pub(super) counted_as: Option<String>,
    pub(super) faults: Vec<What>,
}

/// First byte and the one after the last.
type Span = (u64, u64);

/// What a `Range` header asks of `size` bytes.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    All,
    Part(Span),
    Impossible,
}

impl Shipment {
    /// The answer to a GET, or to a HEAD when `is_head`.
    pub(super) fn answer(self, world: &Arc<World>, range: Option<&str>, is_head: bool) -> Response {
        let size = self.content.size_bytes();
        let has = |fault: &What| self.faults.contains(fault);
        let wanted = if has(&What::IgnoresRange) { Wanted::All } else { wanted(range, size) };
        let mut headers = self.headers.clone();
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        if has(&What::Compressed) {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        let (status, (start, end)) = match wanted {
            Wanted::All => (StatusCode::OK, (0, size)),
            Wanted::Part(span) => (StatusCode::PARTIAL_CONTENT, span),
            Wanted::Impossible => {
                headers.insert(CONTENT_RANGE, text(&format!("bytes */{size}")));
                return (StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response();
            }
        };
        if status == StatusCode::PARTIAL_CONTENT {
            let shift = u64::from(has(&What::WrongRange));
            let range = format!("bytes {}-{}/{size}", start - shift.min(start), end - 1);
            headers.insert(CONTENT_RANGE, text(&range));
        }
        let has_length = !self.faults.iter().any(|fault| {
            matches!(fault, What::NoLength | What::ShortBy { .. } | What::LongBy { .. })
        });
        if has_length {
            headers.insert(CONTENT_LENGTH, (end - start).into());
        }
        if is_head {
            return (status, headers, Body::empty()).into_response();
        }
        if let Some(path) = &self.counted_as {
            world.lock().log.download(path);
        }
        (status, headers, self.stream(Arc::clone(world), (start, end))).into_response()
    }

    fn stream(self, world: Arc<World>, (start, end): Span) -> Body {
        let rate_mib = world.lock().settings.rate_mib;
        let mut sending = Sending {
            world,
            at: start,
            end,
            tail: 0,
            flipped: Vec::new(),
            cut_at: None,
            stalled_at: None,
            rate_mib,
            dribble: None,
            content: self.content,
            counted_as: self.counted_as,
        };
        for fault in self.faults {
            match fault {
                What::FlippedByte { at } => sending.flipped.push(at),
                What::CutAt { byte } => sending.cut_at = Some(byte),
                What::StalledAt { byte } => sending.stalled_at = Some(byte),
                What::Dribble { bytes_per_s } => sending.dribble = Some(bytes_per_s.max(1)),
                What::ShortBy { bytes } => sending.end = end.saturating_sub(bytes).max(start),
                What::LongBy { bytes } => sending.tail = bytes,
                _ => {}
            }
        }
        Body::from_stream(stream::try_unfold(sending, |mut sending| async move {
            Ok::<_, std::io::Error>(sending.next().await?.map(|piece| (piece, sending)))
        }))
    }
}

struct Sending {
    content: Content,
    world: Arc<World>,
    counted_as: Option<String>,
    at: u64,
    end: u64,
    /// Bytes to add after the end.
    tail: u64,
    flipped: Vec<u64>,
    cut_at: Option<u64>,
    stalled_at: Option<u64>,
    rate_mib: Option<f64>,
    dribble: Option<u64>,
}

impl Sending {
    async fn next(&mut self) -> Result<Option<Bytes>, std::io::Error> {
        if self.stalled_at.is_some_and(|byte| self.at >= byte) {
            std::future::pending::<()>().await;
        }
        if self.cut_at.is_some_and(|byte| self.at >= byte) {
            // What was sent before has to leave first.
            tokio::task::yield_now().await;
            return Err(std::io::Error::other("cut, as the test wanted"));
        }
        if self.at >= self.end {
            let tail = std::mem::take(&mut self.tail);
            let extra = vec![b'+'; usize::try_from(tail).unwrap_or(0)];
            return Ok((!extra.is_empty()).then(|| extra.into()));
        }
        let piece = self.piece();
        if let Some(rate_mib) = self.rate_mib {
            self.world.pass_link(piece.len(), rate_mib).await;
        }
        if let Some(bytes_per_s) = self.dribble {
            let length = u32::try_from(piece.len()).unwrap_or(u32::MAX);
            #[expect(clippy::cast_precision_loss, reason = "a rate in bytes is far below 2^52")]
            let seconds = f64::from(length) / bytes_per_s as f64;
            tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
        }
        self.at += piece.len() as u64;
        if let Some(path) = &self.counted_as {
            self.world.lock().log.sent(path, piece.len() as u64);
        }
        Ok(Some(piece))
    }

    fn piece(&self) -> Bytes {
        let most = match (self.dribble, self.rate_mib) {
            // Ten drops a second.
            (Some(bytes_per_s), _) => usize::try_from(bytes_per_s / 10).unwrap_or(1).max(1),
            (None, Some(_)) => SHAPED_PIECE_BYTES,
            (None, None) => PIECE_BYTES,
        };
        let stops = [Some(self.end), self.cut_at, self.stalled_at];
        let stop = stops.into_iter().flatten().min().unwrap_or(self.end);
        let left = usize::try_from(stop.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let piece = self.content.read(self.at, most.min(left));
        let until = self.at + piece.len() as u64;
        let hit = |at: &&u64| (self.at..until).contains(*at);
        if !self.flipped.iter().any(|at| hit(&at)) {
            return piece;
        }
        let mut wrong = piece.to_vec();
        for at in self.flipped.iter().filter(hit) {
            let index = usize::try_from(at - self.at).unwrap_or(usize::MAX);
            if let Some(byte) = wrong.get_mut(index) {
                *byte ^= 1;
            }
        }
        wrong.into()
    }
}

/// `bytes=a-b`, `bytes=a-` and `bytes=-n`; anything else is ignored, as servers do.
fn wanted(range: Option<&str>, size: u64) -> Wanted {
    let Some((first, last)) = range
        .and_then(|range| range.strip_prefix("bytes="))
        .and_then(|range| range.split_once('-'))
    else {
        return Wanted::All;
    };
    let span = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last.saturating_add(1).min(size)),
        (Ok(first), Err(_)) if last.is_empty() => (first, size),
        (Err(_), Ok(last)) if first.is_empty() => (size.saturating_sub(last), size),
        _ => return Wanted::All,
    };
    if span.0 < span.1 { Wanted::Part(span) } else { Wanted::Impossible }
}

/// A header value from a text that the fake made itself.
pub(super) fn text(value: &str) -> HeaderValue {
    HeaderValue::try_from(value).expect("the fake's own header values are printable")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_mean_what_http_says() {
        for (range, expected) in [
            (None, Wanted::All),
            (Some("bytes=0-"), Wanted::Part((0, 10))),
            (Some("bytes=3-5"), Wanted::Part((3, 6))),
            (Some("bytes=3-99"), Wanted::Part((3, 10))),
            (Some("bytes=-4"), Wanted::Part((6, 10))),
            (Some("bytes=10-"), Wanted::Impossible),
            (Some("bytes=-0"), Wanted::Impossible),
            (Some("lines=1-2"), Wanted::All),
            (Some("bytes=5-3"), Wanted::All),
        ] {
            assert_eq!(wanted(range, 10), expected, "{range:?}");
        }
    }
}
