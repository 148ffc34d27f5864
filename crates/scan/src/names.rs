//! Names that are meant to be mistaken for other names (typosquatting): a publisher that reads like a known one.
//!
//! A repository of the same name under another publisher is nothing special: copies and conversions are called so.
//! What is told is a publisher whose name differs from a known one by what eyes and fingers miss: letters that look
//! alike, separators, one wrong, missing, added or swapped letter, or a word that makes it sound official. Of the
//! repository's own name only what eyes miss is told: versions and sizes differ in a letter every day.

use weighbridge_domain::{Artifact, FindingPlace, RepoPath};

use crate::job::{RepositoryFile, RepositoryFinding};
use crate::rules;

/// Publishers that everybody knows.
const KNOWN: &str = include_str!("names/known.txt");
/// Repositories that everybody knows, with their publishers.
const MODELS: &str = include_str!("names/models.txt");
/// Names up to this length have too many neighbours for a wrong letter to mean anything.
const SHORT: usize = 5;
/// The same where the repository has the name of a known one of theirs.
const VERY_SHORT: usize = 2;
/// Words that are put before or behind a known name to sound like it.
const AFFIXES: &[&str] =
    &["official", "original", "real", "team", "org", "inc", "corp", "hq", "hub", "ai"];

/// How one name is like another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    Looks,
    OneLetter,
    Affix,
}

impl Likeness {
    fn told(self) -> &'static str {
        match self {
            Likeness::Looks => "reads the same",
            Likeness::OneLetter => "differs in one letter",
            Likeness::Affix => "adds a word that sounds official",
        }
    }
}

/// What is told of a repository whose name is like that of a well-known publisher, or like one of `trusted`: names
/// that were looked at before. Those, and well-known ones, are like nothing but themselves.
pub fn judge_name(
    artifact: &Artifact,
    trusted: &[Artifact],
    files: &[RepositoryFile],
) -> Option<RepositoryFinding> {
    let name = artifact.name.folded();
    let (publisher, repository) = name.split_once('/')?;
    let trusted: Vec<String> = trusted.iter().map(|known| known.name.folded()).collect();
    let mut publishers: Vec<&str> = known().collect();
    let split = trusted.iter().filter_map(|known| known.split_once('/'));
    publishers.extend(split.clone().map(|(publisher, _)| publisher));
    if publishers.contains(&publisher) {
        return None;
    }
    let alike =
        |known: &str, short| likeness(publisher, known, short).map(|how| (how, known.to_owned()));
    let same = split.filter(|(_, its)| *its == repository).map(|(publisher, _)| publisher);
    let near = publishers.iter().filter_map(|known| alike(known, SHORT));
    let near = near.chain(same.filter_map(|known| alike(known, VERY_SHORT)));
    // What reads the same is what was meant; one letter can lead to several.
    let found = near.min_by_key(|(how, _)| *how);
    let message = if let Some((how, like)) = found {
        let publisher = artifact.name.publisher().unwrap_or_default();
        format!("`{publisher}` is not `{like}`: the name of its publisher {}", how.told())
    } else {
        let mut models = lines(MODELS).chain(trusted.iter().map(String::as_str));
        let like = models.find(|model| is_mistaken(repository, model))?;
        format!("`{name}` is not `{like}`: the name of the repository {}", Likeness::Looks.told())
    };
    let path: RepoPath =
        files.iter().find(|file| file.path.as_str() == "README.md").or(files.first())?.path.clone();
    let finding = rules::REPO_NAME.finding(FindingPlace::default(), message, artifact.to_string());
    Some(RepositoryFinding { path, finding })
}

/// Whether a repository's name reads like that of a model and is written otherwise. A copy has the same name, give or
/// take what separates its words.
fn is_mistaken(repository: &str, model: &str) -> bool {
    let (_, its) = model.split_once('/').unwrap_or(("", model));
    let bones = skeleton(repository);
    bones.len() > SHORT && bones == skeleton(its) && plain(repository) != plain(its)
}

fn known() -> impl Iterator<Item = &'static str> {
    lines(KNOWN)
}

fn lines(table: &str) -> impl Iterator<Item = &str> {
    table.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// How `name` could be taken for `known`, which it is not.
fn likeness(name: &str, known: &str, short: usize) -> Option<Likeness> {
    let (bones, known_bones) = (skeleton(name), skeleton(known));
    if known_bones.len() <= VERY_SHORT {
        return None;
    }
    if bones == known_bones {
        return Some(Likeness::Looks);
    }
    if known_bones.len() > short && is_one_edit(&bones, &known_bones) {
        return Some(Likeness::OneLetter);
    }
    let plain = plain(name);
    let known = self::plain(known);
    let rest = plain.strip_prefix(&known).or_else(|| plain.strip_suffix(&known))?;
    (known.len() > short && AFFIXES.contains(&rest)).then_some(Likeness::Affix)
}

/// A name without what separates its words.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// A name as eyes remember it: letters and digits that look alike are one.
fn skeleton(name: &str) -> Vec<char> {
    let plain = plain(name).replace("rn", "m").replace("vv", "w");
    let alike = |letter| match letter {
        '0' => 'o',
        '1' | 'i' | '|' => 'l',
        '3' => 'e',
        '5' => 's',
        other => other,
    };
    plain.chars().map(alike).collect()
}

/// Whether one letter was replaced, left out or added, or two neighbours were swapped.
fn is_one_edit(one: &[char], other: &[char]) -> bool {
    let same = one.iter().zip(other).take_while(|(one, other)| one == other).count();
    let (one, other) = (one.get(same..).unwrap_or_default(), other.get(same..).unwrap_or_default());
    match (one, other) {
        ([], [_]) | ([_], []) => true,
        ([a, rest @ ..], [b, others @ ..]) => {
            rest == others
                || rest == other
                || one == others
                || matches!((rest, others), ([c, rest @ ..], [d, others @ ..]) if a == d && b == c && rest == others)
        }
        _ => false,
    }
}

/// Feeds the names into the rule set's digest.
pub(crate) fn tables(hasher: &mut weighbridge_domain::Hasher) {
    for name in known().chain(lines(MODELS)).chain(AFFIXES.iter().copied()) {
        hasher.update(name.as_bytes());
        hasher.update(b"\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, trusted: &[&str]) -> Option<String> {
        let trusted: Vec<Artifact> = trusted.iter().map(|name| name.parse().unwrap()).collect();
        let files = [RepositoryFile { path: "config.json".parse().unwrap(), size_bytes: 2 }];
        let found = judge_name(&name.parse().unwrap(), &trusted, &files)?;
        Some(found.finding.message.split_once("is not ").unwrap().1.to_owned())
    }

    #[test]
    fn names_that_read_like_known_ones_are_told() {
        for (name, like) in [
            ("meta-Ilama/Llama-3.1-8B", "`meta-llama`: the name of its publisher reads the same"),
            ("MetaLlama/Llama-3.1-8B", "`meta-llama`: the name of its publisher reads the same"),
            ("0penai/whisper", "`openai`: the name of its publisher reads the same"),
            ("micros0ft/phi-4", "`microsoft`: the name of its publisher reads the same"),
            ("rnistralai/Mistral-7B", "`mistralai`: the name of its publisher reads the same"),
            ("gooogle/gemma", "`google`: the name of its publisher differs in one letter"),
            ("mircosoft/phi-4", "`microsoft`: the name of its publisher differs in one letter"),
            ("facebok/opt", "`facebook`: the name of its publisher differs in one letter"),
            (
                "nvidia-official/x",
                "`nvidia`: the name of its publisher adds a word that sounds official",
            ),
        ] {
            assert_eq!(told(name, &[]).as_deref(), Some(like), "{name}");
        }
    }

    #[test]
    fn known_names_copies_and_strangers_are_told_of_nothing() {
        for name in [
            "meta-llama/Llama-3.1-8B",
            "Meta-Llama/Llama-3.1-8B",
            "google-bert/bert-base-uncased",
            "acme/Llama-3.1-8B-Instruct",
            "TheBloke/Llama-2-7B-GGUF",
            "maple/x",
            "ample/x",
            "tim/x",
            "gpt2",
            "acme/openai",
            "quen/x",
        ] {
            assert_eq!(told(name, &[]), None, "{name}");
        }
        let names: Vec<&str> = known().collect();
        for name in &names {
            assert_eq!(told(&format!("{name}/x"), &[]), None, "{name}");
        }
    }

    #[test]
    fn a_repository_that_reads_like_a_known_one_and_is_written_otherwise_is_told() {
        for (name, like) in [
            ("acme/Ilama-3.1-8B-Instruct", "`meta-llama/llama-3.1-8b-instruct`"),
            ("acme/L1ama-3.1-8B-Instruct", "`meta-llama/llama-3.1-8b-instruct`"),
            ("acme/bert-base-unca5ed", "`google-bert/bert-base-uncased`"),
        ] {
            let found = told(name, &[]).unwrap();
            assert!(found.starts_with(like) && found.ends_with("reads the same"), "{found}");
        }
        assert!(told("other/c1assifier", &["contoso/classifier"]).is_some());
        for name in [
            "acme/llama_3.1_8b_instruct",
            "acme/Llama-3.2-8B-Instruct",
            "acme/bert-base-cased",
            "acme/phi-3",
        ] {
            assert_eq!(told(name, &[]), None, "{name}");
        }
        let models: Vec<&str> = lines(MODELS).collect();
        for model in &models {
            assert_eq!(told(model, &[]), None, "{model}");
            let (_, repository) = model.split_once('/').unwrap();
            assert_eq!(told(&format!("acme/{repository}"), &[]), None, "a copy of {model}");
        }
    }

    #[test]
    fn names_that_were_looked_at_before_are_known_too() {
        let trusted = ["contoso-ml/classifier", "acme/tiny", "mistralai-team/x"];
        let like = told("contoso-m1/classifier", &trusted).unwrap();
        assert!(like.starts_with("`contoso-ml`"), "{like}");
        // A short publisher: one letter means something where the rest of the name is the same.
        assert!(told("acne/tiny", &trusted).is_some());
        assert_eq!(told("acne/other", &trusted), None);
        assert_eq!(told("acme/other", &trusted), None);
        assert_eq!(told("mistralai-team/y", &trusted), None, "it was looked at");
    }
}
