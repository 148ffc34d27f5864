//! Secrets as people type them, or as a program pipes them in, a line each. They never stand on the command
//! line, where other users of the machine could read them.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use crate::failure::Failure;

/// The most bytes one line may have.
const MAX_BYTES: u64 = 4 * 1024;

/// Asks for a secret. At a terminal it is not shown while it is typed.
pub(crate) fn secret(prompt: &str) -> Result<String, Failure> {
    let unreadable = |error| Failure::new(format!("no {prompt} can be read")).because(error);
    let stdin = io::stdin();
    let line = if stdin.is_terminal() {
        let mut stderr = io::stderr().lock();
        write!(stderr, "{prompt}: ").and_then(|()| stderr.flush()).map_err(unreadable)?;
        let line = without_echo(&stdin, || read_line(&stdin)).map_err(unreadable)?;
        writeln!(stderr).map_err(unreadable)?;
        line
    } else {
        read_line(&stdin).map_err(unreadable)?
    };
    match line.strip_suffix('\n').map_or(line.as_str(), |line| line.trim_end_matches('\r')) {
        "" => Err(Failure::new(format!("the {prompt} is empty"))
            .hint("type it, or give it on stdin, a line for each that is asked")),
        text => Ok(text.to_owned()),
    }
}

/// Asks for a new secret; at a terminal twice, because nobody sees what was typed.
pub(crate) fn new_secret(prompt: &str) -> Result<String, Failure> {
    let first = secret(prompt)?;
    if io::stdin().is_terminal() && secret(&format!("{prompt}, once more"))? != first {
        return Err(Failure::new("the two are not the same"));
    }
    Ok(first)
}

fn read_line(stdin: &io::Stdin) -> io::Result<String> {
    let mut line = String::new();
    stdin.lock().take(MAX_BYTES).read_line(&mut line)?;
    Ok(line)
}

fn without_echo<T>(stdin: &io::Stdin, read: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let shown = tcgetattr(stdin)?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(stdin, OptionalActions::Flush, &hidden)?;
    let line = read();
    tcsetattr(stdin, OptionalActions::Flush, &shown)?;
    line
}
