//! `resync`: everything a client missed, late arrivals included, in pages a socket can carry. No more of it is in memory
//! than one read of the store and one page; what one invocation cannot post, the client asks for with the next.

mod pages;
mod wanted;

use carillon_domain::{Caller, Millis, Ulid};
use serde_json::{Value, json};

use self::pages::Pages;
use crate::answer::{ActError, App, scope};

pub(crate) use pages::Budget;
pub(crate) use wanted::{Position, Wanted};

/// Late arrivals read at a time.
const BATCH: usize = 100;

/// Posts all `sync` frames but the last, oldest notification first; answers with that one, and with what the ack has.
pub(crate) async fn resync(
    app: &App,
    caller: &Caller,
    wanted: Wanted,
    now: Millis,
) -> Result<(Vec<String>, Value), ActError> {
    let scope = scope(caller);
    let marks = app.inbox.marks(&scope).await?;
    let unread_count = app.inbox.unread_count(&scope, &marks, now).await?;
    let mut pages = Pages::new(app, caller, wanted, unread_count, now);
    let mut on = true;
    if let Some(since) = wanted.since {
        // All late ones are older than all others, so one position serves for both.
        let late = app.inbox.arrived_late(&scope, since, now).await?;
        let left: Vec<Ulid> = late.into_iter().filter(|ulid| Some(*ulid) > wanted.after()).collect();
        for batch in left.chunks(BATCH) {
            on = pages.add(app.inbox.current_of(&scope, batch).await?, &marks).await?
                && batch.last().is_none_or(|last| pages.reached(*last));
            if !on {
                break;
            }
        }
    }
    let mut after = wanted.after();
    while on {
        let (page, next) = app.inbox.missed(&scope, wanted.since, after, now).await?;
        on = pages.add(page, &marks).await?;
        let Some(next) = next.filter(|_| on) else { break };
        on = pages.reached(next);
        after = Some(next);
    }
    tracing::info!(missed = pages.brought(), whole = on, "resynced");
    let (last, server_time) = pages.last(on);
    Ok((vec![last], json!({"server_time": server_time})))
}

#[cfg(test)]
mod tests;
