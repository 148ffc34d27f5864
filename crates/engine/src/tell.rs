//! Telling people what happened, by signed messages to receivers that an administrator named.
//!
//! What is told stands in the ledger, which is written in the transaction of the change itself: it is the
//! queue, and nothing that was committed can be missed. Each receiver has a place in it; a delivery is one
//! entry on its way to one receiver, tried until it is taken, at least once.

mod deliver;
mod dispatch;
mod message;
mod topics;
mod webhooks;

pub(crate) use topics::is_told;

pub use webhooks::{NewWebhook, TestReport, WebhookError, WebhookReport};

/// The rows that reports are made of.
pub use weighbridge_store::{DeliveryRow, DeliveryState, WebhookRow};
