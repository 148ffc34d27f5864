//! The decision table before anybody changes it.

use super::{Check, LaneRow, LaneTable};
use crate::{Affected, DataClass, Role};

impl LaneTable {
    /// The table as it is shipped.
    pub fn shipped() -> LaneTable {
        use Role::{Admin, Approver, ComplianceReviewer, SecurityReviewer};
        let row =
            |id: &str, check, question: &str, needed: &str, (role, called): (Role, &str), hours| {
                LaneRow {
                    id: id.to_owned(),
                    check,
                    question: question.to_owned(),
                    needed: needed.to_owned(),
                    role,
                    called: called.to_owned(),
                    hours,
                    escalates_to: if role == Approver { Admin } else { Approver },
                    fields: Vec::new(),
                }
            };
        let fields = ["readme", "licence", "task"].map(str::to_owned).to_vec();
        let architect = (SecurityReviewer, "security architect");
        LaneTable {
            low_risk_data: DataClass::Internal,
            low_risk_affected: Affected::Employees,
            review_hours: 72,
            short_days: 365,
            full_days: 180,
            expiring_hours: 14 * 24,
            rows: vec![
                row(
                    "tier-1",
                    Check::SourceTier,
                    "does it come from a pre-approved source (tier 1)?",
                    "the full review: provenance, scan, licence and fitness",
                    architect,
                    72,
                ),
                LaneRow {
                    fields,
                    ..row(
                        "card-complete",
                        Check::Card,
                        "is its card complete?",
                        "ask the publisher for what is missing, or reject it",
                        (Approver, "product owner"),
                        120,
                    )
                },
                row(
                    "dependencies",
                    Check::Dependencies,
                    "is what it depends on free of known vulnerabilities?",
                    "remedy or replace what is vulnerable, or say why none is known",
                    (SecurityReviewer, "application security"),
                    48,
                ),
                row(
                    "behaviour",
                    Check::Behaviour,
                    "did it behave as expected when it was tried?",
                    "try it and write down what it did, or reject it",
                    architect,
                    72,
                ),
                row(
                    "licence",
                    Check::Licence,
                    "does its licence allow this use?",
                    "a legal review of its terms, or reject it",
                    (ComplianceReviewer, "legal counsel"),
                    120,
                ),
                row(
                    "monitoring",
                    Check::Monitoring,
                    "will its use be watched in production?",
                    "set the monitoring up first, and say where it is",
                    (Approver, "devops lead"),
                    48,
                ),
            ],
        }
    }
}
