//! Push messages that are of no notification.

use carillon_domain::{Content, Device, Millis, PushTarget, TenantId, Ulid};
use serde::{Deserialize, Serialize};

use crate::message::{Refused, Trace};

/// Most in one message of the queue: what an invocation can work through.
const MESSAGES: usize = 25;
/// Most bytes of them in it: SQS bills by 64 KB.
const BYTES: usize = 28_000;

/// Some of a tenant's push messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Direct {
    /// The isolation boundary.
    pub tenant: TenantId,
    /// Each with an id of its own.
    pub messages: Vec<DirectMessage>,
    /// Where it came from; which attempt it is, for all of them.
    pub trace: Trace,
}

/// One push message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectMessage {
    /// Which.
    pub ulid: Ulid,
    /// To whom.
    pub target: PushTarget,
    /// What it says.
    pub content: Content,
    /// Of the user's devices, those that are left; before the first attempt nobody has looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<Vec<Device>>,
    /// How many devices earlier attempts have reached.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reached: u32,
    /// What earlier attempts were refused for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Box<Refused>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// Packs them, in order, into as few of the queue's messages as fit.
#[must_use]
pub fn pack_direct(
    tenant: &TenantId,
    messages: impl IntoIterator<Item = DirectMessage>,
    attempt: u32,
    enqueued_at: Millis,
) -> Vec<Direct> {
    let mut packed: Vec<Direct> = Vec::new();
    let mut bytes = 0;
    for message in messages {
        let size = serde_json::to_string(&message).map_or(BYTES, |json| json.len());
        match packed.last_mut() {
            Some(last) if last.messages.len() < MESSAGES && bytes + size <= BYTES => {
                bytes += size;
                last.messages.push(message);
            }
            _ => {
                bytes = size;
                let trace = Trace { attempt, ..Trace::starting(enqueued_at) };
                packed.push(Direct { tenant: tenant.clone(), messages: vec![message], trace });
            }
        }
    }
    packed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(n: u128, body: usize) -> DirectMessage {
        serde_json::from_value(serde_json::json!({
            "ulid": Ulid::from(n), "target": {"token": "t"},
            "content": {"type": "t", "category": "system", "priority": "low", "title": "T",
                        "body": "x".repeat(body), "expires_at": 0},
        }))
        .unwrap()
    }

    #[test]
    fn they_are_packed_in_order_by_count_and_size() {
        let tenant = TenantId::parse("acme").unwrap();
        let shapes = |bodies: &[usize]| {
            let messages = (0..).zip(bodies).map(|(n, body)| message(n, *body));
            let packed = pack_direct(&tenant, messages, 3, Millis(7));
            let ulids = packed.iter().flat_map(|direct| direct.messages.iter().map(|one| one.ulid));
            assert!(ulids.eq((0..bodies.len() as u128).map(Ulid::from)));
            assert!(packed.iter().all(|direct| direct.trace.attempt == 3));
            packed.iter().map(|direct| direct.messages.len()).collect::<Vec<_>>()
        };
        assert_eq!(shapes(&[1; 60]), [25, 25, 10]);
        assert_eq!(shapes(&[13_000, 13_000, 13_000, 40_000, 1]), [2, 1, 1, 1]);
        assert!(shapes(&[]).is_empty());
    }
}
