//! Requests for JSON: bounded, repeated when that may help, redirected only within the source.

use std::time::Duration;

use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use reqwest::{StatusCode, Url};
use serde::de::DeserializeOwned;

use super::{HubClient, bad_answer, shown};
use crate::http::host;
use crate::redirect::{self, MOST_REDIRECTS};
use crate::{NotYes, RefusalKind, Trouble, TroubleKind, status};

/// One answer with JSON in it, not yet read.
pub(super) struct Page {
    /// Where it finally came from.
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Page {
    /// Reads the body as `T`.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Trouble> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let error = shown(&error.to_string());
            bad_answer(format!("{} answered with unusable JSON: {error}", host(&self.url)))
        })
    }
}

impl HubClient {
    /// Fetches `url`, with repetitions. A bare 404 means `absent`.
    pub(super) async fn fetch(
        &self,
        url: &Url,
        token: Option<&str>,
        most_bytes: usize,
        absent: RefusalKind,
    ) -> Result<Page, NotYes> {
        for pause in &self.http.settings().pauses {
            match self.fetch_once(url, token, most_bytes, absent).await {
                Err(NotYes::Unknown(trouble)) if is_worth_repeating(trouble.kind) => {
                    tracing::debug!(%trouble, "asking again");
                    tokio::time::sleep(*pause).await;
                }
                settled => return settled,
            }
        }
        self.fetch_once(url, token, most_bytes, absent).await
    }

    /// Fetches `url`, once.
    pub(super) async fn fetch_once(
        &self,
        url: &Url,
        token: Option<&str>,
        most_bytes: usize,
        absent: RefusalKind,
    ) -> Result<Page, NotYes> {
        let patience = self.http.settings().metadata_timeout;
        let Ok(result) =
            tokio::time::timeout(patience, self.fetch_patiently(url, token, most_bytes, absent))
                .await
        else {
            return Err(too_slow(url, patience).into());
        };
        result
    }

    async fn fetch_patiently(
        &self,
        url: &Url,
        token: Option<&str>,
        most_bytes: usize,
        absent: RefusalKind,
    ) -> Result<Page, NotYes> {
        let mut at = url.clone();
        for _ in 0..=MOST_REDIRECTS {
            let mut response = self.http.get(&at, token, 0).await?;
            if let Some(next) = redirect::target(&response)? {
                // What a source says about its repositories it has to say itself.
                if !self.base.is_origin_of(&next) {
                    let elsewhere = host(&next);
                    return Err(
                        bad_answer(format!("{} redirects to {elsewhere}", self.base)).into()
                    );
                }
                at = next;
                continue;
            }
            if response.status() != StatusCode::OK {
                return Err(status::not_yes(&self.http, response, absent).await);
            }
            if response.headers().contains_key(CONTENT_ENCODING) {
                return Err(bad_answer(format!("{} compresses unasked", host(&at))).into());
            }
            let mut body = Vec::new();
            while let Some(piece) = self.http.next_piece(&mut response).await? {
                if body.len().saturating_add(piece.len()) > most_bytes {
                    return Err(too_large(&at, most_bytes).into());
                }
                body.extend_from_slice(&piece);
            }
            return Ok(Page { url: at, headers: response.headers().clone(), body });
        }
        Err(redirect::too_many(&self.base).into())
    }
}

fn is_worth_repeating(kind: TroubleKind) -> bool {
    match kind {
        TroubleKind::Connect | TroubleKind::BrokenBody => true,
        TroubleKind::Status(status) => (500..600).contains(&status),
        TroubleKind::Timeout
        | TroubleKind::TooLarge
        | TroubleKind::BadAnswer
        | TroubleKind::RateLimited { .. } => false,
    }
}

fn too_large(url: &Url, most_bytes: usize) -> Trouble {
    let what = format!("{} answered with more than {most_bytes} bytes of JSON", host(url));
    Trouble::new(TroubleKind::TooLarge, what)
}

fn too_slow(url: &Url, patience: Duration) -> Trouble {
    let what = format!("{} did not finish its answer in {} s", host(url), patience.as_secs());
    Trouble::new(TroubleKind::Timeout, what)
}
