//! A small program that is nothing but a scan worker, for the tests of this crate.

fn main() -> std::process::ExitCode {
    weighbridge_scan::worker_main()
}
