//! The real router, engine and store in one process, in front of a fake Hub; the clock stands still
//! until a test moves it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use tempfile::TempDir;
use tower::ServiceExt as _;
use weighbridge_domain::{Caller, Clock, Environment, Ids, Role, Tier, Timestamp};
use weighbridge_engine::{
    AccountRow, Engine, EngineSettings, EnvironmentSettings, NewAccount, NewGrant,
    NewPersonalToken, NewSource, NewToken, PasswordCost,
};
use weighbridge_policy::EnvironmentPolicy;
use weighbridge_store::StoreUrl;

use crate::FakeHub;

/// A gateway under test. Everything it has is in a folder of its own.
pub struct TestApp {
    /// The engine, for what a test has to set up or look up.
    pub engine: Engine,
    router: Router,
    now: Arc<AtomicI64>,
    data: Arc<TempDir>,
    settings: EngineSettings,
}

/// With `WEIGHBRIDGE_TEST_GATEWAY=postgres`, a new schema on the server of `WEIGHBRIDGE_TEST_POSTGRES`. It
/// goes with the server: dropped at the end of a test, it would wait for what the gateway still writes, and
/// the gateway for the test.
fn asked_database() -> Option<String> {
    if std::env::var("WEIGHBRIDGE_TEST_GATEWAY").as_deref() != Ok("postgres") {
        return None;
    }
    let server = std::env::var("WEIGHBRIDGE_TEST_POSTGRES").expect("the URL of a server");
    let name = format!("gate_{}", Ids::system().ulid(Clock::system().now()).to_lowercase());
    let sql = format!("CREATE SCHEMA {name}");
    let arguments = [&server, "-q", "-v", "ON_ERROR_STOP=1", "-c", &sql];
    let status = std::process::Command::new("psql").args(arguments).status();
    assert!(status.expect("psql is installed").success(), "psql refused: {sql}");
    let joint = if server.contains('?') { '&' } else { '?' };
    Some(format!("{server}{joint}options[search_path]={name}"))
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, as far as it came.
    pub body: Bytes,
    /// The body was cut off.
    pub is_cut: bool,
}

impl Answer {
    /// A header as text; empty when it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Status, error code and message in one line, without what differs from run to run.
    pub fn summary(&self) -> String {
        let message = self.header("x-error-message");
        let message = message.split(". Why and what to do:").next().unwrap_or_default();
        let code = self.header("x-error-code");
        let cut = if self.is_cut { " (cut off)" } else { "" };
        format!("{} {code} {message}{cut}", self.status.as_u16()).trim_end().to_owned()
    }
}

impl TestApp {
    /// A new gateway whose one source is `hub`, tier 2. `worker` is the program whose `scan-worker`
    /// command scans, and whose `policy-worker` runs own rules.
    pub async fn in_front_of(hub: &FakeHub, worker: &str) -> TestApp {
        let app = TestApp::new(worker, |_| {}).await;
        app.add_source("hub", &hub.url(), Tier::Conditional).await;
        app
    }

    /// A new gateway without a source, with changed settings.
    pub async fn new(worker: &str, change: impl FnOnce(&mut EngineSettings)) -> TestApp {
        let data = Arc::new(tempfile::tempdir().expect("a temporary folder can be made"));
        let start = Timestamp::from_rfc3339("2026-06-01T12:00:00Z").expect("a moment");
        let now = Arc::new(AtomicI64::new(start.as_micros()));
        let read = Arc::clone(&now);
        let clock = Clock::from_fn(move || Timestamp::from_micros(read.load(Ordering::SeqCst)));
        let mut settings = settings(data.path().to_owned(), worker, clock);
        if let Some(url) = asked_database() {
            settings.database = StoreUrl::Postgres(url);
        }
        change(&mut settings);
        let engine = Engine::open(settings.clone()).await.expect("an engine opens in a new folder");
        let router = weighbridge_server::router(engine.clone(), None);
        TestApp { engine, router, now, data, settings }
    }

    /// Stops everything and opens the same folder again, as after a crash.
    pub async fn restarted(self) -> TestApp {
        self.restarted_with(|_| {}).await
    }

    /// The same with changed settings.
    pub async fn restarted_with(self, change: impl FnOnce(&mut EngineSettings)) -> TestApp {
        let TestApp { engine, router, now, data, mut settings } = self;
        drop((engine, router));
        change(&mut settings);
        let engine = Engine::open(settings.clone()).await.expect("the folder opens again");
        let router = weighbridge_server::router(engine.clone(), None);
        TestApp { engine, router, now, data, settings }
    }

    /// The same gateway, which people reach at `url`.
    #[must_use]
    pub fn behind(self, url: &str) -> TestApp {
        let router = weighbridge_server::router(self.engine.clone(), Some(url.to_owned()));
        TestApp { router, ..self }
    }

    /// Where its data is.
    pub fn data(&self) -> &std::path::Path {
        self.data.path()
    }

    /// Moves the clock.
    pub fn advance(&self, by: Duration) {
        let micros = i64::try_from(by.as_micros()).expect("a short time");
        self.now.fetch_add(micros, Ordering::SeqCst);
    }

    /// An administrator, for setting up.
    pub fn admin(&self) -> Caller {
        let mut admin = Caller::anonymous(environment("dev"));
        "admin".clone_into(&mut admin.name);
        admin.role = Role::Admin;
        admin
    }

    /// Somebody in a role.
    pub fn person(&self, name: &str, role: Role, environment_name: &str) -> Caller {
        let mut person = Caller::anonymous(environment(environment_name));
        name.clone_into(&mut person.name);
        person.role = role;
        person
    }

    /// Adds a source.
    pub async fn add_source(&self, name: &str, url: &str, tier: Tier) {
        let source = NewSource {
            name: name.parse().expect("a source name"),
            kind: "hub".to_owned(),
            url: url.to_owned(),
            tier,
            position: None,
        };
        self.engine.add_source(&self.admin(), source).await.expect("the source is added");
    }

    /// Makes a token for an environment; answers the secret.
    pub async fn token(&self, name: &str, environment_name: &str, entitled_to: &[&str]) -> String {
        let new = NewToken {
            name: name.to_owned(),
            role: Role::Reader,
            environment: environment(environment_name),
            entitled_to: entitled_to.iter().map(|text| text.parse().expect("a pattern")).collect(),
            expires_at: None,
        };
        let (_, secret) =
            self.engine.create_token(&self.admin(), new).await.expect("the token is made");
        secret.reveal().to_owned()
    }

    /// Makes an account that holds these roles: each with a pattern and an environment, or all.
    pub async fn account(&self, name: &str, grants: &[(Role, &str, Option<&str>)]) -> AccountRow {
        let new = NewAccount { name: name.to_owned(), display_name: None };
        let made = self.engine.add_account(&self.admin(), new).await.expect("the account is made");
        for (role, pattern, place) in grants {
            let new = NewGrant {
                role: *role,
                pattern: pattern.parse().expect("a pattern"),
                environment: place.map(environment),
                includes_gated: false,
            };
            self.engine.grant_role(&self.admin(), name, new).await.expect("the role is granted");
        }
        made.account
    }

    /// Makes a token that acts for an account; answers the secret.
    pub async fn personal_token(
        &self,
        account: &AccountRow,
        role: Role,
        environment_name: &str,
    ) -> String {
        let new = NewPersonalToken {
            label: format!("{role}-{environment_name}"),
            role: Some(role),
            environment: Some(environment(environment_name)),
            expires_at: None,
        };
        let made = self.engine.create_personal_token(account, new).await;
        made.expect("the token is made").1.reveal().to_owned()
    }

    /// Serves on a real socket until the test ends, and tells where.
    pub async fn listen(&self) -> std::net::SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let serving =
            weighbridge_server::serve(listener, self.router.clone(), std::future::pending());
        tokio::spawn(serving);
        address
    }

    /// Asks for a path without a token.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[]).await
    }

    /// Asks for the headers of a path without a token.
    pub async fn head(&self, path: &str) -> Answer {
        self.send(Method::HEAD, path, &[]).await
    }

    /// Asks for a path with a token.
    pub async fn get_as(&self, token: &str, path: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        self.send(Method::GET, path, &[(header::AUTHORIZATION.as_str(), &bearer)]).await
    }

    /// Asks for a path and goes away after the first piece of its body; answers how long that was.
    pub async fn get_a_piece(&self, path: &str) -> usize {
        let (_, mut body) = self.answer(Method::GET, path, &[]).await.into_parts();
        let frame = body.frame().await.expect("a first piece").expect("no error");
        frame.into_data().expect("bytes").len()
    }

    /// Sends a request without a body.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        let (parts, mut body) = self.answer(method, path, headers).await.into_parts();
        let (mut bytes, mut is_cut) = (Vec::new(), false);
        while let Some(frame) = body.frame().await {
            match frame {
                Ok(frame) => bytes.extend(frame.into_data().unwrap_or_default()),
                Err(_) => is_cut = true,
            }
        }
        Answer { status: parts.status, headers: parts.headers, body: bytes.into(), is_cut }
    }

    async fn answer(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> http::Response<Body> {
        let mut request = Request::builder().method(method).uri(path).header("host", "gate.test");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a request");
        self.router.clone().oneshot(request).await.expect("the router answers")
    }
}

fn environment(name: &str) -> Environment {
    name.parse().expect("an environment name")
}

fn settings(data: PathBuf, worker: &str, clock: Clock) -> EngineSettings {
    let environments = ["dev", "staging", "production"].map(|name| {
        let name = environment(name);
        EnvironmentSettings {
            anonymous: name.as_str() == "dev",
            policy: EnvironmentPolicy::shipped(&name),
            name,
        }
    });
    EngineSettings {
        database: StoreUrl::Sqlite(data.join("weighbridge.db")),
        environments: environments.to_vec(),
        default_environment: environment("dev"),
        upstream: weighbridge_upstream::HttpSettings {
            connect_timeout: Duration::from_secs(2),
            idle_timeout: Duration::from_secs(2),
            metadata_timeout: Duration::from_secs(5),
            pauses: vec![Duration::from_millis(1)],
        },
        outgoing: weighbridge_upstream::OutletSettings {
            allowed: vec!["127.0.0.0/8".parse().expect("a network")],
            connect_timeout: Duration::from_secs(2),
            answer_timeout: Duration::from_secs(2),
        },
        break_glass: weighbridge_engine::BreakGlassSettings::default(),
        ref_freshness: Duration::from_mins(5),
        hold: Duration::from_secs(8),
        small_file_bytes: 1 << 20,
        small_files_total_bytes: 64 << 20,
        scan_worker: (PathBuf::from(worker), vec!["scan-worker".into()]),
        policy_worker: (PathBuf::from(worker), vec!["policy-worker".into()]),
        ruleset: weighbridge_scan::ruleset().digest.to_string(),
        rescans: true,
        scan_limits: weighbridge_scan::Limits::default(),
        // As cheap as it goes: what the usual cost is has a test of its own.
        password_cost: PasswordCost { memory_kib: 16, passes: 1 },
        policy_confirmation: weighbridge_domain::Confirmation::ByAnother,
        log_origin: "weighbridge.test/log".to_owned(),
        keep_bodies: None,
        clock,
        ids: Ids::seeded(1),
        data,
    }
}
