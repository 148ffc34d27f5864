//! Opening a database: new, known, damaged, from another version.

use weighbridge_domain::Digest;
use weighbridge_store::{Store, StoreError, StoreUrl};

use crate::both::{self, NOW, artifact, commit, with_revision};

both_databases! {
    async fn opening_again_changes_nothing(database: Database) {
        let first = database.open().await;
        commit(first.write().await.unwrap()).await.unwrap();
        let (one, two) = tokio::join!(Store::open(&database.url), Store::open(&database.url));
        for store in [one.unwrap(), two.unwrap()] {
            let mut reader = store.read().await.unwrap();
            assert_eq!(reader.ledger_head().await.unwrap().size, 1);
            drop(reader);
            store.close().await;
        }
    }

    async fn replicas_that_start_together_make_one_database(database: Database) {
        let opening = (0..4).map(|_| {
            let url = database.url.clone();
            tokio::spawn(async move { Store::open(&url).await })
        });
        for store in opening.collect::<Vec<_>>() {
            store.await.unwrap().unwrap();
        }
        let head = database.open().await.read().await.unwrap().ledger_head().await.unwrap();
        assert_eq!(head.size, 0);
    }

    async fn a_script_that_changed_after_it_was_applied_stops_everything(database: Database) {
        database.open().await.close().await;
        let zeros = "UPDATE migration SET checksum =
            '0000000000000000000000000000000000000000000000000000000000000000'";
        database.meddle(zeros).await;
        let refused = Store::open(&database.url).await.unwrap_err();
        assert!(matches!(refused, StoreError::Incompatible(_)), "{refused}");
    }

    async fn a_database_of_a_later_version_is_left_alone(database: Database) {
        database.open().await.close().await;
        let later = "INSERT INTO migration (number, name, checksum) SELECT 9999, 'later', checksum
            FROM migration WHERE number = 1";
        database.meddle(later).await;
        let refused = Store::open(&database.url).await.unwrap_err().to_string();
        assert!(refused.contains("9999") && refused.contains("later version"), "{refused}");
    }

    async fn a_row_that_cannot_be_read_is_named(database: Database) {
        let store = with_revision(&database, &["a.txt"]).await;
        let mut tx = store.write().await.unwrap();
        tx.insert_artifact(&artifact("B", "acme/other")).await.unwrap();
        tx.insert_blob(Digest::of(b"x"), 1, None, NOW).await.unwrap();
        commit(tx).await.unwrap();
        let told = |error: StoreError| error.to_string();

        database.meddle("UPDATE artifact SET restricted = 7 WHERE id = 'B'").await;
        let mut reader = store.read().await.unwrap();
        let error = told(reader.find_artifact_by_id("B").await.unwrap_err());
        assert_eq!(
            error,
            "table `artifact`, row `B`, column `restricted` cannot be read: 7 is neither 0 nor 1"
        );
        database.meddle("UPDATE revision_file SET size_bytes = -1").await;
        let path = "a.txt".parse().unwrap();
        let error = told(reader.find_file("R", &path).await.unwrap_err());
        assert!(error.starts_with("table `revision_file`, row `R/a.txt`, column `size_bytes`"));
        database.meddle("UPDATE blob SET custody = 'fine'").await;
        let error = reader.find_blob(Digest::of(b"x")).await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { table: "blob", column: "custody", .. }));
        database.meddle("UPDATE ledger_head SET frontier = '[\"00\"]'").await;
        let error = reader.ledger_head().await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { column: "frontier", .. }), "{error}");
        database.meddle("UPDATE instance SET value = 'many' WHERE key = 'generation'").await;
        let error = store.generation().await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { table: "instance", .. }), "{error}");
    }
}

#[tokio::test]
async fn the_file_is_for_its_owner_alone_and_survives_without_a_goodbye() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("weighbridge.db");
    let store = Store::open(&StoreUrl::Sqlite(path.clone())).await.unwrap();
    let mut tx = store.write().await.unwrap();
    tx.set_instance_value("name", "kept").await.unwrap();
    commit(tx).await.unwrap();
    for entry in std::fs::read_dir(place.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
    }

    // What a kill leaves behind: the files as they are now, with an open change on top.
    let mut open = store.write().await.unwrap();
    open.set_instance_value("name", "lost").await.unwrap();
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(place.path()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    let url = StoreUrl::Sqlite(copy.path().join("weighbridge.db"));
    let survivor = Store::open(&url).await.unwrap();
    let mut reader = survivor.read().await.unwrap();
    let name = reader.find_instance_value("name").await.unwrap();
    assert_eq!(name.as_deref(), Some("kept"));
    assert_eq!(reader.ledger_head().await.unwrap().size, 1);
}

#[tokio::test]
async fn a_foreign_file_is_not_touched_and_a_missing_folder_is_named() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("notes.txt");
    let text = "this was never a database\n".repeat(100);
    std::fs::write(&path, &text).unwrap();
    let refused = Store::open(&StoreUrl::Sqlite(path.clone())).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    let missing = StoreUrl::Sqlite(place.path().join("no/such/folder/db"));
    let refused = Store::open(&missing).await.unwrap_err();
    assert!(refused.to_string().contains("no/such/folder"), "{refused}");
}

#[test]
fn each_refusal_of_postgres_is_told_apart() {
    both::on_postgres(|database| async move {
        let store = database.open().await;
        // A server that answers with the code it is asked for.
        let trap = "
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = NEW.value; END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON instance
                FOR EACH ROW EXECUTE FUNCTION refuse()";
        database.meddle(trap).await;
        let kind = |error: &StoreError| match error {
            StoreError::Busy(_) => "busy",
            StoreError::DiskFull(_) => "full",
            StoreError::Unavailable(_) => "unavailable",
            StoreError::Other(_) => "other",
            _ => "another",
        };
        for (code, expected) in [
            ("53100", "full"),
            ("53200", "unavailable"),
            ("55P03", "busy"),
            ("40P01", "busy"),
            ("57014", "busy"),
            ("57P01", "unavailable"),
            ("58030", "unavailable"),
            ("25006", "unavailable"),
            ("22012", "other"),
        ] {
            let mut tx = store.write().await.unwrap();
            let error = tx.set_instance_value("code", code).await.unwrap_err();
            assert_eq!(kind(&error), expected, "{code}: {error}");
        }
    });
}

#[tokio::test]
async fn a_password_never_shows() {
    let url = StoreUrl::Postgres("postgres://me:hunter2@[::bad/".to_owned());
    let refused = Store::open(&url).await.unwrap_err();
    assert!(!format!("{url:?} {refused:?} {refused}").contains("hunter2"));
}
