//! What any DynamoDB must do for the store. Runs against dynoxide in this process and, where
//! `CARILLON_DYNAMODB_ENDPOINT` names a deployed local cloud, against that.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod catalog;
mod changes;
mod claims;
mod cleanup;
mod connections;
mod dead_letters;
mod deliveries;
mod devices;
mod direct;
mod erase;
mod feedback;
mod filters;
mod large;
mod ledger;
mod limits;
mod list;
mod marked;
mod model;
mod puts;
mod read_all;
mod recipients;
mod resync;
mod seen;
mod snooze;
mod states;
mod stats;
mod support;
mod suppressions;
mod topics;
mod traces;
mod unprocessed;
mod unused;
mod versions;
mod withdraw;
