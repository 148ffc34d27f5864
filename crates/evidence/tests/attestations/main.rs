//! Attestations through the door of the crate: written in pieces, read back, verified, refused.

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod round;
#[cfg(test)]
mod samples;
