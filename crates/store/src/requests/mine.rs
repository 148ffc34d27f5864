//! Requests that concern one person: what they asked for, and what waits for them in any of their roles.

use std::fmt;
use std::str::FromStr;

use weighbridge_domain::{Environment, RequestState, Role, Timestamp};

use super::stored::waiting_for;
use super::{RequestRow, select};
use crate::db::{BadColumn, Record, Row, args};
use crate::{Queries, StoreError};

/// A pattern that no request fits.
const NOBODY: &str = "-";

/// Which requests of one person to list: what is due first comes first, what is settled last.
#[derive(Clone, Debug)]
pub struct MinePage<'a> {
    /// Whose.
    pub person: &'a str,
    /// The roles that the person holds somewhere: what is elsewhere is among what is found.
    pub roles: &'a [Role],
    /// Only those that stand there.
    pub state: Option<RequestState>,
    /// Only those for this environment.
    pub environment: Option<&'a Environment>,
    /// Only open ones of which a part is late by then.
    pub late_by: Option<Timestamp>,
    /// Only those after this place.
    pub after: Option<&'a Place>,
    /// At most so many.
    pub limit: u32,
}

/// Where a request stands in the list of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    rank: i64,
    id: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.rank, self.id)
    }
}

impl FromStr for Place {
    type Err = String;
    fn from_str(text: &str) -> Result<Place, String> {
        let parts = text.split_once('.').filter(|(_, id)| !id.is_empty());
        let place = parts
            .and_then(|(rank, id)| rank.parse().ok().map(|rank| Place { rank, id: id.to_owned() }));
        place.ok_or_else(|| {
            let text: String = text.chars().take(60).collect();
            format!("`{text}` is no place in this list: it is `next` of the page before")
        })
    }
}

struct Placed(Place, RequestRow);

impl Record for Placed {
    const TABLE: &'static str = "request";
    const KEY: &'static [&'static str] = &["id"];

    fn read(row: Row<'_>) -> Result<Placed, BadColumn> {
        let place = Place { rank: row.int("place")?, id: row.text("id")? };
        Ok(Placed(place, RequestRow::read(row)?))
    }
}

/// What waits for the person's reply by the age of the question, then by what is due first, then what is
/// settled, the newest first. One number, so that a page can go on behind it.
macro_rules! place {
    () => {
        "(CASE
            WHEN request.state <> 'open' THEN 9000000000000000000 - request.asked_at
            WHEN request.question_at IS NOT NULL THEN request.question_at
            ELSE COALESCE(request.due_at, 8000000000000000000)
        END)"
    };
}

impl Queries {
    /// Requests that a person made, or that wait for anybody of its roles or for the person, with their
    /// places and answers.
    pub async fn list_requests_of(
        &mut self,
        page: &MinePage<'_>,
    ) -> Result<Vec<(Place, RequestRow)>, StoreError> {
        const SQL: &str = select!(
            concat!(", ", place!(), " AS place"),
            concat!(
                "WHERE (request.asked_by = $1 OR (request.state = 'open' AND (
                        request.awaits LIKE $2 ESCAPE '\\' OR request.awaits LIKE $3 ESCAPE '\\'
                        OR request.awaits LIKE $4 ESCAPE '\\' OR request.awaits LIKE $5 ESCAPE '\\'
                        OR request.awaits LIKE $6 ESCAPE '\\' OR request.awaits LIKE $7 ESCAPE '\\')))
                    AND (request.state = $8 OR $8 = '') AND (request.environment = $9 OR $9 = '')
                    AND (CAST($10 AS BIGINT) = 0
                        OR (request.state = 'open' AND request.due_at <= $10))
                    AND (",
                place!(),
                " > CAST($11 AS BIGINT) OR (",
                place!(),
                " = $11 AND request.id > $12))
                ORDER BY place, request.id
                LIMIT $13"
            )
        );
        let pattern = |role: Role, person: Option<&str>| {
            let is_held = page.roles.contains(&role);
            if is_held { waiting_for(role, person) } else { NOBODY.to_owned() }
        };
        let [security, compliance, approver] =
            [Role::SecurityReviewer, Role::ComplianceReviewer, Role::Approver]
                .map(|role| (pattern(role, None), pattern(role, Some(page.person))));
        let given = args![
            page.person,
            security.0,
            security.1,
            compliance.0,
            compliance.1,
            approver.0,
            approver.1,
            page.state.map(RequestState::as_str).unwrap_or_default(),
            page.environment.map(Environment::as_str).unwrap_or_default(),
            Timestamp::from_micros(page.late_by.map_or(0, Timestamp::as_micros)),
            Timestamp::from_micros(page.after.map_or(i64::MIN, |place| place.rank)),
            page.after.map(|place| place.id.as_str()).unwrap_or_default(),
            page.limit,
        ];
        let found: Vec<Placed> = self.db.fetch_all(SQL, given).await?;
        let (places, mut rows): (Vec<_>, Vec<_>) =
            found.into_iter().map(|Placed(place, row)| (place, row)).unzip();
        self.read_votes(&mut rows).await?;
        Ok(places.into_iter().zip(rows).collect())
    }
}
