//! `/api/v1/account/sessions`: one's own sessions of the console.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_engine::SessionRow;

use crate::ServerState;
use crate::allowed::AccountHolder;
use crate::api::extract::{Json, Page};
use crate::problem::{Problem, ProblemView};

/// An open session.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SessionView {
    /// Since when.
    pub created_at: String,
    /// When it was last used, to the minute.
    pub seen_at: String,
    /// From where.
    pub address: String,
    /// With what.
    pub client: String,
}

/// How many sessions ended.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EndedSessions {
    /// How many there were.
    pub ended: u64,
}

impl From<SessionRow> for SessionView {
    fn from(row: SessionRow) -> SessionView {
        SessionView {
            created_at: row.created_at.to_string(),
            seen_at: row.seen_at.to_string(),
            address: row.address,
            client: row.client,
        }
    }
}

/// List one's own sessions of the console
#[utoipa::path(get, path = "/account/sessions", tag = "account", responses(
    (status = 200, body = Page<SessionView>),
    (status = 403, body = ProblemView),
))]
pub(crate) async fn list_own_sessions(
    State(state): State<ServerState>,
    AccountHolder(account): AccountHolder,
) -> Result<Json<Page<SessionView>>, Problem> {
    let rows = state.engine.list_sessions(&account).await.map_err(Problem::internal)?;
    Ok(Json(Page::whole(rows.into_iter().map(SessionView::from).collect())))
}

/// End all of one's own sessions of the console
#[utoipa::path(delete, path = "/account/sessions", tag = "account", responses(
    (status = 200, body = EndedSessions),
    (status = 403, body = ProblemView),
))]
pub(crate) async fn end_own_sessions(
    State(state): State<ServerState>,
    AccountHolder(account): AccountHolder,
) -> Result<Json<EndedSessions>, Problem> {
    let name = account.name.as_str();
    let ended = state.engine.end_sessions(name, name).await?;
    Ok(Json(EndedSessions { ended }))
}
