//! Time and ids are given, never taken: tests hold the clock still and seed the ids.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment, in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since the epoch.
    pub const fn from_micros(micros: i64) -> Timestamp {
        Timestamp(micros)
    }

    /// Microseconds since the epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339, as upstream registries write it.
    pub fn from_rfc3339(text: &str) -> Option<Timestamp> {
        let parsed = chrono::DateTime::parse_from_rfc3339(text).ok()?;
        Some(Timestamp(parsed.timestamp_micros()))
    }

    /// The moment `by` later; stops at the end of time instead of wrapping.
    #[must_use]
    pub fn plus(self, by: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)))
    }

    /// The moment `by` earlier; stops at the beginning of time instead of wrapping.
    #[must_use]
    pub fn minus(self, by: Duration) -> Timestamp {
        Timestamp(self.0.saturating_sub(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)))
    }

    /// How long before `later` this moment is; zero when it is not before.
    pub fn until(self, later: Timestamp) -> Duration {
        Duration::from_micros(u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with microseconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match chrono::DateTime::from_timestamp_micros(self.0) {
            Some(moment) => {
                write!(f, "{}", moment.to_rfc3339_opts(chrono::SecondsFormat::Micros, true))
            }
            None => write!(f, "{}us", self.0),
        }
    }
}

/// Where the time comes from.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Clock {
        Clock(Arc::new(|| {
            #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
        }))
    }

    /// A clock that answers whatever `read` says; for tests.
    pub fn from_fn(read: impl Fn() -> Timestamp + Send + Sync + 'static) -> Clock {
        Clock(Arc::new(read))
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

type Fill = dyn Fn(&mut [u8]) + Send + Sync;

/// Where ids and secrets come from.
#[derive(Clone)]
pub struct Ids(Arc<Fill>);

impl Ids {
    /// Ids from the operating system's randomness.
    ///
    /// # Panics
    /// When the operating system has none: there is no safe way to go on.
    pub fn system() -> Ids {
        Ids(Arc::new(|buffer| {
            #[expect(
                clippy::expect_used,
                clippy::disallowed_methods,
                reason = "the one place that takes randomness; without it no secret may be made"
            )]
            getrandom::fill(buffer).expect("the operating system provides randomness");
        }))
    }

    /// Ids that count up from `seed`; for tests only, they are guessable.
    pub fn seeded(seed: u64) -> Ids {
        let next = AtomicU64::new(seed);
        Ids(Arc::new(move |buffer| {
            for piece in buffer.chunks_mut(8) {
                let mixed =
                    next.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                for (to, from) in piece.iter_mut().zip(mixed.to_be_bytes()) {
                    *to = from;
                }
            }
        }))
    }

    /// Fills `buffer` with bytes nobody can guess.
    pub fn fill(&self, buffer: &mut [u8]) {
        (self.0)(buffer);
    }

    /// What sorts before every ULID of that moment and later, and after those of earlier ones.
    pub fn first_ulid(at: Timestamp) -> String {
        let millis = u64::try_from(at.as_micros() / 1000).unwrap_or(0);
        ulid::Ulid::from_parts(millis, 0).to_string()
    }

    /// A new ULID for a row: sorts by `now`.
    pub fn ulid(&self, now: Timestamp) -> String {
        let mut random = [0; 16];
        self.fill(&mut random);
        let millis = u64::try_from(now.as_micros() / 1000).unwrap_or(0);
        ulid::Ulid::from_parts(millis, u128::from_be_bytes(random)).to_string()
    }
}

impl fmt::Debug for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ids")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_prints_as_rfc3339_and_reads_back() {
        let moment = Timestamp::from_micros(1_763_640_000_000_001);
        assert_eq!(Timestamp::from_rfc3339(&moment.to_string()), Some(moment));
    }

    #[test]
    fn ulids_sort_by_time() {
        let ids = Ids::system();
        let early = ids.ulid(Timestamp::from_micros(1_000_000));
        let late = ids.ulid(Timestamp::from_micros(2_000_000));
        assert!(early < late && early.len() == 26);
        let between = Ids::first_ulid(Timestamp::from_micros(2_000_000));
        assert!(early < between && between <= late);
    }
}
