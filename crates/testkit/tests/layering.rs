//! The arrows between the crates are the ones of `docs/ARCHITECTURE.md`, and each outside power has one owner.
//!
//! An arrow that is missing in the table, or a row of the table that no crate uses any more, fails.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// Who names whom in what it ships.
const ARROWS: &[(&str, &[&str])] = &[
    // `scan` is named by the binary alone among the upper three, for the re-executed scan worker.
    ("weighbridge", &["server", "engine", "scan", "domain"]),
    ("server", &["engine", "domain"]),
    ("engine", &["store", "upstream", "scan", "policy", "evidence", "domain"]),
    ("store", &["domain"]),
    ("upstream", &["domain"]),
    ("scan", &["domain"]),
    ("policy", &["domain"]),
    ("evidence", &["domain"]),
    ("domain", &[]),
];

/// Powers over the outside, and the crates that hold them. `testkit` is a fake outside and may hold any.
const OWNERS: &[(&str, &[&str])] = &[
    ("sqlx", &["store"]),
    // The command line talks to the running server.
    ("reqwest", &["upstream", "weighbridge"]),
    ("regorus", &["policy"]),
    ("landlock", &["scan"]),
    ("seccompiler", &["scan"]),
    ("axum", &["server"]),
    ("askama", &["server"]),
];

fn workspace() -> cargo_metadata::Result<Metadata> {
    MetadataCommand::new().no_deps().exec()
}

/// `weighbridge-store` is `store`; the binary keeps its name.
fn short(name: &str) -> &str {
    name.strip_prefix("weighbridge-").unwrap_or(name)
}

fn is_ours(name: &str) -> bool {
    name == "weighbridge" || name.starts_with("weighbridge-")
}

/// Our crates that `package` names: in what it ships, or for its tests only.
fn arrows_of(package: &Package, for_tests: bool) -> BTreeSet<&str> {
    package
        .dependencies
        .iter()
        .filter(|dependency| is_ours(&dependency.name))
        .filter(|dependency| (dependency.kind == DependencyKind::Development) == for_tests)
        .map(|dependency| short(&dependency.name))
        .collect()
}

#[test]
fn the_arrows_between_the_crates_are_exactly_the_ones_of_the_design() {
    let metadata = workspace().unwrap();
    let found: BTreeMap<&str, BTreeSet<&str>> = metadata
        .packages
        .iter()
        .map(|package| (short(&package.name), arrows_of(package, false)))
        .filter(|(name, _)| *name != "testkit")
        .collect();
    let wanted: BTreeMap<&str, BTreeSet<&str>> =
        ARROWS.iter().map(|(from, to)| (*from, to.iter().copied().collect())).collect();
    assert_eq!(found, wanted);
}

#[test]
fn tests_reach_no_further_than_their_crate_except_for_the_testkit() {
    let metadata = workspace().unwrap();
    let mut strays = Vec::new();
    for package in &metadata.packages {
        let from = short(&package.name);
        let Some((_, own)) = ARROWS.iter().find(|(name, _)| *name == from) else { continue };
        for to in arrows_of(package, true) {
            if to != "testkit" && to != from && !own.contains(&to) {
                strays.push(format!("the tests of {from} reach for {to}"));
            }
        }
    }
    assert_eq!(strays, Vec::<String>::new());
}

#[test]
fn each_power_over_the_outside_has_its_owner_and_no_other() {
    let metadata = workspace().unwrap();
    for (power, owners) in OWNERS {
        let strangers: Vec<&str> = metadata
            .packages
            .iter()
            .filter(|package| package.dependencies.iter().any(|d| d.name == *power))
            .map(|package| short(&package.name))
            .filter(|holder| *holder != "testkit" && !owners.contains(holder))
            .collect();
        assert_eq!(strangers, Vec::<&str>::new(), "`{power}` belongs to {owners:?}");
    }
}
