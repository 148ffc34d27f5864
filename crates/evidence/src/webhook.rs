//! Signatures of messages to receivers (Standard Webhooks, symmetric: HMAC-SHA256).
//!
//! Format: <https://www.standardwebhooks.com>. The signed text is `id.timestamp.body`.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How many random bytes a secret has.
pub const WEBHOOK_SECRET_BYTES: usize = 32;
/// What a secret begins with, so that people and scanners know one when they see it.
const PREFIX: &str = "whsec_";

/// The secret that one receiver and we share.
#[derive(Clone)]
pub struct WebhookSecret(Vec<u8>);

/// A text that is no such secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not `{PREFIX}` and 24 to 64 bytes of base64")]
pub struct BadWebhookSecret;

impl WebhookSecret {
    /// A secret of these bytes, which nobody can guess.
    pub fn from_bytes(bytes: [u8; WEBHOOK_SECRET_BYTES]) -> WebhookSecret {
        WebhookSecret(bytes.to_vec())
    }

    /// Reads a secret.
    pub fn parse(text: &str) -> Result<WebhookSecret, BadWebhookSecret> {
        let encoded = text.strip_prefix(PREFIX).ok_or(BadWebhookSecret)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| BadWebhookSecret)?;
        if (24..=64).contains(&bytes.len()) {
            Ok(WebhookSecret(bytes))
        } else {
            Err(BadWebhookSecret)
        }
    }

    /// The text that a receiver is configured with.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    /// One signature, as the header lists it.
    pub fn sign(&self, id: &str, unix_seconds: i64, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let tag = hmac::sign(&key, format!("{id}.{unix_seconds}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(tag.as_ref()))
    }
}

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard_is_signed_as_it_says() {
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature =
            secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_reads_back_and_is_not_shown_by_accident() {
        let secret = WebhookSecret::from_bytes([7; 32]);
        assert_eq!(WebhookSecret::parse(&secret.reveal()).unwrap().0, secret.0);
        assert_eq!(format!("{secret:?}"), "WebhookSecret(…)");
        for bad in ["", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_%%"] {
            assert!(WebhookSecret::parse(bad).is_err(), "{bad}");
        }
    }
}
