//! Single flight: many callers, one piece of work.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};

type Work<V> = Shared<BoxFuture<'static, Option<V>>>;

/// Runs one piece of work a key at a time and gives every caller its result.
///
/// The work is spawned: it goes on when the caller that began it goes away.
pub(crate) struct Flights<K, V>(Arc<Mutex<HashMap<K, Work<V>>>>);

impl<K, V> Default for Flights<K, V> {
    fn default() -> Flights<K, V> {
        Flights(Arc::default())
    }
}

impl<K, V> Flights<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Joins the work under `key`, or begins it. `None` when the work panicked.
    pub(crate) async fn run<F>(&self, key: K, work: impl FnOnce() -> F) -> Option<V>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let shared = {
            let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(running) = flights.get(&key) {
                running.clone()
            } else {
                let task = tokio::spawn(work());
                let all = Arc::clone(&self.0);
                let own = key.clone();
                let shared = async move {
                    let result = task.await.ok();
                    all.lock().unwrap_or_else(PoisonError::into_inner).remove(&own);
                    result
                }
                .boxed()
                .shared();
                // Drives the removal even when every caller has gone away.
                tokio::spawn(shared.clone());
                flights.insert(key, shared.clone());
                shared
            }
        };
        shared.await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn many_callers_share_one_piece_of_work() {
        let flights = Flights::<&str, u32>::default();
        let runs = Arc::new(AtomicU32::new(0));
        let (open, gate) = tokio::sync::watch::channel(false);
        let work = || {
            let (runs, mut gate) = (Arc::clone(&runs), gate.clone());
            async move {
                runs.fetch_add(1, Ordering::SeqCst);
                gate.wait_for(|open| *open).await.map(drop).ok();
                7
            }
        };
        let both = futures_util::future::join(flights.run("k", work), flights.run("k", work));
        let (answers, ()) = futures_util::future::join(both, async {
            tokio::task::yield_now().await;
            open.send_replace(true);
        })
        .await;
        assert_eq!(answers, (Some(7), Some(7)));
        assert_eq!(runs.load(Ordering::SeqCst), 1);
        assert!(flights.0.lock().unwrap().is_empty());
    }
}
