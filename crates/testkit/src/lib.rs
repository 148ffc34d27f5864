//! For tests and benchmarks only: fakes that are real servers over loopback.
#![expect(
    clippy::expect_used,
    reason = "a fake that cannot do what the test asked has to fail the test on the spot"
)]

#[cfg(feature = "app")]
#[expect(clippy::missing_panics_doc, reason = "every step of a test may fail it")]
mod app;
mod fake_hub;
#[expect(clippy::missing_panics_doc, reason = "every step of a test may fail it")]
mod receiver;
#[cfg(feature = "app")]
#[expect(clippy::missing_panics_doc, reason = "every step of a test may fail it")]
mod stranger;

#[cfg(feature = "app")]
pub use app::{Answer, TestApp};
pub use fake_hub::{
    FakeHub, Fault, RepoHandle, RequestEntry, Route, Settings, Side, Synthetic, What, control, seed,
};
pub use receiver::{Message, Receiver};
#[cfg(feature = "app")]
pub use stranger::{Stranger, decoded};
