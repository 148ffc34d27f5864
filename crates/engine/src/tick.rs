//! What is done from time to time.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use crate::Engine;

impl Engine {
    /// Does something now and then again every `period`, until the engine is closed or nobody holds it any more.
    pub(crate) fn every<Work>(
        &self,
        period: Duration,
        work: impl Fn(Engine) -> Work + Send + 'static,
    ) where
        Work: Future<Output = ()> + Send,
    {
        let inner = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            let mut tick = tokio::time::interval(period);
            tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tick.tick().await;
                let Some(inner) = inner.upgrade() else { return };
                let engine = Engine(inner);
                if engine.is_closing() {
                    return;
                }
                work(engine).await;
            }
        });
    }
}
