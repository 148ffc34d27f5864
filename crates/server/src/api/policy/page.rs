//! `GET /api/v1/policy/page`: what may be used, in words, for people who read no Rego; and
//! `GET /api/v1/policy/block-list`: the prohibited sources, for the network.

use std::fmt::Write as _;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use serde::Deserialize;
use utoipa::IntoParams;
use weighbridge_domain::Tier;
use weighbridge_engine::{Engine, SourceReport};

use super::acceptable::{AcceptableUse, RuleUse};
use crate::ServerState;
use crate::allowed::{Auditor, Reader};
use crate::api::extract::{Json, Query};
use crate::pages::policy::alone;
use crate::problem::{Problem, ProblemView};

/// What to show of the page, and how.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// Only what has all these words in it.
    q: Option<String>,
    /// `json`, `markdown` or `html`; JSON when nobody says.
    format: Option<String>,
}

/// Show what may be used, in words
#[utoipa::path(get, path = "/policy/page", tag = "policy", params(PageQuery), responses(
    (status = 200, content((AcceptableUse = "application/json"), (String = "text/markdown"), (String = "text/html"))),
    (status = 400, body = ProblemView),
))]
pub(crate) async fn show_page(
    State(state): State<ServerState>,
    _reader: Reader,
    Query(query): Query<PageQuery>,
) -> Result<Response, Problem> {
    let words = query.q.unwrap_or_default();
    let page = AcceptableUse::of(&state.engine, &words).await?;
    match query.format.as_deref() {
        None | Some("json") => Ok(Json(page).into_response()),
        Some("markdown") => {
            let kind = [(header::CONTENT_TYPE, "text/markdown; charset=utf-8")];
            Ok((kind, markdown(&page)).into_response())
        }
        Some("html") => Ok(alone(page)),
        Some(_) => {
            let detail = "`format` is `json`, `markdown` or `html`";
            Err(Problem::bad_request("bad-format", detail))
        }
    }
}

/// Export the prohibited sources, for firewalls and proxies: one a line
#[utoipa::path(get, path = "/policy/block-list", tag = "policy", responses(
    (status = 200, body = String, content_type = "text/plain"),
    (status = 403, body = ProblemView),
))]
pub(crate) async fn show_block_list(
    State(state): State<ServerState>,
    _auditor: Auditor,
) -> Result<Response, Problem> {
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((kind, block_list(&state.engine).await?).into_response())
}

/// Hosts of prohibited sources, and prohibited names of the others.
pub(crate) async fn block_list(engine: &Engine) -> Result<String, Problem> {
    let sources = engine.list_sources().await.map_err(Problem::internal)?;
    let mut lines: Vec<String> = sources.iter().flat_map(blocked).collect();
    lines.sort();
    lines.dedup();
    let mut text =
        "# Prohibited by policy (tier 3): a host, or a host and the names below it.\n".to_owned();
    for line in lines {
        // Writing into a string never fails.
        writeln!(text, "{line}").ok();
    }
    Ok(text)
}

fn blocked(source: &SourceReport) -> Vec<String> {
    let address = source.url.split_once("://").map_or(source.url.as_str(), |(_, rest)| rest);
    // What stands before an `@` is nobody's business.
    let address = address.rsplit_once('@').map_or(address, |(_, host)| host).trim_end_matches('/');
    if source.tier == Tier::Prohibited {
        return vec![address.to_owned()];
    }
    let patterns = source.patterns.iter().filter(|(_, tier)| *tier == Tier::Prohibited);
    patterns.map(|(pattern, _)| format!("{address}/{pattern}")).collect()
}

fn markdown(page: &AcceptableUse) -> String {
    let mut text = format!(
        "# What may be used\n\nPolicy version {}, active since {}.\n\n{}\n",
        page.version, page.active_since, page.how_to
    );
    let mut line = |line: String| {
        writeln!(text, "{line}").ok();
    };
    if !page.query.is_empty() {
        line(format!("\nOnly what has `{}` in it: {} rules.", page.query, page.matching));
    }
    if !page.sources.is_empty() {
        line("\n## Sources\n".to_owned());
    }
    for source in &page.sources {
        line(format!("- **{}**: tier {}, {}", source.name, source.tier, source.meaning));
        for pattern in &source.patterns {
            line(format!("  - `{}`: tier {}, {}", pattern.name, pattern.tier, pattern.meaning));
        }
    }
    for environment in &page.environments {
        line(format!("\n## In {}", environment.name));
        for (title, rules) in environment.parts() {
            line(format!("\n### {title}\n"));
            for RuleUse { id, sentence, why, help, details, .. } in rules {
                line(format!("- **{sentence}** {why} {help} (`{id}`)"));
                for detail in details {
                    line(format!("  - {}: {}", detail.name, detail.value));
                }
            }
        }
    }
    text
}
