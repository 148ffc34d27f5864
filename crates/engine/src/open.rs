//! Opening an engine: keys, database, blobs. Nothing here asks anybody outside.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use moka::sync::Cache;
use tokio::sync::{Notify, Semaphore};
use weighbridge_domain::Ids;
use weighbridge_evidence::{AttestationSigner, LogSigner, SealKey, WitnessSigner};
use weighbridge_policy::{Place, Workers};
use weighbridge_scan::Scanner;
use weighbridge_store::{BlobDir, Store};
use weighbridge_upstream::{Http, Outlet};

use crate::accounts::passwords::Passwords;
use crate::admit::transfer::Transfers;
use crate::flight::Flights;
use crate::rules::active::{InUse, first};
use crate::rules::ask::RulePlaces;
use crate::views::Views;
use crate::{Engine, EngineSettings, Event, Inner, OpenError, pulls};

/// How long entries may stay unsigned.
const CHECKPOINT_EVERY: Duration = Duration::from_mins(1);

/// Tiles of the ledger that are kept in memory, of 8 KiB each.
const KEPT_TILES: u64 = 512;

/// How long a cosignature that another process was given may be missing from receipts.
const SIGNED_LASTS: Duration = Duration::from_secs(1);

/// How long a failed transfer is told to those who ask again.
const FAILURES_LAST: Duration = Duration::from_secs(30);
/// How long a wait is remembered after it was last asked about.
const WAITS_LAST: Duration = Duration::from_mins(10);

impl Engine {
    /// Opens a data directory, making what is missing.
    pub async fn open(settings: EngineSettings) -> Result<Engine, OpenError> {
        let keys = settings.data.join("keys");
        make_private_folder(&settings.data)?;
        make_private_folder(&keys)?;
        let log_seed = read_or_make_key(&keys.join("log-ed25519.seed"), &settings.ids)?;
        let attestation_seed =
            read_or_make_key(&keys.join("attestation-p256.seed"), &settings.ids)?;
        let witness_seed = read_or_make_key(&keys.join("witness-ed25519.seed"), &settings.ids)?;
        let seal_key = read_or_make_key(&keys.join("seal-aes256.key"), &settings.ids)?;
        let origin = settings.log_origin.parse().map_err(|error| {
            OpenError::Settings(format!("the log's name does not fit: {error}"))
        })?;
        let witness_name = format!("{}/witness", settings.log_origin).parse().map_err(|error| {
            OpenError::Settings(format!("the log's name does not fit: {error}"))
        })?;
        let secret_key = SealKey::from_bytes(seal_key)
            .ok_or_else(|| OpenError::Settings("AES-256 is not available".to_owned()))?;
        let (program, arguments) = settings.policy_worker.clone();
        let own_rules = Place::Apart(Workers::new(program, arguments));
        let (_, _, policy) = first(&settings, &own_rules)?;
        let store = Store::open(&settings.database).await?;
        let blobs = BlobDir::open(settings.data.join("blobs"))
            .map_err(|error| OpenError::Settings(error.to_string()))?;
        let passwords = Passwords::new(settings.password_cost, settings.ids.clone())
            .map_err(OpenError::Settings)?;
        let (program, arguments) = settings.scan_worker.clone();
        let (pulls, inbox) = pulls::Recorder::new();
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let generation = store.generation().await?;
        let engine = Engine(Arc::new(Inner {
            http: Http::new(settings.upstream.clone())?,
            outlet: Outlet::new(settings.outgoing.clone())?,
            witness: WitnessSigner::from_seed(witness_seed, witness_name),
            news: Notify::new(),
            told_now: Mutex::default(),
            scanner: Scanner::new(program, arguments, settings.scan_limits.clone()),
            scan_places: Semaphore::new(cores),
            look_places: Semaphore::new(cores),
            rescan_place: Semaphore::new(1),
            ruleset: settings.ruleset.clone(),
            sandboxed: weighbridge_scan::sandbox_support().is_complete(),
            passwords,
            token_uses: Cache::new(10_000),
            // What the configuration says, until `begin_policy` has read what is in force.
            policy: InUse::new(0, policy),
            own_rules,
            rule_places: RulePlaces::new(cores),
            signer: LogSigner::from_seed(log_seed, origin),
            attestation_signer: AttestationSigner::from_seed(attestation_seed),
            subject_lengths: Cache::new(1_000),
            secret_key,
            generation: AtomicU64::new(generation),
            is_closing: AtomicBool::new(false),
            views: Views::default(),
            summaries: Cache::new(1_000),
            waits: Cache::builder().max_capacity(10_000).time_to_idle(WAITS_LAST).build(),
            pulls,
            failures: Cache::builder().max_capacity(10_000).time_to_live(FAILURES_LAST).build(),
            silent: Cache::new(1_000),
            tiles: Cache::new(KEPT_TILES),
            signed: Cache::builder().max_capacity(1).time_to_live(SIGNED_LASTS).build(),
            reserved: Cache::new(2),
            transfers: Transfers::default(),
            fetch_places: Cache::new(1_000),
            questions: Flights::default(),
            listings: Flights::default(),
            examinations: Flights::default(),
            intakes: Flights::default(),
            settings,
            store,
            blobs,
        }));
        engine.begin_ledger().await?;
        engine.begin_policy().await?;
        engine.start_recorder(inbox);
        engine.start_checkpoints();
        Ok(engine)
    }

    /// Signs the ledger once a minute, while anybody still holds the engine, and lets workers go that nobody
    /// needs any more.
    fn start_checkpoints(&self) {
        let inner = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            let mut tick = tokio::time::interval(CHECKPOINT_EVERY);
            loop {
                tick.tick().await;
                let Some(inner) = inner.upgrade() else { return };
                let engine = Engine(inner);
                engine.0.own_rules.end_idle(CHECKPOINT_EVERY);
                let signed = engine.checkpoint().await;
                if signed.is_ok()
                    && let Err(error) = engine.ask_witnesses().await
                {
                    tracing::warn!(%error, "the witnesses could not be asked");
                }
                if engine.0.is_closing.load(Ordering::Acquire) {
                    return;
                }
                if let Err(error) = signed {
                    tracing::error!(%error, "the ledger could not be signed; it is tried again");
                }
            }
        });
    }

    /// Ends the work: what waits to be recorded is recorded, the ledger is signed as it stands, and
    /// the database is closed.
    pub async fn close(&self) {
        self.0.is_closing.store(true, Ordering::Release);
        self.0.news.notify_one();
        self.0.pulls.flushed().await;
        if let Err(error) = self.checkpoint().await {
            tracing::warn!(%error, "the ledger was not signed at the end");
        }
        self.0.store.close().await;
    }

    /// The first entry of a new ledger, and the first version of the policy with it.
    async fn begin_ledger(&self) -> Result<(), OpenError> {
        let mut change = self.begin().await?;
        if change.tx().head().size > 0 {
            return Ok(());
        }
        let (row, document, _) = first(&self.0.settings, &self.0.own_rules)?;
        change.tx().put_document(row.digest, &document).await?;
        change.tx().insert_policy(&row).await?;
        let policy = row.digest.to_string();
        let version = env!("CARGO_PKG_VERSION");
        change.commit(Event::InstanceCreated { version, policy }).await?;
        Ok(())
    }
}

fn make_private_folder(path: &Path) -> Result<(), OpenError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| OpenError::Data { path: path.to_owned(), source })
}

/// Reads a key of 32 bytes, or makes one when the file is missing. A new key appears whole or not at
/// all: it is written beside its place, synced and renamed.
fn read_or_make_key(path: &Path, ids: &Ids) -> Result<[u8; 32], OpenError> {
    let failed = |source| OpenError::Data { path: path.to_owned(), source };
    match fs::read(path) {
        Ok(bytes) => bytes.try_into().map_err(|_| OpenError::Key(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut key = [0; 32];
            ids.fill(&mut key);
            let beside = path.with_extension("new");
            let mut options = fs::OpenOptions::new();
            let mut file = options
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&beside)
                .map_err(failed)?;
            file.write_all(&key).and_then(|()| file.sync_all()).map_err(failed)?;
            fs::rename(&beside, path).map_err(failed)?;
            if let Some(folder) = path.parent() {
                fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
            }
            Ok(key)
        }
        Err(error) => Err(failed(error)),
    }
}
