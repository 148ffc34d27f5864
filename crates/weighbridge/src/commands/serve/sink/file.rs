//! A file that only grows, line by line, and that others may rename away at any time.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// How much of the end is read at first, to find the last line.
const END: u64 = 64 * 1024;

/// The one thing in a line that has to be understood.
#[derive(Deserialize)]
struct Line {
    position: u64,
}

/// A file of lines, opened for appending.
pub(super) struct LineFile {
    path: PathBuf,
    opened: Option<Opened>,
    /// The last whole line of what was there at the start.
    last: Option<u64>,
}

struct Opened {
    file: File,
    /// Which file it is, whatever it is called by now.
    identity: (u64, u64),
    /// The beginning of a line that was cut off when everything stopped.
    torn: Vec<u8>,
}

impl LineFile {
    /// Opens a file, made when it is missing.
    pub(super) fn open(path: &Path) -> io::Result<LineFile> {
        let (opened, last) = open(path)?;
        Ok(LineFile { path: path.to_owned(), opened: Some(opened), last })
    }

    /// The position in the last whole line that was there at the start.
    pub(super) fn last_position(&self) -> Option<u64> {
        self.last
    }

    /// Appends lines, and waits until they are on disk.
    pub(super) fn append(&mut self, lines: &[(u64, String)]) -> io::Result<()> {
        let (mut opened, written) = match self.opened.take() {
            Some(opened) if is_still(&self.path, opened.identity) => (opened, None),
            // It was renamed away, and what comes goes into a new one; or there was trouble, and it is looked
            // at how far it came.
            _ => open(&self.path)?,
        };
        let mut text = Vec::new();
        let torn = std::mem::take(&mut opened.torn);
        for (_, line) in lines.iter().filter(|(position, _)| Some(*position) > written) {
            text.extend_from_slice(line.as_bytes());
            text.push(b'\n');
        }
        if !torn.is_empty() {
            // The same line goes on where it was cut off; anything else begins on a line of its own.
            match text.strip_prefix(torn.as_slice()) {
                Some(rest) => text = rest.to_vec(),
                None => text.insert(0, b'\n'),
            }
        }
        opened.file.write_all(&text)?;
        opened.file.sync_data()?;
        self.opened = Some(opened);
        Ok(())
    }
}

fn is_still(path: &Path, identity: (u64, u64)) -> bool {
    std::fs::metadata(path).is_ok_and(|now| (now.dev(), now.ino()) == identity)
}

fn open(path: &Path) -> io::Result<(Opened, Option<u64>)> {
    let mut options = OpenOptions::new();
    let mut file = options.read(true).append(true).create(true).mode(0o640).open(path)?;
    let metadata = file.metadata()?;
    let (torn, last) = if metadata.is_file() { end_of(&mut file)? } else { (Vec::new(), None) };
    let identity = (metadata.dev(), metadata.ino());
    Ok((Opened { file, identity, torn }, last))
}

/// What stands behind the last end of a line, and the position in the line before it.
fn end_of(file: &mut File) -> io::Result<(Vec<u8>, Option<u64>)> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut wanted = END;
    loop {
        let from = length.saturating_sub(wanted);
        file.seek(SeekFrom::Start(from))?;
        let mut end = Vec::new();
        file.take(length - from).read_to_end(&mut end)?;
        let mut parts = end.rsplit(|byte| *byte == b'\n');
        let torn = parts.next().unwrap_or_default().to_vec();
        let line = parts.next();
        // A line is whole when something stands before it, or nothing does in the file either.
        if from == 0 || parts.next().is_some() {
            let read = |line: &[u8]| serde_json::from_slice::<Line>(line).ok();
            return Ok((torn, line.and_then(read).map(|line| line.position)));
        }
        wanted = wanted.saturating_mul(4);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(position: u64, padding: usize) -> String {
        format!("{{\"position\":{position},\"body\":\"{}\"}}", "x".repeat(padding))
    }

    fn lines(numbers: impl IntoIterator<Item = u64>) -> Vec<(u64, String)> {
        numbers.into_iter().map(|number| (number, line(number, 20))).collect()
    }

    fn read(path: &Path) -> Vec<u64> {
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'));
        text.lines().map(|line| serde_json::from_str::<Line>(line).unwrap().position).collect()
    }

    #[test]
    fn wherever_a_line_is_cut_off_it_goes_on_there_and_none_comes_twice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.ndjson");
        let all = lines(0..4).into_iter().map(|(_, line)| line + "\n").collect::<String>();
        for cut in 0..=all.len() {
            std::fs::write(&path, &all[..cut]).unwrap();
            let mut file = LineFile::open(&path).unwrap();
            let next = file.last_position().map_or(0, |last| last + 1);
            file.append(&lines(next..6)).unwrap();
            assert_eq!(read(&path), [0, 1, 2, 3, 4, 5], "cut at {cut}");
        }
    }

    #[test]
    fn a_line_that_reads_otherwise_by_now_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.ndjson");
        std::fs::write(&path, format!("{}\n{{\"position\":1,\"bod", line(0, 5))).unwrap();
        let mut file = LineFile::open(&path).unwrap();
        file.append(&[(1, "{\"position\":1}".to_owned())]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().last(), Some("{\"position\":1}"));
        assert_eq!(text.lines().count(), 3);
    }

    #[test]
    fn a_file_that_was_renamed_away_or_cut_is_followed_by_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let (path, old) = (folder.path().join("a.ndjson"), folder.path().join("a.ndjson.1"));
        let mut file = LineFile::open(&path).unwrap();
        file.append(&lines(0..3)).unwrap();
        std::fs::rename(&path, &old).unwrap();
        file.append(&lines(3..5)).unwrap();
        assert_eq!((read(&old), read(&path)), (vec![0, 1, 2], vec![3, 4]));
        // copytruncate: the same file, shorter.
        OpenOptions::new().write(true).open(&path).unwrap().set_len(0).unwrap();
        file.append(&lines(5..6)).unwrap();
        assert_eq!(read(&path), [5]);
        assert_eq!(LineFile::open(&path).unwrap().last_position(), Some(5));
    }

    #[test]
    fn the_last_line_is_found_however_long_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.ndjson");
        let long = [line(7, 300_000), line(8, 500_000), line(9, 70_000)].join("\n");
        std::fs::write(&path, format!("{long}\n")).unwrap();
        assert_eq!(LineFile::open(&path).unwrap().last_position(), Some(9));
    }
}
