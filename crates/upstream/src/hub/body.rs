//! `GET /{name}/resolve/{commit}/{path}`: the bytes of a file.

use bytes::Bytes;
use reqwest::header::{CONTENT_ENCODING, CONTENT_RANGE, ETAG, HeaderMap};
use reqwest::{Response, StatusCode, Url};
use weighbridge_domain::{Artifact, ArtifactKind, ArtifactName, CommitId, RepoPath};

use super::{HubClient, bad_answer, encoded_path};
use crate::http::{Http, host};
use crate::redirect::{self, MOST_REDIRECTS};
use crate::{Answer, NotYes, RefusalKind, Trouble, TroubleKind, status};

/// How often a signed address that another origin no longer accepts is asked for anew.
const MOST_NEW_ADDRESSES: usize = 2;

/// A file that is being received. Its length is checked here; its digest is the receiver's to check.
#[derive(Debug)]
pub struct Body {
    /// The size of the whole file, if anybody said.
    pub total_bytes: Option<u64>,
    /// The place in the file of the first byte that [`Body::chunk`] gives; 0 when the upstream did
    /// not honour the range.
    pub from_byte: u64,
    /// The Hub's own `X-Linked-Etag` or `ETag`, without quotes: SHA-256 for files in LFS, git's id
    /// for others.
    pub promised_etag: Option<String>,
    /// The commit the Hub says the file is from; always the one asked for.
    pub commit: Option<CommitId>,
    http: Http,
    state: State,
    at_byte: u64,
}

#[derive(Debug)]
enum State {
    Receiving(Response),
    Complete,
    Failed,
}

impl Body {
    /// The next piece; `None` at the end, and only when every promised byte has come. After a
    /// trouble there is nothing more to have: open the file again from where it stopped.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Trouble> {
        let response = match &mut self.state {
            State::Receiving(response) => response,
            State::Complete => return Ok(None),
            State::Failed => {
                return Err(broken("the transfer has failed before".to_owned()));
            }
        };
        let result = self.http.next_piece(response).await;
        let checked = result.and_then(|piece| {
            let length = piece.as_ref().map_or(0, Bytes::len);
            let at_byte = self.at_byte.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
            match self.total_bytes {
                Some(total) if at_byte > total => {
                    Err(broken(format!("more than the promised {total} bytes arrived")))
                }
                Some(total) if piece.is_none() && at_byte < total => {
                    Err(broken(format!("the file ended after {at_byte} of {total} bytes")))
                }
                _ => {
                    self.at_byte = at_byte;
                    Ok(piece)
                }
            }
        });
        match &checked {
            Ok(Some(_)) => {}
            Ok(None) => self.state = State::Complete,
            Err(_) => self.state = State::Failed,
        }
        checked
    }
}

impl HubClient {
    /// Opens a file of a commit, from `from_byte` on when the upstream can. Starting at the very end
    /// gives a body without bytes.
    pub async fn open(
        &self,
        kind: ArtifactKind,
        name: &ArtifactName,
        commit: &CommitId,
        path: &RepoPath,
        token: Option<&str>,
        from_byte: u64,
    ) -> Answer<Body> {
        let artifact = Artifact { kind, name: name.clone() };
        let path = encoded_path(path.as_str());
        let address = self.url(&format!("{artifact}/resolve/{commit}/{path}"));
        match address {
            Ok(url) => self.open_at(&url, commit, token, from_byte).await.into(),
            Err(trouble) => Answer::Unknown(trouble),
        }
    }

    async fn open_at(
        &self,
        url: &Url,
        commit: &CommitId,
        token: Option<&str>,
        from_byte: u64,
    ) -> Result<Body, NotYes> {
        for _ in 0..MOST_NEW_ADDRESSES {
            let (promise, response) = self.follow(url, token, from_byte).await?;
            if !self.has_expired(&response) {
                return self.begin(promise, response, commit, from_byte).await;
            }
            tracing::debug!(host = host(response.url()), "the signed address is no longer good");
        }
        let (promise, response) = self.follow(url, token, from_byte).await?;
        self.begin(promise, response, commit, from_byte).await
    }

    /// Goes from the Hub to whoever has the bytes, and keeps what the Hub promised on the way.
    async fn follow(
        &self,
        url: &Url,
        token: Option<&str>,
        from_byte: u64,
    ) -> Result<(Promise, Response), NotYes> {
        let mut promise = Promise::default();
        let mut at = url.clone();
        let mut token = token;
        for _ in 0..=MOST_REDIRECTS {
            let response = self.http.get(&at, token, from_byte).await?;
            if self.base.is_origin_of(&at) {
                promise.add(response.headers());
            }
            let Some(next) = redirect::target(&response)? else { return Ok((promise, response)) };
            if !self.base.is_origin_of(&next) {
                redirect::check_elsewhere(&self.base, &next)?;
                // The token stays here: the CDN is another origin, and what comes back from
                // there is not the Hub's own word any more.
                token = None;
            }
            at = next;
        }
        Err(redirect::too_many(&self.base).into())
    }

    /// Other origins refuse signed addresses that are too old; the Hub itself means it.
    fn has_expired(&self, response: &Response) -> bool {
        !self.base.is_origin_of(response.url())
            && matches!(
                response.status(),
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::GONE
            )
    }

    async fn begin(
        &self,
        promise: Promise,
        response: Response,
        commit: &CommitId,
        from_byte: u64,
    ) -> Result<Body, NotYes> {
        let place = match response.status() {
            StatusCode::OK => Place { from: 0, total: response.content_length() },
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
                Place::read(&response, from_byte)?
            }
            _ if self.base.is_origin_of(response.url()) => {
                return Err(status::not_yes(&self.http, response, RefusalKind::EntryNotFound).await);
            }
            _ => return Err(status::trouble(&response).into()),
        };
        let from = host(response.url());
        if response.headers().get(CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
            return Err(bad_answer(format!("{from} compresses the file unasked")).into());
        }
        if let (Some(promised), Some(sent)) = (promise.size_bytes, place.total)
            && promised != sent
        {
            let what = format!("{} promises {promised} bytes and {from} sends {sent}", self.base);
            return Err(bad_answer(what).into());
        }
        let promised_commit = promise.commit()?;
        if promised_commit.as_ref().is_some_and(|promised| promised != commit) {
            let what = format!("{} answered for another commit than {commit}", self.base);
            return Err(bad_answer(what).into());
        }
        let state = match response.status() {
            StatusCode::RANGE_NOT_SATISFIABLE => State::Complete,
            _ => State::Receiving(response),
        };
        Ok(Body {
            total_bytes: place.total.or(promise.size_bytes),
            from_byte: place.from,
            promised_etag: promise.etag,
            commit: promised_commit,
            http: self.http.clone(),
            state,
            at_byte: place.from,
        })
    }
}

/// What the Hub itself says about a file, on its redirects and answers.
#[derive(Default)]
struct Promise {
    etag: Option<String>,
    commit: Option<String>,
    size_bytes: Option<u64>,
}

impl Promise {
    /// The first word counts.
    fn add(&mut self, headers: &HeaderMap) {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let etag = text("x-linked-etag").or_else(|| text(ETAG.as_str())).map(|etag| {
            etag.trim().trim_start_matches("W/").trim_matches('"').chars().take(200).collect()
        });
        self.etag = self.etag.take().or(etag).filter(|etag: &String| !etag.is_empty());
        self.commit = self.commit.take().or_else(|| text("x-repo-commit").map(str::to_owned));
        self.size_bytes =
            self.size_bytes.or_else(|| text("x-linked-size").and_then(|size| size.parse().ok()));
    }

    fn commit(&self) -> Result<Option<CommitId>, Trouble> {
        let parsed = self.commit.as_deref().map(str::parse).transpose();
        parsed.map_err(|error| bad_answer(format!("in X-Repo-Commit, {error}")))
    }
}

/// Where in the file the body begins, and how long the file is.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    from: u64,
    total: Option<u64>,
}

impl Place {
    fn read(response: &Response, asked_from: u64) -> Result<Place, Trouble> {
        let header = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
        let place = header.and_then(|header| Place::parse(header, asked_from));
        let is_end = response.status() == StatusCode::RANGE_NOT_SATISFIABLE;
        match place {
            // Nothing follows the last byte: fine, if the last byte is where we stand.
            Some(Place { total: Some(total), .. }) if is_end && total == asked_from => {
                Ok(Place { from: asked_from, total: Some(total) })
            }
            Some(place) if !is_end && place.from == asked_from => Ok(place),
            _ => {
                let (host, header) = (host(response.url()), super::shown(header.unwrap_or("none")));
                let what =
                    format!("{host} answered with range `{header}` when asked from {asked_from}");
                Err(bad_answer(what))
            }
        }
    }

    /// `bytes 5-9/10`, `bytes 5-9/*` or `bytes */10`.
    fn parse(header: &str, unsatisfied: u64) -> Option<Place> {
        let (range, total) = header.trim().strip_prefix("bytes ")?.split_once('/')?;
        let total = if total == "*" { None } else { Some(total.parse::<u64>().ok()?) };
        if range == "*" {
            return Some(Place { from: unsatisfied, total });
        }
        let (first, last) = range.split_once('-')?;
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        let fits = first <= last && total.is_none_or(|total| last < total);
        fits.then_some(Place { from: first, total })
    }
}

fn broken(what: String) -> Trouble {
    Trouble::new(TroubleKind::BrokenBody, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_cannot_be_are_not_read() {
        let place = |from, total| Some(Place { from, total });
        assert_eq!(Place::parse("bytes 5-9/10", 0), place(5, Some(10)));
        assert_eq!(Place::parse("bytes 5-9/*", 0), place(5, None));
        assert_eq!(Place::parse("bytes */10", 10), place(10, Some(10)));
        for bad in ["", "bytes", "bytes 9-5/10", "bytes 5-10/10", "bytes a-b/c", "lines 1-2/3"] {
            assert_eq!(Place::parse(bad, 0), None, "{bad}");
        }
    }

    #[test]
    fn the_first_promise_counts_and_quotes_do_not() {
        let mut promise = Promise::default();
        let headers = |pairs: &[(&'static str, &str)]| -> HeaderMap {
            pairs.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect()
        };
        promise.add(&headers(&[("etag", "\"weak\""), ("x-linked-etag", "W/\"strong\"")]));
        promise.add(&headers(&[("etag", "\"later\""), ("x-linked-size", "7")]));
        assert_eq!(promise.etag.as_deref(), Some("strong"));
        assert_eq!(promise.size_bytes, Some(7));
    }
}
