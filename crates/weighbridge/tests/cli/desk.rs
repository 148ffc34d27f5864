//! A person at a terminal, with a home and a data directory of their own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// A person at a terminal.
pub(crate) struct Desk {
    home: TempDir,
}

/// A server this person started. Dropped, it is killed.
pub(crate) struct Server {
    child: Child,
    /// What it said until it was ready.
    pub(crate) greeting: String,
    /// Where it is.
    pub(crate) url: String,
}

impl Desk {
    pub(crate) fn new() -> Desk {
        let desk = Desk { home: tempfile::tempdir().unwrap() };
        // Nothing here may ask anybody outside.
        desk.write("none.toml", "[upstream]\npublic_hub = \"\"\n");
        desk
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.home().join("data")
    }

    /// Puts a file into the home directory.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.home().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A command, with nothing of the environment the tests run in.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_weighbridge"));
        command.args(arguments).current_dir(self.home()).env_clear();
        command.env("HOME", self.home()).env("PATH", std::env::var_os("PATH").unwrap());
        command.env("WEIGHBRIDGE_DATA", self.data());
        command.env("WEIGHBRIDGE_CONFIG", self.home().join("none.toml"));
        command.stdin(Stdio::null());
        command
    }

    /// Runs a command: its exit code and everything it wrote, without what differs between runs.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        format!("$ weighbridge {}\n{}", arguments.join(" "), self.shown(&output))
    }

    /// The same with somebody's token.
    pub(crate) fn run_as(&self, token: &str, arguments: &[&str]) -> String {
        let output = self.command(arguments).env("WEIGHBRIDGE_TOKEN", token).output().unwrap();
        format!("$ weighbridge {}\n{}\n", arguments.join(" "), self.shown(&output))
            .replace(token, "<token>")
    }

    /// Runs commands one after the other.
    pub(crate) fn run_all(&self, commands: &[&[&str]]) -> String {
        let outputs: Vec<String> = commands.iter().map(|words| self.run(words)).collect();
        outputs.join("\n")
    }

    /// Runs a command that has to succeed, and reads its output as JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let output = self.command(arguments).args(["--format", "json"]).output().unwrap();
        assert!(output.status.success(), "{}", self.shown(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Runs a command with something on its stdin.
    pub(crate) fn run_with(&self, stdin: &str, arguments: &[&str]) -> String {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        format!("$ weighbridge {}\n{}", arguments.join(" "), self.shown(&output))
    }

    /// Starts a server on a free port and waits until it says where it is.
    pub(crate) fn serve(&self) -> Server {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        let url = loop {
            let line = lines.next().expect("the server says where it is").unwrap();
            said.push(line.clone());
            if let Some(url) = line.trim().strip_prefix("Console").map(str::trim) {
                break url.strip_suffix("/ui").unwrap().to_owned();
            }
        };
        // The greeting is one write: what belongs to it is there.
        while let Some(Ok(line)) = lines.next() {
            said.push(line);
            if said.last().unwrap().contains("Ctrl-C") {
                break;
            }
        }
        std::thread::spawn(move || lines.for_each(drop));
        Server { child, greeting: self.redacted(&said.join("\n")), url }
    }

    fn shown(&self, output: &Output) -> String {
        let mut lines = Vec::new();
        for (name, bytes) in [("", &output.stdout), ("stderr: ", &output.stderr)] {
            let said = String::from_utf8_lossy(bytes);
            lines.extend(said.lines().map(|line| format!("{name}{line}")));
        }
        lines.push(format!("exit {}", output.status.code().unwrap_or(-1)));
        self.redacted(&(lines.join("\n") + "\n"))
    }

    /// Names for everything that differs from run to run.
    pub(crate) fn redacted(&self, text: &str) -> String {
        text.replace(&self.home().display().to_string(), "~")
    }
}

impl Server {
    /// Asks the server to end, as an operator does, and waits until it has.
    pub(crate) fn stop(mut self) -> i32 {
        let pid = i32::try_from(self.child.id()).unwrap();
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Compares with the stored text, with names for ids, moments, digests, tokens and ports.
#[macro_export]
macro_rules! assert_said {
    ($text:expr) => {
        let mut settings = insta::Settings::clone_current();
        settings.add_filter(r"hf_[A-Za-z0-9]{40}", "hf_TOKEN");
        settings.add_filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", "MOMENT");
        settings.add_filter(r"\b[0-9A-HJKMNP-TV-Z]{26}\b", "ULID");
        settings.add_filter(r"\b[0-9a-f]{64}\b", "SHA256");
        settings.add_filter(r"log\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{44}", "log+KEY");
        settings.add_filter(r"127\.0\.0\.1:\d{4,5}", "127.0.0.1:PORT");
        settings.add_filter(r"\d+ signed checkpoints", "N signed checkpoints");
        settings.add_filter(r"ledger: \d+ entries", "ledger: N entries");
        settings.add_filter(r"(?m)^scanner: .*$", "scanner: SANDBOX");
        settings.add_filter(r"process \d+", "process PID");
        settings.add_filter(r"\bin \d+ ms", "in MS ms");
        settings.bind(|| insta::assert_snapshot!($text));
    };
}
