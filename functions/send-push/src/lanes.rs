//! How many requests are under way at once, so that nobody who does not answer keeps the others waiting.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, SemaphorePermit};

/// To FCM, of all recipients of an invocation: as many as it takes on one connection.
const FCM: usize = 100;
/// To all browsers' services together.
const WEB_PUSH: usize = 50;
/// To one of them: anybody may register one that never answers.
const ORIGIN: usize = 8;
/// What is noted of devices: as many connections are opened to the table.
const NOTES: usize = 32;

/// Turns.
#[derive(Debug)]
pub(crate) struct Lanes {
    fcm: Semaphore,
    web_push: Semaphore,
    origins: Mutex<HashMap<String, Arc<Semaphore>>>,
    notes: Semaphore,
}

/// A turn at a browser's service; over when it is dropped.
pub(crate) struct Turn<'a> {
    _origin: Option<OwnedSemaphorePermit>,
    _all: Option<SemaphorePermit<'a>>,
}

impl Lanes {
    /// All free.
    pub(crate) fn new() -> Self {
        let [fcm, web_push, notes] = [FCM, WEB_PUSH, NOTES].map(Semaphore::new);
        Self { fcm, web_push, origins: Mutex::default(), notes }
    }

    // They are never closed, so none of these fails.

    /// A turn at FCM.
    pub(crate) async fn fcm(&self) -> Option<SemaphorePermit<'_>> {
        self.fcm.acquire().await.ok()
    }

    /// A turn at noting something.
    pub(crate) async fn note(&self) -> Option<SemaphorePermit<'_>> {
        self.notes.acquire().await.ok()
    }

    /// A turn at the browsers' service of this origin. Who waits for an origin is in no other's way.
    pub(crate) async fn web_push(&self, origin: String) -> Turn<'_> {
        let origin = self.origin(origin).await.acquire_owned().await.ok();
        Turn { _origin: origin, _all: self.web_push.acquire().await.ok() }
    }

    async fn origin(&self, origin: String) -> Arc<Semaphore> {
        let mut origins = self.origins.lock().await;
        if let Some(known) = origins.get(&origin) {
            return Arc::clone(known);
        }
        // Those that nobody uses or waits for are forgotten, or anybody could make them ever more.
        origins.retain(|_, one| Arc::strong_count(one) > 1);
        Arc::clone(origins.entry(origin).or_insert_with(|| Arc::new(Semaphore::new(ORIGIN))))
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use tokio::task::unconstrained;

    use super::*;

    #[tokio::test]
    async fn an_origin_has_eight_and_keeps_no_other_waiting() {
        let lanes = Lanes::new();
        // Not stopped by the runtime for taking many.
        let take = |origin: &str| unconstrained(lanes.web_push(origin.to_owned())).now_or_never();
        let mut turns: Vec<_> = (0..ORIGIN).map(|_| take("https://a.example").unwrap()).collect();
        assert!(take("https://a.example").is_none());
        let others = (0..WEB_PUSH - ORIGIN).map(|n| take(&format!("https://b{n}.example")));
        turns.extend(others.map(Option::unwrap));
        assert!(take("https://c.example").is_none(), "all together");
        assert!(lanes.fcm().now_or_never().is_some(), "FCM has its own");
        turns.clear();
        assert!(take("https://a.example").is_some());
        assert!(take("https://d.example").is_some());
        assert_eq!(lanes.origins.lock().await.len(), 1, "those of before are forgotten");
    }
}
