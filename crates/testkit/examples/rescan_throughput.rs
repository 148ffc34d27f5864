//! Prints how many stored headers a second are looked at again by new rules:
//! `cargo run --release -p weighbridge-testkit --features app --example rescan_throughput -- target/release/weighbridge`.
//!
//! A gateway takes in safetensors files with the header of a model of 290 tensors each, is opened again with rules of
//! another name, and looks at everything again: read, scanned in the sandboxed worker, recorded. Said are the time on
//! the clock, which depends on what else runs, and the processor time of the gateway and its workers.

use std::fmt::Write as _;
use std::time::Instant;

use weighbridge_domain::Tier;
use weighbridge_testkit::{FakeHub, TestApp};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The files of a revision are open all at once.
const FILES: usize = 4_000;
const REVISIONS: usize = 3;
const TENSORS: usize = 290;

/// A header as a model of seven billion parameters has it, and a byte for each tensor.
fn file(number: usize) -> Vec<u8> {
    let mut header = String::from("{");
    for tensor in 0..TENSORS {
        let comma = if tensor == 0 { "" } else { "," };
        let end = tensor + 1;
        write!(
            header,
            "{comma}\"model.layers.{tensor}.self_attn.{number}.weight\":{{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[{tensor},{end}]}}"
        )
        .ok();
    }
    header.push('}');
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.resize(file.len() + TENSORS, 0);
    file
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "printing is what this is for")]
async fn main() -> Result<(), Failure> {
    let worker = std::env::args().nth(1).ok_or("say which program scans")?;
    let hub = FakeHub::start().await;
    let app = TestApp::new(&worker, |settings| {
        "rules-1".clone_into(&mut settings.ruleset);
        settings.small_files_total_bytes = 1 << 40;
    })
    .await;
    app.add_source("hub", &hub.url(), Tier::Conditional).await;
    let bytes = file(0).len();
    for revision in 0..REVISIONS {
        let (name, first) = (format!("acme/many-{revision}"), revision * FILES);
        // Without a suffix: what lies in LFS is fetched one by one.
        let files = (first..first + FILES).map(|at| (format!("weights-{at}"), file(at)));
        hub.publish_many(&name, files);
        let answer = app.get(&format!("/api/models/{name}")).await;
        println!("{}: {FILES} files with headers of {} KiB", answer.status, bytes / 1024);
    }
    let app = app.restarted_with(|settings| "rules-2".clone_into(&mut settings.ruleset)).await;
    let (start, before) = (Instant::now(), processor_seconds());
    let done = app.engine.rescan().await.map_err(|refused| refused.message())?;
    let seconds = start.elapsed().as_secs_f64();
    let files = u32::try_from(done.files).map_or(0.0, f64::from);
    println!("{done:?} in {seconds:.2} s: {:.0} a second", files / seconds);
    for (who, before, after) in before
        .into_iter()
        .zip(processor_seconds())
        .map(|((who, before), (_, after))| (who, before, after))
    {
        println!("{who}: {:.0} µs of processor time for each file", (after - before) / files * 1e6);
    }
    Ok(())
}

/// The processor time of this process, and that of the workers that have ended.
fn processor_seconds() -> [(&'static str, f64); 2] {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: Vec<f64> = fields.skip(11).take(4).filter_map(|field| field.parse().ok()).collect();
    let sum = |from: usize| ticks.iter().skip(from).take(2).sum::<f64>() / 100.0;
    [("gateway", sum(0)), ("workers", sum(2))]
}
