//! Approvals that hold for a later revision too, because it differs in nothing that matters: off unless a
//! parameter of the rule says which files those are. Always compared with the revision that people approved,
//! never with one that was carried over itself.

use weighbridge_domain::{CommitId, Environment, RepoPath, Timestamp};
use weighbridge_store::{ApprovalRow, Queries, RevisionRow};

use super::compare::compare_files;
use crate::Engine;
use crate::admit::Refused;
use crate::admit::locate::Located;

/// The rule and its parameter.
const RULE: &str = "approval-required";
const PARAMETER: &str = "carry_over";
/// Approved revisions that are compared.
const COMPARED: u32 = 5;

impl Engine {
    /// The approvals of an earlier revision that hold for this one, and the commit they were given for.
    pub(crate) async fn carried_over(
        &self,
        db: &mut Queries,
        located: &Located,
        revision: &RevisionRow,
        environment: &Environment,
        now: Timestamp,
    ) -> Result<Option<(CommitId, Vec<ApprovalRow>)>, Refused> {
        let patterns = self.carry_patterns(environment);
        if patterns.is_empty() {
            return Ok(None);
        }
        let approved =
            db.list_approved_revisions(&located.id, environment, &revision.id, COMPARED).await?;
        for earlier in approved.into_iter().filter(|earlier| earlier.expires_at > now) {
            let changes = compare_files(db, &earlier.revision_id, &revision.id).await?;
            let may = |path: &RepoPath| may_differ(&patterns, path);
            if !changes.iter().all(|change| change.paths().all(may)) {
                continue;
            }
            // What upstream promises is the same: the bytes have to be here before anybody relies on it.
            let current = db.find_revision_by_id(&revision.id).await?;
            if current.is_none_or(|current| current.manifest.is_none()) {
                self.bring_in_meanwhile(located.clone(), revision.clone());
                return Ok(None);
            }
            let approvals = db.list_approvals(&earlier.revision_id, environment, now).await?;
            let before = db.find_revision_by_id(&earlier.revision_id).await?;
            if let Some(before) = before.filter(|_| !approvals.is_empty()) {
                return Ok(Some((before.commit, approvals)));
            }
        }
        Ok(None)
    }

    /// The files that a later revision may differ in, by the policy of an environment.
    fn carry_patterns(&self, environment: &Environment) -> Vec<String> {
        let active = self.policy_held();
        let Ok(document) = active.policy.document(environment) else { return Vec::new() };
        // Nearly everywhere the list is empty: that is seen without reading the document.
        if document.contains("\"carry_over\":[]") {
            return Vec::new();
        }
        let setting = self.rule_setting(environment, RULE);
        let words = setting.as_ref().and_then(|rule| rule.get("parameters")?.get(PARAMETER));
        let words = words.and_then(serde_json::Value::as_array).into_iter().flatten();
        words.filter_map(|word| word.as_str().map(str::to_lowercase)).collect()
    }
}

/// Whether a file may differ. The terms of use are never what nobody has to look at.
fn may_differ(patterns: &[String], path: &RepoPath) -> bool {
    let path = path.as_str().to_lowercase();
    let name = path.rsplit('/').next().unwrap_or(&path);
    let is_legal = ["licen", "copying", "notice", "terms", "use_policy"];
    !is_legal.iter().any(|word| name.contains(word))
        && patterns.iter().any(|pattern| fits(pattern, &path))
}

/// Whether a text fits a pattern in which `*` stands for any text.
fn fits(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle {
        match rest.find(piece) {
            Some(at) => rest = rest.get(at + piece.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_files_may_differ_and_never_the_terms() {
        let patterns = ["readme.md", "*.md", "docs/*.png", "*"].map(str::to_owned);
        let may = |count: usize, path: &str| may_differ(&patterns[..count], &path.parse().unwrap());
        assert!(may(1, "README.md") && !may(1, "docs/README.md") && !may(1, "readme.md.py"));
        assert!(may(2, "docs/README.md") && !may(2, "model.safetensors"));
        assert!(may(3, "docs/a/b.png") && !may(3, "a.png"));
        for terms in ["LICENSE.md", "docs/licence.md", "NOTICE.md", "USE_POLICY.md"] {
            assert!(!may(4, terms), "{terms}");
        }
        assert!(fits("a*b*c", "axxbyyc") && !fits("a*b*c", "axxcyyb") && !fits("ab", "abc"));
    }
}
