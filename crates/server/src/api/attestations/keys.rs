//! The public keys of this instance: at `GET /api/v1/keys` and below `/.well-known/weighbridge/`, for
//! everybody.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use http::header;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_engine::InstanceKeys;

use crate::ServerState;
use crate::api::extract::Json;

/// The public keys of an instance.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct KeysView {
    /// Of its attestations.
    pub attestations: AttestationKeyView,
    /// Of its ledger.
    pub ledger: LedgerKeyView,
}

/// The key that signs attestations.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AttestationKeyView {
    /// Its name in envelopes: SHA-256 of its DER, in hexadecimal.
    pub keyid: String,
    /// Its name in Sigstore bundles: the same, in base64.
    pub hint: String,
    /// What it is.
    pub algorithm: String,
    /// The key.
    pub pem: String,
}

/// The key that signs the ledger.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LedgerKeyView {
    /// The name of the ledger.
    pub origin: String,
    /// The key, as C2SP signed notes write it.
    pub key: String,
}

impl From<InstanceKeys> for KeysView {
    fn from(keys: InstanceKeys) -> KeysView {
        KeysView {
            attestations: AttestationKeyView {
                keyid: keys.attestations.keyid(),
                hint: keys.attestations.hint(),
                algorithm: keys.attestations.algorithm().to_owned(),
                pem: keys.attestations.pem(),
            },
            ledger: LedgerKeyView { origin: keys.log_origin, key: keys.log },
        }
    }
}

/// Show the public keys of this instance; for everybody
#[utoipa::path(get, path = "/keys", tag = "attestations", security(()), responses(
    (status = 200, body = KeysView),
))]
pub(crate) async fn show_keys(State(state): State<ServerState>) -> Json<KeysView> {
    Json(state.engine.instance_keys().into())
}

/// The same where tools look that know nothing of our API.
pub(crate) fn well_known() -> Router<ServerState> {
    let pem = async |State(state): State<ServerState>| {
        let kind = [(header::CONTENT_TYPE, "application/x-pem-file")];
        (kind, state.engine.instance_keys().attestations.pem())
    };
    Router::new()
        .route("/.well-known/weighbridge/keys.json", get(show_keys))
        .route("/.well-known/weighbridge/attestations.pem", get(pem))
}
