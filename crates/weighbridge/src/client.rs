//! How a command reaches the API: over HTTP when a server runs, in this process when none does.
//!
//! Either way it is the same request to the same router, so that the command line and the API cannot
//! differ.

mod address;
mod list;
mod reply;

use std::cell::OnceCell;
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use weighbridge_engine::Engine;
use weighbridge_server::{InProcess, ProblemView};

use crate::cli::Global;
use crate::config::{Config, Loaded};
use crate::data_dir::{DataDir, Lock};
use crate::failure::Failure;
use crate::instance::{self, Instance};

pub(crate) use address::{encoded, query};
pub(crate) use reply::Reply;

/// How long a command waits for another one, or for a server that is starting.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it looks.
const PAUSE: Duration = Duration::from_millis(25);

/// A way to the API.
pub(crate) struct Client {
    door: Door,
    /// What is sent as `Authorization`.
    authorization: String,
}

enum Door {
    /// A server, by HTTP.
    Server { http: reqwest::Client, url: String },
    /// The router in this process.
    Here(InProcess),
}

/// An engine that a command opened. The lock keeps servers and other commands out until it is closed.
pub(crate) struct Opened {
    pub(crate) engine: Engine,
    _lock: Lock,
}

/// What a command wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Client {
    /// Finds the server that `global` names, else the one on the data directory, else opens the
    /// engine here; then `opened` gets it, to be closed at the end.
    pub(crate) async fn connect(
        global: &Global,
        loaded: &Loaded,
        opened: &OnceCell<Opened>,
    ) -> Result<Client, Failure> {
        let config = &loaded.config;
        if let Some(url) = &global.server {
            let Some(token) = global.token.clone() else {
                return Err(Failure::new("a server elsewhere takes a token")
                    .hint("set WEIGHBRIDGE_TOKEN to an administrator's token of that server"));
            };
            return Client::to_server(address::checked(url)?, &token);
        }
        let data = DataDir::new(&config.data);
        data.make()?;
        let began = Instant::now();
        loop {
            if let Some(lock) = data.try_lock()? {
                data.remove_note(&lock);
                let instance = instance::open(config, &lock).await?;
                opened.set(Opened { engine: instance.engine.clone(), _lock: lock }).ok();
                return Ok(Client::here(config, instance, global.token.clone()));
            }
            // Another command holds the lock without a server: then there is no note, or an old one.
            if let Some(note) = data.read_note()
                && is_alive(note.pid)
            {
                let token = match &global.token {
                    Some(token) => token.clone(),
                    None => local_token(&data)?,
                };
                return Client::to_server(note.url, &token);
            }
            if began.elapsed() > PATIENCE {
                return Err(Failure::new(format!(
                    "the data directory `{}` is in use and no server answers for it",
                    data.path().display()
                ))
                .hint("wait for the other command to end, or stop it"));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn to_server(url: String, token: &str) -> Result<Client, Failure> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("weighbridge-cli/", env!("CARGO_PKG_VERSION")))
            // The token stays with the server that was named, and with nobody on the way.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(Duration::from_secs(5))
            .build()
            .map_err(|error| Failure::new("the HTTP client cannot be made").because(error))?;
        Ok(Client { door: Door::Server { http, url }, authorization: bearer(token) })
    }

    fn here(config: &Config, instance: Instance, token: Option<String>) -> Client {
        let router = weighbridge_server::router(instance.engine, config.public_url());
        let token = token.unwrap_or_else(|| instance.token.reveal().to_owned());
        Client { door: Door::Here(InProcess::new(router)), authorization: bearer(&token) }
    }

    /// The same way, for whoever has that name and password.
    pub(crate) fn with_password(self, name: &str, password: &str) -> Client {
        let coded = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
        Client { authorization: format!("Basic {coded}"), ..self }
    }

    /// Where the server is, when one is asked.
    pub(crate) fn server_url(&self) -> Option<&str> {
        match &self.door {
            Door::Server { url, .. } => Some(url),
            Door::Here(_) => None,
        }
    }

    /// Reads something.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<Reply<T>, Failure> {
        self.send(Verb::Get, path, None::<&()>).await
    }

    /// Reads a file.
    pub(crate) async fn file(&self, path: &str) -> Result<Vec<u8>, Failure> {
        self.ask(Verb::Get, path, None).await
    }

    /// Reads lines as they come, until they end or `each` has seen enough; false then.
    pub(crate) async fn lines(
        &self,
        path: &str,
        mut each: impl FnMut(&str) -> Result<bool, Failure>,
    ) -> Result<bool, Failure> {
        let Door::Server { http, url } = &self.door else {
            let text = self.file(path).await?;
            return each_line(&mut text.clone(), &mut each, true);
        };
        let lost = |error: &reqwest::Error| {
            Failure::new(format!("the server at `{url}` does not answer"))
                .because(root_cause(error))
        };
        let request =
            http.get(format!("{url}/api/v1{path}")).header("authorization", &self.authorization);
        let mut answer = request.send().await.map_err(|error| lost(&error))?;
        if !answer.status().is_success() {
            let status = answer.status().as_u16();
            let body = answer.bytes().await.map_err(|error| lost(&error))?;
            return Err(refusal(status, &body));
        }
        let mut waiting = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| lost(&error))? {
            waiting.extend_from_slice(&piece);
            if !each_line(&mut waiting, &mut each, false)? {
                return Ok(false);
            }
        }
        each_line(&mut waiting, &mut each, true)
    }

    /// Asks for something to be done.
    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        verb: Verb,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<Reply<T>, Failure> {
        let text = body
            .map(serde_json::to_vec)
            .transpose()
            .map_err(|error| Failure::new("the request cannot be written").because(error))?;
        Reply::read(&self.ask(verb, path, text).await?)
    }

    /// Asks for something to be done that has no answer.
    pub(crate) async fn order(
        &self,
        verb: Verb,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<(), Failure> {
        let text = body
            .map(serde_json::to_vec)
            .transpose()
            .map_err(|error| Failure::new("the request cannot be written").because(error))?;
        self.ask(verb, path, text).await.map(drop)
    }

    /// Gives a file.
    pub(crate) async fn give<T: DeserializeOwned>(
        &self,
        path: &str,
        bytes: Vec<u8>,
    ) -> Result<Reply<T>, Failure> {
        Reply::read(&self.ask(Verb::Post, path, Some(bytes)).await?)
    }

    /// Asks for something that is answered in lines of JSON, and hands over each as it comes.
    pub(crate) async fn follow<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        mut each: impl FnMut(Reply<T>),
    ) -> Result<(), Failure> {
        let text = serde_json::to_vec(body)
            .map_err(|error| Failure::new("the request cannot be written").because(error))?;
        let path = format!("/api/v1{path}");
        let mut reader = LineReader::default();
        let mut hand_over = |piece: &[u8]| -> Result<(), Failure> {
            for line in reader.read(piece) {
                each(Reply::read(&line)?);
            }
            Ok(())
        };
        match &self.door {
            Door::Server { http, url } => {
                let lost = |error: &reqwest::Error| lost(url, error);
                let request = http.post(format!("{url}{path}"));
                let request = request.header("authorization", &self.authorization);
                let request = request.header("content-type", "application/json").body(text);
                let mut answer = request.send().await.map_err(|error| lost(&error))?;
                let status = answer.status().as_u16();
                if !(200..300).contains(&status) {
                    let bytes = answer.bytes().await.map_err(|error| lost(&error))?;
                    return Err(refusal(status, &bytes));
                }
                while let Some(piece) = answer.chunk().await.map_err(|error| lost(&error))? {
                    hand_over(&piece)?;
                }
                Ok(())
            }
            Door::Here(router) => {
                let broken = |error: weighbridge_server::InProcessError| {
                    Failure::new("there is no answer").because(error)
                };
                let mut answer = router
                    .open("POST", &path, &self.authorization, Some(text))
                    .await
                    .map_err(broken)?;
                if !answer.status.is_success() {
                    let whole = answer.whole().await.map_err(broken)?;
                    return Err(refusal(whole.status.as_u16(), &whole.body));
                }
                while let Some(piece) = answer.piece().await.map_err(broken)? {
                    hand_over(&piece)?;
                }
                Ok(())
            }
        }
    }

    async fn ask(&self, verb: Verb, path: &str, text: Option<Vec<u8>>) -> Result<Vec<u8>, Failure> {
        let path = format!("/api/v1{path}");
        let (status, bytes) = match &self.door {
            Door::Server { http, url } => self.ask_server(http, url, verb, &path, text).await?,
            Door::Here(router) => {
                let answer = router
                    .send_as(verb.as_str(), &path, &self.authorization, text)
                    .await
                    .map_err(|error| Failure::new("there is no answer").because(error))?;
                (answer.status.as_u16(), answer.body.to_vec())
            }
        };
        if (200..300).contains(&status) {
            return Ok(bytes);
        }
        Err(refusal(status, &bytes))
    }

    async fn ask_server(
        &self,
        http: &reqwest::Client,
        url: &str,
        verb: Verb,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<(u16, Vec<u8>), Failure> {
        let lost = |error: &reqwest::Error| lost(url, error);
        let mut request = http
            .request(verb.method(), format!("{url}{path}"))
            .header("authorization", &self.authorization)
            .header("content-type", "application/json");
        if let Some(body) = body {
            request = request.body(body);
        }
        let answer = request.send().await.map_err(|error| lost(&error))?;
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.map_err(|error| lost(&error))?;
        Ok((status, bytes.to_vec()))
    }
}

impl Verb {
    fn as_str(self) -> &'static str {
        match self {
            Verb::Get => "GET",
            Verb::Post => "POST",
            Verb::Put => "PUT",
            Verb::Patch => "PATCH",
            Verb::Delete => "DELETE",
        }
    }

    fn method(self) -> reqwest::Method {
        match self {
            Verb::Get => reqwest::Method::GET,
            Verb::Post => reqwest::Method::POST,
            Verb::Put => reqwest::Method::PUT,
            Verb::Patch => reqwest::Method::PATCH,
            Verb::Delete => reqwest::Method::DELETE,
        }
    }
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// Takes whole lines from the beginning of `bytes`, and at the end what is left.
fn each_line(
    bytes: &mut Vec<u8>,
    each: &mut impl FnMut(&str) -> Result<bool, Failure>,
    is_end: bool,
) -> Result<bool, Failure> {
    let whole = if is_end {
        bytes.len()
    } else {
        bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1)
    };
    let lines: Vec<u8> = bytes.drain(..whole).collect();
    for line in String::from_utf8_lossy(&lines).lines() {
        if !each(line)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn local_token(data: &DataDir) -> Result<String, Failure> {
    match data.read_token()? {
        Some(token) => Ok(token.reveal().to_owned()),
        None => Err(Failure::new(format!(
            "the server is running, and `{}` is missing",
            data.token_path().display()
        ))
        .hint("restart the server, which makes a new one, or set WEIGHBRIDGE_TOKEN")),
    }
}

/// Whether the process is there. A note can be left over from a server that was killed.
fn is_alive(pid: u32) -> bool {
    i32::try_from(pid)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
        .is_some_and(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

fn refusal(status: u16, body: &[u8]) -> Failure {
    let Ok(problem) = serde_json::from_slice::<ProblemView>(body) else {
        return Failure::new(format!("the server answered with status {status}"))
            .hint("is it a Weighbridge? `--server` takes its address without a path");
    };
    let failure = Failure::new(problem.detail);
    match problem.hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// Lines of an answer, put together from its pieces.
#[derive(Default)]
struct LineReader(Vec<u8>);

impl LineReader {
    /// The lines that a piece completes.
    fn read(&mut self, piece: &[u8]) -> Vec<Vec<u8>> {
        let mut lines = Vec::new();
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            self.0.extend_from_slice(part);
            if self.0.ends_with(b"\n") {
                lines.push(std::mem::take(&mut self.0));
            }
        }
        lines
    }
}

fn lost(url: &str, error: &reqwest::Error) -> Failure {
    Failure::new(format!("the server at `{url}` does not answer"))
        .because(root_cause(error))
        .hint("is it running? `weighbridge doctor` looks for the cause")
}

/// The last error of the chain says what happened; the first one repeats the address.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
