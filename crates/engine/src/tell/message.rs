//! One message: a `CloudEvents` 1.0 document in JSON, signed as Standard Webhooks says.

use serde_json::json;
use weighbridge_domain::{Digest, Timestamp, Topic};
use weighbridge_evidence::WebhookSecret;
use weighbridge_store::{EntryRow, WebhookRow};
use weighbridge_upstream::Outgoing;

use crate::{Engine, entry_line};

/// What the data of a message about an entry is described by.
const ENTRY_SCHEMA: &str = "urn:weighbridge:schema:ledger-entry:1";

/// A message before it is signed: the id by which a receiver knows it again, and the document.
pub(super) struct Message {
    pub(super) id: String,
    pub(super) body: String,
}

impl Message {
    /// The message about an entry: the same for every attempt, receiver and replica.
    pub(super) fn about(entry: &EntryRow, topics: &[Topic], origin: &str) -> Message {
        let id = message_id(origin, entry.position);
        let words: Vec<&str> = topics.iter().map(|topic| topic.as_str()).collect();
        let head = json!({
            "specversion": "1.0",
            "id": id,
            "source": origin,
            "type": format!("weighbridge.{}", entry.kind),
            "time": entry.at.to_string(),
            "datacontenttype": "application/json",
            "dataschema": ENTRY_SCHEMA,
            "topics": words.join(","),
        });
        // The entry goes as it was hashed, so it is put in as text.
        let head = head.to_string();
        let body = format!("{},\"data\":{}}}", head.trim_end_matches('}'), entry_line(entry));
        Message { id, body }
    }

    /// A message that only says that messages arrive.
    pub(super) fn test(ulid: &str, origin: &str, now: Timestamp) -> Message {
        let id = format!("msg_{ulid}");
        let body = json!({
            "specversion": "1.0",
            "id": id,
            "source": origin,
            "type": "weighbridge.webhook.test",
            "time": now.to_string(),
            "datacontenttype": "application/json",
            "data": {"message": "messages of Weighbridge arrive here"},
        });
        Message { id, body: body.to_string() }
    }
}

/// The same id for the same entry of the same log, whoever sends it and how often.
fn message_id(origin: &str, position: u64) -> String {
    let digest = Digest::of(format!("{origin}\n{position}").as_bytes()).to_string();
    format!("msg_{}_{position}", digest.get(..16).unwrap_or_default())
}

/// What a sealed secret is sealed for.
pub(super) fn secret_purpose(webhook_id: &str) -> String {
    format!("webhook/{webhook_id}")
}

impl Engine {
    /// The message with its headers, signed now by every secret that holds.
    pub(super) fn signed(&self, webhook: &WebhookRow, message: Message) -> Option<Outgoing> {
        let now = self.0.settings.clock.now();
        let seconds = now.as_micros().div_euclid(1_000_000);
        let previous = webhook.previous_until.filter(|until| *until > now);
        let previous = previous.and(webhook.previous_secret.as_ref());
        let mut signatures = Vec::new();
        for sealed in [Some(&webhook.secret), previous].into_iter().flatten() {
            let opened = self.0.secret_key.open(&secret_purpose(&webhook.id), sealed).ok()?;
            let secret = WebhookSecret::parse(&opened).ok()?;
            signatures.push(secret.sign(&message.id, seconds, &message.body));
        }
        Some(Outgoing {
            content_type: "application/cloudevents+json; charset=utf-8",
            headers: vec![
                ("webhook-id", message.id),
                ("webhook-timestamp", seconds.to_string()),
                ("webhook-signature", signatures.join(" ")),
            ],
            body: message.body,
        })
    }
}
