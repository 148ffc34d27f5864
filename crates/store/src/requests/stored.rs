//! Parts and checks of a request as JSON, in words of this file: the domain's names may change.

use serde::{Deserialize, Serialize};
use weighbridge_domain::{Checked, LaneRow, Request, Review, Role, Timestamp};

use crate::db::BadColumn;

#[derive(Serialize, Deserialize)]
pub(super) struct StoredReview {
    role: String,
    assignee: Option<String>,
    hours: u64,
    due_at: Option<i64>,
    escalates_to: String,
    overdue_at: Option<i64>,
    escalated_at: Option<i64>,
}

/// One row of a decision table.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct StoredRow {
    id: String,
    check: String,
    question: String,
    needed: String,
    role: String,
    called: String,
    hours: u64,
    escalates_to: String,
    fields: Vec<String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredChecked {
    row: StoredRow,
    answer: String,
    grade: String,
    detail: String,
}

fn bad(column: &'static str) -> impl Fn(String) -> BadColumn {
    move |why| BadColumn::new(column, why)
}

impl StoredReview {
    pub(super) fn of(review: &Review) -> StoredReview {
        let micros = |moment: Option<Timestamp>| moment.map(Timestamp::as_micros);
        StoredReview {
            role: review.role.to_string(),
            assignee: review.assignee.clone(),
            hours: review.hours,
            due_at: micros(review.due_at),
            escalates_to: review.escalates_to.to_string(),
            overdue_at: micros(review.overdue_at),
            escalated_at: micros(review.escalated_at),
        }
    }

    pub(super) fn review(self) -> Result<Review, BadColumn> {
        let moment = |micros: Option<i64>| micros.map(Timestamp::from_micros);
        Ok(Review {
            role: self.role.parse().map_err(bad("reviews"))?,
            assignee: self.assignee,
            hours: self.hours,
            due_at: moment(self.due_at),
            escalates_to: self.escalates_to.parse().map_err(bad("reviews"))?,
            overdue_at: moment(self.overdue_at),
            escalated_at: moment(self.escalated_at),
        })
    }
}

impl StoredRow {
    pub(crate) fn of(row: &LaneRow) -> StoredRow {
        StoredRow {
            id: row.id.clone(),
            check: row.check.to_string(),
            question: row.question.clone(),
            needed: row.needed.clone(),
            role: row.role.to_string(),
            called: row.called.clone(),
            hours: row.hours,
            escalates_to: row.escalates_to.to_string(),
            fields: row.fields.clone(),
        }
    }

    pub(crate) fn row(self) -> Result<LaneRow, String> {
        Ok(LaneRow {
            id: self.id,
            check: self.check.parse()?,
            question: self.question,
            needed: self.needed,
            role: self.role.parse()?,
            called: self.called,
            hours: self.hours,
            escalates_to: self.escalates_to.parse()?,
            fields: self.fields,
        })
    }
}

impl StoredChecked {
    pub(super) fn of(checked: &Checked) -> StoredChecked {
        StoredChecked {
            row: StoredRow::of(&checked.row),
            answer: checked.answer.to_string(),
            grade: checked.grade.to_string(),
            detail: checked.detail.clone(),
        }
    }

    pub(super) fn checked(self) -> Result<Checked, BadColumn> {
        Ok(Checked {
            row: self.row.row().map_err(bad("checks"))?,
            answer: self.answer.parse().map_err(bad("checks"))?,
            grade: self.grade.parse().map_err(bad("checks"))?,
            detail: self.detail,
        })
    }
}

/// Who can act on a request now: `|role:|` for anybody of a role, `|role:person|` for one person.
pub(super) fn awaits(request: &Request) -> String {
    let mut text = String::new();
    for role in request.acting() {
        let person = request.review(role).and_then(|review| review.assignee.as_deref());
        text.push('|');
        text.push_str(role.as_str());
        text.push(':');
        text.push_str(person.unwrap_or_default());
        text.push('|');
    }
    text
}

/// What a pattern has to look like to find the requests that wait for anybody of a role, or for one
/// person.
pub(super) fn waiting_for(role: Role, person: Option<&str>) -> String {
    format!("%|{role}:{}|%", literally(person.unwrap_or_default()))
}

/// A text in a pattern for LIKE that means itself.
pub(super) fn literally(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}
