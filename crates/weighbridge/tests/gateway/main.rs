//! The gateway through its Hub door: real router, engine, store and scan worker, a fake upstream.

#[cfg(test)]
mod alone;
#[cfg(test)]
mod attestations;
#[cfg(test)]
mod break_glass;
#[cfg(test)]
mod carry_over;
#[cfg(test)]
mod doors;
#[cfg(test)]
mod entitlement;
#[cfg(test)]
mod expiring;
#[cfg(test)]
mod foreign;
#[cfg(test)]
mod mine;
#[cfg(test)]
mod names;
#[cfg(test)]
mod own_rules;
#[cfg(test)]
mod pull;
#[cfg(test)]
mod recall;
#[cfg(test)]
mod request_evidence;
#[cfg(test)]
mod request_life;
#[cfg(test)]
mod request_states;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod rescan;
#[cfg(test)]
mod rows;
mod samples;
#[cfg(test)]
mod socket;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod upstream;
#[cfg(test)]
mod webhooks;

use weighbridge_testkit::{FakeHub, TestApp};

/// A gateway with one upstream.
async fn gateway() -> (FakeHub, TestApp) {
    let hub = FakeHub::start().await;
    let app = TestApp::in_front_of(&hub, env!("CARGO_BIN_EXE_weighbridge")).await;
    (hub, app)
}
