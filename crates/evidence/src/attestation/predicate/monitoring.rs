//! `https://weighbridge/monitoring/v1`: the use of a revision is watched, and where.

use serde::{Deserialize, Serialize};

/// Its type.
pub const MONITORING: &str = "https://weighbridge/monitoring/v1";

/// Whether the use of a revision is watched, somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Monitoring {
    /// In which environments.
    pub environments: Vec<String>,
    /// Whether it is.
    pub monitored: bool,
    /// Where one looks: a dashboard, a runbook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}
