//! A `FakeHub` as a program, for tests and benchmarks in other languages.
//!
//! Its first line on stdout is JSON with the addresses; it runs until it is killed.

use std::io::{self, Write as _};
use std::net::Ipv4Addr;
use std::path::PathBuf;

use clap::Parser;
use serde_json::json;
use weighbridge_testkit::{FakeHub, control, seed};

/// Imitates a Hub on loopback.
#[derive(Parser)]
struct Arguments {
    /// Port of the Hub; 0 is any.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Port of the CDN, which is another origin; 0 is any.
    #[arg(long, default_value_t = 0)]
    cdn_port: u16,
    /// Port of the control API, which answers while the Hub is down; 0 is any.
    #[arg(long, default_value_t = 0)]
    control_port: u16,
    /// Repositories to begin with: `models/org/name/…` and `datasets/org/name/…` below this.
    #[arg(long)]
    dir: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let hub = FakeHub::start_on(arguments.port, arguments.cdn_port).await?;
    if let Some(directory) = &arguments.dir {
        seed::from_directory(&hub, directory)?;
    }
    let address = (Ipv4Addr::LOCALHOST, arguments.control_port);
    let listener = tokio::net::TcpListener::bind(address).await?;
    let control = format!("http://{}", listener.local_addr()?);
    let line = json!({ "hub": hub.url(), "cdn": hub.cdn_url(), "control": control });
    let mut stdout = io::stdout();
    writeln!(stdout, "{line}")?;
    stdout.flush()?;
    axum::serve(listener, control::router(&hub)).await
}
