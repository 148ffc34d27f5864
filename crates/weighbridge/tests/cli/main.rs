//! The command line as people and scripts meet it: the real binary on a data directory of its own.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may panic")]

mod accounts;
mod attestations;
mod audit;
mod configuration;
mod desk;
mod doctor;
mod first_start;
mod policy;
mod recall;
mod requests;
mod scan;
mod scan_hub;
mod sources;
mod tokens;
mod why;
