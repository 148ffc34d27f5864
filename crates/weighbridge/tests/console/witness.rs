//! Witnessing: one instance cosigns another's ledger over loopback, and refuses a rewritten one.

use std::time::Duration;

use weighbridge_domain::Role;
use weighbridge_engine::{
    Engine, NewToken, NewWitness, StoreUrl, WitnessError, verify_cosigned, verify_receipt,
};
use weighbridge_testkit::TestApp;

struct Pair {
    log: TestApp,
    witness: TestApp,
    url: String,
}

async fn app(origin: &str) -> TestApp {
    let origin = origin.to_owned();
    TestApp::new(env!("CARGO_BIN_EXE_weighbridge"), |settings| settings.log_origin = origin).await
}

/// A log and its witness, which know each other.
async fn pair() -> Pair {
    let (log, witness) = (app("log.test/a").await, app("witness.test/b").await);
    let url = format!("http://{}/api/v1/witness", witness.listen().await);
    let cosign = NewWitness { key: log.engine.log_key(), url: None };
    witness.engine.add_witness(&witness.admin(), cosign).await.unwrap();
    let ask = NewWitness { key: witness.engine.witness_key(), url: Some(url.clone()) };
    log.engine.add_witness(&log.admin(), ask).await.unwrap();
    Pair { log, witness, url }
}

async fn grow(engine: &Engine, by: &weighbridge_domain::Caller, name: &str) {
    let new = NewToken {
        name: name.to_owned(),
        role: Role::Reader,
        environment: "dev".parse().unwrap(),
        entitled_to: Vec::new(),
        expires_at: None,
    };
    engine.create_token(by, new).await.unwrap();
}

async fn kinds(app: &TestApp) -> Vec<String> {
    let entries = app.engine.list_entries(0, 500).await.unwrap();
    entries.into_iter().map(|entry| entry.kind).collect()
}

async fn trouble(engine: &Engine) -> Option<String> {
    engine.list_witnesses().await.unwrap().witnesses.remove(0).trouble
}

#[tokio::test]
async fn a_growing_log_is_cosigned_and_its_receipts_carry_that() {
    let Pair { log, witness, .. } = pair().await;
    let key = witness.engine.witness_key();
    for round in 0..3 {
        for number in 0..100 {
            grow(&log.engine, &log.admin(), &format!("t{round}-{number}")).await;
        }
        log.advance(Duration::from_mins(1));
        log.engine.ask_witnesses().await.unwrap();
        assert_eq!(trouble(&log.engine).await, None);
        let published = log.engine.published_checkpoint().await.unwrap();
        assert_eq!(published.size, log.engine.checkpoint().await.unwrap().size);
        let at = verify_cosigned(&published.note, &key).unwrap();
        assert_eq!(at, 1_780_315_200, "the witness's own clock");
        log.engine.log_verifier().verify(&published.note).unwrap();
    }
    let seen = witness.engine.list_witnesses().await.unwrap().logs.remove(0);
    assert_eq!(seen.size, log.engine.checkpoint().await.unwrap().size);
    let receipt = log.engine.receipt(7).await.unwrap().unwrap();
    verify_receipt(&receipt, &log.engine.log_key()).unwrap();
    let note = receipt.split_once("\n\n").unwrap().1;
    verify_cosigned(note, &key).unwrap();
    verify_cosigned(note, &log.engine.witness_key()).unwrap_err();
    // Cosigning makes no entries: two that witness each other come to rest.
    assert_eq!(kinds(&witness).await.last().unwrap(), "witness.added");
}

#[tokio::test]
async fn a_rewritten_history_is_refused_and_an_alarm() {
    let Pair { log, witness, .. } = pair().await;
    // A copy of the log, keys included, before both go on.
    log.engine.checkpoint().await.unwrap();
    let fork = tempfile::tempdir().unwrap();
    for folder in ["keys", "."] {
        let (from, to) = (log.data().join(folder), fork.path().join(folder));
        std::fs::create_dir_all(&to).unwrap();
        for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_file() {
                std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
            }
        }
    }
    let mut settings = log.engine.settings().clone();
    settings.data = fork.path().to_owned();
    if let StoreUrl::Sqlite(_) = settings.database {
        settings.database = StoreUrl::Sqlite(fork.path().join("weighbridge.db"));
    } else {
        return;
    }
    let forked = Engine::open(settings).await.unwrap();
    for number in 0..5 {
        grow(&log.engine, &log.admin(), &format!("honest{number}")).await;
    }
    log.engine.ask_witnesses().await.unwrap();
    assert_eq!(trouble(&log.engine).await, None);

    // Shorter than what was cosigned: the end was cut off.
    grow(&forked, &log.admin(), "forged").await;
    forked.ask_witnesses().await.unwrap();
    let told = trouble(&forked).await.unwrap();
    assert!(told.contains("the end is lost"), "{told}");
    // As long, and longer: other histories.
    for number in 0..4 {
        grow(&forked, &log.admin(), &format!("forged{number}")).await;
    }
    // The entry of the alarm itself counts too, so it is longer by now.
    forked.ask_witnesses().await.unwrap();
    let told = trouble(&forked).await.unwrap();
    assert!(told.contains("it answered 422") || told.contains("409"), "{told}");
    forked.ask_witnesses().await.unwrap();
    let alarms = kinds(&witness).await.into_iter().filter(|kind| kind == "witness.alarm").count();
    assert_eq!(alarms, 1, "the same history is told once");
    assert!(forked.published_checkpoint().await.unwrap().size > 0);
    let seen = witness.engine.list_witnesses().await.unwrap().logs.remove(0);
    assert_eq!(seen.root, Some(log.engine.checkpoint().await.unwrap().root));
    assert!(seen.alarmed_root.is_some());

    // The honest log goes on as before.
    grow(&log.engine, &log.admin(), "later").await;
    log.engine.ask_witnesses().await.unwrap();
    assert_eq!(trouble(&log.engine).await, None);
}

#[tokio::test]
async fn a_witness_answers_as_the_standard_says() {
    let Pair { log, witness, url } = pair().await;
    let http = |body: String| {
        let address = url.trim_start_matches("http://").split('/').next().unwrap().to_owned();
        async move {
            use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
            let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
            let head = format!(
                "POST /api/v1/witness/add-checkpoint HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\
                 Content-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all((head + &body).as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            let status: u16 = answer.split(' ').nth(1).unwrap().parse().unwrap();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            (status, head.to_lowercase(), body.to_owned())
        }
    };
    let note = log.engine.checkpoint().await.unwrap().note;
    let size: u64 = note.lines().nth(1).unwrap().parse().unwrap();
    for (body, status) in [
        (String::new(), 400),
        (format!("old x\n\n{note}"), 400),
        (format!("old 00\n\n{note}"), 400),
        (format!("old 0\nnot base64\n\n{note}"), 400),
        (format!("old {}\n\n{note}", size + 1), 400),
        (format!("old 0\n\n{}", note.replace("log.test/a", "log.test/z")), 404),
        (format!("old 0\n\n{}", note.replacen(&format!("\n{size}\n"), "\n999\n", 1)), 403),
        (format!("old 1\n\n{note}"), 409),
    ] {
        let (found, head, told) = http(body.clone()).await;
        assert_eq!(found, status, "{body}: {told}");
        if status == 409 {
            assert!(head.contains("content-type: text/x.tlog.size") && told == "0\n", "{head}");
        }
    }
    let (status, _, line) = http(format!("old 0\n\n{note}")).await;
    assert_eq!(status, 200, "{line}");
    verify_cosigned(&format!("{note}{line}"), &witness.engine.witness_key()).unwrap();
    // Again the same: cosigned anew, from where it is now.
    assert_eq!(http(format!("old {size}\n\n{note}")).await.0, 200);
    let (status, _, told) = http(format!("old 0\n\n{note}")).await;
    assert_eq!((status, told), (409, format!("{size}\n")));
}

#[tokio::test]
async fn nobody_witnesses_themselves_and_a_key_says_what_it_is_for() {
    let app = app("log.test/a").await;
    let add = async |key: String, url: Option<&str>| {
        let new = NewWitness { key, url: url.map(str::to_owned) };
        app.engine.add_witness(&app.admin(), new).await.map(drop)
    };
    let own = add(app.engine.log_key(), None).await.unwrap_err();
    assert!(matches!(own, WitnessError::Own), "{own}");
    let other = crate::witness::app("log.test/b").await.engine;
    let no_url = add(other.witness_key(), None).await.unwrap_err();
    assert!(matches!(no_url, WitnessError::NoUrl(_)), "{no_url}");
    let asked = add(other.log_key(), Some("https://w.example")).await.unwrap_err();
    assert!(matches!(asked, WitnessError::NotAsked(_)), "{asked}");
    let none = add("nonsense".to_owned(), None).await.unwrap_err();
    assert!(matches!(none, WitnessError::BadKey(_)), "{none}");
}
