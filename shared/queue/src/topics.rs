//! Users whose topics may have changed.

use std::collections::BTreeSet;

use carillon_domain::{GoneDevice, Millis, TenantId, UserId};
use serde::{Deserialize, Serialize};

use crate::message::Trace;

/// Most users in a message: what an invocation can work through, each with 50 devices.
const USERS: usize = 50;

/// Whoever gets this tells FCM what has changed: what is to be so is read then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topics {
    /// The isolation boundary.
    pub tenant: TenantId,
    /// Whose devices.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub users: BTreeSet<UserId>,
    /// Devices that are nobody's any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<GoneDevice>,
    /// Where it came from, and how often it was tried.
    pub trace: Trace,
}

impl Topics {
    /// Of many users, in as few messages as they fit.
    #[must_use]
    pub fn of(tenant: &TenantId, users: BTreeSet<UserId>, now: Millis) -> Vec<Self> {
        let users: Vec<UserId> = users.into_iter().collect();
        let part = |part: &[UserId]| Self {
            tenant: tenant.clone(),
            users: part.iter().cloned().collect(),
            gone: Vec::new(),
            trace: Trace::starting(now),
        };
        users.chunks(USERS).map(part).collect()
    }
}
