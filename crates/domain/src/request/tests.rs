//! Who may do what, and when.

use super::*;

const HOUR: Duration = Duration::from_hours(1);
const START: Timestamp = Timestamp::from_micros(0);

fn caller(name: &str, role: Role) -> Caller {
    let mut caller = Caller::anonymous("production".parse().unwrap());
    name.clone_into(&mut caller.name);
    caller.role = role;
    caller
}

fn request() -> Request {
    let needs = vec![Role::SecurityReviewer, Role::ComplianceReviewer, Role::Approver];
    let review = |role: &Role| Review {
        role: *role,
        assignee: None,
        hours: 10,
        due_at: (*role != Role::Approver).then(|| START.plus(HOUR * 10)),
        escalates_to: Role::Approver,
        overdue_at: None,
        escalated_at: None,
    };
    Request {
        asked_by: "dana".to_owned(),
        environment: "production".parse().unwrap(),
        reviews: needs.iter().map(review).collect(),
        needs,
        question: None,
        state: RequestState::Open,
        votes: Vec::new(),
    }
}

fn answer(request: &mut Request, by: &Caller, is_yes: bool) -> Result<RequestState, VoteError> {
    let (vote, state) = request.answer(by, is_yes, String::new(), START)?;
    request.record(vote, state);
    Ok(state)
}

#[test]
fn everybody_who_has_to_answers_and_the_approver_last() {
    let mut request = request();
    let approver = caller("ann", Role::Approver);
    let early = answer(&mut request, &approver, true);
    assert!(matches!(early, Err(VoteError::ReviewsMissing(reviews)) if reviews.len() == 2));
    let security = caller("sam", Role::SecurityReviewer);
    assert_eq!(answer(&mut request, &security, true), Ok(RequestState::Open));
    let other = caller("sue", Role::SecurityReviewer);
    let again = answer(&mut request, &other, true);
    assert_eq!(again, Err(VoteError::Answered(Role::SecurityReviewer)));
    let compliance = caller("cleo", Role::ComplianceReviewer);
    assert_eq!(answer(&mut request, &compliance, true), Ok(RequestState::Open));
    assert_eq!(answer(&mut request, &approver, true), Ok(RequestState::Approved));
    let late = answer(&mut request, &caller("al", Role::Approver), false);
    assert_eq!(late, Err(VoteError::NotOpen(RequestState::Approved)));
}

#[test]
fn nobody_answers_for_themselves_or_twice_or_out_of_their_role() {
    let mut request = request();
    let own = caller("dana", Role::SecurityReviewer);
    assert_eq!(answer(&mut request, &own, true), Err(VoteError::Own));
    for role in [Role::Reader, Role::Developer, Role::Auditor, Role::Admin] {
        let refused = answer(&mut request, &caller("x", role), true);
        assert!(matches!(refused, Err(VoteError::NotYourRole { .. })), "{role}");
    }
    answer(&mut request, &caller("sam", Role::SecurityReviewer), true).unwrap();
    let two_hats = answer(&mut request, &caller("sam", Role::ComplianceReviewer), true);
    assert_eq!(two_hats, Err(VoteError::Twice("sam".to_owned())));
    let mut elsewhere = caller("ann", Role::Approver);
    elsewhere.environment = "staging".parse().unwrap();
    let refused = answer(&mut request, &elsewhere, false);
    assert!(matches!(refused, Err(VoteError::OtherEnvironment { .. })));
}

#[test]
fn one_no_ends_it() {
    let mut request = request();
    let compliance = caller("cleo", Role::ComplianceReviewer);
    assert_eq!(answer(&mut request, &compliance, false), Ok(RequestState::Rejected));
}

#[test]
fn a_question_holds_every_yes_until_it_is_replied_to_and_the_time_is_not_the_reviewers() {
    let mut request = request();
    let (sam, cleo) =
        (caller("sam", Role::SecurityReviewer), caller("cleo", Role::ComplianceReviewer));
    let dana = caller("dana", Role::Developer);
    assert_eq!(request.reply(&dana, START), Err(VoteError::NoQuestion));
    assert_eq!(request.ask_back(&dana, START), Err(VoteError::Own));
    request.ask_back(&sam, START).unwrap();
    assert!(matches!(request.ask_back(&cleo, START), Err(VoteError::QuestionOpen { .. })));
    assert!(matches!(answer(&mut request, &cleo, true), Err(VoteError::QuestionOpen { .. })));
    assert_eq!(request.next_due(), None, "nobody is late while dana has to reply");
    assert!(request.late(START.plus(HOUR * 99)).is_empty());
    assert!(matches!(request.reply(&cleo, START), Err(VoteError::NotYours(_))));
    request.reply(&dana, START.plus(HOUR * 5)).unwrap();
    assert_eq!(request.next_due(), Some(START.plus(HOUR * 15)));
    answer(&mut request, &cleo, true).unwrap();
}

#[test]
fn an_assigned_part_is_one_persons_until_it_is_escalated() {
    let mut request = request();
    let (sam, sue) = (caller("sam", Role::SecurityReviewer), caller("sue", Role::SecurityReviewer));
    let dana = caller("dana", Role::Developer);
    let role = Role::SecurityReviewer;
    assert!(matches!(request.reassign(&dana, role, "sue"), Err(VoteError::NotYours(_))));
    assert_eq!(request.reassign(&sam, role, "dana"), Err(VoteError::Own));
    request.reassign(&sam, role, "sue").unwrap();
    assert!(matches!(answer(&mut request, &sam, true), Err(VoteError::Assigned { .. })));
    assert_eq!(request.escalate(&dana, role, START), Ok(Role::Approver));
    answer(&mut request, &sam, true).unwrap();
    let done = request.escalate(&dana, role, START);
    assert!(matches!(done, Err(VoteError::NotYourRole { .. })));
    let twice = request.reassign(&sue, Role::ComplianceReviewer, "sam");
    assert!(twice.is_err(), "another role's part is not sue's to give");
    let admin = caller("root", Role::Admin);
    let twice = request.reassign(&admin, Role::ComplianceReviewer, "sam");
    assert_eq!(twice, Err(VoteError::Twice("sam".to_owned())));
}

#[test]
fn a_part_is_late_once_and_an_approvers_time_begins_after_the_reviews() {
    let mut request = request();
    let late = START.plus(HOUR * 10);
    assert_eq!(request.late(late), [Role::SecurityReviewer, Role::ComplianceReviewer]);
    request.notice_late(Role::SecurityReviewer, late);
    assert_eq!(request.late(late).len(), 2, "it was noticed and not escalated");
    request.raise(Role::SecurityReviewer, late).unwrap();
    assert_eq!(request.late(late), [Role::ComplianceReviewer]);
    for by in [caller("sam", Role::SecurityReviewer), caller("cleo", Role::ComplianceReviewer)] {
        let (vote, state) = request.answer(&by, true, String::new(), late).unwrap();
        request.record(vote, state);
    }
    assert_eq!(request.next_due(), Some(late.plus(HOUR * 10)));
}

#[test]
fn words_read_back() {
    for role in Role::ALL {
        assert_eq!(role.as_str().parse::<Role>(), Ok(role));
    }
    for state in RequestState::ALL {
        assert_eq!(state.as_str().parse::<RequestState>(), Ok(state));
    }
    assert!("root".parse::<Role>().is_err());
}
