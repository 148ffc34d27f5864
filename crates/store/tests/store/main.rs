//! The store: each claim is shown on `SQLite` and on `PostgreSQL`.

#[cfg(test)]
#[macro_use]
mod both;

#[cfg(test)]
mod access;
#[cfg(test)]
mod attestations;
#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod judgement;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod opening;
#[cfg(test)]
mod policies;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod waivers;
