//! Tests of the layers.

use super::*;

fn load_text(text: &str, variables: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.toml");
    std::fs::write(&path, text).unwrap();
    let flags = Flags { config: Some(path), ..Flags::default() };
    let variables: Vec<(OsString, OsString)> =
        variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let blank = |text: String| text.replace(&folder.path().display().to_string(), "DIR");
    load(&flags, &variables).map_err(|error| ConfigError {
        what: blank(error.what),
        reason: error.reason.map(blank),
        hint: error.hint,
    })
}

fn said(result: Result<Loaded, ConfigError>) -> String {
    let error = result.unwrap_err();
    let rest = [error.reason, error.hint].into_iter().flatten();
    std::iter::once(error.what).chain(rest).collect::<Vec<_>>().join(" | ")
}

#[test]
fn later_layers_win_and_every_value_knows_its_origin() {
    let variables = [
        ("WEIGHBRIDGE_SCAN__MEMORY_MIB", "512"),
        ("WEIGHBRIDGE_ENVIRONMENT__DEV__ANONYMOUS", "no"),
    ];
    let loaded = load_text("[scan]\nmemory_mib = 256\nwall_seconds = 9\n", &variables).unwrap();
    assert_eq!(loaded.config.scan.memory_mib, 512);
    assert_eq!(loaded.config.scan.wall_seconds, 9);
    assert!(!loaded.config.environment["dev"].anonymous);
    let shown = loaded.show();
    let origin = |key: &str| shown.iter().find(|s| s.key == key).unwrap().origin.to_string();
    assert_eq!(origin("scan.memory_mib"), "WEIGHBRIDGE_SCAN__MEMORY_MIB");
    assert!(origin("scan.wall_seconds").ends_with("w.toml:3"));
    assert_eq!(origin("listen"), "default");
}

#[test]
fn mistakes_are_named_with_their_place_and_the_way_out() {
    let errors = [
        ("lisen = \"x\"", "there is no setting `lisen` (DIR/w.toml:1) | did you mean `listen`?"),
        (
            "[scan]\nmemory_mib = \"1\"",
            "`scan.memory_mib` cannot be used (DIR/w.toml:2) | it takes a whole number, not text in quotes",
        ),
        (
            "[hold]\nfile_seconds = 60",
            "`hold.file_seconds` cannot be used (DIR/w.toml:2) | it has to be between 1 and 9, not 60",
        ),
        (
            "environments = [\"qa\"]\ndefault_environment = \"dev\"",
            "`default_environment` cannot be used (DIR/w.toml:2) | `dev` is not one of `qa`",
        ),
        (
            "[environment.prod]\nanonymous = true",
            "there is no setting `environment.prod.anonymous` (DIR/w.toml:2) | did you mean `environment.production.anonymous`?",
        ),
        (
            "[environment.dev.rules]\ncustody-bad = \"maybe\"",
            "`environment.dev.rules.custody-bad.mode` cannot be used (DIR/w.toml:2) | `maybe` is not one of off, warn, enforce",
        ),
    ];
    for (text, expected) in errors {
        assert_eq!(said(load_text(text, &[])), expected);
    }
}

#[test]
fn a_secret_comes_from_a_file_and_is_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("url");
    std::fs::write(&secret, "postgres://weigh:hunter2@db/w\n").unwrap();
    let variables = [("WEIGHBRIDGE_DATABASE__URL_FILE", secret.to_str().unwrap())];
    let loaded = load_text("", &variables).unwrap();
    let url = loaded.config.database.url.as_ref().unwrap();
    assert_eq!(url.reveal(), "postgres://weigh:hunter2@db/w");
    let shown = loaded.show();
    let line = shown.iter().find(|shown| shown.key == "database.url").unwrap();
    assert_eq!(line.value, "(set)");
    assert!(line.origin.to_string().ends_with("url (WEIGHBRIDGE_DATABASE__URL_FILE)"));
    assert!(!format!("{loaded:?}").contains("hunter2"));
}

#[test]
fn other_environments_start_strict() {
    let loaded = load_text("environments = [\"lab\", \"live\"]", &[]).unwrap();
    assert_eq!(loaded.config.default_environment, "lab");
    assert!(!loaded.config.environment["lab"].anonymous);
    assert!(!loaded.config.environment.contains_key("dev"));
}

#[test]
fn every_setting_is_documented_with_its_default() {
    let page = include_str!("../../../../../docs/configuration.md");
    let loaded = load_text("", &[]).unwrap();
    for shown in loaded.show() {
        if shown.key.starts_with("environment.") {
            continue;
        }
        let row = page.lines().find(|line| line.starts_with(&format!("| `{}` |", shown.key)));
        let row = row.unwrap_or_else(|| panic!("`{}` is not documented", shown.key));
        let default = match &shown.value {
            Value::Null => "not set".to_owned(),
            Value::String(text) => text.clone(),
            Value::Array(items) => match items.first() {
                Some(first) => first.as_str().unwrap().to_owned(),
                None => "none".to_owned(),
            },
            other => other.to_string(),
        };
        assert!(shown.key == "data" || row.contains(&default), "{row} does not say {default}");
    }
}

#[test]
fn the_defaults_are_what_they_are_once_they_were_checked() {
    let plain = build(PathBuf::from("/data"), Vec::new()).unwrap();
    let mut checked = build(PathBuf::from("/data"), Vec::new()).unwrap();
    apply_all(&mut checked, Vec::new()).unwrap();
    assert_eq!(plain.tree.0, checked.tree.0);
    assert_eq!(format!("{:?}", plain.config), format!("{:?}", checked.config));
}
