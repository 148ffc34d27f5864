//! The places of the scanner: each job has a process of its own, and takes a core.

use tokio::sync::Semaphore;
use weighbridge_scan::{ScanAnswer, ScanJob};

use crate::Engine;
use crate::admit::Refused;

impl Engine {
    /// Runs the scanner, which blocks, away from the runtime's threads.
    pub(crate) async fn scan(&self, job: ScanJob) -> Result<ScanAnswer, Refused> {
        self.scan_in(&self.0.scan_places, job).await
    }

    /// The same in a place of these.
    pub(crate) async fn scan_in(
        &self,
        places: &Semaphore,
        job: ScanJob,
    ) -> Result<ScanAnswer, Refused> {
        let place = places.acquire().await.map_err(Refused::internal)?;
        let engine = self.clone();
        let scanned = tokio::task::spawn_blocking(move || engine.0.scanner.scan(job)).await;
        drop(place);
        match scanned {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                tracing::error!(%error, "nothing can be examined: nothing that is new is let in");
                Err(Refused::NoScanner)
            }
            Err(error) => Err(Refused::internal(error)),
        }
    }
}
