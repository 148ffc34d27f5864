//! The command line, as clap reads it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands::{
    account, answer, artifact, attestation, audit, break_glass, config, converse, convert, doctor,
    lanes, policy, recall, request, requests, scan, serve, source, token, trust, waiver, webhook,
    why, withdraw,
};
use crate::output::Format;

const AFTER_HELP: &str = "\
Exit codes: 0 yes, 1 policy or a finding says no, 2 error, 3 nothing was evaluated, 4 held.

Commands other than `serve` talk to the server that runs on the data directory; when none runs, they
do the same work themselves. `--server` and `--token` (or WEIGHBRIDGE_SERVER and WEIGHBRIDGE_TOKEN)
name a server elsewhere.";

/// The gate between public model hubs and the people and machines that use what is there.
#[derive(Debug, Parser)]
#[command(name = "weighbridge", version, after_help = AFTER_HELP, propagate_version = true)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Read this configuration file; without it, `weighbridge.toml` in the data directory or here
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub(crate) config: Option<PathBuf>,
    /// Keep everything here; without it, in `$XDG_DATA_HOME/weighbridge` or `~/.local/share/weighbridge`
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global options")]
    pub(crate) data: Option<PathBuf>,
    /// Who reads the output
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "human",
        env = "WEIGHBRIDGE_FORMAT",
        hide_env = true,
        help_heading = "Global options"
    )]
    pub(crate) format: Format,
    /// Talk to the server at this address
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "WEIGHBRIDGE_SERVER",
        hide_env = true,
        help_heading = "Global options"
    )]
    pub(crate) server: Option<String>,
    /// Show this token to the server; other users of the machine see arguments, so prefer the variable
    #[arg(
        long,
        global = true,
        value_name = "TOKEN",
        env = "WEIGHBRIDGE_TOKEN",
        hide_env = true,
        hide_env_values = true,
        help_heading = "Global options"
    )]
    pub(crate) token: Option<String>,
}

/// Everything `weighbridge` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Stand at the gate: serve Hub clients, the API and the console
    Serve(serve::Serve),
    /// Check disk, database, clock, sandbox and sources, and say what to do
    Doctor(doctor::Doctor),
    /// Show the configuration
    #[command(subcommand)]
    Config(config::Config),
    /// Say what came in, where it stands and what was decided
    Status,
    /// Explain a decision: facts, rules, what would change it, who to ask
    Why(why::Why),
    /// Ask for a revision in an environment
    Request(request::Request),
    /// List what was asked for, or show one request and its answers
    Requests(requests::Requests),
    /// Say yes to a request, in the role of the token: a review, or the approval
    Approve(answer::Approve),
    /// Say no to a request, which ends it
    Reject(answer::Reject),
    /// Say something about a request, for everybody who reads it
    Comment(converse::Say),
    /// Ask back: whoever made the request has to reply before anybody says yes
    Question(converse::Say),
    /// Reply to the question about a request
    Reply(converse::Say),
    /// Give the part of a role in a request to one person of it
    Reassign(converse::Reassign),
    /// Tell those above that nobody answers a request
    Escalate(converse::Escalate),
    /// Take a request back
    Withdraw(withdraw::Withdraw),
    /// Take back what was released and is found bad, everywhere and for good, and say who has it
    Recall(recall::Recall),
    /// List what was recalled, or show one recall and who has it
    Recalls(recall::Recalls),
    /// Say what files would do to whoever loads them: models, datasets, archives, whole directories
    Scan(scan::Scan),
    /// Write the tensors of a checkpoint as safetensors, without loading it
    Convert(convert::Convert),
    /// Show and change what is looked at before anybody says yes, and who is asked
    #[command(subcommand)]
    Lanes(lanes::Lanes),
    /// Show, check, try out and change the rules
    #[command(subcommand)]
    Policy(policy::Policy),
    /// Set a rule aside for some artifacts, for a while
    #[command(subcommand)]
    Waiver(waiver::Waiver),
    /// Read, verify, export and import what is said about revisions, signed
    #[command(subcommand)]
    Attestation(attestation::Attestation),
    /// Say whose attestations are taken, and for what
    #[command(subcommand)]
    Trust(trust::Trust),
    /// Lift rules in an emergency: two people, for hours, loudly
    #[command(subcommand)]
    BreakGlass(break_glass::BreakGlass),
    /// Say who is told what happens, by signed messages
    #[command(subcommand)]
    Webhook(webhook::Webhook),
    /// Add, test, trust and remove upstream registries
    #[command(subcommand)]
    Source(source::Source),
    /// Make accounts for people, grant them roles, disable them
    #[command(subcommand)]
    Account(account::Account),
    /// Make, list and revoke access tokens
    #[command(subcommand)]
    Token(token::Token),
    /// List what came in, and show one artifact in full
    #[command(subcommand)]
    Artifact(artifact::Artifact),
    /// Read and verify the ledger
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Scan one file in a sandbox; started by the server only
    #[command(hide = true)]
    ScanWorker,
    /// Run own rules in a sandbox; started by the server only
    #[command(hide = true)]
    PolicyWorker,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn is_told(command: &clap::Command, told: &mut usize) {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        // What a structure of arguments says of itself is for readers of the code.
        assert!(
            !about.is_empty() && !about.starts_with("What `"),
            "{}: {about}",
            command.get_name()
        );
        *told += 1;
        command.get_subcommands().for_each(|inner| is_told(inner, told));
    }

    #[test]
    fn the_help_of_every_command_says_what_it_does() {
        let mut command = Cli::command();
        command.build();
        let mut told = 0;
        is_told(&command, &mut told);
        assert!(told > 40, "{told}");
    }
}
