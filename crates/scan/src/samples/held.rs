//! Workers that misbehave, and one that tries to get out: to show that the sandbox and the scanner's
//! side of it hold.

use std::fs::File;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::process::{Command, ExitCode};

use crate::job::SandboxSupport;
use crate::sandbox::{self, Needs};
use crate::worker;

/// A worker that dies when it is handed a file of this name.
pub fn worker_that_dies_at(name: &str) -> ExitCode {
    worker::run_with(&|path| {
        if path.file_name() == name {
            std::process::exit(86);
        }
    })
}

/// A worker that never answers about a file of this name.
pub fn worker_that_hangs_at(name: &str) -> ExitCode {
    worker::run_with(&|path| {
        if path.file_name() == name {
            loop {
                std::thread::yield_now();
            }
        }
    })
}

/// Closes this process in and tries what a worker must not be able to do. One line per attempt.
pub fn attempts_to_escape() -> String {
    let before = File::open("/proc/self/stat");
    let memory_bytes = 256 << 20;
    let held: SandboxSupport = sandbox::close_in(Needs { memory_bytes, cpu_seconds: Some(10) });
    let stat = |outcome: bool, what: &str| {
        format!("{what}: {}\n", if outcome { "escaped" } else { "refused" })
    };
    let mut report = format!("{held}\n");
    report += &stat(File::open("/etc/hostname").is_ok(), "read a file");
    report += &stat(File::create("/tmp/weighbridge-escape").is_ok(), "make a file");
    report += &stat(std::fs::read_dir("/").is_ok(), "list a folder");
    report += &stat(std::fs::metadata("/etc").is_ok(), "look at a file");
    report += &stat(std::fs::remove_file("/tmp/weighbridge-escape-2").is_ok(), "remove a file");
    report += &stat(TcpStream::connect("127.0.0.1:9").is_ok(), "connect");
    report += &stat(refused_by_sandbox(TcpStream::connect("127.0.0.1:9")), "ask for a socket");
    report += &stat(TcpListener::bind("127.0.0.1:0").is_ok(), "listen");
    report += &stat(UdpSocket::bind("127.0.0.1:0").is_ok(), "send datagrams");
    report += &stat(UnixStream::pair().is_ok(), "make a pair of sockets");
    report += &stat(Command::new("/bin/true").spawn().is_ok(), "start a process");
    report += &stat(std::thread::Builder::new().spawn(|| ()).is_ok(), "start a thread");
    report +=
        &stat(rustix::process::test_kill_process(rustix::process::getpid()).is_ok(), "signal");
    report += &stat(Vec::<u8>::new().try_reserve_exact(1 << 30).is_ok(), "take too much memory");
    if let Ok(mut file) = before {
        let mut text = String::new();
        let read = std::io::Read::read_to_string(&mut file, &mut text).is_ok();
        report += "read what was open: ";
        report += if read { "works\n" } else { "broken\n" };
    }
    report
}

/// A refused connection is an answer of the network; the sandbox answers before there is a socket.
fn refused_by_sandbox(attempt: std::io::Result<TcpStream>) -> bool {
    attempt.is_err_and(|error| error.kind() != std::io::ErrorKind::PermissionDenied)
}
