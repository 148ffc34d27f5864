//! Where the data directory and the configuration file are.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Flags;

/// The name of the configuration file, in the data directory or the current one.
const FILE_NAME: &str = "weighbridge.toml";

/// The configuration file: the one that is named, else one in the data directory or here.
pub(super) fn find_file(
    flags: &Flags,
    variables: &[(OsString, OsString)],
    data: &Path,
) -> Option<PathBuf> {
    let named = flags.config.clone();
    let named = named.or_else(|| variable(variables, "WEIGHBRIDGE_CONFIG").map(PathBuf::from));
    named.or_else(|| {
        [data.join(FILE_NAME), PathBuf::from(FILE_NAME)].into_iter().find(|path| path.exists())
    })
}

/// `$XDG_DATA_HOME/weighbridge`, so that a second terminal finds the server of the first one.
pub(super) fn default_data(variables: &[(OsString, OsString)]) -> PathBuf {
    let folder = |name| variable(variables, name).map(PathBuf::from).filter(|p| p.is_absolute());
    let home = folder("HOME").map(|home| home.join(".local/share"));
    match folder("XDG_DATA_HOME").or(home) {
        Some(base) => base.join("weighbridge"),
        None => PathBuf::from("/var/lib/weighbridge"),
    }
}

/// The value of a variable that is set to something.
pub(super) fn variable<'a>(
    variables: &'a [(OsString, OsString)],
    name: &str,
) -> Option<&'a OsString> {
    let found = variables.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value).filter(|value| !value.is_empty())
}
