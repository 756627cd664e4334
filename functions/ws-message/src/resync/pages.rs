//! The `sync` frames: one is filled while the one before has been posted.

use carillon_domain::{Caller, Event, Millis, Notification, ReadMarks, Ulid, frame};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::{Position, Wanted};
use crate::answer::{ActError, App};

/// Largest page. API Gateway takes 128 KB in one post.
const PAGE_BYTES: usize = 100 * 1024;
/// Room for what surrounds the notifications.
const ENVELOPE_BYTES: usize = 512;

/// What one invocation does. A function behind an API has 15 s; the last read and post it begins in time take 8 s at most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    pub(crate) pages: usize,
    pub(crate) seconds: i64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { pages: 30, seconds: 6 }
    }
}

#[derive(Serialize)]
struct Sync<'a> {
    notifications: &'a [Box<RawValue>],
    unread_count: u64,
    server_time: String,
    has_more: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

pub(super) struct Pages<'a> {
    app: &'a App,
    caller: &'a Caller,
    /// With how far it has come.
    wanted: Wanted,
    /// When the first part of the resync began.
    began: Millis,
    unread_count: u64,
    /// No page is begun after this.
    until: Millis,
    posted: usize,
    brought: usize,
    page: Vec<Box<RawValue>>,
    bytes: usize,
}

impl<'a> Pages<'a> {
    pub(super) fn new(
        app: &'a App,
        caller: &'a Caller,
        wanted: Wanted,
        unread_count: u64,
        now: Millis,
    ) -> Self {
        let began = wanted.position.map_or(now, |position| position.began.min(now));
        let until = now.plus_seconds(app.budget.seconds);
        let (page, bytes) = (Vec::new(), ENVELOPE_BYTES);
        Self { app, caller, wanted, began, unread_count, until, posted: 0, brought: 0, page, bytes }
    }

    pub(super) fn brought(&self) -> usize {
        self.brought
    }

    /// Adds what was read, posting every page that is full. False: it is enough for now.
    pub(super) async fn add(&mut self, read: Vec<Notification>, marks: &ReadMarks) -> Result<bool, ActError> {
        for one in read {
            let Ok(raw) = to_raw_value(&one.view(marks)) else { continue };
            let bytes = raw.get().len() + 1;
            if self.bytes + bytes > PAGE_BYTES && !self.page.is_empty() {
                if self.is_enough() {
                    return Ok(false);
                }
                self.post().await?;
            }
            self.bytes += bytes;
            self.brought += 1;
            self.page.push(raw);
            self.reached(one.id.ulid);
        }
        Ok(true)
    }

    /// Notes that all up to this one has been read, whether or not it is brought. False: it is enough for now.
    pub(super) fn reached(&mut self, after: Ulid) -> bool {
        self.wanted.position = Some(Position { began: self.began, after });
        !self.is_enough()
    }

    fn is_enough(&self) -> bool {
        self.posted + 1 >= self.app.budget.pages || (self.app.clock)() >= self.until
    }

    /// The frame that ends this answer, and its `server_time`.
    pub(super) fn last(&self, whole: bool) -> (String, String) {
        let next = (!whole).then(|| self.wanted.to_string());
        (self.frame(!whole, next), self.server_time(!whole))
    }

    async fn post(&mut self) -> Result<(), ActError> {
        let frame = self.frame(true, None);
        self.app.post(self.caller, &frame).await?;
        self.posted += 1;
        self.page.clear();
        self.bytes = ENVELOPE_BYTES;
        Ok(())
    }

    fn frame(&self, has_more: bool, next: Option<String>) -> String {
        let (notifications, unread_count) = (self.page.as_slice(), self.unread_count);
        let server_time = self.server_time(has_more);
        frame(Event::Sync, Sync { notifications, unread_count, server_time, has_more, next })
    }

    /// From where the next resync leaves no gap: for a client that knows no more than this, too.
    fn server_time(&self, has_more: bool) -> String {
        let reached = self.wanted.after().map(Millis::of);
        let safe = reached.max(self.wanted.since).unwrap_or(Millis(0)).min(self.began);
        if has_more { safe.to_string() } else { self.began.to_string() }
    }
}
