//! The end-to-end suite: the deployed template, from outside. Needs a local cloud (`cargo xtask up --detach`).

#![expect(clippy::indexing_slicing, reason = "JSON of the wrong shape fails the test, as it should")]

mod accounts;
mod budgets;
mod connections;
mod devices;
mod devices_push;
mod handlers;
mod idempotency;
mod inbox;
mod isolation;
mod kills;
mod logs;
mod ordering;
mod outages;
mod poison;
mod preferences;
mod produce;
mod read_all;
mod realtime;
mod recipients;
mod redelivery;
mod refusals;
mod settings;
mod subscriptions;
mod tokens;
mod types;
mod z_queues;
