//! The decision table: what is looked at before anybody says yes, and who is asked when it is not known.

pub(crate) mod reset;
pub(crate) mod set;
pub(crate) mod show;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_domain::{LaneRow, LaneTable};
use weighbridge_engine::{LanesError, LanesReport};

use crate::api::extract::parsed;
use crate::problem::Problem;

/// The decision table in force.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LanesView {
    /// SHA-256 that names it; requests say under which table they were made.
    pub digest: String,
    /// Whether it is the one that is shipped.
    pub shipped: bool,
    /// The table.
    pub table: LaneTableView,
}

/// A decision table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LaneTableView {
    /// The most sensitive data of a use at low risk.
    #[schema(example = "internal")]
    pub low_risk_data: String,
    /// The widest circle that a use at low risk reaches.
    #[schema(example = "employees")]
    pub low_risk_affected: String,
    /// How many hours an answer may take that no row asks for.
    pub review_hours: u64,
    /// How many days an approval lasts at most in the short lane.
    pub short_days: u64,
    /// And in the full one.
    pub full_days: u64,
    /// How many hours before its end an approval counts as ending soon.
    pub expiring_hours: u64,
    /// The rows, in the order in which they are told.
    pub row: Vec<LaneRowView>,
}

/// One row of a decision table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LaneRowView {
    /// Its name.
    #[schema(example = "licence")]
    pub id: String,
    /// What it looks at: `source-tier`, `card`, `dependencies`, `behaviour`, `licence` or `monitoring`.
    #[schema(example = "licence")]
    pub check: String,
    /// The question, for people.
    pub question: String,
    /// What is needed when the answer is not yes.
    pub needed: String,
    /// The role that is asked then.
    #[schema(example = "compliance-reviewer")]
    pub role: String,
    /// What people call whoever has that part.
    #[schema(example = "legal counsel")]
    pub called: String,
    /// How many hours that may take.
    pub hours: u64,
    /// Who is told when it takes longer.
    #[schema(example = "approver")]
    pub escalates_to: String,
    /// For the card: what it has to say: `readme`, `licence`, `task`, `library`, or a field of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
}

impl From<LanesReport> for LanesView {
    fn from(report: LanesReport) -> LanesView {
        LanesView {
            digest: report.digest.to_string(),
            shipped: report.is_shipped,
            table: LaneTableView::from(report.table),
        }
    }
}

impl From<LaneTable> for LaneTableView {
    fn from(table: LaneTable) -> LaneTableView {
        LaneTableView {
            low_risk_data: table.low_risk_data.to_string(),
            low_risk_affected: table.low_risk_affected.to_string(),
            review_hours: table.review_hours,
            short_days: table.short_days,
            full_days: table.full_days,
            expiring_hours: table.expiring_hours,
            row: table.rows.into_iter().map(LaneRowView::from).collect(),
        }
    }
}

impl From<LaneRow> for LaneRowView {
    fn from(row: LaneRow) -> LaneRowView {
        LaneRowView {
            id: row.id,
            check: row.check.to_string(),
            question: row.question,
            needed: row.needed,
            role: row.role.to_string(),
            called: row.called,
            hours: row.hours,
            escalates_to: row.escalates_to.to_string(),
            fields: row.fields,
        }
    }
}

impl LaneTableView {
    /// The table, when its words are some.
    fn table(self) -> Result<LaneTable, Problem> {
        let rows = self.row.into_iter().map(LaneRowView::row);
        Ok(LaneTable {
            low_risk_data: parsed("low_risk_data", &self.low_risk_data)?,
            low_risk_affected: parsed("low_risk_affected", &self.low_risk_affected)?,
            review_hours: self.review_hours,
            short_days: self.short_days,
            full_days: self.full_days,
            expiring_hours: self.expiring_hours,
            rows: rows.collect::<Result<_, _>>()?,
        })
    }
}

impl LaneRowView {
    fn row(self) -> Result<LaneRow, Problem> {
        Ok(LaneRow {
            check: parsed("check", &self.check)?,
            role: parsed("role", &self.role)?,
            escalates_to: parsed("escalates_to", &self.escalates_to)?,
            id: self.id,
            question: self.question,
            needed: self.needed,
            called: self.called,
            hours: self.hours,
            fields: self.fields,
        })
    }
}

impl From<LanesError> for Problem {
    fn from(error: LanesError) -> Problem {
        match error {
            LanesError::NotYours(_) => Problem::forbidden("not-an-administrator", error),
            LanesError::BadTable(_) => Problem::bad_request("bad-table", error)
                .hint("`weighbridge lanes show` prints the table in force, to begin with"),
            LanesError::Store(error) => Problem::internal(error),
        }
    }
}
