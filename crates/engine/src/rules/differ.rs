//! What differs between two versions of the policy: what it means, and the texts.

use std::collections::BTreeSet;

use weighbridge_policy::Difference;

use super::ChangePolicyError;
use crate::Engine;
use crate::review::compare::compare_texts;

/// What differs between two versions.
#[derive(Clone, Debug, Default)]
pub struct PolicyDifference {
    /// What it means, rule by rule; empty when they decide alike.
    pub differences: Vec<Difference>,
    /// The files that differ, by name, as `diff -u` writes it; nothing where a text is too long.
    pub files: Vec<(String, Option<String>)>,
}

impl Engine {
    /// What is different in version `to`, seen from version `from`.
    pub async fn compare_policies(
        &self,
        from: u64,
        to: u64,
    ) -> Result<PolicyDifference, ChangePolicyError> {
        let from = self.show_policy(Some(from)).await?.bundle;
        let to = self.show_policy(Some(to)).await?.bundle;
        let names: BTreeSet<&String> = from.files().keys().chain(to.files().keys()).collect();
        let text = |file: Option<&String>| file.cloned().unwrap_or_default();
        let files = names.into_iter().filter_map(|name| {
            let (before, after) = (text(from.files().get(name)), text(to.files().get(name)));
            (before != after).then(|| (name.clone(), compare_texts(&before, &after)))
        });
        Ok(PolicyDifference { files: files.collect(), differences: from.differences(&to) })
    }
}
