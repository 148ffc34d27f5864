//! The log's mathematics against a naive tree, a published implementation and known values.

mod checkpoints;
mod proofs;
mod reading;
mod tree;
