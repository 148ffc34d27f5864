//! What people have said beside the rules about an artifact in an environment: emergencies, waivers, and
//! approvals with what they are bound to. Shown wherever the artifact is.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_domain::{Artifact, Caller, Environment};
use weighbridge_engine::{Engine, RequestRow};

use super::break_glass::BreakGlassView;
use super::waivers::WaiverView;
use crate::allowed::is_known;
use crate::problem::Problem;

/// What people have said beside the rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExceptionsView {
    /// Emergencies that are open, wait for a second person, or that nobody has looked at.
    pub break_glass: Vec<BreakGlassView>,
    /// Rules that are set aside now.
    pub waivers: Vec<WaiverView>,
    /// Approvals that hold now.
    pub approvals: Vec<ApprovalView>,
}

/// An approval that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApprovalView {
    /// The request that was approved.
    pub request: String,
    /// Who said yes last.
    pub approved_by: Option<String>,
    /// When.
    pub approved_at: Option<String>,
    /// When it ends.
    pub expires_at: Option<String>,
    /// What it is bound to; empty when nothing, and for callers without a token.
    pub conditions: String,
}

impl ExceptionsView {
    /// What there is for an artifact in an environment. Approvals are those that a decision names in its
    /// facts. The words of people are for people who are known.
    pub(crate) async fn find(
        engine: &Engine,
        caller: &Caller,
        artifact: &Artifact,
        environment: &Environment,
        facts: Option<&serde_json::Value>,
    ) -> Result<ExceptionsView, Problem> {
        let uses = facts.and_then(|facts| facts.get("uses")?.as_array()).into_iter().flatten();
        let requests: BTreeSet<String> =
            uses.filter_map(|one| Some(one.get("request")?.as_str()?.to_owned())).collect();
        let requests: Vec<String> = requests.into_iter().collect();
        let found = engine.list_exceptions(artifact, environment, &requests).await;
        let found = found.map_err(Problem::internal)?;
        let now = engine.settings().clock.now();
        let glass = found.break_glass.into_iter().map(|row| BreakGlassView::of(row, now));
        let mut view = ExceptionsView {
            break_glass: glass.collect(),
            waivers: found.waivers.into_iter().map(WaiverView::from).collect(),
            approvals: found.approvals.into_iter().map(ApprovalView::from).collect(),
        };
        if !is_known(caller) {
            view.break_glass.iter_mut().for_each(|glass| glass.because.clear());
            view.waivers.iter_mut().for_each(|waiver| waiver.because.clear());
            view.approvals.iter_mut().for_each(|approval| approval.conditions.clear());
        }
        Ok(view)
    }

    /// Whether nobody has said anything.
    pub fn is_empty(&self) -> bool {
        *self == ExceptionsView::default()
    }
}

impl From<RequestRow> for ApprovalView {
    fn from(row: RequestRow) -> ApprovalView {
        ApprovalView {
            approved_by: row.request.votes.iter().rfind(|vote| vote.is_yes).map(|v| v.by.clone()),
            approved_at: row.decided_at.map(|moment| moment.to_string()),
            expires_at: row.expires_at.map(|moment| moment.to_string()),
            conditions: row.conditions,
            request: row.id,
        }
    }
}
