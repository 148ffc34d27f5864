//! The binary: reads arguments, environment and configuration, and writes for people and programs.

mod cli;
mod client;
mod commands;
mod config;
mod data_dir;
mod exit;
mod failure;
mod instance;
mod output;
mod typed;
mod when;

use std::process::ExitCode;

use clap::Parser as _;

use cli::Cli;
use exit::Exit;

fn main() -> ExitCode {
    let mut spare = None;
    // Somebody waits for a worker: nothing may be set up before it.
    match std::env::args_os().nth(1) {
        Some(command) if command == "scan-worker" => return weighbridge_scan::worker_main(),
        Some(command) if command == "policy-worker" => {
            return weighbridge_engine::policy_worker_main();
        }
        // Its worker loads while the arguments and the configuration are read.
        Some(command) if command == "scan" => spare = instance::spare_scan_worker(),
        _ => {}
    }
    let cli = Cli::parse();
    let format = cli.global.format;
    match commands::run(cli, spare) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output::fail(format, &failure);
            Exit::Error.into()
        }
    }
}
