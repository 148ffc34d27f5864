//! The Hugging Face Hub protocol, for unmodified clients.
//!
//! Every address meets the same door: the caller, the canonical artifact, the decision. Nothing of
//! Xet, git or LFS is offered, so no client finds a way to bytes round the gate.

mod address;
mod body;
mod commits;
mod info;
mod listing;
mod paths_info;
mod refs;
mod refusal;
mod resolve;
mod search;
mod tree;
mod whoami;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, Method, StatusCode, header};
use weighbridge_domain::{Artifact, Caller};
use weighbridge_engine::{Ask, Engine, Refused};

use crate::ServerState;
use crate::caller::{self, NotKnown};
use crate::sendfile::Pipe;
use address::Address;
pub(crate) use refusal::{Refusal, error};

/// One request of a Hub client, with what every answer needs.
pub(crate) struct HubRequest {
    pub(crate) engine: Engine,
    pub(crate) caller: Caller,
    pub(crate) headers: HeaderMap,
    pub(crate) method: Method,
    pub(crate) query: String,
    /// Scheme, host and prefix under which the client reached us, without a slash at the end.
    pub(crate) base_url: String,
    /// The path of the request below `base_url`, encoded as it came.
    pub(crate) path: String,
    /// Where the console is, without the environment prefix.
    pub(crate) console_url: String,
    /// What the client calls itself, bounded.
    pub(crate) client: String,
    /// Where it connects from.
    pub(crate) address: String,
    /// The connection's way for file bytes; none when the request came by no connection of ours.
    pub(crate) pipe: Option<Pipe>,
}

/// Answers whatever no other route knows: all Hub addresses. The id a client gave its request comes
/// back with the answer, since clients print it with their errors.
pub(crate) async fn answer(
    State(state): State<ServerState>,
    request: axum::extract::Request,
) -> Response {
    let ids = ["x-request-id", "x-amzn-trace-id"];
    let id = ids.iter().find_map(|name| request.headers().get(*name)).cloned();
    let mut response = respond(state, request).await;
    if let Some(id) = id.filter(|id| id.len() <= 200) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}

async fn respond(state: ServerState, request: axum::extract::Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let (environment, rest) = match address::split_environment(path) {
        Ok(split) => split,
        Err(bad) => return error(StatusCode::NOT_FOUND, None, &bad.to_string()),
    };
    let address = match address::parse(rest) {
        Ok(address) => address,
        Err(bad) => return error(StatusCode::NOT_FOUND, Some("RepoNotFound"), &bad.to_string()),
    };
    if address == Address::Unknown {
        let what =
            format!("`{}` is not an address of the Hub that Weighbridge speaks", shown(rest));
        return error(StatusCode::NOT_FOUND, None, &what);
    }
    if address == Address::ValidateYaml {
        return axum::Json(serde_json::json!({"errors": [], "warnings": []})).into_response();
    }
    let console_url = state.base_url(&parts.headers);
    let base_url = match &environment {
        Some(environment) => format!("{console_url}/env/{environment}"),
        None => console_url.clone(),
    };
    let address_of = |parts: &http::request::Parts| {
        parts.extensions.get::<crate::serve::Peer>().map(|peer| peer.0.ip().to_string())
    };
    let caller = match caller::identify(&state.engine, &parts.headers, environment).await {
        Ok(caller) => caller,
        Err(NotKnown { status, message }) => return Refusal::not_known(status, &message),
    };
    let request = HubRequest {
        engine: state.engine.clone(),
        caller,
        client: client_name(&parts.headers),
        address: address_of(&parts).unwrap_or_default(),
        pipe: parts.extensions.get::<Pipe>().cloned(),
        method: parts.method.clone(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        path: rest.to_owned(),
        base_url,
        console_url,
        headers: parts.headers,
    };
    let reads = matches!(request.method, Method::GET | Method::HEAD);
    match address {
        Address::Resolve(artifact, revision, path) if reads => {
            resolve::answer(&request, Ask { artifact, revision }, path).await
        }
        Address::Info(artifact, revision) if reads => {
            info::answer(&request, Ask { artifact, revision }).await
        }
        Address::Tree(artifact, revision, folder) if reads => {
            tree::answer(&request, Ask { artifact, revision }, folder).await
        }
        Address::PathsInfo(artifact, revision) if request.method == Method::POST => {
            paths_info::answer(&request, Ask { artifact, revision }, body).await
        }
        Address::Refs(artifact) if reads => refs::answer(&request, artifact).await,
        Address::Commits(artifact, revision) if reads => {
            commits::answer(&request, Ask { artifact, revision }).await
        }
        Address::AuthCheck(artifact) if reads => auth_check(&request, artifact).await,
        Address::Discussions(artifact) if reads => discussions(&request, artifact).await,
        Address::Search(kind) if reads => search::answer(&request, kind).await,
        Address::WhoAmI if reads => whoami::answer(&request),
        Address::Closed(artifact, what) => closed(&request, artifact, what).await,
        _ => {
            let what = "Weighbridge takes nothing in at this address: pushing comes later";
            error(StatusCode::METHOD_NOT_ALLOWED, None, what)
        }
    }
}

/// `GET /api/models/{id}/auth-check`: whether the caller may have the repository.
async fn auth_check(request: &HubRequest, artifact: Artifact) -> Response {
    let ask = Ask { artifact, revision: weighbridge_domain::RevisionSpec::main() };
    match request.engine.open_revision(&request.caller, &ask).await {
        Ok(view) => match view.allowed() {
            Ok(()) => StatusCode::OK.into_response(),
            Err(refused) => request.refuse(&ask, None, &refused),
        },
        Err(refused) => request.refuse(&ask, None, &refused),
    }
}

/// Discussions live upstream; transformers asks for them and is content with none.
async fn discussions(request: &HubRequest, artifact: Artifact) -> Response {
    let ask = Ask { artifact, revision: weighbridge_domain::RevisionSpec::main() };
    match request.engine.open_revision(&request.caller, &ask).await {
        Ok(_) => axum::Json(serde_json::json!({"discussions": [], "count": 0, "start": 0}))
            .into_response(),
        Err(refused) => request.refuse(&ask, None, &refused),
    }
}

/// Ways to bytes that are shut. Policy is asked first, so that a denied repository is denied here with
/// the same words as everywhere else.
async fn closed(request: &HubRequest, artifact: Artifact, what: &str) -> Response {
    let ask = Ask { artifact, revision: weighbridge_domain::RevisionSpec::main() };
    let refused = match request.engine.open_revision(&request.caller, &ask).await {
        Ok(view) => view.allowed().err(),
        Err(refused) => Some(refused),
    };
    if let Some(refused) = refused {
        return request.refuse(&ask, None, &refused);
    }
    let message = format!("{what} is not offered here: files come by plain HTTP, after the gate");
    error(StatusCode::NOT_FOUND, None, &message)
}

impl HubRequest {
    /// Turns a refusal into the answer every client shows, and records it.
    fn refuse(&self, ask: &Ask, path: Option<&str>, refused: &Refused) -> Response {
        self.engine.note_refusal(&self.caller, ask, path, refused, &self.client);
        Refusal { refused, ask, console_url: &self.console_url, caller: &self.caller }
            .into_response()
    }

    /// A parameter of the query, decoded.
    fn parameter(&self, name: &str) -> Option<String> {
        let mut pairs = form_pairs(&self.query);
        pairs.find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

/// Reads `a=1&b=2`, percent-decoded.
pub(crate) fn form_pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    let decode = |piece: &str| {
        let piece = piece.replace('+', " ");
        percent_encoding::percent_decode_str(&piece).decode_utf8_lossy().into_owned()
    };
    text.split('&').filter(|pair| !pair.is_empty()).map(move |pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(key), decode(value))
    })
}

fn client_name(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    agent.unwrap_or("unknown").chars().take(200).collect()
}

fn shown(path: &str) -> String {
    path.chars().take(120).flat_map(char::escape_default).collect()
}
