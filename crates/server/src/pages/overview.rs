//! `/ui`: what came in, where it stands, what was decided, and how to point a client here.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use weighbridge_domain::Tier;
use weighbridge_engine::{
    ArtifactRow, DecisionFilter, DecisionReport, Engine, RevisionSummary, StoreError,
};

use super::visitor::Visitor;
use super::{Frame, render, show};
use crate::ServerState;
use crate::allowed::{may_know, may_read};
use crate::api::artifacts::RevisionSummaryView;
use crate::api::decisions::DecisionView;
use crate::api::sources::SourceView;
use crate::api::status::StatusView;
use crate::problem::Problem;

/// How many rows a list on this page has.
const ROWS: u32 = 12;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    frame: Frame,
    base_url: String,
    endpoints: Vec<Endpoint>,
    records: Option<Records>,
}

/// Where a client of one environment points.
struct Endpoint {
    environment: String,
    url: String,
    anonymous: bool,
}

/// What only somebody with a token sees.
struct Records {
    status: StatusView,
    decisions: Vec<DecisionView>,
    latest: Vec<Latest>,
    sources: Vec<SourceView>,
    shows_addresses: bool,
}

struct Latest {
    artifact: String,
    revision: RevisionSummaryView,
}

/// The page.
pub(super) async fn page(
    State(state): State<ServerState>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Response {
    let base_url = state.base_url(&headers);
    let records = if visitor.is_signed_in {
        match records(&state.engine, &visitor).await {
            Ok(records) => Some(records),
            Err(error) => return super::trouble(&visitor, Problem::internal(error), "/ui"),
        }
    } else {
        None
    };
    let settings = state.engine.settings();
    let endpoint = |known: &weighbridge_engine::EnvironmentSettings| Endpoint {
        environment: known.name.to_string(),
        url: if known.name == settings.default_environment {
            base_url.clone()
        } else {
            format!("{base_url}/env/{}", known.name)
        },
        anonymous: known.anonymous,
    };
    let endpoints = settings.environments.iter().map(endpoint).collect();
    let frame = Frame::new("Overview", &visitor);
    render(StatusCode::OK, &OverviewPage { frame, base_url, endpoints, records })
}

async fn records(engine: &Engine, visitor: &Visitor) -> Result<Records, StoreError> {
    let status = StatusView::of(engine, &engine.status().await?);
    let filter = DecisionFilter { limit: ROWS, ..DecisionFilter::default() };
    let may_see = |report: &DecisionReport| {
        may_read(engine, &visitor.caller, &report.decision.decision.environment)
            && knows(visitor, &report.artifact)
    };
    let decisions = engine.list_decisions(&filter).await?.reports.into_iter().filter(may_see);
    let latest = engine.list_latest(ROWS).await?.into_iter();
    let latest = latest.filter(|(artifact, _)| knows(visitor, artifact)).map(latest_row);
    Ok(Records {
        status,
        decisions: decisions.map(DecisionView::from).collect(),
        latest: latest.collect(),
        sources: engine.list_sources().await?.into_iter().map(SourceView::from).collect(),
        shows_addresses: visitor.is_admin(),
    })
}

fn knows(visitor: &Visitor, artifact: &ArtifactRow) -> bool {
    may_know(&visitor.caller, &artifact.artifact, artifact.restricted)
}

fn latest_row((artifact, revision): (ArtifactRow, RevisionSummary)) -> Latest {
    Latest { artifact: artifact.artifact.to_string(), revision: revision.into() }
}

impl Latest {
    /// The link to everything about it.
    fn link(&self, environment: &str) -> String {
        format!("/ui/why?ref={}@{}&environment={environment}", self.artifact, self.revision.commit)
    }
}

impl SourceView {
    /// The tier is shown by a word and a shade, never by the shade alone.
    fn is_prohibited(&self) -> bool {
        self.tier == Tier::Prohibited.number()
    }
}
