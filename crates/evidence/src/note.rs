//! C2SP signed notes: a text that people can read, with Ed25519 signatures below it.
//!
//! Format: <https://c2sp.org/signed-note>.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

/// A longer note is refused unread.
pub const MAX_NOTE_BYTES: usize = 64 * 1024;

/// A note with more signatures is refused.
const MAX_SIGNATURES: usize = 64;

/// The byte that says a key is for Ed25519 signatures of notes.
const ED25519: u8 = 0x01;

/// The name of a log, and of the key that signs for it: `weighbridge.example.org/ledger`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin(String);

/// A text that cannot name a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` cannot name a log: 1 to 200 characters without spaces, `+` and control characters")]
pub struct BadOrigin(String);

impl Origin {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = BadOrigin;
    fn from_str(text: &str) -> Result<Origin, BadOrigin> {
        let fits = (1..=200).contains(&text.len())
            && !text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+');
        if fits {
            Ok(Origin(text.to_owned()))
        } else {
            Err(BadOrigin(text.chars().take(60).flat_map(char::escape_debug).collect()))
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a note is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is not a signed note at all.
    #[error("it is not a signed note: {0}")]
    Malformed(&'static str),
    /// The log's key signed nothing here.
    #[error("it has no signature by `{0}`")]
    NotSigned(Origin),
    /// There is a signature by the log's key, and it is wrong.
    #[error("its signature by `{0}` is wrong")]
    WrongSignature(Origin),
}

/// A text that is not the public key of a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not a verifier key: {0}")]
pub struct BadVerifierKey(&'static str);

/// Signs notes in the name of a log.
#[derive(Clone)]
pub(crate) struct NoteSigner {
    key: SigningKey,
    public: NoteVerifier,
}

/// Checks notes signed in the name of a log.
#[derive(Clone, Debug)]
pub(crate) struct NoteVerifier(NoteKey);

/// A public key for notes: its name, what it is for, and the id that stands in its signatures.
#[derive(Clone, Debug)]
pub(crate) struct NoteKey {
    name: Origin,
    kind: u8,
    id: [u8; 4],
    key: VerifyingKey,
}

impl NoteKey {
    pub(crate) fn new(name: Origin, kind: u8, key: VerifyingKey) -> NoteKey {
        let mut hasher = Sha256::new();
        hasher.update(name.as_str());
        hasher.update([b'\n', kind]);
        hasher.update(key.as_bytes());
        let hash: [u8; 32] = hasher.finalize().into();
        let [a, b, c, d, ..] = hash;
        NoteKey { name, kind, id: [a, b, c, d], key }
    }

    /// Reads a key that is for `kind`.
    pub(crate) fn from_vkey(text: &str, kind: u8) -> Result<NoteKey, BadVerifierKey> {
        let mut parts = text.trim_end_matches('\n').splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(BadVerifierKey("it is not of the form `name+id+key`"));
        };
        let name: Origin = name.parse().map_err(|_| BadVerifierKey("its name is not a log's"))?;
        let key = STANDARD.decode(key).map_err(|_| BadVerifierKey("its key is not base64"))?;
        let Some((found, key)) = key.split_first() else {
            return Err(BadVerifierKey("its key is empty"));
        };
        if *found != kind {
            return Err(BadVerifierKey(match kind {
                ED25519 => "its key is not for Ed25519",
                _ => "its key is not for cosignatures",
            }));
        }
        let key = <[u8; 32]>::try_from(key)
            .ok()
            .and_then(|key| VerifyingKey::from_bytes(&key).ok())
            .ok_or(BadVerifierKey("its key is not an Ed25519 public key"))?;
        let key = NoteKey::new(name, kind, key);
        if hex::encode(key.id) != id {
            return Err(BadVerifierKey("its id does not belong to its name and key"));
        }
        Ok(key)
    }

    pub(crate) fn vkey(&self) -> String {
        let mut key = vec![self.kind];
        key.extend_from_slice(self.key.as_bytes());
        format!("{}+{}+{}", self.name, hex::encode(self.id), STANDARD.encode(key))
    }

    pub(crate) fn name(&self) -> &Origin {
        &self.name
    }

    pub(crate) fn key(&self) -> &VerifyingKey {
        &self.key
    }
}

/// One line below a note.
pub(crate) fn signature_line(key: &NoteKey, signature: &[u8]) -> String {
    let signed = [&key.id, signature].concat();
    format!("\u{2014} {} {}\n", key.name, STANDARD.encode(signed))
}

/// The text of a note, and what the key's signatures below it hold. Other keys' are not looked at.
pub(crate) fn signatures_by<'n>(
    note: &'n str,
    key: &NoteKey,
) -> Result<(&'n str, Vec<Vec<u8>>), NoteError> {
    let (text, signatures) = split(note)?;
    let mut own = Vec::new();
    for (position, line) in signatures.lines().enumerate() {
        if position >= MAX_SIGNATURES {
            return Err(NoteError::Malformed("it has too many signatures"));
        }
        let signature = SignatureLine::read(line)?;
        if signature.name == key.name.as_str() && signature.id == key.id {
            own.push(signature.bytes);
        }
    }
    Ok((text, own))
}

impl NoteSigner {
    pub(crate) fn from_seed(seed: &[u8; 32], name: Origin) -> NoteSigner {
        let key = SigningKey::from_bytes(seed);
        let public = NoteVerifier::new(name, key.verifying_key());
        NoteSigner { key, public }
    }

    pub(crate) fn verifier(&self) -> &NoteVerifier {
        &self.public
    }

    /// `text` ends in a line break.
    pub(crate) fn sign(&self, text: &str) -> String {
        let signature = self.key.sign(text.as_bytes());
        format!("{text}\n{}", signature_line(&self.public.0, &signature.to_bytes()))
    }
}

impl NoteVerifier {
    fn new(name: Origin, key: VerifyingKey) -> NoteVerifier {
        NoteVerifier(NoteKey::new(name, ED25519, key))
    }

    pub(crate) fn from_vkey(text: &str) -> Result<NoteVerifier, BadVerifierKey> {
        NoteKey::from_vkey(text, ED25519).map(NoteVerifier)
    }

    pub(crate) fn vkey(&self) -> String {
        self.0.vkey()
    }

    pub(crate) fn name(&self) -> &Origin {
        self.0.name()
    }

    /// The text of `note`, once this key has signed it. Signatures by other keys are not looked at.
    pub(crate) fn verify<'n>(&self, note: &'n str) -> Result<&'n str, NoteError> {
        let (text, signatures) = signatures_by(note, &self.0)?;
        for bytes in &signatures {
            let right = <[u8; 64]>::try_from(bytes.as_slice()).is_ok_and(|bytes| {
                let signature = Signature::from_bytes(&bytes);
                self.0.key.verify_strict(text.as_bytes(), &signature).is_ok()
            });
            if !right {
                return Err(NoteError::WrongSignature(self.name().clone()));
            }
        }
        if signatures.is_empty() {
            Err(NoteError::NotSigned(self.name().clone()))
        } else {
            Ok(text)
        }
    }
}

struct SignatureLine<'n> {
    name: &'n str,
    id: [u8; 4],
    bytes: Vec<u8>,
}

impl SignatureLine<'_> {
    fn read(line: &str) -> Result<SignatureLine<'_>, NoteError> {
        let odd = NoteError::Malformed("a signature is not of the form `— name signature`");
        let Some((name, encoded)) =
            line.strip_prefix("\u{2014} ").and_then(|line| line.split_once(' '))
        else {
            return Err(odd);
        };
        if name.parse::<Origin>().is_err() {
            return Err(odd);
        }
        let Ok(mut id) = STANDARD.decode(encoded) else {
            return Err(odd);
        };
        if id.len() < 5 {
            return Err(odd);
        }
        let bytes = id.split_off(4);
        let Ok(id) = <[u8; 4]>::try_from(id) else {
            return Err(odd);
        };
        Ok(SignatureLine { name, id, bytes })
    }
}

/// Separates the text, with its last line break, from the signature lines.
fn split(note: &str) -> Result<(&str, &str), NoteError> {
    if note.len() > MAX_NOTE_BYTES {
        return Err(NoteError::Malformed("it is too long"));
    }
    if note.chars().any(|c| c.is_control() && c != '\n') {
        return Err(NoteError::Malformed("it has control characters"));
    }
    let Some(end) = note.rfind("\n\n") else {
        return Err(NoteError::Malformed("it has no empty line before signatures"));
    };
    let (text, rest) = note.split_at(end + 1);
    let signatures = rest.strip_prefix('\n').unwrap_or_default();
    if signatures.is_empty() || !signatures.ends_with('\n') {
        return Err(NoteError::Malformed("it does not end in a signature line"));
    }
    Ok((text, signatures))
}
