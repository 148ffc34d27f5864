//! A process that is killed loses no change that it was told is made.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use weighbridge_store::{Store, StoreUrl};

use crate::both::commit;

/// Where the writing process finds its database. Without it, that process is a test with nothing to do.
const DATABASE: &str = "WEIGHBRIDGE_TEST_WRITERS_DATABASE";
const WRITERS: usize = 64;
/// How many changes are acknowledged before each kill.
const ENOUGH: usize = 1500;

/// Not a claim: the process that the test below starts and kills. It says which changes were
/// acknowledged, line by line, until it dies.
#[test]
#[expect(clippy::exit, reason = "the process only ends early when its parent is gone")]
fn writers_until_killed() {
    let Ok(url) = std::env::var(DATABASE) else { return };
    let url = url
        .strip_prefix("sqlite:")
        .map_or_else(|| StoreUrl::Postgres(url.clone()), |path| StoreUrl::Sqlite(path.into()));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&url).await.unwrap();
        let writers: Vec<_> = (0..WRITERS).map(|_| tokio::spawn(write(store.clone()))).collect();
        for writer in writers {
            writer.await.unwrap();
        }
    });
    std::process::exit(1);
}

async fn write(store: Store) {
    use std::io::Write as _;
    loop {
        let mut tx = store.write().await.unwrap();
        let name = format!("change {}", tx.head().size);
        tx.set_instance_value(&name, "made").await.unwrap();
        let position = commit(tx).await.unwrap();
        // One write, so that a line is there whole or not at all. Not `println`: tests swallow it.
        let line = format!("acknowledged {position}\n");
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
}

both_databases! {
    async fn what_was_acknowledged_survives_kill_9(database: Database) {
        let url = match &database.url {
            StoreUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
            StoreUrl::Postgres(url) => url.clone(),
        };
        let mut acknowledged = Vec::new();
        for _ in 0..3 {
            let mut writing = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "kill::writers_until_killed", "--nocapture"])
                .env(DATABASE, &url)
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let mut lines = BufReader::new(writing.stderr.take().unwrap()).lines();
            let mut position = || lines.next()?.ok()?.strip_prefix("acknowledged ")?.parse::<u64>().ok();
            acknowledged.extend(std::iter::from_fn(&mut position).take(ENOUGH));
            writing.kill().unwrap();
            writing.wait().unwrap();
            acknowledged.extend(std::iter::from_fn(position));
        }
        assert!(acknowledged.len() >= 3 * ENOUGH, "{} were acknowledged", acknowledged.len());

        // Whatever is there is whole: each entry with its change, the head with all of them.
        let store = database.open().await;
        let mut reader = store.read().await.unwrap();
        let size = reader.ledger_head().await.unwrap().size;
        let entries = reader.list_entries(0, u32::MAX).await.unwrap();
        let positions: Vec<u64> = entries.iter().map(|entry| entry.position).collect();
        assert!(positions.into_iter().eq(0..size));
        let mut made = 0;
        for position in 0..size {
            let found = reader.find_instance_value(&format!("change {position}")).await.unwrap();
            made += u64::from(found.is_some());
        }
        assert_eq!(made, size);
        acknowledged.sort_unstable();
        let distinct = acknowledged.windows(2).all(|pair| pair[0] < pair[1]);
        assert!(distinct, "a position was given twice");
        assert!(acknowledged.last().is_some_and(|last| *last < size));
    }
}
