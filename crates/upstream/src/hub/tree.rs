//! `GET /api/{kind}s/{name}/tree/{commit}`: the files of a commit, all pages or none.

use std::collections::HashSet;

use serde::Deserialize;
use weighbridge_domain::{
    ArtifactKind, ArtifactName, BadDigest, CommitId, Digest, GitOid, RepoPath,
};

use super::{HubClient, bad_answer, shown};
use crate::http::host;
use crate::{Answer, NotYes, RefusalKind, Trouble, TroubleKind, link};

const MOST_BYTES: usize = 100_000_000;
const MOST_ENTRIES: usize = 1_000_000;
/// The Hub gives 1,000 entries a page, 50 when it is asked for more about each.
const MOST_PAGES: usize = 20_000;

/// One file of a commit, as the Hub promises it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeFile {
    /// Where it lies.
    pub path: RepoPath,
    /// Its size, of the content and not of an LFS pointer.
    pub size_bytes: u64,
    /// What git calls the blob: the file itself, or its LFS pointer.
    pub git_oid: GitOid,
    /// The promised SHA-256, for files in LFS.
    pub lfs: Option<Digest>,
}

impl HubClient {
    /// Lists every file of `commit`. An answer with a strange path, a duplicate or a page that leads
    /// elsewhere is no answer: nothing is silently left out.
    pub async fn tree(
        &self,
        kind: ArtifactKind,
        name: &ArtifactName,
        commit: &CommitId,
        token: Option<&str>,
    ) -> Answer<Vec<TreeFile>> {
        self.ask_tree(kind, name, commit, token).await.into()
    }

    async fn ask_tree(
        &self,
        kind: ArtifactKind,
        name: &ArtifactName,
        commit: &CommitId,
        token: Option<&str>,
    ) -> Result<Vec<TreeFile>, NotYes> {
        let mut url = self.api_url(kind, name, &format!("tree/{commit}?recursive=true"))?;
        let mut room = MOST_BYTES;
        let mut listing = Listing::default();
        for _ in 0..MOST_PAGES {
            let page = self.fetch(&url, token, room, RefusalKind::RepoNotFound).await?;
            room = room.saturating_sub(page.body.len());
            let entries: Vec<EntryJson> = page.read()?;
            if listing.entries.saturating_add(entries.len()) > MOST_ENTRIES {
                let what = format!("{name} has more than {MOST_ENTRIES} entries");
                return Err(Trouble::new(TroubleKind::TooLarge, what).into());
            }
            let is_empty = entries.is_empty();
            for entry in &entries {
                listing.add(entry)?;
            }
            let Some(next) = link::next(&page.headers) else { return Ok(listing.files) };
            // A list that goes on must get on: otherwise it may go on for ever.
            if is_empty {
                return Err(bad_answer(format!("an empty page of {name} leads to another")).into());
            }
            url = page.url.join(&next).map_err(|_| {
                bad_answer(format!("the next page of {name} has no address: `{}`", shown(&next)))
            })?;
            if !self.base.is_origin_of(&url) {
                let what =
                    format!("the next page of {name} leads to {}, another origin", host(&url));
                return Err(bad_answer(what).into());
            }
        }
        Err(Trouble::new(TroubleKind::TooLarge, format!("{name} has over {MOST_PAGES} pages"))
            .into())
    }
}

#[derive(Deserialize)]
struct EntryJson {
    r#type: String,
    path: String,
    #[serde(default)]
    oid: String,
    #[serde(default)]
    size: u64,
    lfs: Option<LfsJson>,
}

#[derive(Deserialize)]
struct LfsJson {
    oid: String,
    size: u64,
}

#[derive(Default)]
struct Listing {
    files: Vec<TreeFile>,
    paths: HashSet<RepoPath>,
    entries: usize,
}

impl Listing {
    fn add(&mut self, entry: &EntryJson) -> Result<(), Trouble> {
        self.entries += 1;
        let path: RepoPath =
            entry.path.parse().map_err(|error| bad_answer(format!("in the file list, {error}")))?;
        if !self.paths.insert(path.clone()) {
            return Err(bad_answer(format!(
                "the file list names `{}` twice",
                shown(path.as_str())
            )));
        }
        match entry.r#type.as_str() {
            "directory" => return Ok(()),
            "file" => {}
            other => {
                let (path, other) = (shown(path.as_str()), shown(other));
                return Err(bad_answer(format!(
                    "`{path}` is neither file nor directory: `{other}`"
                )));
            }
        }
        let about = |error: BadDigest| {
            bad_answer(format!("in the file list, `{}`: {error}", shown(path.as_str())))
        };
        let git_oid = entry.oid.parse().map_err(about)?;
        let lfs: Option<Digest> = match &entry.lfs {
            Some(lfs) => {
                if lfs.size != entry.size {
                    let path = shown(path.as_str());
                    return Err(bad_answer(format!("the file list gives `{path}` two sizes")));
                }
                let oid = lfs.oid.strip_prefix("sha256:").unwrap_or(&lfs.oid);
                Some(oid.parse().map_err(about)?)
            }
            None => None,
        };
        self.files.push(TreeFile { path, size_bytes: entry.size, git_oid, lfs });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn list(entries: &[Value]) -> Result<Vec<TreeFile>, Trouble> {
        let mut listing = Listing::default();
        for entry in entries {
            listing.add(&serde_json::from_value(entry.clone()).unwrap())?;
        }
        Ok(listing.files)
    }

    fn file(path: &str) -> Value {
        json!({ "type": "file", "path": path, "oid": "ab".repeat(20), "size": 3 })
    }

    #[test]
    fn directories_are_skipped_and_files_kept() {
        let files = list(&[json!({ "type": "directory", "path": "a" }), file("a/b")]).unwrap();
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].path.as_str(), "a/b");
    }

    #[test]
    fn a_strange_entry_spoils_the_list_and_is_named() {
        let mut two_sizes = file("two-sizes");
        two_sizes["lfs"] = json!({ "oid": "ab".repeat(32), "size": 4 });
        let mut short_lfs = file("short-lfs");
        short_lfs["lfs"] = json!({ "oid": "ab", "size": 3 });
        let link = json!({ "type": "symlink", "path": "link", "oid": "ab".repeat(20) });
        for (entries, named) in [
            (vec![file("../../etc/passwd")], "../../etc/passwd"),
            (vec![file("a\u{0}b")], "a\\u{0}b"),
            (vec![file("twice"), file("twice")], "twice"),
            (vec![two_sizes], "two-sizes"),
            (vec![short_lfs], "short-lfs"),
            (vec![link], "link"),
            (vec![json!({ "type": "file", "path": "no-oid", "size": 1 })], "no-oid"),
        ] {
            let trouble = list(&entries).unwrap_err();
            assert_eq!(trouble.kind, TroubleKind::BadAnswer);
            assert!(trouble.what.contains(named), "{trouble}");
        }
    }
}
