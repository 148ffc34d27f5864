//! Opens the engine of a data directory, for the server and for commands while no server runs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use weighbridge_domain::{Caller, Clock, Environment, Ids, Role, Tier, TokenSecret};
use weighbridge_engine::{
    BreakGlassSettings, Engine, EngineSettings, EnvironmentSettings, HttpSettings, Limits,
    NewSource, NewToken, OpenError, OutletSettings, PasswordCost, StoreUrl,
};
use weighbridge_scan::SpareWorker;

use crate::config::Config;
use crate::data_dir::{DataDir, Lock};
use crate::failure::Failure;

/// The name of the token that commands on this machine use.
const LOCAL_ADMINISTRATOR: &str = "local-administrator";

/// An open engine, and the token of the local administrator.
pub(crate) struct Instance {
    pub(crate) engine: Engine,
    pub(crate) token: TokenSecret,
    /// Whether nothing had been here before.
    pub(crate) is_new: bool,
}

/// Opens the engine, making what is missing. The lock says that nobody else is at work there.
pub(crate) async fn open(config: &Config, lock: &Lock) -> Result<Instance, Failure> {
    let data = DataDir::new(&config.data);
    let engine =
        Engine::open(settings(config)?).await.map_err(|error| cannot_open(config, &error))?;
    let status = engine.status().await.map_err(broken)?;
    // The first entry of a ledger says that it began.
    let is_new = status.head.size <= 1;
    if is_new {
        add_public_hub(config, &engine).await?;
    }
    let token = local_token(&engine, &data, lock).await?;
    Ok(Instance { engine, token, is_new })
}

/// This very program, as the kernel has it open. What lies under its name may be gone after an upgrade,
/// or newer: a worker of another version would examine in the name of this one.
pub(crate) fn own_program() -> std::io::Result<PathBuf> {
    let open = Path::new("/proc/self/exe");
    if open.exists() { Ok(open.to_owned()) } else { std::env::current_exe() }
}

/// A worker for `weighbridge scan`, started ahead. Where it does not start, the scan will tell why.
pub(crate) fn spare_scan_worker() -> Option<SpareWorker> {
    SpareWorker::start(&own_program().ok()?, &["scan-worker".into()]).ok()
}

/// What the engine has to know, out of the configuration.
fn settings(config: &Config) -> Result<EngineSettings, Failure> {
    let mut environments = Vec::new();
    for name in &config.environments {
        let Some(section) = config.environment.get(name) else { continue };
        environments.push(EnvironmentSettings {
            name: environment(name)?,
            anonymous: section.anonymous,
            policy: section.policy(name).map_err(|objection| {
                Failure::new(format!("`environment.{name}.{}` cannot be used", objection.key))
                    .because(objection.why)
            })?,
        });
    }
    let program = own_program()
        .map_err(|error| Failure::new("the scan worker cannot be started").because(error))?;
    let upstream = &config.upstream;
    Ok(EngineSettings {
        data: config.data.clone(),
        database: match &config.database.url {
            Some(url) => StoreUrl::Postgres(url.reveal().to_owned()),
            None => StoreUrl::Sqlite(config.data.join("weighbridge.db")),
        },
        environments,
        default_environment: environment(&config.default_environment)?,
        upstream: HttpSettings {
            connect_timeout: Duration::from_secs(upstream.connect_seconds),
            idle_timeout: Duration::from_secs(upstream.idle_seconds),
            metadata_timeout: Duration::from_secs(upstream.metadata_seconds),
            ..HttpSettings::default()
        },
        outgoing: OutletSettings {
            allowed: config.outgoing.networks().map_err(|objection| {
                Failure::new("`outgoing.allow_networks` cannot be used").because(objection.why)
            })?,
            connect_timeout: Duration::from_secs(config.outgoing.answer_seconds.min(5)),
            answer_timeout: Duration::from_secs(config.outgoing.answer_seconds),
        },
        break_glass: BreakGlassSettings {
            two_persons: config.break_glass.two_persons,
            longest: Duration::from_secs(config.break_glass.longest_hours.saturating_mul(3_600)),
        },
        ref_freshness: Duration::from_secs(upstream.ref_freshness_seconds),
        hold: Duration::from_secs(config.hold.file_seconds),
        small_file_bytes: mib(config.limits.small_file_mib),
        small_files_total_bytes: mib(config.limits.small_files_total_mib),
        scan_worker: (program.clone(), vec![OsString::from("scan-worker")]),
        policy_worker: (program, vec![OsString::from("policy-worker")]),
        ruleset: weighbridge_scan::ruleset().digest.to_string(),
        rescans: config.scan.rescan,
        scan_limits: scan_limits(config),
        password_cost: PasswordCost::default(),
        policy_confirmation: config.policy.confirmation(),
        log_origin: config.ledger.origin.clone(),
        keep_bodies: config.ledger.keep(),
        clock: Clock::system(),
        ids: Ids::system(),
    })
}

/// What one scan may cost, out of the configuration.
pub(crate) fn scan_limits(config: &Config) -> Limits {
    Limits {
        memory_bytes: mib(config.scan.memory_mib),
        wall_seconds: config.scan.wall_seconds,
        member_bytes: mib(config.scan.member_gib.saturating_mul(1024)),
        expanded_bytes: mib(config.scan.expanded_gib.saturating_mul(1024)),
        ..Limits::default()
    }
}

fn mib(count: u64) -> u64 {
    count.saturating_mul(1024 * 1024)
}

fn environment(name: &str) -> Result<Environment, Failure> {
    name.parse().map_err(|error| Failure::new("an environment cannot be used").because(error))
}

/// Whoever has the lock of the data directory speaks for the instance itself.
fn itself(engine: &Engine) -> Caller {
    let environment = engine.settings().default_environment.clone();
    let mut caller = Caller::anonymous(environment);
    "weighbridge".clone_into(&mut caller.name);
    caller.role = Role::Admin;
    caller
}

async fn add_public_hub(config: &Config, engine: &Engine) -> Result<(), Failure> {
    let url = &config.upstream.public_hub;
    let known = engine.list_sources().await.map_err(broken)?;
    if url.is_empty() || !known.is_empty() {
        return Ok(());
    }
    let source = NewSource {
        name: "huggingface"
            .parse()
            .map_err(|error| Failure::new("the public Hub cannot be added").because(error))?,
        kind: "hub".to_owned(),
        url: url.clone(),
        tier: Tier::Conditional,
        position: None,
    };
    engine.add_source(&itself(engine), source).await.map_err(|error| {
        Failure::new("the public Hub cannot be added as the first source")
            .because(error)
            .hint("set `upstream.public_hub` to its address, or to \"\" for none")
    })
}

/// The token in the data directory, or a new one when it is missing or no longer good.
async fn local_token(engine: &Engine, data: &DataDir, lock: &Lock) -> Result<TokenSecret, Failure> {
    if let Some(token) = data.read_token()?
        && let Ok(caller) = engine.sign_in(Some(&token), None).await
        && caller.role == Role::Admin
    {
        return Ok(token);
    }
    let by = itself(engine);
    // The file is lost or the token revoked: nobody may go on using the old one.
    engine.revoke_token(&by, LOCAL_ADMINISTRATOR).await.ok();
    let new = NewToken {
        name: LOCAL_ADMINISTRATOR.to_owned(),
        role: Role::Admin,
        environment: engine.settings().default_environment.clone(),
        entitled_to: Vec::new(),
        expires_at: None,
    };
    let (_, token) = engine.create_token(&by, new).await.map_err(|error| {
        Failure::new("the token of the local administrator cannot be made").because(error)
    })?;
    data.write_token(&token, lock)?;
    Ok(token)
}

fn broken(error: impl std::fmt::Display) -> Failure {
    Failure::new("the database does not answer")
        .because(error)
        .hint("`weighbridge doctor` looks for the cause")
}

fn cannot_open(config: &Config, error: &OpenError) -> Failure {
    let what = format!("the instance in `{}` cannot be opened", config.data.display());
    let failure = Failure::new(what).because(error);
    match error {
        OpenError::Key(_) => failure,
        OpenError::Data { .. } | OpenError::Store(_) => {
            failure.hint("`weighbridge doctor` looks for the cause")
        }
        OpenError::Policy(_) | OpenError::Http(_) | OpenError::Settings(_) => {
            failure.hint("`weighbridge config show` shows every value and where it came from")
        }
    }
}
