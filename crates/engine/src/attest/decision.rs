//! Policy's answer for one environment, signed as a verification summary; and the waivers it rests on.

use weighbridge_domain::{Decision, Grade, Outcome, Timestamp};
use weighbridge_evidence::predicate::{
    ResourceDescriptor, VERIFIER_ID, VSA, Vsa, VsaDecision, VsaPolicy, VsaVerifier, WAIVER, Waiver,
    sha256_set,
};
use weighbridge_policy::Facts;
use weighbridge_store::{AttestationRow, StoreError};

use super::package_url;
use super::write::{NewStatement, Whole};
use crate::Engine;
use crate::change::Change;

/// A summary names all the attestations it rests on, or none: more than these would be a long list.
const MAX_INPUTS: usize = 200;

impl Engine {
    /// Tells, signed, what policy says of a revision whose every file is known.
    pub(crate) async fn attest_decision(
        &self,
        change: &mut Change,
        revision_id: &str,
        decision: &Decision,
        facts: &Facts,
    ) -> Result<(), StoreError> {
        let Some(whole) = self.find_sealed(change.tx(), revision_id).await? else { return Ok(()) };
        if facts.revision.manifest != Some(whole.manifest) {
            return Ok(());
        }
        // What came in before there were attestations is told now.
        self.attest_whole(change, revision_id).await?;
        self.attest_waivers(change, &whole, facts).await?;
        let inputs = self.inputs(change, &whole).await?;
        let environment = decision.environment.to_string();
        let is_allowed = decision.outcome == Outcome::Allow;
        let level = format!("WEIGHBRIDGE_ALLOWED_{}", environment.to_uppercase().replace('-', "_"));
        let predicate = Vsa {
            verifier: VsaVerifier { id: VERIFIER_ID.to_owned() },
            time_verified: decision.decided_at.to_string(),
            resource_uri: package_url(&whole.artifact, &whole.commit),
            policy: VsaPolicy {
                uri: format!("https://weighbridge/policy/{environment}"),
                digest: sha256_set(decision.policy.to_string()),
            },
            input_attestations: inputs,
            verification_result: if is_allowed { "PASSED" } else { "FAILED" }.to_owned(),
            verified_levels: vec![if is_allowed { level } else { "FAILED".to_owned() }],
            decision: Some(VsaDecision {
                id: decision.id.to_string(),
                environment,
                outcome: decision.outcome.to_string(),
                rules: decision.reasons.iter().map(|reason| reason.rule.clone()).collect(),
                facts: sha256_set(decision.facts.to_string()),
            }),
            valid_until: ends(facts).map(|end| end.to_string()),
        };
        let new = NewStatement {
            about: format!("decision/{}", decision.id),
            predicate_type: VSA,
            predicate: &predicate,
            grade: Grade::Inferred,
        };
        self.attest(change, &whole, new).await
    }

    /// A waiver is for a pattern; it is told beside each revision whose decision it touches.
    async fn attest_waivers(
        &self,
        change: &mut Change,
        whole: &Whole,
        facts: &Facts,
    ) -> Result<(), StoreError> {
        for fact in &facts.waivers {
            let Some(row) = change.tx().find_waiver(&fact.id).await? else { continue };
            let predicate = Waiver {
                id: row.id.clone(),
                rule: row.rule,
                pattern: row.pattern.to_string(),
                environment: row.environment.to_string(),
                justification: row.because,
                granted_by: row.granted_by,
                role: row.role.to_string(),
                granted_at: row.granted_at.to_string(),
                expires_at: row.expires_at.to_string(),
            };
            let new = NewStatement {
                about: format!("waiver/{}", row.id),
                predicate_type: WAIVER,
                predicate: &predicate,
                grade: Grade::Declared,
            };
            self.attest(change, whole, new).await?;
        }
        Ok(())
    }

    async fn inputs(
        &self,
        change: &mut Change,
        whole: &Whole,
    ) -> Result<Vec<ResourceDescriptor>, StoreError> {
        let (mut inputs, mut after) = (Vec::new(), None::<String>);
        loop {
            let page =
                change.tx().list_attestations(&whole.revision_id, after.as_deref(), 200).await?;
            let Some(last) = page.last() else { return Ok(inputs) };
            after = Some(last.id.clone());
            inputs.extend(page.iter().filter(|row| row.predicate_type != VSA).map(input));
            if inputs.len() > MAX_INPUTS {
                return Ok(Vec::new());
            }
        }
    }
}

fn input(row: &AttestationRow) -> ResourceDescriptor {
    ResourceDescriptor {
        name: Some(row.predicate_type.clone()),
        digest: sha256_set(row.envelope_digest.to_string()),
        ..ResourceDescriptor::default()
    }
}

/// When the first of the approvals and waivers ends on which a decision rests.
fn ends(facts: &Facts) -> Option<Timestamp> {
    let approvals = facts.approvals.iter().filter_map(|approval| approval.expires_at);
    approvals.chain(facts.waivers.iter().map(|waiver| waiver.expires_at)).min()
}
