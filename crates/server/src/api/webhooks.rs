//! Webhooks: receivers of signed messages about what happens.

pub(crate) mod add;
pub(crate) mod change;
pub(crate) mod deliveries;
pub(crate) mod list;
pub(crate) mod remove;
pub(crate) mod rotate;
pub(crate) mod test;

use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use weighbridge_engine::{DeliveryRow, WebhookError, WebhookReport, WebhookRow};

use crate::api::extract::Json;
use crate::problem::Problem;

pub use add::AddWebhook;
pub use change::ChangeWebhook;
pub use test::WebhookTestView;

/// Which webhook.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct WebhookPath {
    /// Its name or id.
    pub(crate) name: String,
}

/// A receiver of messages.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct WebhookView {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// What it is told about.
    pub topics: Vec<String>,
    /// Who added it.
    pub created_by: String,
    /// When.
    pub created_at: String,
    /// Since when it is told nothing.
    pub disabled_at: Option<String>,
    /// Why not.
    pub disabled_because: Option<String>,
    /// Until when the secret before signs beside the one now.
    pub both_sign_until: Option<String>,
    /// Messages that wait to be taken.
    pub waiting: u64,
    /// Messages that were given up in the last 30 days.
    pub dead: u64,
}

/// A receiver with its secret, just made.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct WebhookWithSecret {
    /// What is known of it from now on.
    #[serde(flatten)]
    pub known: WebhookView,
    /// What messages are signed with. It is kept sealed and cannot be shown again.
    #[schema(example = "whsec_…")]
    pub secret: String,
}

/// One entry of the ledger on its way to a receiver.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DeliveryView {
    /// The entry.
    pub position: u64,
    /// `waiting`, `delivered` or `dead`.
    pub state: String,
    /// How often it was tried.
    pub attempts: u64,
    /// When it is tried next, while it waits.
    pub due_at: Option<String>,
    /// What the receiver answered last.
    pub status: Option<u64>,
    /// What went wrong last.
    pub trouble: Option<String>,
    /// When it was taken or given up.
    pub settled_at: Option<String>,
}

impl From<WebhookReport> for WebhookView {
    fn from(report: WebhookReport) -> WebhookView {
        let WebhookReport { row, waiting, dead } = report;
        WebhookView {
            id: row.id,
            name: row.name,
            url: row.url,
            topics: row.topics.iter().map(ToString::to_string).collect(),
            created_by: row.created_by,
            created_at: row.created_at.to_string(),
            disabled_at: row.disabled_at.map(|moment| moment.to_string()),
            disabled_because: row.disabled_because,
            both_sign_until: row.previous_until.map(|moment| moment.to_string()),
            waiting,
            dead,
        }
    }
}

impl From<WebhookRow> for WebhookView {
    fn from(row: WebhookRow) -> WebhookView {
        WebhookView::from(WebhookReport { row, waiting: 0, dead: 0 })
    }
}

impl From<DeliveryRow> for DeliveryView {
    fn from(row: DeliveryRow) -> DeliveryView {
        DeliveryView {
            position: row.position,
            state: row.state.as_str().to_owned(),
            attempts: row.attempts,
            due_at: row.settled_at.is_none().then(|| row.due_at.to_string()),
            status: row.status,
            trouble: row.trouble,
            settled_at: row.settled_at.map(|moment| moment.to_string()),
        }
    }
}

impl From<WebhookError> for Problem {
    fn from(error: WebhookError) -> Problem {
        match error {
            WebhookError::BadName => Problem::bad_request("bad-name", error),
            WebhookError::Taken(_) => Problem::conflict("webhook-exists", error)
                .hint("choose another name, or remove that one first"),
            WebhookError::TooMany => Problem::conflict("too-many-webhooks", error)
                .hint("remove one that nobody reads any more"),
            WebhookError::BadUrl(_) => Problem::bad_request("bad-url", error)
                .hint("messages go to public addresses by https, and to the networks that the operator names in `outgoing.allow_networks`"),
            WebhookError::NoSuchWebhook(_) => Problem::not_found("no-such-webhook", error)
                .hint("`weighbridge webhook list` shows those there are"),
            WebhookError::Seal => Problem::internal(error),
            WebhookError::Store(error) => Problem::internal(error),
        }
    }
}

/// An answer with a secret: nobody on the way keeps it.
type Secret = (StatusCode, [(HeaderName, HeaderValue); 1], Json<WebhookWithSecret>);

fn with_secret(status: StatusCode, row: WebhookRow, secret: String) -> Secret {
    let never_kept = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (status, never_kept, Json(WebhookWithSecret { known: row.into(), secret }))
}
