//! Own rules: what is taken at the door, what is refused there, and what a decision makes of them.

#[cfg(test)]
mod bundles;
#[cfg(test)]
mod complaints;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod runaway;
#[cfg(test)]
mod workers;
