//! Signing in by name and password. Tries are counted before they are looked at, and the wait after
//! failures grows, for the account and for the address.
//!
//! The rule: whoever asks learns nothing about which accounts there are, and nobody is locked out for ever:
//! waits end by themselves, and failures from elsewhere never slow an address from which the account was
//! opened lately.

use std::time::Duration;

use weighbridge_domain::{Digest, Password};
use weighbridge_store::{AccountRow, FailureKey, PasswordHash, StoreError};

use super::AccountError;
use crate::{Engine, Event};

/// How long a failure is remembered.
const REMEMBERED: Duration = Duration::from_hours(24);
/// How long an address is known after the account was opened from it.
const KNOWN: Duration = Duration::from_hours(24 * 30);

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The account is unknown or disabled, or the password is wrong: which one is not told.
    #[error("the name or the password is wrong (sign-in)")]
    Wrong,
    /// Too many failures: the next try waits.
    #[error("too many tries: try again in {} (sign-in)", words(*.0))]
    Wait(Duration),
    /// Too many passwords are being checked.
    #[error("too many passwords are being checked at this moment; try again in some seconds")]
    Busy,
    /// The store did not answer.
    #[error("sign-in failed inside Weighbridge; it was logged")]
    Store(#[from] StoreError),
}

impl Engine {
    /// Finds the account of a name and a password. `address` is where the try comes from.
    pub async fn check_password(
        &self,
        name: &str,
        password: &str,
        address: &str,
    ) -> Result<AccountRow, PasswordError> {
        let now = self.0.settings.clock.now();
        let name = name.trim();
        let (account, hash, is_known) = self.find_for_sign_in(name, address).await?;
        // What was typed as a name may be a password: only its hash is kept.
        let who = Digest::of(name.to_lowercase().as_bytes());
        let pair = format!("account {who} from {address}");
        let (everywhere, place) = (format!("account {who}"), format!("address {address}"));
        let mut keys = vec![
            FailureKey { key: &pair, wait: wait_of_pair },
            FailureKey { key: &place, wait: wait_of_address },
        ];
        if !is_known {
            keys.push(FailureKey { key: &everywhere, wait: wait_of_account });
        }
        let forget_before = now.minus(REMEMBERED);
        let next = match self.0.store.begin_sign_in(&keys, now, forget_before).await? {
            Ok(next) => next,
            Err(end) => return Err(PasswordError::Wait(now.until(end))),
        };
        // An empty or endless password is compared like any other, as one that nobody has.
        let typed = Password::typed(password);
        let known = hash.clone().filter(|_| typed.is_some());
        let typed = typed.or_else(|| Password::typed("-")).ok_or(PasswordError::Wrong)?;
        let compared = match self.0.passwords.compare(typed, known).await {
            Ok(compared) => compared,
            Err(AccountError::Busy) => return Err(PasswordError::Busy),
            Err(AccountError::Store(error)) => return Err(error.into()),
            Err(other) => return Err(StoreError::Other(other.to_string()).into()),
        };
        let found = account.filter(|account| account.disabled_at.is_none() && compared.is_right);
        let Some(account) = found else {
            tracing::info!(address, "somebody could not sign in by password");
            if next > now {
                self.tell_of_refusals(name, now.until(next)).await?;
            }
            return Err(PasswordError::Wrong);
        };
        let lessened: &[&str] = if is_known { &[&place] } else { &[&place, &everywhere] };
        self.0.store.end_sign_in(&[&pair], lessened).await?;
        if let (Some(from), Some(to)) = (hash, compared.renewed) {
            self.0.store.rehash_password(&account.id, &from, &to).await?;
        }
        Ok(account)
    }

    async fn find_for_sign_in(
        &self,
        name: &str,
        address: &str,
    ) -> Result<(Option<AccountRow>, Option<PasswordHash>, bool), StoreError> {
        let mut db = self.0.store.read().await?;
        let Some(account) = db.find_account(name).await? else { return Ok((None, None, false)) };
        let since = self.0.settings.clock.now().minus(KNOWN);
        let is_known = db.knows_address(&account.id, address, since).await?;
        let hash = db.find_password(&account.id).await?;
        Ok((Some(account), hash, is_known))
    }

    /// One entry each time a wait begins: they grow apart as the wait grows. A name that is no account's is
    /// not repeated.
    async fn tell_of_refusals(&self, name: &str, wait: Duration) -> Result<(), StoreError> {
        let mut change = self.begin().await?;
        let account = change.tx().find_account(name).await?;
        let event = Event::SignInRefused {
            account: account.map(|account| account.name.to_string()),
            wait_seconds: wait.as_secs(),
        };
        change.commit(event).await.map(drop)
    }
}

/// Five tries for nothing, then a second, two, four, … up to a quarter of an hour.
fn wait_of_pair(failures: u64) -> Duration {
    growing(failures, 5, Duration::from_mins(15))
}

/// From many addresses: ten for nothing, then up to a minute. More would let strangers lock people out.
fn wait_of_account(failures: u64) -> Duration {
    growing(failures, 10, Duration::from_mins(1))
}

/// Many people may share an address.
fn wait_of_address(failures: u64) -> Duration {
    growing(failures, 30, Duration::from_mins(1))
}

fn growing(failures: u64, free: u64, longest: Duration) -> Duration {
    let Some(beyond) = failures.checked_sub(free) else { return Duration::ZERO };
    let exponent = u32::try_from(beyond).unwrap_or(u32::MAX).min(20);
    Duration::from_secs(1 << exponent).min(longest)
}

fn words(wait: Duration) -> String {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    match seconds {
        0..=1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        more => format!("{} minutes", more.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_and_ends() {
        let waits: Vec<u64> = (4..=10).map(|failures| wait_of_pair(failures).as_secs()).collect();
        assert_eq!(waits, [0, 1, 2, 4, 8, 16, 32]);
        assert_eq!(wait_of_pair(u64::MAX), Duration::from_mins(15));
        assert_eq!(wait_of_account(1_000), Duration::from_mins(1));
        assert_eq!((wait_of_address(29), wait_of_address(30).as_secs()), (Duration::ZERO, 1));
        assert_eq!(words(Duration::from_millis(1_200)), "2 seconds");
        assert_eq!(words(Duration::from_mins(15)), "15 minutes");
    }
}
