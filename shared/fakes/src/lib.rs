//! Stand-ins for what lies outside AWS: one HTTP server (HTTP/1.1, and HTTP/2 by prior knowledge) that answers as Google's
//! OAuth, FCM and a browser's push service do, writes down what it got, and can be told to answer otherwise, late, or
//! never.
//!
//! In a unit test: `let sinks = Sinks::start().await?`, then [`Running::url`] for the code under test and
//! [`Running::client`] to look and to give orders. The local run has the same server as a process
//! (`cargo xtask up`, `sinks_url`), reached by [`Client::new`].
//!
//! | | |
//! |---|---|
//! | `POST /oauth/token` | an access token for a signed assertion (its form is checked, not its signature) |
//! | `POST /fcm/v1/projects/{project}/messages:send` | 200 with a name; 401 without a token of this server, 400 for what FCM refuses |
//! | `POST /iid/v1:batchAdd`, `:batchRemove` | topic membership |
//! | `POST /web-push/{id}` | 201; 400, 401, 413 for what RFC 8030 and 8292 forbid |
//! | `GET /requests?sink=&contains=&after=&wait=` | what came; with `wait`, as soon as there is something |
//! | `DELETE /requests` | forgets it |
//! | `POST /answers`, `DELETE /answers/{id}` | a [`Rule`] comes and goes |
//! | `DELETE /tokens` | no access token is good any more |
//! | `GET /connections` | the TCP connections, and how many requests were in flight at once |
//! | `GET /` | the latest requests, for a person |

#![expect(clippy::indexing_slicing, reason = "only JSON is indexed, where what is not there is null")]

mod client;
mod connections;
mod control;
mod fcm;
mod iid;
mod log;
mod oauth;
mod page;
mod reply;
mod rule;
mod server;
mod sink;
mod socket;
mod state;
mod web_push;

pub use client::{Client, Filter};
pub use connections::{Connection, Connections};
pub use fcm::fcm_error;
pub use log::Seen;
pub use oauth::oauth_error;
pub use reply::Reply;
pub use rule::{Fault, Rule};
pub use server::{Running, Sinks};
pub use sink::Sink;
