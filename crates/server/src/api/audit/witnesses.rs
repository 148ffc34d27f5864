//! `/api/v1/audit/witnesses`: which logs are cosigned here, and which witnesses are asked.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use weighbridge_engine::{NewWitness, WitnessError, WitnessReport};

use crate::ServerState;
use crate::allowed::{Admin, Auditor};
use crate::api::extract::{Body, Json, Path};
use crate::problem::{Problem, ProblemView};

/// A log to cosign, or a witness to ask: the key says which.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddWitness {
    /// Its public key: `name+id+key`.
    pub key: String,
    /// Where the witness is; not given for a log.
    #[schema(example = "https://other.example/api/v1/witness")]
    pub url: Option<String>,
}

/// Everything about witnessing here.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct WitnessesView {
    /// The key with which this instance cosigns other logs.
    pub key: String,
    /// The key of this instance's own log.
    pub log_key: String,
    /// The logs that are cosigned here.
    pub logs: Vec<WitnessedLogView>,
    /// The witnesses that are asked from here.
    pub witnesses: Vec<AskedWitnessView>,
}

/// A log that is cosigned here.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct WitnessedLogView {
    /// Its name.
    pub name: String,
    /// Over how many entries it was cosigned last; 0 when it never was.
    pub size: u64,
    /// When.
    pub cosigned_at: Option<String>,
    /// Whether it once showed a history that does not continue the one before.
    pub is_alarmed: bool,
}

/// A witness that is asked from here.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AskedWitnessView {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// Its key, to be given to whoever verifies.
    pub key: String,
    /// Over how many entries it cosigned last; 0 when it never did.
    pub cosigned_size: u64,
    /// What went wrong when it was asked last.
    pub trouble: Option<String>,
}

/// Which one.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct WitnessPath {
    /// The name of a log or a witness.
    name: String,
}

impl From<(WitnessReport, String)> for WitnessesView {
    fn from((report, log_key): (WitnessReport, String)) -> WitnessesView {
        let logs = report.logs.into_iter().map(|row| WitnessedLogView {
            name: row.origin,
            size: row.size,
            cosigned_at: row.cosigned_at.map(|at| at.to_string()),
            is_alarmed: row.alarmed_root.is_some(),
        });
        let witnesses = report.witnesses.into_iter().map(|row| AskedWitnessView {
            name: row.name,
            url: row.url,
            key: row.vkey,
            cosigned_size: row.cosigned_size,
            trouble: row.trouble,
        });
        WitnessesView {
            key: report.key,
            log_key,
            logs: logs.collect(),
            witnesses: witnesses.collect(),
        }
    }
}

impl From<WitnessError> for Problem {
    fn from(error: WitnessError) -> Problem {
        match error {
            WitnessError::BadKey(_) => Problem::bad_request("bad-key", error)
                .hint("`weighbridge audit witness list` there shows both of its keys"),
            WitnessError::NoUrl(_) => Problem::bad_request("no-url", error)
                .hint("the witness of a Weighbridge is at `https://…/api/v1/witness`"),
            WitnessError::NotAsked(_) => Problem::bad_request("not-asked", error),
            WitnessError::Own => Problem::bad_request("own-key", error),
            WitnessError::BadUrl(_) => Problem::bad_request("bad-url", error)
                .hint("messages go to public addresses by https, and to the networks that the operator names in `outgoing.allow_networks`"),
            WitnessError::Taken(_) => Problem::conflict("witness-exists", error),
            WitnessError::NoSuch(_) => Problem::not_found("no-such-witness", error)
                .hint("`weighbridge audit witness list` shows those there are"),
            WitnessError::Store(error) => Problem::internal(error),
        }
    }
}

/// List the logs that are cosigned here, and the witnesses that are asked
#[utoipa::path(get, path = "/audit/witnesses", tag = "audit", responses(
    (status = 200, body = WitnessesView),
    (status = 403, body = ProblemView),
))]
pub(crate) async fn list_witnesses(
    State(state): State<ServerState>,
    _auditor: Auditor,
) -> Result<Json<WitnessesView>, Problem> {
    listed(&state).await
}

/// Cosign a log from now on, or ask a witness from now on: the key says which
#[utoipa::path(post, path = "/audit/witnesses", tag = "audit", request_body = AddWitness, responses(
    (status = 201, body = WitnessesView),
    (status = 400, body = ProblemView),
    (status = 409, body = ProblemView),
))]
pub(crate) async fn add_witness(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Body(body): Body<AddWitness>,
) -> Result<(StatusCode, Json<WitnessesView>), Problem> {
    let new = NewWitness { key: body.key, url: body.url };
    state.engine.add_witness(&caller, new).await?;
    Ok((StatusCode::CREATED, listed(&state).await?))
}

/// Forget a log or a witness; what was cosigned stays
#[utoipa::path(delete, path = "/audit/witnesses/{name}", tag = "audit", params(WitnessPath), responses(
    (status = 204),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn remove_witness(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Path(path): Path<WitnessPath>,
) -> Result<StatusCode, Problem> {
    state.engine.remove_witness(&caller, &path.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ask every witness now for its cosignature
#[utoipa::path(post, path = "/audit/cosignatures", tag = "audit", responses(
    (status = 200, body = WitnessesView),
    (status = 403, body = ProblemView),
))]
pub(crate) async fn ask_witnesses(
    State(state): State<ServerState>,
    _admin: Admin,
) -> Result<Json<WitnessesView>, Problem> {
    state.engine.ask_witnesses().await.map_err(Problem::internal)?;
    listed(&state).await
}

async fn listed(state: &ServerState) -> Result<Json<WitnessesView>, Problem> {
    let report = state.engine.list_witnesses().await.map_err(Problem::internal)?;
    Ok(Json(WitnessesView::from((report, state.engine.log_key()))))
}
