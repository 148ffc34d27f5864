//! The store, on both databases: each claim is shown on SQLite and on PostgreSQL.

#[macro_use]
#[path = "store/both.rs"]
mod both;

#[path = "store/access.rs"]
mod access;
#[path = "store/catalogue.rs"]
mod catalogue;
#[path = "store/judgement.rs"]
mod judgement;
#[path = "store/ledger.rs"]
mod ledger;
#[path = "store/opening.rs"]
mod opening;
