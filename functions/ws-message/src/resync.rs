//! `resync`: everything a client missed, late arrivals included, in pages a socket can carry.

use carillon_domain::{Caller, Event, InboxView, Millis, frame};
use serde::Serialize;

use crate::answer::{ActError, App, scope};

/// Largest page. API Gateway takes 128 KB in one post.
const PAGE_BYTES: usize = 100 * 1024;
/// Room for what surrounds the notifications.
const ENVELOPE_BYTES: usize = 512;

#[derive(Serialize)]
struct Sync<'a> {
    notifications: &'a [&'a serde_json::value::RawValue],
    unread_count: u64,
    server_time: &'a str,
    has_more: bool,
}

/// The `sync` frames, oldest notification first; the last one says `has_more: false`. `server_time` is taken
/// before anything is read, so the next resync from it leaves no gap.
pub(crate) async fn resync(
    app: &App,
    caller: &Caller,
    since: Option<Millis>,
    now: Millis,
) -> Result<Vec<String>, ActError> {
    let scope = scope(caller);
    let marks = app.inbox.marks(&scope).await?;
    let unread_count = app.inbox.unread_count(&scope, &marks, now).await?;
    let mut missed = match since {
        Some(since) => app.inbox.arrived_late(&scope, since, now).await?,
        None => Vec::new(),
    };
    let mut start = None;
    loop {
        let (page, next) = app.inbox.missed(&scope, since, now, start).await?;
        missed.extend(page);
        start = next;
        if start.is_none() {
            break;
        }
    }
    let rendered: Vec<String> = missed.iter().map(|one| render(&one.view(&marks))).collect();
    tracing::info!(missed = rendered.len(), "resynced");
    Ok(pages(&rendered, unread_count, &now.to_string()))
}

fn render(view: &InboxView<'_>) -> String {
    serde_json::to_string(view).unwrap_or_else(|_| String::from("null"))
}

fn pages(rendered: &[String], unread_count: u64, server_time: &str) -> Vec<String> {
    let mut pages: Vec<Vec<&serde_json::value::RawValue>> = vec![Vec::new()];
    let mut bytes = ENVELOPE_BYTES;
    for one in rendered {
        let Ok(raw) = serde_json::from_str(one) else { continue };
        if bytes + one.len() + 1 > PAGE_BYTES {
            pages.push(Vec::new());
            bytes = ENVELOPE_BYTES;
        }
        bytes += one.len() + 1;
        if let Some(page) = pages.last_mut() {
            page.push(raw);
        }
    }
    let last = pages.len() - 1;
    let page = |(index, notifications): (usize, &Vec<_>)| {
        frame(Event::Sync, Sync { notifications, unread_count, server_time, has_more: index < last })
    };
    pages.iter().enumerate().map(page).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_fit_the_socket_and_only_the_last_is_the_last() {
        let rendered: Vec<String> = (0..40).map(|i| format!("\"{i:0>9000}\"")).collect();
        let pages = pages(&rendered, 7, "now");
        assert!(
            pages.iter().all(|page| page.len() <= PAGE_BYTES),
            "{:?}",
            pages.iter().map(String::len).collect::<Vec<_>>()
        );
        let parsed: Vec<serde_json::Value> =
            pages.iter().map(|page| serde_json::from_str(page).unwrap()).collect();
        let more: Vec<bool> = parsed.iter().map(|page| page["data"]["has_more"].as_bool().unwrap()).collect();
        assert_eq!(more, [true, true, true, false]);
        let all: Vec<&str> = parsed
            .iter()
            .flat_map(|page| page["data"]["notifications"].as_array().unwrap())
            .map(|one| one.as_str().unwrap())
            .collect();
        assert_eq!(all.len(), 40);
        assert!(all.is_sorted());
    }

    #[test]
    fn nothing_missed_is_one_empty_page() {
        assert_eq!(
            pages(&[], 0, "now"),
            [
                r#"{"event":"sync","data":{"notifications":[],"unread_count":0,"server_time":"now","has_more":false}}"#
            ]
        );
    }
}
