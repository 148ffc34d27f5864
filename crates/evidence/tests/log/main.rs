//! The log's mathematics against a naive tree, a published implementation and known values.

#[cfg(test)]
mod checkpoints;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod proofs;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod tree;
