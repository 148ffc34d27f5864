//! The tree of every key there is, with its value.

use serde_json::Value;

/// Keys and values; what is no object is a value.
#[derive(Clone)]
pub(crate) struct Tree(pub(crate) Value);

impl std::fmt::Debug for Tree {
    /// Never shows the values: secrets are among them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tree")
    }
}

/// A key that is not in the tree.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnknownKey {
    /// The key that is spelled most like it.
    pub(crate) nearest: Option<String>,
}

impl Tree {
    /// The key as the tree spells it: variables cannot write `-`, and a rule's name alone means its
    /// mode.
    pub(crate) fn resolve(&self, key: &[String]) -> Result<Vec<String>, UnknownKey> {
        let unknown = || UnknownKey { nearest: self.nearest(&key.join(".")) };
        let mut node = &self.0;
        let mut spelled = Vec::new();
        for segment in key {
            let children = node.as_object().ok_or_else(unknown)?;
            let (name, child) = children
                .iter()
                .find(|(name, _)| *name == segment)
                .or_else(|| children.iter().find(|(name, _)| name.replace('-', "_") == *segment))
                .ok_or_else(unknown)?;
            spelled.push(name.clone());
            node = child;
        }
        if node.get("mode").is_some() {
            spelled.push("mode".to_owned());
        } else if node.is_object() {
            return Err(unknown());
        }
        Ok(spelled)
    }

    /// The value of a key that [`Tree::resolve`] gave.
    pub(crate) fn value(&self, key: &[String]) -> Option<&Value> {
        key.iter().try_fold(&self.0, |node, segment| node.get(segment))
    }

    /// Changes the value of a key that [`Tree::resolve`] gave.
    pub(crate) fn set(&mut self, key: &[String], value: Value) {
        let node = key.iter().try_fold(&mut self.0, |node, segment| node.get_mut(segment));
        if let Some(node) = node {
            *node = value;
        }
    }

    /// Every key with its value: those at the top first, then section by section.
    pub(crate) fn leaves(&self) -> Vec<(String, &Value)> {
        let mut leaves = Vec::new();
        collect(&self.0, "", &mut leaves);
        leaves.sort_by_key(|(key, _)| (key.contains('.'), key.clone()));
        leaves
    }

    fn nearest(&self, given: &str) -> Option<String> {
        let given = given.to_lowercase();
        let leaves = self.leaves().into_iter().map(|(key, _)| key);
        // A rule's name alone is a key too: it means its mode.
        let keys = leaves.flat_map(|key| match key.strip_suffix(".mode") {
            Some(rule) => vec![rule.to_owned(), key],
            None => vec![key],
        });
        keys.map(|key| (likeness(&given, &key), key))
            .filter(|(likeness, _)| *likeness > 0.8)
            .max_by(|(one, _), (other, _)| one.total_cmp(other))
            .map(|(_, key)| key)
    }
}

/// How alike two keys are: the mean of their segments; in another section, their last segments.
fn likeness(given: &str, key: &str) -> f64 {
    let pairs = given.split('.').zip(key.split('.'));
    let (sum, count) = pairs.fold((0.0, 0.0), |(sum, count), (one, other)| {
        (sum + strsim::jaro_winkler(one, other), count + 1.0)
    });
    if given.split('.').count() == key.split('.').count() {
        return sum / count;
    }
    let last = |key: &str| key.rsplit('.').next().unwrap_or(key).to_owned();
    strsim::jaro_winkler(&last(given), &last(key)) * 0.95
}

fn collect<'a>(node: &'a Value, path: &str, to: &mut Vec<(String, &'a Value)>) {
    let Some(children) = node.as_object() else {
        to.push((path.to_owned(), node));
        return;
    };
    for (name, child) in children {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        collect(child, &path, to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Tree {
        Tree(serde_json::json!({
            "listen": "x",
            "scan": {"memory_mib": 1},
            "environment": {"dev": {"rules": {"licence-denied": {"mode": "warn"}}}},
        }))
    }

    fn resolve(key: &str) -> Result<String, Option<String>> {
        let key: Vec<String> = key.split('.').map(str::to_owned).collect();
        tree().resolve(&key).map(|key| key.join(".")).map_err(|unknown| unknown.nearest)
    }

    #[test]
    fn a_key_is_found_however_a_variable_spells_it() {
        let mode = "environment.dev.rules.licence-denied.mode".to_owned();
        assert_eq!(resolve("environment.dev.rules.licence_denied"), Ok(mode.clone()));
        assert_eq!(resolve(&mode), Ok(mode.clone()));
    }

    #[test]
    fn a_wrong_key_suggests_the_right_one() {
        assert_eq!(resolve("lisen"), Err(Some("listen".to_owned())));
        assert_eq!(resolve("memory_mb"), Err(Some("scan.memory_mib".to_owned())));
        assert_eq!(resolve("scan.memroy_mib"), Err(Some("scan.memory_mib".to_owned())));
        let rule = "environment.dev.rules.licence-denied".to_owned();
        assert_eq!(resolve("environment.dev.rules.license-denied"), Err(Some(rule)));
        assert_eq!(resolve("zzz"), Err(None));
        assert!(resolve("scan").is_err() && resolve("listen.x").is_err());
    }
}
