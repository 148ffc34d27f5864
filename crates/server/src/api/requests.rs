//! Requests to use a revision in an environment: made, answered, withdrawn.

pub(crate) mod answer;
pub(crate) mod assign;
pub(crate) mod escalate;
mod evidence;
pub(crate) mod list;
pub(crate) mod make;
pub(crate) mod say;
pub(crate) mod show;
pub(crate) mod together;
pub(crate) mod withdraw;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use weighbridge_domain::{
    CheckAnswer, Checked, Concern, RequestState, Review, RiskAnswers, Timestamp, Vote,
};
use weighbridge_engine::{NoteRow, RequestError, RequestReport};

use crate::api::exceptions::ExceptionsView;
use crate::api::extract::parsed;
use crate::problem::Problem;

pub use answer::AnswerRequest;
pub use assign::AssignRequest;
pub use escalate::EscalateRequest;
pub use evidence::{
    ChangesView, EvidenceView, FileChangeView, FileSideView, RelatedView, SeenView,
};
pub use make::MakeRequest;
pub use say::SayRequest;
pub use together::{AnswerRequests, AnsweredTogether, AnsweredView};

/// Which request.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct RequestPath {
    /// Its id.
    pub(crate) id: String,
}

/// A request and where it stands.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RequestView {
    /// Its id.
    pub id: String,
    /// Of what.
    pub artifact: String,
    /// At which commit.
    pub commit: String,
    /// For which environment.
    pub environment: String,
    /// `open`, `approved`, `rejected` or `withdrawn`.
    pub state: String,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: String,
    /// Why.
    pub because: String,
    /// What they said about the use.
    pub risk: RiskView,
    /// `short` or `full`: how many have to answer.
    pub lane: String,
    /// What the rows of the decision table came to when it was made.
    pub rows: Vec<CheckView>,
    /// The decision table it was made under: SHA-256, or nothing for requests from before there was one.
    pub table: Option<String>,
    /// The roles that have to answer, the approver last.
    pub needs: Vec<String>,
    /// Their parts: whose they are, and until when.
    pub parts: Vec<PartView>,
    /// Those of them that have not said yes.
    pub missing: Vec<String>,
    /// How many files the revision has.
    pub files: u64,
    /// How many of them are not here and examined.
    pub missing_files: u64,
    /// The answers, the oldest first.
    pub answers: Vec<AnswerView>,
    /// Who asked a question that has to be replied to before anybody says yes.
    pub question_by: Option<String>,
    /// What was said about it, the oldest first; empty in lists.
    #[serde(default)]
    pub notes: Vec<NoteView>,
    /// When it was answered or withdrawn.
    pub decided_at: Option<String>,
    /// The bytes that were approved: SHA-256 of the manifest.
    pub manifest: Option<String>,
    /// When the approval ends.
    pub expires_at: Option<String>,
    /// What the approval is bound to; empty when nothing.
    pub conditions: String,
    /// What it has to do with whoever looks: `answer` when their answer is awaited, `reply` when their reply to a
    /// question is, `asked` when they asked and others have to act or it is settled.
    #[serde(default)]
    pub your_part: Option<String>,
    /// The role in which their answer is awaited.
    #[serde(default)]
    pub your_role: Option<String>,
    /// What was found, and what differs from the revision that was approved last; when one request is shown.
    #[serde(default)]
    pub evidence: Option<EvidenceView>,
    /// What people have said beside the rules about the artifact there; when one request is shown.
    #[serde(default)]
    pub exceptions: Option<ExceptionsView>,
}

/// What whoever asks says about the use.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RiskView {
    /// What it is for, in a few words; empty when nobody said.
    #[serde(default)]
    pub use_case: String,
    /// The data it will work with: `public`, `internal`, `confidential` or `restricted`.
    #[schema(example = "internal")]
    pub data: String,
    /// Where the data has to stay, such as `eu`.
    #[serde(default)]
    pub residency: Option<String>,
    /// People outside the team meet what it says or does.
    pub user_facing: bool,
    /// Decisions about people rest on it.
    pub affects_people: bool,
    /// The widest circle that it reaches: `team`, `employees`, `customers` or `public`. When nobody says, it
    /// is not taken for a small one.
    #[serde(default)]
    pub affected: Option<String>,
}

/// What one row of the decision table came to.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CheckView {
    /// The row.
    pub row: String,
    /// The question.
    pub question: String,
    /// `yes`, `no` or `unknown`, which is not a yes.
    pub answer: String,
    /// What that rests on: `verified`, `declared`, `inferred` or `missing`.
    pub grade: String,
    /// What was seen.
    pub detail: String,
    /// What is needed when the answer is not yes.
    pub needed: String,
    /// The role that is asked then.
    pub role: String,
    /// What people call whoever has that part.
    pub called: String,
    /// Who of that role has answered for it with a yes.
    pub attested_by: Option<String>,
}

/// The part of one role.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PartView {
    /// The role.
    pub role: String,
    /// Who of it; anybody when it is nobody.
    pub assignee: Option<String>,
    /// When it has to be answered; absent while others come first.
    pub due_at: Option<String>,
    /// Who is told when it takes longer.
    pub escalates_to: String,
    /// When it was noticed that it is late.
    pub overdue_at: Option<String>,
    /// When it was escalated.
    pub escalated_at: Option<String>,
}

/// One answer to a request.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AnswerView {
    /// Who answered.
    pub by: String,
    /// In which role.
    pub role: String,
    /// `yes` or `no`.
    pub answer: String,
    /// Why.
    pub comment: String,
    /// When.
    pub at: String,
}

/// One thing that was said about a request.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct NoteView {
    /// `comment`, `question`, `reply`, `reassigned` or `escalated`.
    pub kind: String,
    /// Who said it.
    pub by: String,
    /// In which role.
    pub role: String,
    /// The words.
    pub text: String,
    /// When.
    pub at: String,
}

impl From<NoteRow> for NoteView {
    fn from(note: NoteRow) -> NoteView {
        let NoteRow { kind, author, role, text, at, .. } = note;
        NoteView { kind, by: author, role: role.to_string(), text, at: at.to_string() }
    }
}

impl From<RequestReport> for RequestView {
    fn from(report: RequestReport) -> RequestView {
        let RequestReport { row, artifact, revision, files, notes, concern, .. } = report;
        let missing = match row.request.state {
            RequestState::Open => row.request.missing(),
            _ => Vec::new(),
        };
        let words = |roles: &[weighbridge_domain::Role]| {
            roles.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        RequestView {
            artifact: artifact.artifact.to_string(),
            commit: revision.commit.to_string(),
            environment: row.request.environment.to_string(),
            state: row.request.state.to_string(),
            asked_at: row.asked_at.to_string(),
            because: row.because,
            risk: RiskView::from(row.risk),
            lane: row.lane,
            rows: row
                .checks
                .into_iter()
                .map(|checked| CheckView::of(checked, &row.request.votes))
                .collect(),
            table: row.table.map(|digest| digest.to_string()),
            parts: row.request.reviews.into_iter().map(PartView::from).collect(),
            needs: words(&row.request.needs),
            missing: words(&missing),
            files: files.files,
            missing_files: files.missing,
            answers: row.request.votes.into_iter().map(AnswerView::from).collect(),
            question_by: row.request.question.map(|question| question.by),
            notes: notes.into_iter().map(NoteView::from).collect(),
            asked_by: row.request.asked_by,
            decided_at: row.decided_at.map(|moment| moment.to_string()),
            manifest: row.manifest.map(|digest| digest.to_string()),
            expires_at: row.expires_at.map(|moment| moment.to_string()),
            conditions: row.conditions,
            your_part: concern.map(|concern| your_part(concern).to_owned()),
            your_role: match concern {
                Some(Concern::Answer(role)) => Some(role.to_string()),
                _ => None,
            },
            evidence: None,
            exceptions: None,
            id: row.id,
        }
    }
}

fn your_part(concern: Concern) -> &'static str {
    match concern {
        Concern::Answer(_) => "answer",
        Concern::Reply => "reply",
        Concern::Asked => "asked",
    }
}

impl CheckView {
    fn of(checked: Checked, votes: &[Vote]) -> CheckView {
        let Checked { row, answer, grade, detail } = checked;
        let said = votes.iter().find(|vote| vote.is_yes && vote.role == row.role);
        let is_open = answer != CheckAnswer::Yes;
        CheckView {
            row: row.id,
            question: row.question,
            answer: answer.to_string(),
            grade: grade.to_string(),
            detail,
            needed: row.needed,
            role: row.role.to_string(),
            called: row.called,
            attested_by: said.filter(|_| is_open).map(|vote| vote.by.clone()),
        }
    }
}

impl From<Review> for PartView {
    fn from(review: Review) -> PartView {
        let moment = |moment: Option<Timestamp>| moment.map(|moment| moment.to_string());
        PartView {
            role: review.role.to_string(),
            assignee: review.assignee,
            due_at: moment(review.due_at),
            escalates_to: review.escalates_to.to_string(),
            overdue_at: moment(review.overdue_at),
            escalated_at: moment(review.escalated_at),
        }
    }
}

impl From<RiskAnswers> for RiskView {
    fn from(risk: RiskAnswers) -> RiskView {
        RiskView {
            use_case: risk.use_case,
            data: risk.data.to_string(),
            residency: risk.residency.map(|region| region.to_string()),
            user_facing: risk.user_facing,
            affects_people: risk.affects_people,
            affected: risk.affected.map(|circle| circle.to_string()),
        }
    }
}

impl RiskView {
    /// The answers, when they are some.
    pub(crate) fn answers(self) -> Result<RiskAnswers, Problem> {
        let residency = self.residency.filter(|text| !text.is_empty());
        let residency = residency.map(|text| parsed("risk.residency", &text)).transpose()?;
        let affected = self.affected.filter(|text| !text.is_empty());
        let affected = affected.map(|text| parsed("risk.affected", &text)).transpose()?;
        Ok(RiskAnswers {
            use_case: self.use_case,
            data: parsed("risk.data", &self.data)?,
            residency,
            user_facing: self.user_facing,
            affects_people: self.affects_people,
            affected,
        })
    }
}

impl From<Vote> for AnswerView {
    fn from(vote: Vote) -> AnswerView {
        AnswerView {
            by: vote.by,
            role: vote.role.to_string(),
            answer: if vote.is_yes { "yes" } else { "no" }.to_owned(),
            comment: vote.comment,
            at: vote.at.to_string(),
        }
    }
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Problem {
        match error {
            RequestError::MayNotAsk(_) => Problem::forbidden("may-not-ask", error),
            RequestError::OutOfReach(error) => error.into(),
            RequestError::NoSuchEnvironment(_) => Problem::not_found("no-such-environment", error),
            RequestError::BadText { .. } => Problem::bad_request("bad-text", error),
            RequestError::BadExpiry { .. } => Problem::bad_request("bad-expiry", error),
            RequestError::Refused(refused) => Problem::conflict("refused", refused.message()),
            RequestError::AlreadyOpen(ref id) => {
                let hint = format!("`weighbridge requests {id}` shows where it stands");
                Problem::conflict("request-open", error).hint(hint)
            }
            RequestError::NoSuchRequest(_) => Problem::not_found("no-such-request", error)
                .hint("`weighbridge requests` shows those there are"),
            RequestError::NoSuchPlace(_) => Problem::bad_request("bad-value", error),
            RequestError::Vote(_) => Problem::conflict("answer-does-not-count", error),
            RequestError::Incomplete { .. } => Problem::conflict("not-here-yet", error)
                .hint("answer again when they are: `weighbridge requests` counts them"),
            RequestError::Changed(_) => Problem::conflict("changed-meanwhile", error)
                .hint("reject it, or have it withdrawn and asked for again: then everybody is asked about what holds now"),
            RequestError::NotTogether(_) => Problem::conflict("not-together", error),
            RequestError::TooMany(_) => Problem::bad_request("too-many", error),
            RequestError::NoSuchPerson { .. } => Problem::not_found("no-such-person", error)
                .hint("an administrator lists them with `weighbridge token list`"),
            RequestError::NotYours(_) => Problem::forbidden("not-yours", error),
            RequestError::Store(error) => Problem::internal(error),
        }
    }
}
