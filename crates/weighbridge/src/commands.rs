//! The commands: one file each.

pub(crate) mod account;
pub(crate) mod answer;
pub(crate) mod artifact;
pub(crate) mod attestation;
pub(crate) mod audit;
pub(crate) mod break_glass;
pub(crate) mod config;
pub(crate) mod converse;
pub(crate) mod convert;
pub(crate) mod doctor;
mod exceptions;
pub(crate) mod lanes;
pub(crate) mod policy;
pub(crate) mod recall;
pub(crate) mod request;
pub(crate) mod requests;
pub(crate) mod scan;
pub(crate) mod serve;
pub(crate) mod source;
pub(crate) mod status;
pub(crate) mod token;
pub(crate) mod trust;
pub(crate) mod waiver;
pub(crate) mod webhook;
pub(crate) mod why;
pub(crate) mod withdraw;

use std::cell::{Cell, OnceCell};

use weighbridge_scan::SpareWorker;

use crate::cli::{Cli, Command, Global};
use crate::client::{Client, Opened};
use crate::config::{Flags, Loaded, load};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, Output};

/// What every command works with.
pub(crate) struct Context {
    pub(crate) global: Global,
    pub(crate) loaded: Loaded,
    pub(crate) output: Output,
    /// The engine, when this command opened it.
    opened: OnceCell<Opened>,
    /// The worker that was started ahead, for a scan.
    spare: Cell<Option<SpareWorker>>,
}

impl Context {
    /// The way to the API.
    pub(crate) async fn client(&self) -> Result<Client, Failure> {
        Client::connect(&self.global, &self.loaded, &self.opened).await
    }

    /// The way to the API of somebody who gives name and password.
    pub(crate) async fn client_of(&self, name: &str, password: &str) -> Result<Client, Failure> {
        // The password stands for a token, so that none is looked for.
        let global = Global { token: Some(String::new()), ..self.global.clone() };
        let client = Client::connect(&global, &self.loaded, &self.opened).await?;
        Ok(client.with_password(name, password))
    }

    /// The way to the API of somebody with an account: by its password when it is named, else by a token.
    pub(crate) async fn client_of_owner(&self, account: Option<&str>) -> Result<Client, Failure> {
        match account {
            Some(name) => self.client_of(name, &crate::typed::secret("password")?).await,
            None => self.client().await,
        }
    }
}

/// Runs the command that was asked for.
pub(crate) fn run(cli: Cli, spare: Option<SpareWorker>) -> Result<Exit, Failure> {
    let Cli { mut global, command } = cli;
    if global.format == Format::Sarif && !matches!(command, Command::Scan(_)) {
        return Err(
            Failure::new("only `weighbridge scan` speaks SARIF").hint("use `--format json`")
        );
    }
    if global.token.is_none() {
        global.token = token_from_file()?;
    }
    let listen = match &command {
        Command::Serve(serve) => serve.listen.clone(),
        Command::Config(config::Config::Show(show)) => show.listen.clone(),
        _ => None,
    };
    let flags = Flags { config: global.config.clone(), data: global.data.clone(), listen };
    let variables: Vec<_> = std::env::vars_os().collect();
    let loaded = load(&flags, &variables)?;
    let output = Output { format: global.format };
    start_log(&command, output.format);
    let context =
        Context { global, loaded, output, opened: OnceCell::new(), spare: Cell::new(spare) };
    let runtime = match &command {
        Command::Serve(_) => tokio::runtime::Builder::new_multi_thread().enable_all().build(),
        _ => tokio::runtime::Builder::new_current_thread().enable_all().build(),
    };
    let runtime =
        runtime.map_err(|error| Failure::new("the runtime cannot be started").because(error))?;
    runtime.block_on(async {
        let outcome = dispatch(&context, command).await;
        if let Some(opened) = context.opened.get() {
            opened.engine.close().await;
        }
        outcome
    })
}

/// The token in the file that a variable names.
fn token_from_file() -> Result<Option<String>, Failure> {
    let Some(path) = std::env::var_os("WEIGHBRIDGE_TOKEN_FILE").filter(|path| !path.is_empty())
    else {
        return Ok(None);
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) => {
            let shown = path.display();
            Err(Failure::new(format!("`{shown}` cannot be read (WEIGHBRIDGE_TOKEN_FILE)"))
                .because(error))
        }
    }
}

async fn dispatch(context: &Context, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Serve(_) => serve::run(context).await,
        Command::Doctor(_) => doctor::run(context).await,
        Command::Config(config::Config::Show(_)) => config::show(context),
        Command::Status => status::run(context).await,
        Command::Why(why) => why::run(context, &why).await,
        Command::Request(request) => request::run(context, request).await,
        Command::Requests(requests) => requests::run(context, &requests).await,
        Command::Approve(approve) => answer::approve(context, approve).await,
        Command::Reject(reject) => answer::reject(context, reject).await,
        Command::Comment(say) => converse::say(context, "comment", say).await,
        Command::Question(say) => converse::say(context, "question", say).await,
        Command::Reply(say) => converse::say(context, "reply", say).await,
        Command::Reassign(reassign) => converse::reassign(context, reassign).await,
        Command::Escalate(escalate) => converse::escalate(context, escalate).await,
        Command::Withdraw(withdraw) => withdraw::run(context, &withdraw).await,
        Command::Recall(recall) => recall::run(context, recall).await,
        Command::Recalls(recalls) => recall::list(context, &recalls).await,
        Command::Scan(scan) => scan::run(context, &scan).await,
        Command::Convert(convert) => convert::run(context, &convert),
        Command::Lanes(lanes) => lanes::run(context, lanes).await,
        Command::Policy(policy) => policy::run(context, policy).await,
        Command::Waiver(waiver) => waiver::run(context, waiver).await,
        Command::BreakGlass(glass) => break_glass::run(context, glass).await,
        Command::Webhook(webhook) => webhook::run(context, webhook).await,
        Command::Attestation(attestation) => attestation::run(context, attestation).await,
        Command::Trust(trust) => trust::run(context, trust).await,
        Command::Source(source) => source::run(context, source).await,
        Command::Account(account) => account::run(context, account).await,
        Command::Token(token) => token::run(context, token).await,
        Command::Artifact(artifact) => artifact::run(context, artifact).await,
        Command::Audit(audit) => audit::run(context, audit).await,
        // `main` has dispatched it before anything was set up.
        Command::ScanWorker | Command::PolicyWorker => {
            Err(Failure::new("the workers take no options"))
        }
    }
}

/// The server tells what it does; a command speaks for itself, and only trouble is added.
fn start_log(command: &Command, format: Format) {
    let usual = if matches!(command, Command::Serve(_)) { "info" } else { "error" };
    let filter = tracing_subscriber::EnvFilter::try_from_env("WEIGHBRIDGE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(usual));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if format == Format::Json {
        log.json().init();
    } else {
        use std::io::IsTerminal as _;
        log.with_ansi(std::io::stderr().is_terminal()).with_target(false).init();
    }
}
