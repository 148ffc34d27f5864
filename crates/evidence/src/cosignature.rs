//! Cosignatures: a witness says when it saw a log at a size, and that the log had only grown until then.
//!
//! Format: <https://c2sp.org/tlog-cosignature>, `cosignature/v1` (Ed25519, key type 0x04).

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use crate::note::{BadVerifierKey, NoteError, NoteKey, Origin, signature_line, signatures_by};

/// The byte that says a key is for cosignatures.
const COSIGNATURE: u8 = 0x04;

/// Cosigns the checkpoints of other logs.
#[derive(Clone)]
pub struct WitnessSigner {
    key: SigningKey,
    public: NoteKey,
}

/// Checks the cosignatures of one witness.
#[derive(Clone, Debug)]
pub struct WitnessVerifier(NoteKey);

impl WitnessSigner {
    /// The witness whose Ed25519 secret is `seed`. It is never the seed of a log.
    pub fn from_seed(seed: [u8; 32], name: Origin) -> WitnessSigner {
        let key = SigningKey::from_bytes(&seed);
        let public = NoteKey::new(name, COSIGNATURE, key.verifying_key());
        WitnessSigner { key, public }
    }

    /// Who can check what this signs.
    pub fn verifier(&self) -> WitnessVerifier {
        WitnessVerifier(self.public.clone())
    }

    /// The signature line for the text of a checkpoint, as of that second.
    pub fn cosign(&self, checkpoint: &str, unix_seconds: u64) -> String {
        let signature = self.key.sign(message(checkpoint, unix_seconds).as_bytes());
        let bytes = [&unix_seconds.to_be_bytes()[..], &signature.to_bytes()].concat();
        signature_line(&self.public, &bytes)
    }
}

impl std::fmt::Debug for WitnessSigner {
    /// Tells the name and never the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WitnessSigner({})", self.public.name())
    }
}

impl WitnessVerifier {
    /// Reads a verifier key: `name+id+key`.
    pub fn from_vkey(text: &str) -> Result<WitnessVerifier, BadVerifierKey> {
        NoteKey::from_vkey(text, COSIGNATURE).map(WitnessVerifier)
    }

    /// The verifier key, to be published.
    pub fn vkey(&self) -> String {
        self.0.vkey()
    }

    /// The witness's name.
    pub fn name(&self) -> &Origin {
        self.0.name()
    }

    /// When the witness cosigned the checkpoint in `note`, in seconds since 1970.
    pub fn verify(&self, note: &str) -> Result<u64, NoteError> {
        let (text, signatures) = signatures_by(note, &self.0)?;
        let mut latest = None;
        for bytes in signatures {
            let wrong = || NoteError::WrongSignature(self.name().clone());
            let (at, signature) = bytes.split_first_chunk::<8>().ok_or_else(wrong)?;
            let at = u64::from_be_bytes(*at);
            let signature = <[u8; 64]>::try_from(signature).map_err(|_| wrong())?;
            let signature = Signature::from_bytes(&signature);
            let key: &VerifyingKey = self.0.key();
            key.verify_strict(message(text, at).as_bytes(), &signature).map_err(|_| wrong())?;
            latest = latest.max(Some(at));
        }
        latest.ok_or_else(|| NoteError::NotSigned(self.name().clone()))
    }
}

fn message(checkpoint: &str, unix_seconds: u64) -> String {
    format!("cosignature/v1\ntime {unix_seconds}\n{checkpoint}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LogSigner, empty_root};

    #[test]
    fn a_cosignature_holds_for_its_checkpoint_and_moment_alone() {
        let log = LogSigner::from_seed([1; 32], "log.example/a".parse().unwrap());
        let witness = WitnessSigner::from_seed([2; 32], "witness.example/w".parse().unwrap());
        let note = log.sign(0, empty_root());
        let text = note.split_once("\n\n").unwrap().0.to_owned() + "\n";
        let cosigned = format!("{note}{}", witness.cosign(&text, 1_700_000_000));
        assert_eq!(witness.verifier().verify(&cosigned), Ok(1_700_000_000));
        log.verifier().verify(&cosigned).unwrap();
        let again = WitnessVerifier::from_vkey(&witness.verifier().vkey()).unwrap();
        assert_eq!(again.verify(&cosigned), Ok(1_700_000_000));
        assert!(matches!(witness.verifier().verify(&note), Err(NoteError::NotSigned(_))));
        let other = format!("{note}{}", witness.cosign("another text\n", 1_700_000_000));
        assert!(matches!(witness.verifier().verify(&other), Err(NoteError::WrongSignature(_))));
        // A log's key is no witness's key, and the other way round.
        assert!(WitnessVerifier::from_vkey(&log.verifier().vkey()).is_err());
        assert!(crate::LogVerifier::from_vkey(&witness.verifier().vkey()).is_err());
    }
}
