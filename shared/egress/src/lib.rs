//! HTTP to hosts that others name: addresses filtered when connecting, no redirects, answers bounded.
//!
//! A user may register any URL as a browser's push endpoint or a webhook. Whoever calls it from inside an account must not
//! be led to what only the account can reach: instance metadata, the VPC, the function itself. [`Client`] checks what
//! it connects to, not what a name said some time before: it resolves the name itself, leaves out what [`address_refused`]
//! refuses, and connects to one of the rest. So a name that changes its address between check and use (DNS rebinding)
//! gains nothing, and there are no redirects to follow elsewhere.

mod address;
mod client;
mod policy;
mod resolver;
mod retry_after;

pub use address::address_refused;
pub use client::{Answer, Client, Limits, Protocol, SendError};
pub use policy::{Egress, EgressError, Refused};
pub use resolver::System;
pub use retry_after::retry_after;
