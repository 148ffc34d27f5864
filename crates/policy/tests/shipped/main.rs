//! The shipped rules through the crate's front door.

#[cfg(test)]
mod decisions;
#[cfg(test)]
mod documentation;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod replays;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod settings;
