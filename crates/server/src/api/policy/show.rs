//! `GET /api/v1/policy`: what decides: every rule, and how every environment takes it.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use weighbridge_domain::Confirmation;
use weighbridge_engine::{ParameterValue, PolicyReport, RuleReport};

use super::PolicyVersionView;
use crate::ServerState;
use crate::allowed::Reader;
use crate::api::extract::{Json, Query};
use crate::problem::{Problem, ProblemView};

/// Which version; the active one when nobody says.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichVersion {
    /// Its number.
    pub(crate) version: Option<u64>,
}

/// What decides.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PolicyView {
    /// The version.
    pub version: PolicyVersionView,
    /// The configuration says something else, which is not in force: people activated this version.
    pub overrules_configuration: bool,
    /// Who proposes a policy may confirm it: `policy.one_person` is set.
    pub one_person: bool,
    /// Every rule, by id.
    pub rules: Vec<PolicyRuleView>,
}

/// One rule.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PolicyRuleView {
    /// Its id.
    pub id: String,
    /// Whether the house wrote it itself.
    pub is_own: bool,
    /// What it objects to: it goes on after "objects when".
    pub title: String,
    /// Why anybody would want it.
    pub why: String,
    /// `admit`: may these bytes be served at all; `use`: may this environment have this revision.
    pub gate: String,
    /// What it asks for: `hold` or `deny`.
    pub effect: String,
    /// The role that can help.
    pub contact: String,
    /// Whether that role can set it aside for a while.
    pub waivable: bool,
    /// How each environment takes it.
    pub environments: BTreeMap<String, RuleSettingView>,
}

/// How one environment takes one rule.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RuleSettingView {
    /// `off`, `warn` or `enforce`.
    pub mode: String,
    /// Its parameters: whole numbers, and lists of words.
    #[schema(value_type = Object)]
    pub parameters: serde_json::Map<String, serde_json::Value>,
}

/// Show a version of the policy: every rule, and how every environment takes it
#[utoipa::path(get, path = "/policy", tag = "policy", params(WhichVersion), responses(
    (status = 200, body = PolicyView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn show_policy(
    State(state): State<ServerState>,
    _reader: Reader,
    Query(which): Query<WhichVersion>,
) -> Result<Json<PolicyView>, Problem> {
    let report = state.engine.show_policy(which.version).await?;
    let confirmation = state.engine.settings().policy_confirmation;
    Ok(Json(PolicyView::of(report, confirmation == Confirmation::ByAnyone)))
}

impl PolicyView {
    pub(crate) fn of(report: PolicyReport, one_person: bool) -> PolicyView {
        let rules = report.rules().into_iter().map(PolicyRuleView::from).collect();
        PolicyView {
            overrules_configuration: report.overrules_configuration,
            one_person,
            rules,
            version: report.row.into(),
        }
    }
}

impl From<RuleReport> for PolicyRuleView {
    fn from(rule: RuleReport) -> PolicyRuleView {
        let settings = rule.environments.into_iter().map(|(name, setting)| {
            let value = |value: ParameterValue| match value {
                ParameterValue::Number(number) => serde_json::Value::from(number),
                ParameterValue::Words(words) => serde_json::Value::from(words),
            };
            let parameters = setting.parameters.into_iter();
            let view = RuleSettingView {
                mode: setting.mode.to_string(),
                parameters: parameters.map(|(name, given)| (name, value(given))).collect(),
            };
            (name.to_string(), view)
        });
        PolicyRuleView {
            id: rule.id,
            is_own: rule.is_own,
            title: rule.title,
            why: rule.why,
            gate: rule.gate.to_string(),
            effect: rule.effect.to_string(),
            contact: rule.contact,
            waivable: rule.waivable,
            environments: settings.collect(),
        }
    }
}
