//! Requests with a body, which [`TestApp`] does not send.

use base64::Engine as _;
use http::{Method, StatusCode};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use weighbridge_domain::Role;
use weighbridge_engine::NewToken;
use weighbridge_server::InProcess;
use weighbridge_testkit::TestApp;

/// The API, as somebody with a token meets it.
pub(crate) struct Door {
    router: InProcess,
    authorization: String,
}

impl Door {
    pub(crate) async fn of_admin(app: &TestApp) -> Door {
        Door::of(app, &admin_token(app, "root").await)
    }

    pub(crate) fn of(app: &TestApp, token: &str) -> Door {
        let router = weighbridge_server::router(app.engine.clone(), None);
        Door { router: InProcess::new(router), authorization: format!("Bearer {token}") }
    }

    /// The same for whoever has a name and a password.
    pub(crate) fn with_password(app: &TestApp, name: &str, password: &str) -> Door {
        let coded = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
        Door { authorization: format!("Basic {coded}"), ..Door::of(app, "") }
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let body = (!body.is_null()).then(|| body.to_string().into_bytes());
        self.send_bytes(method, path, body).await
    }

    pub(crate) async fn send_bytes(
        &self,
        method: &str,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> (StatusCode, Value) {
        let path = format!("/api/v1{path}");
        let answer = self.router.send_as(method, &path, &self.authorization, body).await.unwrap();
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.send("GET", path, Value::Null).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }
}

/// Every operation: its name, and a path that fits it.
pub(crate) fn operations() -> Vec<(String, Method, String)> {
    let description: Value = serde_json::from_str(&weighbridge_server::api::openapi()).unwrap();
    let mut operations = Vec::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let short = path.strip_prefix("/api/v1").unwrap();
            let filled = path.replace("{name}", "hub").replace("{id}", "X").replace("{token}", "X");
            operations.push((format!("{method} {short}"), method, filled));
        }
    }
    assert!(operations.len() > 20, "the description lists the operations");
    operations
}

/// Makes an administrator's token.
pub(crate) async fn admin_token(app: &TestApp, name: &str) -> String {
    token_of(app, name, Role::Admin).await
}

/// Makes a token for a role.
pub(crate) async fn token_of(app: &TestApp, name: &str, role: Role) -> String {
    let new = NewToken {
        name: name.to_owned(),
        role,
        environment: "dev".parse().unwrap(),
        entitled_to: Vec::new(),
        expires_at: None,
    };
    let (_, secret) = app.engine.create_token(&app.admin(), new).await.unwrap();
    secret.reveal().to_owned()
}

/// Sends a form over a socket; answers the whole response.
pub(crate) async fn send_form(app: &TestApp, path: &str, form: &str, headers: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(app.listen().await).await.unwrap();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: gate.test\r\nConnection: close\r\n{headers}\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
