//! Filling a page of an export: the inbox, then the ledger, until there is no room.

use carillon_domain::ReadMarks;
use carillon_http::Problem;
use carillon_store::Scope;
use serde_json::value::RawValue;

use super::cursor::Cursor;
use super::{raw, shown};
use crate::app::App;

/// What a page may hold, as Lambda sends it: 6 MB is its most.
const ROOM: usize = 4_000_000;

/// What is left of a page.
pub(crate) struct Room {
    left: usize,
    empty: bool,
}

impl Default for Room {
    fn default() -> Self {
        Self { left: ROOM, empty: true }
    }
}

impl Room {
    /// Whether a part goes in; the first one always does, so that every page goes on. The body travels as a JSON string,
    /// in which quotes and backslashes take two bytes.
    pub(crate) fn takes(&mut self, part: &RawValue) -> bool {
        let text = part.get();
        let size = text.len() + text.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count();
        let fits = self.empty || size <= self.left;
        if fits {
            self.left = self.left.saturating_sub(size);
            self.empty = false;
        }
        fits
    }
}

/// What a page holds of inbox and ledger.
#[derive(Default)]
pub(crate) struct Page {
    pub(crate) notifications: Vec<Box<RawValue>>,
    pub(crate) ledger: Vec<Box<RawValue>>,
    pub(crate) next: Option<Cursor>,
}

/// Reads from here until the room is taken or nothing is left.
pub(crate) async fn read(app: &App, scope: &Scope, start: Cursor, mut room: Room) -> Result<Page, Problem> {
    let marks = match &start {
        Cursor::Inbox(_) => app.inbox.marks(scope).await?,
        Cursor::Ledger(_) => ReadMarks::default(),
    };
    let mut page = Page::default();
    let mut at = Some(start);
    while let Some(here) = at {
        let (full, next) = match here {
            Cursor::Inbox(after) => {
                let got = app.inbox.export(&scope.tenant, &scope.user, after).await?;
                let mut last = after;
                let mut full = false;
                for notification in &got.notifications {
                    let part = raw(&shown::Exported::of(notification, &marks))?;
                    full = !room.takes(&part);
                    if full {
                        break;
                    }
                    last = Some(notification.id.ulid);
                    page.notifications.push(part);
                }
                let done = got.next.map_or(Cursor::Ledger(None), |next| Cursor::Inbox(Some(next)));
                (full, Some(if full { Cursor::Inbox(last) } else { done }))
            }
            Cursor::Ledger(after) => {
                let got = app.ledger.export(&scope.tenant, &scope.user, after.as_deref()).await?;
                let mut last = after;
                let mut full = false;
                for row in &got.rows {
                    let part = raw(&shown::Noted::of(row))?;
                    full = !room.takes(&part);
                    if full {
                        break;
                    }
                    last = Some(row.key.clone());
                    page.ledger.push(part);
                }
                let done = got.next.map(|next| Cursor::Ledger(Some(next)));
                (full, if full { Some(Cursor::Ledger(last)) } else { done })
            }
        };
        if full {
            page.next = next;
            return Ok(page);
        }
        at = next;
    }
    Ok(page)
}
