//! `GET /api/{kind}s/{name}/revision/{rev}`: what a repository is, and which commit a revision means.

use serde::Deserialize;
use serde_json::{Map, Value};
use weighbridge_domain::{ArtifactKind, ArtifactName, CommitId, RevisionSpec, Timestamp};

use super::{HubClient, bad_answer, encoded};
use crate::{Answer, NotYes, RefusalKind, Trouble};

/// The Hub adds every file name to this answer.
const MOST_BYTES: usize = 32 * 1024 * 1024;
const MOST_CARD_BYTES: usize = 256 * 1024;

/// What the Hub says about a repository at a revision. All of it is declared, none verified.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "the Hub states them one by one")]
pub struct RepoInfo {
    /// The name the Hub itself uses: letter case, renames and short names settled.
    pub canonical: ArtifactName,
    /// The commit that the revision means now.
    pub commit: CommitId,
    /// Whether only members see it.
    pub private: bool,
    /// Whether its owner grants access one by one.
    pub gated: bool,
    /// Whether the Hub has taken it down.
    pub disabled: bool,
    /// When it last changed.
    pub last_modified: Option<Timestamp>,
    /// Who published it.
    pub author: Option<String>,
    /// The Hub's tags.
    pub tags: Vec<String>,
    /// Licences, from the card and from `license:` tags.
    pub licences: Vec<String>,
    /// What the model is for.
    pub pipeline_tag: Option<String>,
    /// What loads it.
    pub library_name: Option<String>,
    /// Downloads as the Hub counts them.
    pub downloads: Option<u64>,
    /// The metadata block of the card; empty when there is none or when it is over 256 KiB.
    pub card: Map<String, Value>,
    /// Whether the card's metadata was left out for its size.
    pub card_too_large: bool,
}

impl HubClient {
    /// Asks what `name` is and which commit `revision` means. Follows the Hub's own redirects of
    /// renamed repositories.
    pub async fn repo_info(
        &self,
        kind: ArtifactKind,
        name: &ArtifactName,
        revision: &RevisionSpec,
        token: Option<&str>,
    ) -> Answer<RepoInfo> {
        self.ask_repo_info(kind, name, revision, token).await.into()
    }

    async fn ask_repo_info(
        &self,
        kind: ArtifactKind,
        name: &ArtifactName,
        revision: &RevisionSpec,
        token: Option<&str>,
    ) -> Result<RepoInfo, NotYes> {
        let rest = format!("revision/{}", encoded(revision.as_str()));
        let url = self.api_url(kind, name, &rest)?;
        let page = self.fetch(&url, token, MOST_BYTES, RefusalKind::RepoNotFound).await?;
        let info = read(page.read()?)?;
        if revision.as_commit().is_some_and(|asked| asked != info.commit) {
            let what =
                format!("{} answered for {} when asked for {revision}", self.base, info.commit);
            return Err(bad_answer(what).into());
        }
        Ok(info)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InfoJson {
    id: String,
    sha: String,
    #[serde(default)]
    private: Option<bool>,
    #[serde(default)]
    gated: Value,
    #[serde(default)]
    disabled: Option<bool>,
    last_modified: Option<String>,
    author: Option<String>,
    #[serde(default)]
    tags: Option<Vec<String>>,
    #[serde(rename = "pipeline_tag")]
    pipeline_tag: Option<String>,
    #[serde(rename = "library_name")]
    library_name: Option<String>,
    downloads: Option<u64>,
    #[serde(default)]
    card_data: Value,
}

fn read(json: InfoJson) -> Result<RepoInfo, Trouble> {
    let canonical = json.id.parse().map_err(|error| bad_answer(format!("{error}")))?;
    let commit = json.sha.parse().map_err(|error| bad_answer(format!("{error}")))?;
    let tags = json.tags.unwrap_or_default();
    let licences = licences(&json.card_data, &tags);
    let card = match json.card_data {
        Value::Object(card) => card,
        _ => Map::new(),
    };
    let card_too_large = serde_json::to_vec(&card).is_ok_and(|text| text.len() > MOST_CARD_BYTES);
    Ok(RepoInfo {
        canonical,
        commit,
        private: json.private.unwrap_or(false),
        gated: is_gated(&json.gated),
        disabled: json.disabled.unwrap_or(false),
        last_modified: json.last_modified.as_deref().and_then(Timestamp::from_rfc3339),
        author: json.author,
        tags,
        licences,
        pipeline_tag: json.pipeline_tag,
        library_name: json.library_name,
        downloads: json.downloads,
        card: if card_too_large { Map::new() } else { card },
        card_too_large,
    })
}

/// The Hub writes `false`, `"auto"` or `"manual"`. What we do not know counts as gated.
pub(super) fn is_gated(gated: &Value) -> bool {
    !matches!(gated, Value::Null | Value::Bool(false))
}

/// What the card says first, then what the tags add.
fn licences(card: &Value, tags: &[String]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let in_card: Vec<&str> = match card.get("license") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let in_tags = tags.iter().filter_map(|tag| tag.strip_prefix("license:"));
    for licence in in_card.into_iter().chain(in_tags) {
        let licence = licence.trim();
        if !licence.is_empty() && !found.iter().any(|known| known.eq_ignore_ascii_case(licence)) {
            found.push(licence.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(extra: &Value) -> Result<RepoInfo, Trouble> {
        let mut json = serde_json::json!({ "id": "acme/tiny", "sha": "ab".repeat(20) });
        json.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        read(serde_json::from_value(json).unwrap())
    }

    #[test]
    fn licences_come_from_card_and_tags_without_repetition() {
        let both = serde_json::json!({
            "cardData": { "license": ["mit", "apache-2.0"] },
            "tags": ["pytorch", "license:MIT", "license:cc0-1.0"],
        });
        assert_eq!(info(&both).unwrap().licences, ["mit", "apache-2.0", "cc0-1.0"]);
        let one = serde_json::json!({ "cardData": { "license": "mit" } });
        assert_eq!(info(&one).unwrap().licences, ["mit"]);
        assert!(info(&serde_json::json!({})).unwrap().licences.is_empty());
    }

    #[test]
    fn a_card_over_the_limit_is_left_out_and_its_licence_is_not() {
        let card = serde_json::json!({ "license": "mit", "x": "y".repeat(MOST_CARD_BYTES) });
        let info = info(&serde_json::json!({ "cardData": card })).unwrap();
        assert!(info.card_too_large && info.card.is_empty());
        assert_eq!(info.licences, ["mit"]);
    }

    #[test]
    fn an_answer_without_a_usable_name_or_commit_is_none() {
        for bad in [
            serde_json::json!({ "id": "../etc" }),
            serde_json::json!({ "sha": "main" }),
            serde_json::json!({ "sha": "" }),
        ] {
            assert_eq!(info(&bad).unwrap_err().kind, crate::TroubleKind::BadAnswer, "{bad}");
        }
    }

    #[test]
    fn unknown_kinds_of_gate_are_gates() {
        let gated = |value: Value| info(&serde_json::json!({ "gated": value })).unwrap().gated;
        assert!(gated("auto".into()) && gated("manual".into()) && gated(true.into()));
        assert!(!gated(false.into()) && !gated(Value::Null));
    }
}
