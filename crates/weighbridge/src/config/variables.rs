//! `WEIGHBRIDGE_*` variables: two underscores go down one level, `_FILE` names a file with a secret.

use std::ffi::OsString;

use super::load::{ConfigError, Given, Setting};
use super::origin::Origin;

const PREFIX: &str = "WEIGHBRIDGE_";

/// Variables that are not settings: flags of the command line have them.
const FLAGS: &[&str] = &["CONFIG", "FORMAT", "LOG", "SERVER", "TOKEN", "TOKEN_FILE"];

/// Reads every setting among `variables`.
pub(crate) fn read(
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Vec<Setting>, ConfigError> {
    let mut settings = Vec::new();
    for (name, value) in variables {
        let Some(name) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
        if FLAGS.contains(&name) || is_foreign(name) {
            continue;
        }
        let full = format!("{PREFIX}{name}");
        let Ok(value) = value.into_string() else {
            return Err(ConfigError::new(format!("the variable `{full}` is not valid UTF-8")));
        };
        let key = name.split("__").map(str::to_lowercase).collect();
        settings.push(Setting { key, value: Given::Text(value), origin: Origin::Variable(full) });
    }
    // The order of a process's variables means nothing: do not let it show.
    settings.sort_by(|one, other| one.key.cmp(&other.key));
    Ok(settings)
}

/// Kubernetes puts the address of a service called `weighbridge` into variables of every pod beside
/// it; the tests have variables of their own.
fn is_foreign(name: &str) -> bool {
    name.starts_with("SERVICE_")
        || name == "PORT"
        || name.starts_with("PORT_")
        || name.starts_with("TEST_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kubernetes_injects_is_no_setting() {
        let variables = [
            ("WEIGHBRIDGE_PORT", "tcp://10.0.0.1:80"),
            ("WEIGHBRIDGE_SERVICE_HOST", "10.0.0.1"),
            ("WEIGHBRIDGE_PORT_80_TCP_ADDR", "10.0.0.1"),
            ("WEIGHBRIDGE_TOKEN", "hf_x"),
            ("WEIGHBRIDGE_SCAN__MEMORY_MIB", "64"),
            ("HOME", "/root"),
        ];
        let settings =
            read(variables.iter().map(|(name, value)| (name.into(), value.into()))).unwrap();
        let keys: Vec<String> = settings.iter().map(|setting| setting.key.join(".")).collect();
        assert_eq!(keys, ["scan.memory_mib"]);
    }
}
