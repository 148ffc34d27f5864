//! A copy of the ledger, verified by us from its files alone, and by an implementation that is not ours.

use std::collections::BTreeMap;
use std::path::Path;

use signed_note::{Note, StandardVerifier, VerifierList};
use tempfile::TempDir;
use tlog_tiles::{
    Checkpoint, Error, Hash, Tile, TileHashReader, TileReader, check_record, check_tree,
    prove_record, prove_tree, record_hash, tree_hash,
};
use weighbridge_domain::{Caller, Role};
use weighbridge_engine::{ExportError, NewToken, exported_files, verify_export, verify_receipt};
use weighbridge_testkit::TestApp;

use crate::door::Door;

/// The key of nobody here.
const STRANGER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

/// A copy of a log, in memory.
#[derive(Clone)]
struct Copy {
    note: String,
    key: String,
    files: BTreeMap<String, Vec<u8>>,
}

impl Copy {
    async fn of(app: &TestApp, door: &Door) -> Copy {
        let signed = door.get("/audit/checkpoint").await;
        let text = |field: &str| signed[field].as_str().unwrap().to_owned();
        let (note, key) = (text("note"), text("key"));
        let mut files = BTreeMap::new();
        for path in exported_files(&note).unwrap() {
            let bytes = app.engine.read_log(&path).await.unwrap();
            files.insert(path.clone(), bytes.unwrap_or_else(|| panic!("no {path}")));
        }
        Copy { note, key, files }
    }

    fn write(&self) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        };
        put("key", self.key.as_bytes());
        put("checkpoint", self.note.as_bytes());
        for (name, bytes) in &self.files {
            put(name, bytes);
        }
        folder
    }

    /// What the other implementation believes the checkpoint says.
    fn checkpoint(&self) -> Checkpoint {
        let note = Note::from_bytes(self.note.as_bytes()).unwrap();
        let ours = StandardVerifier::new(&self.key).unwrap();
        let (verified, _) = note.verify(&VerifierList::new(vec![Box::new(ours)])).unwrap();
        assert_eq!(verified.len(), 1, "the signature is ours");
        Checkpoint::from_bytes(note.text()).unwrap()
    }

    fn entries(&self) -> Vec<&[u8]> {
        let mut entries = Vec::new();
        let bundles = self.files.iter().filter(|(path, _)| path.starts_with("tile/entries"));
        for mut bundle in bundles.map(|(_, bundle)| bundle.as_slice()) {
            while let Some((length, rest)) = bundle.split_first_chunk::<2>() {
                let (entry, rest) = rest.split_at(usize::from(u16::from_be_bytes(*length)));
                entries.push(entry);
                bundle = rest;
            }
        }
        entries
    }
}

impl TileReader for Copy {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, Error> {
        let read = |tile: &Tile| {
            let path = tile.path().replacen("tile/8/", "tile/", 1);
            self.files.get(&path).cloned().ok_or(Error::InvalidTile)
        };
        tiles.iter().map(read).collect()
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

/// A gateway with some hundred entries in its ledger.
async fn with_entries(count: usize, prefix: &str) -> (TestApp, Door) {
    let app = TestApp::new(env!("CARGO_BIN_EXE_weighbridge"), |_| {}).await;
    let door = Door::of_admin(&app).await;
    add_entries(&app, &app.admin(), count, prefix).await;
    (app, door)
}

async fn add_entries(app: &TestApp, by: &Caller, count: usize, prefix: &str) {
    for number in 0..count {
        let new = NewToken {
            name: format!("{prefix}-{number}"),
            role: Role::Reader,
            environment: "dev".parse().unwrap(),
            entitled_to: Vec::new(),
            expires_at: None,
        };
        app.engine.create_token(by, new).await.unwrap();
    }
}

fn fault(folder: &Path) -> String {
    match verify_export(folder, None).unwrap_err() {
        ExportError::Fault { path, why } => {
            format!("{}: {why}", path.strip_prefix(folder).unwrap().display())
        }
        other @ ExportError::Unreadable { .. } => panic!("{other}"),
    }
}

#[tokio::test]
async fn another_implementation_finds_every_entry_and_every_older_state_in_the_log() {
    let (app, door) = with_entries(20, "early").await;
    let early = Copy::of(&app, &door).await;
    add_entries(&app, &app.admin(), 270, "late").await;
    let late = Copy::of(&app, &door).await;

    let checkpoint = late.checkpoint();
    let (size, root) = (checkpoint.size(), *checkpoint.hash());
    assert!(size > 256 + 20, "there is a full tile and a partial one");
    let reader = TileHashReader::new(size, root, &late);
    assert_eq!(tree_hash(size, &reader).unwrap(), root);
    let entries = late.entries();
    assert_eq!(entries.len() as u64, size);
    for (position, entry) in entries.iter().enumerate() {
        let position = position as u64;
        let proof = prove_record(size, position, &reader).unwrap();
        check_record(&proof, size, root, position, record_hash(entry)).unwrap();
        if position.is_multiple_of(100) {
            check_record(&proof, size, root, position, record_hash(b"forged")).unwrap_err();
        }
    }
    let older = early.checkpoint();
    let proof = prove_tree(size, older.size(), &reader).unwrap();
    check_tree(&proof, size, root, older.size(), *older.hash()).unwrap();

    // Another history of the same length is not the beginning of this one.
    let (forked, door) = with_entries(20, "forked").await;
    let fork = Copy::of(&forked, &door).await.checkpoint();
    assert_eq!(fork.size(), older.size());
    check_tree(&proof, size, root, fork.size(), *fork.hash()).unwrap_err();
    check_tree(&proof, size, root, older.size(), Hash([0; 32])).unwrap_err();
}

#[tokio::test]
async fn a_copy_is_verified_from_its_files_and_what_was_changed_is_named() {
    let (app, door) = with_entries(300, "ours").await;
    let copy = Copy::of(&app, &door).await;
    let report = verify_export(copy.write().path(), Some(&copy.key)).unwrap();
    assert_eq!((report.entries, report.erased), (copy.checkpoint().size(), 0));

    for (name, told) in [
        ("tile/entries/000", "checkpoint: it signs"),
        ("tile/0/000", "tile/0/000: its hashes"),
        ("bodies/000", "bodies/000: what entry"),
        ("checkpoint", "checkpoint: it is not believed"),
        ("key", "key: it is no key"),
    ] {
        let folder = copy.write();
        let path = folder.path().join(name);
        let mut bytes = std::fs::read(&path).unwrap();
        let at = bytes.len() / 2;
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        std::fs::write(&path, bytes).unwrap();
        let fault = fault(folder.path());
        assert!(fault.starts_with(told) || name.contains("entries"), "{name}: {fault}");
    }
    for name in copy.files.keys().filter(|name| !name.starts_with("bodies")) {
        let folder = copy.write();
        std::fs::remove_file(folder.path().join(name)).unwrap();
        verify_export(folder.path(), None).unwrap_err();
        std::fs::write(folder.path().join(name), b"").unwrap();
        verify_export(folder.path(), None).unwrap_err();
    }
    verify_export(copy.write().path(), Some(STRANGER)).unwrap_err();

    // What entries tell may be erased; that they were made may not.
    let folder = copy.write();
    std::fs::remove_file(folder.path().join("bodies/000")).unwrap();
    assert_eq!(verify_export(folder.path(), None).unwrap().erased, 256);
}

#[tokio::test]
async fn the_log_is_for_auditors_and_has_no_other_files() {
    let (app, _door) = with_entries(3, "ours").await;
    let auditor = crate::door::token_of(&app, "audrey", Role::Auditor).await;
    let reader = app.token("reader", "dev", &[]).await;
    let path = |name: &str| format!("/api/v1/audit/log/{name}");
    let checkpoint = app.get_as(&auditor, &path("checkpoint")).await;
    assert_eq!(checkpoint.status, 200);
    assert!(checkpoint.body.starts_with(b"weighbridge.test/log\n"));
    assert_eq!(app.get_as(&auditor, &path("tile/0/000.p/3")).await.body.len(), 96);
    assert_eq!(app.get_as(&reader, &path("checkpoint")).await.status, 403);
    assert_eq!(app.get(&path("checkpoint")).await.status, 401);
    for none in
        ["tile/0/001", "tile/0/000.p/200", "tile/9/000", "key", "tile/0/000.p/0", "%2e%2e/key"]
    {
        assert_eq!(app.get_as(&auditor, &path(none)).await.status, 404, "{none}");
    }
}

#[tokio::test]
async fn a_receipt_proves_its_entry_and_no_other_to_whoever_has_the_key() {
    let (app, door) = with_entries(300, "ours").await;
    let copy = Copy::of(&app, &door).await;
    let (checkpoint, entries) = (copy.checkpoint(), copy.entries());
    let last = checkpoint.size() - 1;
    for position in [0, 17, 255, 256, last] {
        let text = app.engine.receipt(position).await.unwrap().unwrap();
        let report = verify_receipt(&text, &copy.key).unwrap();
        assert_eq!((report.position, report.size), (position, checkpoint.size()));
        let entry = entries[usize::try_from(position).unwrap()];
        assert_eq!(report.entry.as_bytes(), entry);
        // Read by hand, as the standard says, and given to the other implementation.
        let head = text.split_once("\n\n").unwrap().0;
        let hashes = head.lines().skip(3).map(|line| Hash::parse_hash(line).unwrap());
        let proof: Vec<Hash> = hashes.collect();
        let (size, root) = (checkpoint.size(), *checkpoint.hash());
        check_record(&proof, size, root, position, record_hash(entry)).unwrap();
    }
    assert_eq!(app.engine.receipt(last + 1).await.unwrap(), None);

    let text = app.engine.receipt(256).await.unwrap().unwrap();
    verify_receipt(&text, STRANGER).unwrap_err();
    for cut in (0..text.len() - 1).filter_map(|end| text.get(..end)) {
        assert!(verify_receipt(cut, &copy.key).is_err(), "{cut}");
    }
    for (honest, forged) in
        [("index 256", "index 255"), ("index 256", "index 0256"), ("extra ", "extra AAAA")]
    {
        let forged = text.replacen(honest, forged, 1);
        assert!(verify_receipt(&forged, &copy.key).is_err(), "{forged}");
    }
}
