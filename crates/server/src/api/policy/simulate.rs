//! `POST /api/v1/policy/simulations`: what a policy would have done. Lines of JSON: how far it is, then
//! the report. Nothing is recorded.

use axum::body::{Body as Sent, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http::header;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use utoipa::ToSchema;

use super::{PolicySourceView, SimulationView, checked_days};
use crate::ServerState;
use crate::allowed::PolicyKeeper;
use crate::api::extract::Body;
use crate::problem::{Problem, ProblemView};

/// Lines that wait for a slow reader. Further ones about progress are left out.
const WAITING: usize = 16;

/// A policy to try out.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SimulatePolicy {
    /// What it is taken from.
    #[serde(flatten)]
    pub source: PolicySourceView,
    /// Over how many days pulls are counted; 30 when nobody says.
    pub days: Option<u32>,
}

/// One line of the answer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SimulationLine {
    /// How far it is.
    Progress {
        /// Decisions that were made again.
        done: u64,
        /// How many there are.
        total: u64,
    },
    /// The last line.
    Report(Box<SimulationView>),
    /// The last line, when it failed on the way.
    Problem(ProblemView),
}

/// Try a policy out on every decision that holds, and on the pulls of the last days
#[utoipa::path(post, path = "/policy/simulations", tag = "policy", request_body = SimulatePolicy,
    responses(
    (status = 200, body = SimulationLine, content_type = "application/x-ndjson"),
    (status = 400, body = ProblemView),
    (status = 403, body = ProblemView),
))]
pub(crate) async fn simulate_policy(
    State(state): State<ServerState>,
    _keeper: PolicyKeeper,
    Body(body): Body<SimulatePolicy>,
) -> Result<Response, Problem> {
    let days = checked_days(body.days)?;
    let bundle = state.engine.bundle_of(&body.source.source()?).await?;
    let (lines, read) = mpsc::channel::<Bytes>(WAITING);
    tokio::spawn(async move {
        let told = |progress: weighbridge_engine::Progress| {
            let line = SimulationLine::Progress { done: progress.done, total: progress.total };
            drop(lines.try_send(written(&line)));
        };
        let running = state.engine.simulate_policy(bundle, days, told);
        // A reader who has gone away wants no report.
        let report = tokio::select! {
            report = running => report,
            () = lines.closed() => return,
        };
        let last = match report {
            Ok(report) => SimulationLine::Report(Box::new(report.into())),
            Err(error) => SimulationLine::Problem(Problem::from(error).view()),
        };
        drop(lines.send(written(&last)).await);
    });
    let body = stream::unfold(read, async |mut read| {
        read.recv().await.map(|line| (Ok::<_, std::convert::Infallible>(line), read))
    });
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((kind, Sent::from_stream(body)).into_response())
}

fn written(line: &SimulationLine) -> Bytes {
    let mut text = serde_json::to_vec(line).unwrap_or_default();
    text.push(b'\n');
    text.into()
}
