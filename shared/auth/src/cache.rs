//! A value that is loaded when needed, by one caller at a time, and kept while loading it again fails.

use std::sync::Arc;

use tokio::sync::{Mutex, RwLock};

use crate::limits::FIRST_RETRY;

/// Time is the callers'. Distances are absolute, so that a clock set back does not freeze the cache, and a caller
/// that is a second behind another does not count as long ago.
pub(crate) struct Cache<T> {
    ttl: u64,
    retry: u64,
    entry: RwLock<Entry<T>>,
    /// Held while loading: whoever waits for it finds what the one before has loaded.
    flight: Mutex<()>,
}

/// What a cache holds.
pub(crate) struct Entry<T> {
    /// Nothing before the first success.
    pub(crate) value: Option<Arc<T>>,
    /// The last try failed, so what is here may lack what is new.
    pub(crate) failed: bool,
    loaded_at: i64,
    tried_at: Option<i64>,
}

impl<T> Clone for Entry<T> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), ..*self }
    }
}

impl<T> Entry<T> {
    fn tried_within(&self, now: i64, seconds: u64) -> bool {
        self.tried_at.is_some_and(|at| now.abs_diff(at) < seconds)
    }
}

impl<T> Cache<T> {
    /// `ttl`: age in seconds after which the value is loaded again. `retry`: shortest distance of two tries.
    pub(crate) fn new(ttl: u64, retry: u64) -> Self {
        let entry = Entry { value: None, failed: false, loaded_at: 0, tried_at: None };
        Self { ttl, retry, entry: RwLock::new(entry), flight: Mutex::new(()) }
    }

    /// The same with a value loaded at `now`.
    pub(crate) fn with(ttl: u64, retry: u64, value: Arc<T>, now: i64) -> Self {
        let entry = Entry { value: Some(value), failed: false, loaded_at: now, tried_at: Some(now) };
        Self { ttl, retry, entry: RwLock::new(entry), flight: Mutex::new(()) }
    }

    /// What is here now.
    pub(crate) async fn peek(&self) -> Entry<T> {
        self.entry.read().await.clone()
    }

    /// What is here, loaded first if there is nothing or it is too old. While an old value is being replaced,
    /// only the caller that loads waits; the others get the old one.
    pub(crate) async fn get(&self, now: i64, load: impl Future<Output = Option<Arc<T>>>) -> Entry<T> {
        let entry = self.peek().await;
        if !self.due(&entry, now) {
            return entry;
        }
        let _flight = if entry.value.is_none() {
            self.flight.lock().await
        } else {
            let Ok(flight) = self.flight.try_lock() else { return entry };
            flight
        };
        let entry = self.peek().await;
        if self.due(&entry, now) { self.fill(now, load).await } else { entry }
    }

    /// Loads again though the value is not old, at most once per `retry` seconds.
    pub(crate) async fn reload(&self, now: i64, load: impl Future<Output = Option<Arc<T>>>) -> Entry<T> {
        let _flight = self.flight.lock().await;
        let entry = self.peek().await;
        if entry.tried_within(now, self.retry) { entry } else { self.fill(now, load).await }
    }

    fn due(&self, entry: &Entry<T>, now: i64) -> bool {
        match entry.value {
            None => !entry.tried_within(now, FIRST_RETRY),
            Some(_) => now.abs_diff(entry.loaded_at) >= self.ttl && !entry.tried_within(now, self.retry),
        }
    }

    /// The try is noted when it ends: one whose caller went away does not count.
    async fn fill(&self, now: i64, load: impl Future<Output = Option<Arc<T>>>) -> Entry<T> {
        let loaded = load.await;
        let mut entry = self.entry.write().await;
        entry.tried_at = Some(now);
        entry.failed = loaded.is_none();
        if loaded.is_some() {
            entry.value = loaded;
            entry.loaded_at = now;
        }
        entry.clone()
    }
}
