//! The client against a Hub that behaves, and one that does not.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod broken_files;
mod broken_metadata;
mod files;
mod metadata;

use std::time::Duration;

use bytes::Bytes;
use weighbridge_domain::{ArtifactKind, ArtifactName, CommitId, Digest, RepoPath, RevisionSpec};
use weighbridge_testkit::{FakeHub, RequestEntry, Side};
use weighbridge_upstream::{
    Answer, Body, Http, HttpSettings, HubClient, Refusal, RefusalKind, Trouble, TroubleKind,
};

/// How long a hasty client waits. Whatever is meant to succeed is asked for by a patient one.
const HASTE: Duration = Duration::from_millis(300);

fn client_of(hub: &FakeHub) -> HubClient {
    client_with(hub, &HttpSettings::default())
}

fn hasty_client_of(hub: &FakeHub) -> HubClient {
    let settings = HttpSettings {
        connect_timeout: HASTE,
        idle_timeout: HASTE,
        metadata_timeout: 4 * HASTE,
        pauses: Vec::new(),
    };
    client_with(hub, &settings)
}

fn client_with(hub: &FakeHub, settings: &HttpSettings) -> HubClient {
    let pauses = vec![Duration::ZERO; settings.pauses.len()];
    let http = Http::new(HttpSettings { pauses, ..settings.clone() }).unwrap();
    HubClient::new(http, hub.url().parse().unwrap())
}

fn name(text: &str) -> ArtifactName {
    text.parse().unwrap()
}

fn path(text: &str) -> RepoPath {
    text.parse().unwrap()
}

fn revision(text: &str) -> RevisionSpec {
    text.parse().unwrap()
}

fn yes<T: std::fmt::Debug>(answer: Answer<T>) -> T {
    match answer {
        Answer::Yes(value) => value,
        other => panic!("expected a yes, got {other:?}"),
    }
}

fn no<T: std::fmt::Debug>(answer: Answer<T>) -> Refusal {
    match answer {
        Answer::No(refusal) => refusal,
        other => panic!("expected a no, got {other:?}"),
    }
}

fn unknown<T: std::fmt::Debug>(answer: Answer<T>) -> Trouble {
    match answer {
        Answer::Unknown(trouble) => trouble,
        other => panic!("expected trouble, got {other:?}"),
    }
}

async fn open(hub: &FakeHub, repo: &str, commit: &CommitId, file: &str) -> Answer<Body> {
    open_from(hub, repo, commit, file, 0).await
}

async fn open_from(
    hub: &FakeHub,
    repo: &str,
    commit: &CommitId,
    file: &str,
    from_byte: u64,
) -> Answer<Body> {
    let kind = ArtifactKind::Model;
    client_of(hub).open(kind, &name(repo), commit, &path(file), None, from_byte).await
}

/// Everything that came, and how it ended.
async fn receive(body: &mut Body) -> (Vec<u8>, Result<(), Trouble>) {
    let mut received = Vec::new();
    loop {
        match body.chunk().await {
            Ok(Some(piece)) => received.extend_from_slice(&piece),
            Ok(None) => return (received, Ok(())),
            Err(trouble) => return (received, Err(trouble)),
        }
    }
}

async fn whole(body: &mut Body) -> Vec<u8> {
    let (received, end) = receive(body).await;
    end.unwrap();
    received
}

fn requests_at(hub: &FakeHub, side: Side) -> Vec<RequestEntry> {
    hub.requests().into_iter().filter(|request| request.side == side).collect()
}
