//! `weighbridge serve`: stands at the gate.

mod sink;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use self::sink::Sink;
use super::Context;
use crate::config::Config;
use crate::data_dir::{DataDir, ServerNote};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::instance::{self, Instance};
use crate::output::{Lines, bold, yellow};

/// How long the database may take to close.
const CLOSING: Duration = Duration::from_secs(5);

/// What `serve` takes.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Listen here; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
}

/// Serves until it is told to stop.
pub(crate) async fn run(context: &Context) -> Result<Exit, Failure> {
    let config = &context.loaded.config;
    let data = DataDir::new(&config.data);
    data.make()?;
    let Some(lock) = data.try_lock()? else {
        let failure =
            Failure::new(format!("another Weighbridge is at work in `{}`", data.path().display()));
        return Err(match data.read_note() {
            Some(note) => failure
                .because(format!("process {} serves it at {}", note.pid, note.url))
                .hint("stop it, or choose another directory with `--data`"),
            None => failure.hint("wait for the other command to end, or choose another `--data`"),
        });
    };
    data.remove_note(&lock);
    let listener = TcpListener::bind(config.listen).await.map_err(|error| {
        Failure::new(format!("nobody can listen on {}", config.listen))
            .because(error)
            .hint("choose another address with `--listen`; port 0 takes a free one")
    })?;
    let address = listener
        .local_addr()
        .map_err(|error| Failure::new("the socket has no address").because(error))?;
    let url = format!("http://{}", reachable(address));
    let stop = stop_signal()?;
    let instance = instance::open(config, &lock).await?;
    data.write_note(&ServerNote { url: url.clone(), pid: std::process::id() }, &lock)?;
    instance.engine.start_review_clock();
    context.output.talk(&greeting(config, &data, &instance, &url));
    instance.engine.start_telling();
    instance.engine.start_retention();
    instance.engine.start_rescan();
    let sink = Sink::start(config, &instance.engine)?;
    let router = weighbridge_server::router(instance.engine.clone(), config.public_url());
    weighbridge_server::serve(listener, router, stop).await;
    if let Some(sink) = sink {
        sink.stop();
    }
    // A client that holds a connection for ever must not hold up the end.
    tokio::time::timeout(CLOSING, instance.engine.close()).await.ok();
    data.remove_note(&lock);
    context.output.talk("stopped");
    Ok(Exit::Pass)
}

/// Ends at the first signal. A second one ends the process at once.
fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    let failed = |error| Failure::new("signals cannot be waited for").because(error);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            std::process::exit(130);
        });
    })
}

/// An address that can be connected to from here.
fn reachable(address: SocketAddr) -> SocketAddr {
    let host = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(host, address.port())
}

/// What a person has to know to use what was just started.
fn greeting(config: &Config, data: &DataDir, instance: &Instance, url: &str) -> String {
    let public = config.public_url().unwrap_or_else(|| url.to_owned());
    let version = env!("CARGO_PKG_VERSION");
    let mut text = Lines::of(format_args!("Weighbridge {version} stands at the gate\n"));
    let mut line = |name: &str, value: String| {
        text.add(format_args!("  {}{value}", bold(&format!("{name:<14}"))));
    };
    line("Hub clients", format!("export HF_ENDPOINT={public}"));
    line("Console", format!("{public}/ui"));
    line("Sign in", format!("with the token in {}", data.token_path().display()));
    line("Data", data.path().display().to_string());
    let (open, closed): (Vec<&String>, Vec<&String>) = config
        .environments
        .iter()
        .partition(|name| config.environment.get(*name).is_some_and(|section| section.anonymous));
    line("Environments", environments(&config.default_environment, &open, &closed));
    if instance.is_new {
        let source = match config.upstream.public_hub.as_str() {
            "" => "There is no source yet: add one with `weighbridge source add`".to_owned(),
            hub => format!("{hub} is the only source, at tier 2"),
        };
        text.add(format_args!("\nThis is the first start. {source}."));
        text.add("Add people and machines with `weighbridge token create NAME`.");
    }
    text.add("\nStop it with Ctrl-C");
    let sandbox = weighbridge_scan::sandbox_support();
    if !sandbox.is_complete() {
        text.add(format_args!(
            "\n{}: the scan worker is not fully held by this kernel ({sandbox}); `weighbridge doctor` says more",
            yellow("warning")
        ));
    }
    text.text()
}

fn environments(default: &str, open: &[&String], closed: &[&String]) -> String {
    let list =
        |names: &[&String]| names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    let without =
        if open.is_empty() { String::new() } else { format!("; without a token: {}", list(open)) };
    let with = if closed.is_empty() {
        String::new()
    } else {
        format!("; with a token only: {}", list(closed))
    };
    format!("{default} by default{without}{with}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_every_address_is_reached_on_the_local_one() {
        let shown = |text: &str| reachable(text.parse().unwrap()).to_string();
        assert_eq!(shown("0.0.0.0:80"), "127.0.0.1:80");
        assert_eq!(shown("[::]:80"), "[::1]:80");
        assert_eq!(shown("10.0.0.7:80"), "10.0.0.7:80");
    }
}
