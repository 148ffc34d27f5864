//! A report as it is kept: JSON whose words are this file's, not the domain's names: those may change.

use serde::{Deserialize, Serialize};
use weighbridge_domain::{Finding, FindingPlace, Format, RepoPath, ScanReport, Unexamined};

use super::PathFinding;
use crate::db::BadColumn;

#[derive(Serialize, Deserialize)]
pub(super) struct StoredReport {
    format: String,
    findings: Vec<StoredFinding>,
    unexamined: Vec<StoredUnexamined>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredRepositoryReport {
    findings: Vec<StoredFinding>,
    unexamined: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredFinding {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    rule: String,
    severity: String,
    member: String,
    offset: Option<u64>,
    message: String,
    evidence: String,
}

#[derive(Serialize, Deserialize)]
struct StoredUnexamined {
    member: String,
    offset: Option<u64>,
    why: String,
}

impl StoredReport {
    pub(super) fn of(report: &ScanReport) -> StoredReport {
        let unexamined = report.unexamined.iter().map(|gap| StoredUnexamined {
            member: gap.place.member.clone(),
            offset: gap.place.offset,
            why: gap.why.clone(),
        });
        StoredReport {
            format: report.format.to_string(),
            findings: report.findings.iter().map(|f| StoredFinding::of(None, f)).collect(),
            unexamined: unexamined.collect(),
        }
    }

    pub(super) fn report(self) -> Result<ScanReport, BadColumn> {
        let findings = self.findings.into_iter().map(StoredFinding::finding);
        let unexamined = self.unexamined.into_iter().map(|gap| Unexamined {
            place: FindingPlace { member: gap.member, offset: gap.offset },
            why: gap.why,
        });
        Ok(ScanReport {
            format: Format::read(self.format),
            findings: findings.collect::<Result<_, _>>()?,
            unexamined: unexamined.collect(),
        })
    }
}

impl StoredRepositoryReport {
    pub(super) fn of(findings: &[PathFinding], unexamined: &[String]) -> StoredRepositoryReport {
        let findings = findings.iter().map(|f| StoredFinding::of(Some(&f.path), &f.finding));
        StoredRepositoryReport { findings: findings.collect(), unexamined: unexamined.to_vec() }
    }

    pub(super) fn parts(self) -> Result<(Vec<PathFinding>, Vec<String>), BadColumn> {
        let mut findings = Vec::with_capacity(self.findings.len());
        for mut finding in self.findings {
            let path = finding.path.take().ok_or_else(|| in_report("a finding has no path"))?;
            let path = path.parse().map_err(in_report)?;
            findings.push(PathFinding { path, finding: finding.finding()? });
        }
        Ok((findings, self.unexamined))
    }
}

impl StoredFinding {
    fn of(path: Option<&RepoPath>, finding: &Finding) -> StoredFinding {
        StoredFinding {
            path: path.map(RepoPath::to_string),
            rule: finding.rule.clone(),
            severity: finding.severity.as_str().to_owned(),
            member: finding.place.member.clone(),
            offset: finding.place.offset,
            message: finding.message.clone(),
            evidence: finding.evidence.clone(),
        }
    }

    fn finding(self) -> Result<Finding, BadColumn> {
        Ok(Finding {
            rule: self.rule,
            severity: self.severity.parse().map_err(in_report)?,
            place: FindingPlace { member: self.member, offset: self.offset },
            message: self.message,
            evidence: self.evidence,
        })
    }
}

fn in_report(why: impl std::fmt::Display) -> BadColumn {
    BadColumn::new("report", why)
}
