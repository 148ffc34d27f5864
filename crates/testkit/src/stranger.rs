//! Somebody with a key of their own, who signs statements about our artifacts.

use serde_json::Value;
use weighbridge_domain::Digest;
use weighbridge_evidence::{AttestationSigner, Envelope, EnvelopeSignature, IN_TOTO_TYPE};

/// Somebody who signs statements.
#[derive(Debug)]
pub struct Stranger(AttestationSigner);

impl Stranger {
    /// Somebody whose secret is that byte, over and over.
    pub fn with_seed(seed: u8) -> Stranger {
        Stranger(AttestationSigner::from_seed([seed; 32]))
    }

    /// Their public key.
    pub fn pem(&self) -> String {
        self.0.public().pem()
    }

    /// An envelope with a statement, signed.
    pub fn sign(&self, statement: &Value) -> String {
        let mut envelope = Envelope {
            payload_type: IN_TOTO_TYPE.to_owned(),
            payload: statement.to_string().into_bytes(),
            signatures: Vec::new(),
        };
        let bytes = self.0.sign(Digest::of(&envelope.signed_bytes())).expect("the library signs");
        envelope.signatures.push(EnvelopeSignature { keyid: String::new(), bytes });
        envelope.json()
    }
}

/// What base64 stands for.
pub fn decoded(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).expect("it is base64")
}
