//! The command line as people and scripts meet it: the real binary on a data directory of its own.

mod audit;
mod configuration;
mod desk;
mod doctor;
mod first_start;
mod sources;
mod tokens;
mod why;
