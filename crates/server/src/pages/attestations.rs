//! What is said about a revision, signed: the list on its pages, and `/ui/attestations/{id}`, one envelope to
//! keep.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use weighbridge_engine::EnvelopeForm;

use super::visitor::Visitor;
use super::{show, sign_in, trouble};
use crate::ServerState;
use crate::api::attestations::list::find_statements;
use crate::api::attestations::show::find_envelope;
use crate::api::attestations::{AttestationView, FormQuery};
use crate::api::extract::{Paging, Path, Query};
use crate::api::revisions::show::parse_ref;
use crate::api::why::WhyView;
use crate::problem::Problem;

/// What is said about a revision.
pub(super) struct Statements {
    /// Of which.
    pub(super) reference: String,
    pub(super) rows: Vec<AttestationView>,
    /// There are more than are shown.
    pub(super) has_more: bool,
}

/// What is said about the revision that an explanation is about, for somebody who is signed in. Nothing when
/// it is not on record.
pub(super) async fn find(
    state: &ServerState,
    visitor: &Visitor,
    why: &WhyView,
) -> Result<Option<Statements>, Problem> {
    if !visitor.is_signed_in {
        return Ok(None);
    }
    let reference = match &why.decision {
        Some(decision) => format!("{}@{}", decision.artifact, decision.commit),
        None => why.reference.clone(),
    };
    let ask = parse_ref(&reference)?;
    let found = find_statements(&state.engine, &visitor.caller, &ask, &Paging::default()).await?;
    Ok(found.map(|page| Statements { reference, has_more: page.next.is_some(), rows: page.items }))
}

/// One envelope, as the API has it.
pub(super) async fn envelope(
    State(state): State<ServerState>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(form): Query<FormQuery>,
) -> Response {
    let path = format!("/ui/attestations/{id}");
    if !visitor.is_signed_in {
        return sign_in::form(&visitor, StatusCode::UNAUTHORIZED, &path, None);
    }
    match keep(&state, &visitor, &id, &form).await {
        Ok(response) => response,
        Err(problem) => trouble(&visitor, problem, &path),
    }
}

async fn keep(
    state: &ServerState,
    visitor: &Visitor,
    id: &str,
    form: &FormQuery,
) -> Result<Response, Problem> {
    let form = form.form()?;
    let mut response = find_envelope(&state.engine, &visitor.caller, id, form).await?;
    let ending = match form {
        EnvelopeForm::Dsse => "dsse",
        EnvelopeForm::Sigstore => "sigstore",
    };
    let name = format!("attachment; filename=\"{}.{ending}.json\"", show::short(id));
    if let Ok(name) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

impl AttestationView {
    /// What is said, in words; the type itself for what others say.
    pub(super) fn says(&self) -> &str {
        match self.predicate_type.as_str() {
            "https://in-toto.io/attestation/svr/v0.2" => {
                "Received whole, with the hashes upstream promised"
            }
            "https://weighbridge/licence/v1" => "The licences its publisher names",
            "https://in-toto.io/attestation/test-result/v0.1" => {
                "Every file was examined: the verdict"
            }
            "https://in-toto.io/attestation/vulns/v0.2" => "What was found in its files",
            "https://weighbridge/review/v1" => "A review",
            "https://weighbridge/approval/v1" => "The approval",
            "https://weighbridge/waiver/v1" => "A waiver that a decision rests on",
            "https://slsa.dev/verification_summary/v1" => "What policy decided for an environment",
            other => other,
        }
    }

    /// Whether the type has words of its own.
    pub(super) fn is_ours(&self) -> bool {
        self.says() != self.predicate_type
    }

    /// The class that shades the grade; the word says the same.
    pub(super) fn shade(&self) -> &'static str {
        match self.grade.as_str() {
            "verified" => "allow",
            "missing" => "hold",
            _ => "plain",
        }
    }

    pub(super) fn made(&self) -> String {
        show::moment(&self.at)
    }

    /// What is said, as a document.
    pub(super) fn document(&self) -> Option<String> {
        let text = serde_json::to_string_pretty(self.predicate.as_ref()?).ok()?;
        Some(text.lines().map(show::plain).collect::<Vec<_>>().join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use askama::Template;

    use super::*;

    /// The list without the page around it.
    #[derive(Template)]
    #[template(source = "{% include \"statements.html\" %}", ext = "html")]
    struct Alone {
        statements: Statements,
    }

    fn said(digest: &str, is_erased: bool) -> AttestationView {
        AttestationView {
            digest: digest.repeat(64),
            predicate_type: "https://example.test/<b>".to_owned(),
            grade: "declared".to_owned(),
            trusted_key: Some("build-farm".to_owned()),
            keyid: "k".repeat(64),
            manifest: "m".repeat(64),
            statement: "s".repeat(64),
            predicate: None,
            is_erased,
            entry: 7,
            at: "2026-06-01T12:00:00Z".to_owned(),
        }
    }

    #[test]
    fn what_was_erased_is_said_to_be_and_has_no_envelope() {
        let rows = vec![said("a", true), said("b", false)];
        let reference = "acme/words@main".to_owned();
        let statements = Statements { reference, rows, has_more: false };
        let shown = Alone { statements }.render().unwrap();
        assert!(shown.contains("What it says was erased. Its digest stays"), "{shown}");
        assert!(!shown.contains(&format!("/ui/attestations/{}", "a".repeat(64))), "{shown}");
        assert!(shown.contains(&format!("/ui/attestations/{}", "b".repeat(64))), "{shown}");
        assert!(shown.contains("build-farm") && shown.contains("test/&#60;b&#62;"), "{shown}");
    }
}
