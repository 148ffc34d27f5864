//! Access tokens: shown once, kept as a digest.

use std::fmt;

use crate::{Digest, Ids};

/// A token in clear, shaped so that every Hub client accepts it: `hf_` and 40 letters and digits.
///
/// llama.cpp drops a token that is not `hf_` and at least 34 alphanumerics.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenSecret(String);

/// What is stored of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenDigest(Digest);

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl TokenSecret {
    /// Makes a token nobody can guess: 40 characters of 62, about 238 bits.
    pub fn generate(ids: &Ids) -> TokenSecret {
        let mut text = "hf_".to_owned();
        while text.len() < 43 {
            let mut bytes = [0; 64];
            ids.fill(&mut bytes);
            // 248 is the largest multiple of 62 in a byte: larger values would favour some letters.
            let fair = bytes.iter().filter(|byte| **byte < 248).map(|byte| usize::from(*byte) % 62);
            for index in fair.take(43 - text.len()) {
                text.extend(ALPHABET.get(index).map(|letter| char::from(*letter)));
            }
        }
        TokenSecret(text)
    }

    /// Takes what a client sent. Anything up to 300 visible characters may be looked up.
    pub fn from_client(text: &str) -> Option<TokenSecret> {
        let fits = (1..=300).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        fits.then(|| TokenSecret(text.to_owned()))
    }

    /// The token itself, to show once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What to store and to look up.
    pub fn digest(&self) -> TokenDigest {
        TokenDigest(Digest::of(self.0.as_bytes()))
    }
}

/// The id of a session of the console: 256 random bits that only the visitor's browser has.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionSecret(String);

impl SessionSecret {
    /// Makes one that nobody can guess.
    pub fn generate(ids: &Ids) -> SessionSecret {
        let mut bytes = [0; 32];
        ids.fill(&mut bytes);
        let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        SessionSecret(digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect())
    }

    /// Takes what a browser sent.
    pub fn from_client(text: &str) -> Option<SessionSecret> {
        let fits = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        fits.then(|| SessionSecret(text.to_owned()))
    }

    /// The id itself, for the cookie.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What to store and to look up.
    pub fn digest(&self) -> TokenDigest {
        TokenDigest(Digest::of(self.0.as_bytes()))
    }

    /// What stands in every form of the session, and what another site cannot know.
    pub fn form_token(&self) -> String {
        Digest::of(format!("weighbridge form token {}", self.0).as_bytes()).to_string()
    }
}

impl fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionSecret(…)")
    }
}

impl fmt::Debug for TokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenSecret(…)")
    }
}

impl fmt::Display for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_client_accepts_the_shape_and_the_log_never_shows_it() {
        let token = TokenSecret::generate(&Ids::system());
        let body = token.reveal().strip_prefix("hf_").unwrap();
        assert!(body.len() == 40 && body.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert!(!format!("{token:?}").contains(body));
    }

    #[test]
    fn a_session_is_256_bits_and_its_forms_do_not_give_it_away() {
        let session = SessionSecret::generate(&Ids::system());
        assert_eq!(session.reveal().len(), 64);
        assert_eq!(SessionSecret::from_client(session.reveal()), Some(session.clone()));
        assert!(!session.form_token().contains(session.reveal()));
        assert_ne!(session.form_token(), session.digest().to_string());
        assert!(SessionSecret::from_client("hf_x").is_none());
        assert!(!format!("{session:?}").contains(session.reveal()));
    }
}
