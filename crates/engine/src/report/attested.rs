//! Exported attestations, verified from their files alone: no database, no server, no network.
//!
//! `manifest` is the text whose SHA-256 is the identity of the revision; each envelope has to be signed and to
//! be about that manifest, and about no other file than those it lists.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use weighbridge_domain::Digest;
use weighbridge_evidence::predicate::{VSA, Vsa, check};
use weighbridge_evidence::{Envelope, IN_TOTO_TYPE, MAX_ENVELOPE_BYTES, PublicKey, Statement};

use super::exported::ExportError;

/// The file with the manifest in an export.
pub const MANIFEST_FILE: &str = "manifest";
/// The folder with the envelopes.
pub const ENVELOPES_FOLDER: &str = "attestations";
/// The file with the public key, for convenience.
pub const ATTESTATION_KEY_FILE: &str = "key.pem";
/// What the name of an envelope ends in.
pub const ENVELOPE_SUFFIX: &str = ".dsse.json";

/// The longest manifest that is read.
const MANIFEST_BYTES: u64 = 1 << 30;
/// The first line of a manifest.
const MANIFEST_HEAD: &str = "weighbridge-manifest-v1";

/// An export that holds together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestedReport {
    /// The identity of the revision.
    pub manifest: Digest,
    /// How many files it has.
    pub files: u64,
    /// What was said by whoever has one of the keys.
    pub verified: Vec<VerifiedEnvelope>,
    /// Envelopes that none of the keys signed.
    pub unknown: Vec<Digest>,
}

/// An envelope that one of the keys signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedEnvelope {
    /// SHA-256 of the envelope.
    pub digest: Digest,
    /// What kind of thing it says.
    pub predicate_type: String,
    /// The keys that signed it.
    pub keyids: Vec<String>,
    /// What a verification summary says.
    pub result: Option<String>,
}

/// Verifies exported attestations with the public keys in these PEM texts.
pub fn verify_attested(folder: &Path, keys: &[String]) -> Result<AttestedReport, ExportError> {
    let read_key = |text: &String| {
        PublicKey::from_pem(text)
            .map_err(|error| fault(folder, ATTESTATION_KEY_FILE, error.to_string()))
    };
    let keys = keys.iter().map(read_key).collect::<Result<Vec<PublicKey>, _>>()?;
    let text = read(folder, MANIFEST_FILE, MANIFEST_BYTES)?;
    let manifest = Digest::of(&text);
    let files =
        read_manifest(&text).ok_or_else(|| fault(folder, MANIFEST_FILE, "it is no manifest"))?;
    let envelopes = folder.join(ENVELOPES_FOLDER);
    let mut names = Vec::new();
    let listing = fs::read_dir(&envelopes)
        .map_err(|source| ExportError::Unreadable { path: envelopes.clone(), source })?;
    for entry in listing {
        let entry =
            entry.map_err(|source| ExportError::Unreadable { path: envelopes.clone(), source })?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    let (mut verified, mut unknown) = (Vec::new(), Vec::new());
    for name in names {
        let wrong = |why: String| fault(&envelopes, &name, why);
        let bytes = read(&envelopes, &name, MAX_ENVELOPE_BYTES as u64)?;
        let digest = Digest::of(&bytes);
        if name != format!("{digest}{ENVELOPE_SUFFIX}") {
            return Err(wrong(format!("it is called after another digest than its own, {digest}")));
        }
        let envelope = Envelope::parse(&bytes).map_err(|error| wrong(error.to_string()))?;
        if envelope.payload_type != IN_TOTO_TYPE {
            return Err(wrong("it holds no in-toto statement".to_owned()));
        }
        let signers = envelope.signers(&keys);
        if signers.is_empty() {
            // A signature under the name of a key we have is a forgery, not a stranger's.
            let claims = |key: &PublicKey| {
                envelope.signatures.iter().any(|signature| signature.keyid == key.keyid())
            };
            if keys.iter().any(claims) {
                return Err(wrong("its signature is wrong".to_owned()));
            }
            unknown.push(digest);
            continue;
        }
        let statement =
            Statement::parse(&envelope.payload).map_err(|error| wrong(error.to_string()))?;
        check(&statement.predicate_type, &statement.predicate)
            .map_err(|error| wrong(error.to_string()))?;
        is_about(&statement, manifest, &files).map_err(wrong)?;
        verified.push(VerifiedEnvelope {
            digest,
            keyids: signers.iter().map(|key| key.keyid()).collect(),
            result: summary(&statement),
            predicate_type: statement.predicate_type,
        });
    }
    if verified.is_empty() {
        return Err(fault(folder, ENVELOPES_FOLDER, "no envelope in it is signed by the key"));
    }
    verified.sort_by(|one: &VerifiedEnvelope, other| {
        (&one.predicate_type, one.digest).cmp(&(&other.predicate_type, other.digest))
    });
    Ok(AttestedReport { manifest, files: files.len() as u64, verified, unknown })
}

/// The files of a manifest, by path.
fn read_manifest(text: &[u8]) -> Option<HashMap<&str, Digest>> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('\n')?;
    let mut lines = text.split('\n');
    if lines.next() != Some(MANIFEST_HEAD) {
        return None;
    }
    let mut files = HashMap::new();
    for line in lines {
        let (digest, rest) = line.split_once(' ')?;
        let (size, path) = rest.split_once(' ')?;
        size.parse::<u64>().ok()?;
        files.insert(path, digest.parse().ok()?);
    }
    Some(files)
}

/// Whether it is about the manifest, or every file of it, and about nothing that contradicts it.
fn is_about(
    statement: &Statement,
    manifest: Digest,
    files: &HashMap<&str, Digest>,
) -> Result<(), String> {
    let (mut names_manifest, mut named) = (false, HashMap::new());
    for subject in &statement.subjects {
        let Some(digest) = subject.sha256() else { continue };
        if digest == manifest {
            names_manifest = true;
            continue;
        }
        let path = subject.name.strip_prefix("./").unwrap_or(&subject.name);
        match files.get(path) {
            Some(known) if *known != digest => {
                return Err(format!(
                    "it says that `{path}` is {digest}; the manifest says {known}"
                ));
            }
            _ => named.insert(path, digest),
        };
    }
    if names_manifest || (!files.is_empty() && files.keys().all(|path| named.contains_key(path))) {
        return Ok(());
    }
    Err(format!("it is not about the manifest {manifest}"))
}

fn summary(statement: &Statement) -> Option<String> {
    if statement.predicate_type != VSA {
        return None;
    }
    let vsa: Vsa = serde_json::from_str(statement.predicate.get()).ok()?;
    Some(format!("{} {}", vsa.verification_result, vsa.verified_levels.join(" ")))
}

fn read(folder: &Path, name: &str, most: u64) -> Result<Vec<u8>, ExportError> {
    let path = folder.join(name);
    let mut bytes = Vec::new();
    let done = File::open(&path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes));
    match done {
        Err(source) => Err(ExportError::Unreadable { path, source }),
        Ok(_) if bytes.len() as u64 > most => {
            Err(ExportError::Unreadable { path, source: io::ErrorKind::FileTooLarge.into() })
        }
        Ok(_) => Ok(bytes),
    }
}

fn fault(folder: &Path, name: &str, why: impl Into<String>) -> ExportError {
    ExportError::Fault { path: folder.join(name), why: why.into() }
}
