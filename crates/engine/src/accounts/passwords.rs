//! Passwords as argon2id hashes. Hashing is meant to be slow, so it runs beside the threads that serve, few
//! at a time, and with a short queue: a crowd at the door must not take the memory or the cores.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::{
    Algorithm, Argon2, Params, PasswordHash as Phc, PasswordHasher as _, PasswordVerifier as _,
    Version,
};
use tokio::sync::Semaphore;
use weighbridge_domain::{AccountName, Caller, Ids, Password};
use weighbridge_store::{PasswordHash, StoreError};

use super::manage::existing;
use super::{AccountError, AccountReport};
use crate::{Engine, Event};

/// How many may wait for a place; whoever comes then is told to come again.
const QUEUE: usize = 64;

/// What one guess costs whoever guesses. It stands in every hash, so it can be raised at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Default for PasswordCost {
    /// What OWASP recommends: 19 MiB, two passes, one lane.
    fn default() -> PasswordCost {
        PasswordCost { memory_kib: 19 * 1024, passes: 2 }
    }
}

/// Hashes and compares passwords.
pub(crate) struct Passwords {
    hasher: Argon2<'static>,
    ids: Ids,
    places: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    hashed: Arc<AtomicU64>,
}

/// What comparing a password gave.
pub(crate) struct Compared {
    pub(crate) is_right: bool,
    /// The same password at today's cost, when its hash was made at another.
    pub(crate) renewed: Option<PasswordHash>,
}

impl Passwords {
    pub(crate) fn new(cost: PasswordCost, ids: Ids) -> Result<Passwords, String> {
        let params = Params::new(cost.memory_kib, cost.passes, 1, None)
            .map_err(|error| format!("the cost of passwords does not fit: {error}"))?;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Passwords {
            hasher: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            ids,
            places: Arc::new(Semaphore::new(cores.clamp(1, 4))),
            queue: Arc::new(Semaphore::new(QUEUE)),
            hashed: Arc::new(AtomicU64::new(0)),
        })
    }

    pub(crate) fn hashed(&self) -> u64 {
        self.hashed.load(Ordering::Relaxed)
    }

    pub(crate) async fn hash(&self, password: Password) -> Result<PasswordHash, AccountError> {
        let (hasher, salt) = (self.hasher.clone(), self.salt());
        self.beside(move || hash(&hasher, &password, salt)).await?
    }

    /// Compares a password with a hash. Without a hash it does the same work and says no, so that nobody
    /// learns by the time it takes which accounts there are.
    pub(crate) async fn compare(
        &self,
        password: Password,
        known: Option<PasswordHash>,
    ) -> Result<Compared, AccountError> {
        let (hasher, salt) = (self.hasher.clone(), self.salt());
        self.beside(move || {
            let parsed = known.as_ref().and_then(|known| Phc::new(&known.0).ok());
            let Some(parsed) = parsed else {
                hash(&hasher, &password, salt)?;
                return Ok(Compared { is_right: false, renewed: None });
            };
            let is_right = hasher.verify_password(password.as_bytes(), &parsed).is_ok();
            let is_old = !is_of_cost(&parsed, hasher.params());
            let renewed =
                (is_right && is_old).then(|| hash(&hasher, &password, salt)).transpose()?;
            Ok(Compared { is_right, renewed })
        })
        .await?
    }

    fn salt(&self) -> [u8; 16] {
        let mut salt = [0; 16];
        self.ids.fill(&mut salt);
        salt
    }

    async fn beside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AccountError> {
        let _waiting = self.queue.try_acquire().map_err(|_| AccountError::Busy)?;
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(|_| AccountError::Busy)?;
        let hashed = Arc::clone(&self.hashed);
        // The place is kept until the work ends, even when whoever asked has gone.
        let working = tokio::task::spawn_blocking(move || {
            let done = work();
            hashed.fetch_add(1, Ordering::Relaxed);
            drop(place);
            done
        });
        working.await.map_err(|error| AccountError::Store(StoreError::Other(error.to_string())))
    }
}

fn hash(
    hasher: &Argon2<'_>,
    password: &Password,
    salt: [u8; 16],
) -> Result<PasswordHash, AccountError> {
    match hasher.hash_password_with_salt(password.as_bytes(), &salt) {
        Ok(hash) => Ok(PasswordHash(hash.to_string())),
        Err(error) => Err(AccountError::Store(StoreError::Other(error.to_string()))),
    }
}

fn is_of_cost(hash: &Phc, wanted: &Params) -> bool {
    let is_same = |params: &Params| {
        (params.m_cost(), params.t_cost(), params.p_cost())
            == (wanted.m_cost(), wanted.t_cost(), wanted.p_cost())
    };
    hash.algorithm == Algorithm::Argon2id.ident()
        && Params::try_from(hash).is_ok_and(|params| is_same(&params))
}

impl Engine {
    /// How many passwords were hashed or compared since the start.
    pub fn passwords_hashed(&self) -> u64 {
        self.0.passwords.hashed()
    }

    /// Sets the password of an account; its sessions end. Who may is for the door to say: an administrator,
    /// or the owner, who has just given the old one.
    pub async fn set_password(
        &self,
        by: &Caller,
        name: &str,
        text: &str,
    ) -> Result<AccountReport, AccountError> {
        let parsed: AccountName = match name.parse() {
            Ok(parsed) => parsed,
            Err(_) => return Err(AccountError::NoSuchAccount(name.chars().take(80).collect())),
        };
        let hash = self.0.passwords.hash(Password::chosen(text, &parsed)?).await?;
        let now = self.0.settings.clock.now();
        let mut change = self.begin().await?;
        let account = existing(&mut change, name).await?;
        change.tx().set_password(&account.id, &hash, now).await?;
        let sessions = change.tx().end_sessions(&account.id, now).await?;
        let (by, account) = (by.name.clone(), account.name.to_string());
        change.commit(Event::PasswordChanged { by, account, sessions }).await?;
        self.report(name).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords(memory_kib: u32) -> Passwords {
        Passwords::new(PasswordCost { memory_kib, passes: 2 }, Ids::seeded(1)).unwrap()
    }

    fn typed(text: &str) -> Password {
        Password::typed(text).unwrap()
    }

    #[tokio::test]
    async fn a_hash_tells_its_cost_and_is_renewed_at_another() {
        let hash = passwords(64).hash(typed("correct horse")).await.unwrap();
        assert!(hash.0.starts_with("$argon2id$v=19$m=64,t=2,p=1$"), "{}", hash.0);
        assert!(!format!("{hash:?}").contains("argon2id"));
        let again = passwords(64);
        let same = again.compare(typed("correct horse"), Some(hash.clone())).await.unwrap();
        assert!(same.is_right && same.renewed.is_none());
        let wrong = again.compare(typed("wrong horse"), Some(hash.clone())).await.unwrap();
        assert!(!wrong.is_right);
        let dearer = passwords(128).compare(typed("correct horse"), Some(hash)).await.unwrap();
        assert!(dearer.is_right && dearer.renewed.unwrap().0.contains("m=128,t=2,p=1"));
    }

    #[tokio::test]
    async fn without_an_account_the_same_work_is_done() {
        let passwords = passwords(64);
        let nobody = passwords.compare(typed("correct horse"), None).await.unwrap();
        assert!(!nobody.is_right);
        assert_eq!(passwords.hashed(), 1);
    }

    #[test]
    fn the_usual_cost_is_what_owasp_recommends() {
        let cost = PasswordCost::default();
        assert!(cost.memory_kib >= 19 * 1024 && cost.passes >= 2);
    }
}
