//! Prints how many entries a second the ledger takes durably, and how long each of them waits:
//! `cargo run --release -p weighbridge-engine --example ledger_throughput -- FOLDER`.
//!
//! Every entry is a change of its own, hashed into the tree and acknowledged after a sync of the disk.
//! One writer at a time shows what a sync costs here; the others what sharing one is worth.

use std::path::Path;
use std::time::{Duration, Instant};

use weighbridge_domain::Clock;
use weighbridge_evidence::{Frontier, entry_text, leaf_hash};
use weighbridge_store::{LedgerHead, LedgerRecord, Store, StoreUrl, WriteTx};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const WRITERS: [usize; 3] = [1, 8, 64];
const SECONDS: u64 = 5;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    for with_row in [false, true] {
        for writers in WRITERS {
            let name = format!("ledger-{}.db", std::process::id());
            let path = Path::new(&folder).join(name);
            let store = Store::open(&StoreUrl::Sqlite(path.clone())).await?;
            report(writers, with_row, measure(&store, writers, with_row).await?);
            store.close().await;
            for ending in ["", "-wal", "-shm"] {
                let mut file = path.clone().into_os_string();
                file.push(ending);
                std::fs::remove_file(file).ok();
            }
        }
    }
    Ok(())
}

async fn measure(store: &Store, writers: usize, with_row: bool) -> Result<Vec<Duration>, Failure> {
    let end = Instant::now() + Duration::from_secs(SECONDS);
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                let (mut waits, mut count) = (Vec::new(), 0_u64);
                while Instant::now() < end {
                    let start = Instant::now();
                    let mut tx = store.write().await?;
                    if with_row {
                        let name = format!("writer {writer}");
                        tx.set_instance_value(&name, &count.to_string()).await?;
                    }
                    append(tx, writer, count).await?;
                    waits.push(start.elapsed());
                    count += 1;
                }
                Ok::<_, Failure>(waits)
            })
        })
        .collect();
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await??);
    }
    Ok(waits)
}

/// What the engine does to commit a change.
async fn append(tx: WriteTx, writer: usize, count: u64) -> Result<(), Failure> {
    let (at, kind) = (Clock::system().now(), "bench.entry");
    let body = format!("{{\"kind\":\"{kind}\",\"by\":\"writer {writer}\",\"count\":{count}}}");
    let leaf = leaf_hash(entry_text(at, kind, &body).as_bytes());
    let position = tx.head().size;
    let mut frontier = Frontier::from_parts(position, tx.head().frontier.clone())?;
    frontier.append(leaf);
    let head = LedgerHead {
        size: frontier.size(),
        frontier: frontier.peaks().to_vec(),
        root: frontier.root(),
    };
    let kind = kind.to_owned();
    let record = LedgerRecord { position, at, kind, body, leaf, head, nodes: Vec::new() };
    Ok(tx.commit(record).await?)
}

#[expect(clippy::print_stdout, reason = "printing is what this is for")]
fn report(writers: usize, with_row: bool, mut waits: Vec<Duration>) {
    waits.sort_unstable();
    let at = |percent: usize| waits.get(waits.len() * percent / 100).copied().unwrap_or_default();
    let what = if with_row { "entry and one changed row" } else { "entry alone" };
    let each_second = waits.len() as u64 / SECONDS;
    println!(
        "{writers:>3} writers, {what}: {each_second} a second, p50 {:.1?}, p99 {:.1?}",
        at(50),
        at(99)
    );
}
