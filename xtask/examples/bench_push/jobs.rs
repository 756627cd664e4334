//! What send-push is invoked with: jobs as dispatch packs them.

use serde::Serialize;
use serde_json::{Value, json};
use ulid::Ulid;

use crate::work::{RECIPIENTS, message, sqs, user};

/// As `carillon_queue` packs: most bytes of addresses in a message; and the template's batch size.
const ADDRESS_BYTES: usize = 28_000;
const BATCH: usize = 10;

/// One content to so many, so often.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Shape {
    pub(crate) users: usize,
    pub(crate) devices_each: usize,
    /// One after another, so that what takes milliseconds is measured over seconds.
    pub(crate) times: usize,
}

pub(crate) const SHAPES: [Shape; 4] = [
    Shape { users: 1, devices_each: 1, times: 200 },
    Shape { users: 2, devices_each: 50, times: 50 },
    Shape { users: 200, devices_each: 50, times: 1 },
    Shape { users: 10_000, devices_each: 1, times: 1 },
];

impl Shape {
    pub(crate) fn devices(&self) -> usize {
        self.users * self.devices_each
    }

    pub(crate) fn recipients(&self) -> usize {
        self.users * self.times
    }

    pub(crate) fn pushes(&self) -> usize {
        self.devices() * self.times
    }
}

/// The invocations that one content takes: batches of messages.
pub(crate) fn events(shape: &Shape, ulid: Ulid, now: i64) -> Vec<Value> {
    let mut messages: Vec<Vec<Value>> = Vec::new();
    let mut bytes = 0;
    for index in 0..shape.users {
        let addressee = addressee(index, shape.devices_each, now);
        let size = addressee.to_string().len();
        match messages.last_mut() {
            Some(last) if last.len() < RECIPIENTS && bytes + size <= ADDRESS_BYTES => {
                bytes += size;
                last.push(addressee);
            }
            _ => {
                bytes = size;
                messages.push(vec![addressee]);
            }
        }
    }
    let bodies: Vec<Value> =
        messages.into_iter().map(|recipients| message("push", ulid, &recipients, now)).collect();
    bodies.chunks(BATCH).map(|bodies| sqs("push", bodies)).collect()
}

fn addressee(user_index: usize, devices: usize, now: i64) -> Value {
    let user = user(user_index);
    // As long as Google's. Used today, so that none is noted again: that is one write a day and device.
    let device = |n: usize| {
        let token = format!("{user}-{n}:APA91b{}", "x".repeat(163));
        let token = token.get(..163).unwrap_or(&token).to_owned();
        json!({"token": token, "platform": "android", "created_at": now, "last_used_at": now})
    };
    let devices: Vec<Value> = (0..devices).map(device).collect();
    json!({"user": user, "address": {"devices": devices}})
}
