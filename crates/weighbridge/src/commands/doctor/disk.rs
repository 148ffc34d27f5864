//! Room on the disk, and how long it takes to be sure that bytes are on it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::Check;
use crate::config::Config;
use crate::output::bytes;

/// Below this a large model does not fit.
const SCARCE_BYTES: u64 = 20 << 30;
/// Below this nothing does.
const FULL_BYTES: u64 = 1 << 30;
/// Every change of state waits for the disk once or twice.
const SLOW_SYNC: Duration = Duration::from_millis(50);
const SYNCS: usize = 9;

/// Checks the disk under the data directory.
pub(super) fn checks(config: &Config) -> Vec<Check> {
    let folder = existing(&config.data);
    vec![room(&folder), sync(&folder)]
}

fn room(folder: &Path) -> Check {
    let shown = folder.display();
    let hint = "make room, or choose another disk with `--data`";
    let stat = match rustix::fs::statvfs(folder) {
        Ok(stat) => stat,
        Err(error) => {
            return Check::bad("disk", format!("`{shown}` cannot be looked at: {error}"), hint);
        }
    };
    let free_bytes = stat.f_bavail.saturating_mul(stat.f_frsize);
    let detail = format!("{} free under `{shown}`", bytes(free_bytes));
    match free_bytes {
        0..FULL_BYTES => Check::bad("disk", detail, hint),
        FULL_BYTES..SCARCE_BYTES => Check::warning("disk", detail, hint),
        SCARCE_BYTES.. => Check::well("disk", detail),
    }
}

fn sync(folder: &Path) -> Check {
    let path = folder.join(format!(".weighbridge-doctor-{}", std::process::id()));
    let measured = measure(&path);
    fs::remove_file(&path).ok();
    match measured {
        Ok(median) if median <= SLOW_SYNC => {
            Check::well("disk sync", format!("{} ms to be sure of 4 KiB", millis(median)))
        }
        Ok(median) => Check::warning(
            "disk sync",
            format!("{} ms to be sure of 4 KiB", millis(median)),
            "every decision waits for it: put the data directory on a faster disk",
        ),
        Err(error) => Check::bad(
            "disk sync",
            format!("`{}` cannot be written: {error}", folder.display()),
            "run this as the user the server runs as, or choose another directory with `--data`",
        ),
    }
}

/// The median of a few writes that are on the disk when they return.
fn measure(path: &Path) -> io::Result<Duration> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    let mut took = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let began = Instant::now();
        file.write_all(&[0x5a; 4096])?;
        file.sync_data()?;
        took.push(began.elapsed());
    }
    took.sort();
    Ok(took.get(SYNCS / 2).copied().unwrap_or_default())
}

fn millis(time: Duration) -> String {
    format!("{}.{}", time.as_millis(), time.as_micros() / 100 % 10)
}

/// The directory, or the nearest one above it that is there.
fn existing(path: &Path) -> PathBuf {
    let found = path.ancestors().find(|folder| folder.is_dir());
    found.unwrap_or(Path::new("/")).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_is_not_there_yet_is_checked_where_it_will_be() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(existing(&folder.path().join("a/b")), folder.path());
        assert_eq!(millis(Duration::from_micros(1_250)), "1.2");
    }
}
