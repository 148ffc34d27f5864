//! The decision table: what is looked at before anybody says yes, and who is asked when the answer is
//! no or nobody knows. It is data: operators change it, and every request names the table it was made
//! under.

mod check;
mod shipped;

use crate::{Affected, DataClass, Grade, RiskAnswers, Role, Tier};

pub use self::check::{Check, CheckAnswer};

/// The most rows a table has, the longest text in one, and the longest times.
const MAX_ROWS: usize = 40;
const MAX_TEXT: usize = 400;
const MAX_HOURS: u64 = 24 * 365;
const MAX_DAYS: u64 = 730;

/// One row of the decision table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneRow {
    /// Its name: lower-case letters, digits and `-`.
    pub id: String,
    /// What it looks at.
    pub check: Check,
    /// The question, for people.
    pub question: String,
    /// What is needed when the answer is not yes.
    pub needed: String,
    /// The role that is asked then.
    pub role: Role,
    /// What people call whoever has that part, such as `legal counsel`.
    pub called: String,
    /// How many hours that may take.
    pub hours: u64,
    /// Who is told when it takes longer.
    pub escalates_to: Role,
    /// For the card: what it has to say.
    pub fields: Vec<String>,
}

/// The decision table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneTable {
    /// The most sensitive data of a use at low risk.
    pub low_risk_data: DataClass,
    /// The widest circle that a use at low risk reaches.
    pub low_risk_affected: Affected,
    /// How many hours an answer may take that no row asks for.
    pub review_hours: u64,
    /// How many days an approval lasts at most in the short lane.
    pub short_days: u64,
    /// And in the full one.
    pub full_days: u64,
    /// How many hours before its end an approval counts as ending soon.
    pub expiring_hours: u64,
    /// The rows, in the order in which they are told.
    pub rows: Vec<LaneRow>,
}

/// What one row came to for one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The row, as it was.
    pub row: LaneRow,
    /// What came out.
    pub answer: CheckAnswer,
    /// What that rests on.
    pub grade: Grade,
    /// What was seen, in a sentence without a full stop.
    pub detail: String,
}

/// Who has to answer a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// `short` or `full`.
    pub name: &'static str,
    /// The roles that have to answer; the approval is the last.
    pub needs: Vec<Role>,
}

/// A table that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTable {
    /// A row, or the table, has a value that does not fit.
    #[error("`{place}`: {why}")]
    Value {
        /// Where.
        place: String,
        /// Why not.
        why: String,
    },
    /// A question of the shipped table is not asked any more.
    #[error("no row looks at `{0}`: a row may ask somebody else, but it may not be left out")]
    Missing(Check),
}

impl Lane {
    /// Who has to answer: a pre-approved source and a use at low risk take an approval; anything else
    /// takes every review too. Whatever is not known to be right adds the role that its row names.
    pub fn of(table: &LaneTable, tier: Tier, risk: &RiskAnswers, checked: &[Checked]) -> Lane {
        let is_short = tier == Tier::PreApproved && table.is_low(risk);
        let asked = |role: Role| {
            let mut open = checked.iter().filter(|row| row.answer != CheckAnswer::Yes);
            open.any(|row| row.row.role == role)
        };
        let reviews = [Role::SecurityReviewer, Role::ComplianceReviewer];
        let mut needs: Vec<Role> =
            reviews.into_iter().filter(|role| !is_short || asked(*role)).collect();
        needs.push(Role::Approver);
        Lane { name: if is_short { "short" } else { "full" }, needs }
    }
}

impl LaneTable {
    /// A use that little can go wrong with. What was not said is not low.
    pub fn is_low(&self, risk: &RiskAnswers) -> bool {
        risk.data <= self.low_risk_data
            && risk.affected.is_some_and(|circle| circle <= self.low_risk_affected)
            && !risk.user_facing
            && !risk.affects_people
    }

    /// The longest an approval lasts in the lane of that name, in days.
    pub fn longest_days(&self, lane: &str) -> u64 {
        if lane == "short" { self.short_days } else { self.full_days }
    }

    /// How long the answer of a role may take, and who is told when it takes longer.
    pub fn service(&self, role: Role, checked: &[Checked]) -> (u64, Role) {
        let open = checked
            .iter()
            .filter(|row| row.answer != CheckAnswer::Yes && row.row.role == role)
            .min_by_key(|row| row.row.hours);
        let usual = if role == Role::Approver { Role::Admin } else { Role::Approver };
        open.map_or((self.review_hours, usual), |row| (row.row.hours, row.row.escalates_to))
    }

    /// The table, when everything in it fits.
    pub fn checked(self) -> Result<LaneTable, BadTable> {
        let wrong = |place: &str, why: String| {
            let place = place.chars().take(60).collect();
            Err(BadTable::Value { place, why })
        };
        let times = [
            ("review_hours", self.review_hours, MAX_HOURS),
            ("expiring_hours", self.expiring_hours, MAX_HOURS),
            ("short_days", self.short_days, MAX_DAYS),
            ("full_days", self.full_days, MAX_DAYS),
        ];
        for (name, value, most) in times {
            if !(1..=most).contains(&value) {
                return wrong(name, format!("it has to be between 1 and {most}, not {value}"));
            }
        }
        if self.rows.len() > MAX_ROWS {
            return wrong("row", format!("there are more than {MAX_ROWS}"));
        }
        for (number, row) in self.rows.iter().enumerate() {
            let is_word = |text: &str| {
                (1..=40).contains(&text.len())
                    && text
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            };
            if !is_word(&row.id) {
                return wrong(&row.id, "an id has 1 to 40 of a-z, 0-9 and `-`".to_owned());
            }
            if self.rows.iter().take(number).any(|other| other.id == row.id) {
                return wrong(&row.id, "there are two rows of that id".to_owned());
            }
            if !row.role.reviews() {
                return wrong(&row.id, format!("the role `{}` answers no requests", row.role));
            }
            if !(row.escalates_to.reviews() || row.escalates_to == Role::Admin) {
                let why = format!("nothing is escalated to the role `{}`", row.escalates_to);
                return wrong(&row.id, why);
            }
            if !(1..=MAX_HOURS).contains(&row.hours) {
                return wrong(&row.id, format!("`hours` has to be between 1 and {MAX_HOURS}"));
            }
            let texts = [&row.question, &row.needed, &row.called];
            let fits = |text: &&&String| {
                (1..=MAX_TEXT).contains(&text.chars().count())
                    && !text.chars().any(char::is_control)
            };
            if texts.iter().any(|text| !fits(&text)) || row.fields.len() > MAX_ROWS {
                let why = format!("a text takes 1 to {MAX_TEXT} characters on one line");
                return wrong(&row.id, why);
            }
        }
        let is_asked = |check: &Check| self.rows.iter().any(|row| row.check == *check);
        match Check::ALL.into_iter().find(|check| !is_asked(check)) {
            Some(check) => Err(BadTable::Missing(check)),
            None => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn harmless() -> RiskAnswers {
        RiskAnswers { affected: Some(Affected::Team), ..RiskAnswers::about(DataClass::Internal) }
    }

    fn all(answer: CheckAnswer) -> Vec<Checked> {
        let rows = LaneTable::shipped().rows.into_iter();
        rows.map(|row| Checked { row, answer, grade: Grade::Missing, detail: String::new() })
            .collect()
    }

    fn lane(tier: Tier, risk: &RiskAnswers, checked: &[Checked]) -> Lane {
        Lane::of(&LaneTable::shipped(), tier, risk, checked)
    }

    #[test]
    fn a_pre_approved_source_and_low_risk_take_an_approval_when_everything_is_known() {
        let short = lane(Tier::PreApproved, &harmless(), &all(CheckAnswer::Yes));
        assert_eq!(short, Lane { name: "short", needs: vec![Role::Approver] });
        let full = lane(Tier::Conditional, &harmless(), &all(CheckAnswer::Yes));
        assert_eq!((full.name, full.needs.len()), ("full", 3));
    }

    #[test]
    fn what_touches_people_or_was_not_said_takes_the_full_lane_from_any_source() {
        let higher = [
            RiskAnswers { affects_people: true, ..harmless() },
            RiskAnswers { user_facing: true, ..harmless() },
            RiskAnswers { data: DataClass::Confidential, ..harmless() },
            RiskAnswers { affected: Some(Affected::Customers), ..harmless() },
            RiskAnswers { affected: None, ..harmless() },
        ];
        for risk in higher {
            let lane = lane(Tier::PreApproved, &risk, &all(CheckAnswer::Yes));
            assert_eq!(lane.name, "full", "{risk:?}");
        }
    }

    #[test]
    fn a_row_that_is_not_known_to_be_right_adds_its_role() {
        for answer in [CheckAnswer::No, CheckAnswer::Unknown] {
            for row in LaneTable::shipped().rows {
                let mut checked = all(CheckAnswer::Yes);
                let mut one = checked.iter_mut().filter(|checked| checked.row.id == row.id);
                one.next().unwrap().answer = answer;
                let short = lane(Tier::PreApproved, &harmless(), &checked);
                assert!(short.needs.contains(&row.role), "{}", row.id);
                assert_eq!(short.needs.last(), Some(&Role::Approver));
            }
        }
    }

    #[test]
    fn the_shortest_time_of_the_open_rows_of_a_role_counts() {
        let table = LaneTable::shipped();
        let unknown = all(CheckAnswer::Unknown);
        assert_eq!(table.service(Role::SecurityReviewer, &unknown), (48, Role::Approver));
        assert_eq!(table.service(Role::Approver, &unknown), (48, Role::Admin));
        assert_eq!(table.service(Role::Approver, &all(CheckAnswer::Yes)), (72, Role::Admin));
    }

    #[test]
    fn a_table_that_asks_nobody_or_leaves_a_question_out_is_refused() {
        assert!(LaneTable::shipped().checked().is_ok());
        let change = |change: &dyn Fn(&mut LaneTable)| {
            let mut table = LaneTable::shipped();
            change(&mut table);
            table.checked().unwrap_err().to_string()
        };
        assert!(change(&|table| table.rows.truncate(5)).contains("`monitoring`"));
        assert!(change(&|table| table.rows[0].role = Role::Admin).contains("answers no requests"));
        assert!(change(&|table| table.rows[1].id = "tier-1".to_owned()).contains("two rows"));
        assert!(change(&|table| table.rows[1].hours = 0).contains("hours"));
        assert!(change(&|table| table.rows[1].needed = "a\nb".to_owned()).contains("one line"));
        assert!(change(&|table| table.full_days = 0).contains("full_days"));
        assert!(change(&|table| table.rows[0].escalates_to = Role::Reader).contains("escalated"));
    }

    #[test]
    fn words_read_back() {
        for check in Check::ALL {
            assert_eq!(check.as_str().parse::<Check>(), Ok(check));
        }
        for answer in CheckAnswer::ALL {
            assert_eq!(answer.as_str().parse::<CheckAnswer>(), Ok(answer));
        }
        assert!("x".parse::<Check>().is_err());
    }
}
