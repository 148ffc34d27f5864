//! Paths that a file names: whether they stay in its folder.

/// Why a path leads out of the folder it is in, in any system's way of writing paths.
pub(super) fn leads_out(path: &str) -> Option<&'static str> {
    let is_separator = |c: char| matches!(c, '/' | '\\');
    let mut start = path.chars();
    let (first, second) = (start.next(), start.next());
    // What comes from a file was made readable: a control character is an escape by now.
    if path.contains("\\u{0}") || path.contains('\0') {
        return Some("is cut off by a null");
    }
    if first.is_some_and(is_separator) {
        return Some("is absolute");
    }
    if first.is_some_and(|c| c.is_ascii_alphabetic()) && second == Some(':') {
        return Some("is absolute");
    }
    if first == Some('~') {
        return Some("is somebody's home");
    }
    if path.contains("://") || path.get(..5).is_some_and(|s| s.eq_ignore_ascii_case("file:")) {
        return Some("is an address");
    }
    if path.split(is_separator).any(|part| part.trim() == "..") {
        return Some("leads upwards");
    }
    None
}

/// Whether a path leads to somebody else: not where the author of a graph had their own files.
pub(super) fn is_elsewhere(path: &str) -> bool {
    const SYSTEM: &[&str] = &["/etc/", "/proc/", "/root/", "/run/", "/sys/", "/dev/", "/var/run/"];
    match leads_out(path) {
        Some("is absolute") => SYSTEM.iter().any(|folder| path.starts_with(folder)),
        Some(_) => true,
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_elsewhere, leads_out};

    #[test]
    fn files_of_the_author_are_told_from_those_of_whoever_loads() {
        for path in ["/home/author/vocab.txt", "C:\\data\\x", "vocab.txt", "/tmp/x"] {
            assert!(!is_elsewhere(path), "{path}");
        }
        for path in ["/etc/passwd", "../up", "~/.ssh/id_rsa", "/proc/self/environ", "s3://b/x"] {
            assert!(is_elsewhere(path), "{path}");
        }
    }

    #[test]
    fn paths_inside_the_folder_are_told_from_those_that_are_not() {
        for path in
            ["model.onnx.data", "weights/w.0", "a..b", "..a", "./x", "a b", "w~1", "conv:0/b"]
        {
            assert_eq!(leads_out(path), None, "{path}");
        }
        for path in [
            "../w",
            "a/../../w",
            "/w",
            "\\w",
            "..\\w",
            "C:\\w",
            "c:w",
            "~/w",
            "..",
            "a\0/w",
            "file:///w",
            "file:w",
            "s3://bucket/w",
            "//host/w",
            "a/.. /w",
        ] {
            assert!(leads_out(path).is_some(), "{path}");
        }
    }
}
