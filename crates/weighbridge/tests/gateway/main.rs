//! The gateway through its Hub door: real router, engine, store and scan worker, a fake upstream.

mod doors;
mod entitlement;
mod pull;
mod samples;
mod socket;
mod streams;
mod upstream;

use weighbridge_testkit::{FakeHub, TestApp};

/// A gateway with one upstream.
async fn gateway() -> (FakeHub, TestApp) {
    let hub = FakeHub::start().await;
    let app = TestApp::in_front_of(&hub, env!("CARGO_BIN_EXE_weighbridge")).await;
    (hub, app)
}
