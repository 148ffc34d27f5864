//! What others say of the rows of the decision table: the newest word of each key that counts for it now.

use std::collections::HashMap;

use weighbridge_domain::{Artifact, Check, CheckAnswer, Environment, Grade};
use weighbridge_evidence::{Envelope, Statement, answer, feeding};
use weighbridge_store::{AttestationRow, Queries, StoreError};

use crate::attest::trust::covers;

/// What a row comes to by what others say: answer, grade, words.
pub(super) type Said = (CheckAnswer, Grade, String);

/// What others say of each check that statements can feed. A no outweighs a yes of somebody else.
pub(super) async fn said_by_others(
    db: &mut Queries,
    revision_id: &str,
    artifact: &Artifact,
    environment: &Environment,
) -> Result<HashMap<Check, Said>, StoreError> {
    let mut told: HashMap<Check, Said> = HashMap::new();
    let keys = db.list_trusted_keys().await?;
    if keys.is_empty() {
        return Ok(told);
    }
    for check in [Check::Dependencies, Check::Behaviour, Check::Monitoring] {
        for predicate_type in feeding(check) {
            for row in db.list_newest_foreign(revision_id, predicate_type).await? {
                let key = keys.iter().find(|key| key.keyid == row.keyid);
                let Some(key) = key.filter(|key| covers(key, predicate_type, artifact)) else {
                    continue;
                };
                let Some((answer, words)) = read(&row, check, environment) else { continue };
                let grade = row.grade.min_with(key.grade);
                let words = format!("{words}, says `{}`", key.name);
                let known = told.get(&check);
                if known.is_none() || answer != CheckAnswer::Yes {
                    told.insert(check, (answer, grade, words));
                }
            }
        }
    }
    Ok(told)
}

/// What an envelope says; one that was erased says nothing. Its signature was checked when it was taken.
fn read(
    row: &AttestationRow,
    check: Check,
    environment: &Environment,
) -> Option<(CheckAnswer, String)> {
    let envelope = Envelope::parse(row.envelope.as_ref()?.as_bytes()).ok()?;
    let statement = Statement::parse(&envelope.payload).ok()?;
    answer(check, environment, &statement.predicate_type, &statement.predicate)
}
