//! What a password has to be (OWASP ASVS 4.0.3, V2.1): long, any characters, no rules of composition, and
//! not one of those that everybody tries first.

use std::fmt;

use crate::AccountName;

/// The fewest characters.
const FEWEST: usize = 12;
/// The most: hashing more would be work for whoever sends it.
const MOST: usize = 256;

/// What the passwords that are tried first are made of, joined, repeated, and with digits around them.
const FIRST_TRIED: &str = include_str!("first_tried.txt");

/// Runs of keys and letters, in both directions.
const RUNS: [&str; 8] = [
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
];

/// A password in clear. It is hashed and dropped; it has no `Display` and its `Debug` shows nothing.
pub struct Password(String);

/// Why a text may not be a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    /// Its length.
    #[error(
        "a password has {FEWEST} to {MOST} characters; a few words that only you connect are best"
    )]
    Length,
    /// It is among the first that anybody would try.
    #[error("this password is among the first that somebody else would try")]
    FirstTried,
    /// It says whose it is.
    #[error("a password does not hold the name of its account")]
    HoldsName,
}

impl Password {
    /// Takes a new password for an account. What people may choose is decided here alone.
    pub fn chosen(text: &str, name: &AccountName) -> Result<Password, BadPassword> {
        if !(FEWEST..=MOST).contains(&text.chars().count()) {
            return Err(BadPassword::Length);
        }
        let folded = text.to_lowercase();
        let own = name.as_str().split('@').next().unwrap_or_default();
        if own.chars().count() >= 3 && folded.contains(own) {
            return Err(BadPassword::HoldsName);
        }
        if is_first_tried(&folded) {
            return Err(BadPassword::FirstTried);
        }
        Ok(Password(text.to_owned()))
    }

    /// Takes what somebody typed to sign in. Nobody's password is longer.
    pub fn typed(text: &str) -> Option<Password> {
        (1..=MOST).contains(&text.chars().count()).then(|| Password(text.to_owned()))
    }

    /// The bytes to hash.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

fn is_first_tried(folded: &str) -> bool {
    let different: std::collections::BTreeSet<char> = folded.chars().collect();
    if different.len() < 5 || is_run(folded) {
        return true;
    }
    // Digits and signs between and around the words change little, nor do digits that look like letters.
    let letters: String = folded.chars().filter(|c| c.is_alphabetic()).collect();
    let read: String = folded.chars().map(as_letter).filter(|c| c.is_alphabetic()).collect();
    [letters, read].iter().any(|text| text.is_empty() || is_made_of_words(text))
}

fn as_letter(sign: char) -> char {
    match sign {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

/// Whether it is nothing but pieces of runs, five characters or longer.
fn is_run(text: &str) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        let longest = rest
            .char_indices()
            .map(|(at, c)| at + c.len_utf8())
            .take_while(|end| rest.get(..*end).is_some_and(is_piece_of_a_run))
            .last()
            .unwrap_or(0);
        if longest < 5.min(rest.len()) {
            return false;
        }
        rest = rest.get(longest..).unwrap_or_default();
    }
    true
}

fn is_piece_of_a_run(text: &str) -> bool {
    let backwards: String = text.chars().rev().collect();
    RUNS.iter().any(|run| run.contains(text) || run.contains(&backwards))
}

/// Whether `text` is words of the list, one after the other, and nothing else.
fn is_made_of_words(text: &str) -> bool {
    let mut reached = vec![false; text.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    for at in 0..text.len() {
        if !reached.get(at).copied().unwrap_or(false) {
            continue;
        }
        let rest = text.get(at..).unwrap_or_default();
        for word in FIRST_TRIED.lines().filter(|word| rest.starts_with(word)) {
            if let Some(end) = reached.get_mut(at + word.len()) {
                *end = true;
            }
        }
    }
    reached.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(text: &str) -> Result<(), BadPassword> {
        Password::chosen(text, &"dana".parse().unwrap()).map(drop)
    }

    #[test]
    fn a_password_is_long_and_takes_any_characters() {
        assert_eq!(chosen("elevenchars"), Err(BadPassword::Length));
        for good in
            ["correct horse battery", "пятнадцать коров", "🚚🚛⚖️ trucks 12", &"xy z7q".repeat(40)]
        {
            assert_eq!(chosen(good), Ok(()), "{good}");
        }
        assert_eq!(chosen(&"x".repeat(257)), Err(BadPassword::Length));
    }

    #[test]
    fn what_everybody_tries_first_is_refused() {
        for bad in [
            "password1234",
            "Password!2026",
            "P4$$w0rd-P4$$w0rd",
            "qwertyuiop12",
            "QWERTYUIOP[]0",
            "123456789012",
            "987654321098",
            "1q2w3e4r5t6y",
            "1qaz2wsx3edc",
            "aaaaaaaaaaaa",
            "abcabcabcabc",
            "letmeinplease1",
            "iloveyou-iloveyou",
            "welcomeadmin99",
            "changeme123456",
            "Weighbridge2026",
        ] {
            assert_eq!(chosen(bad), Err(BadPassword::FirstTried), "{bad}");
        }
        for bad in ["i am Dana, really", "xxDANA-9-trucks"] {
            assert_eq!(chosen(bad), Err(BadPassword::HoldsName), "{bad}");
        }
        assert!(!format!("{:?}", Password::typed("secret").unwrap()).contains("secret"));
    }
}
