//! The end-to-end suite: the deployed template, from outside. Needs a local cloud (`cargo xtask up --detach`).

#![expect(clippy::indexing_slicing, reason = "JSON of the wrong shape fails the test, as it should")]

mod accounts;
mod budgets;
mod cancelling;
mod capacity;
mod connections;
mod deciding;
mod devices;
mod devices_push;
mod fall_forward;
mod handlers;
mod idempotency;
mod inbox;
mod isolation;
mod jobs;
mod kills;
mod kills_decided;
mod late;
mod limits;
mod logs;
mod ordering;
mod outages;
mod poison;
mod preferences;
mod produce;
mod quiet;
mod read_all;
mod realtime;
mod recipients;
mod redelivery;
mod refusals;
mod returns;
mod scheduled;
mod settings;
mod subscriptions;
mod templates;
mod throttle;
mod tokens;
mod traces;
mod types;
mod z_queues;
