//! Snoozing: out of lists and counts until a time.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use carillon_domain::{Event, Millis, Notification, NotificationId, parse_json};
use carillon_http::{Path, Problem, json_body};
use carillon_queue::{Trace, Wake};
use carillon_store::{Change, RETENTION_DAYS, Row, SLOW_MILLIS};
use http::HeaderMap;
use serde::Deserialize;

use crate::app::{App, User};
use crate::{one, whole};

const RETENTION_SECONDS: i64 = RETENTION_DAYS * 86_400;
/// How long before the end of retention a notification is back at the latest, so that it is there to be seen.
const SEEN_SECONDS: i64 = 3_600;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    until: String,
}

/// `POST /api/notifications/{id}/snooze`.
///
/// What wakes it lies in its queue before it is snoozed: killed in between, it merely finds nothing to wake. The other
/// way round it might sleep for ever.
pub(crate) async fn snooze(
    State(app): State<Arc<App>>,
    user: User,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let id = user.own(&path)?;
    json_body(&headers, &body)?;
    let until = until(&body, &id, user.now)?;
    let marks = match app.inbox.get(&user.scope, &id).await? {
        // A repetition: what wakes it is under way.
        Some(Row::Live(there)) if there.snoozed_until == Some(until) => {
            return one::show(&app, &user.scope, &there).await;
        }
        Some(Row::Live(there)) => one::marks(&app, &user.scope, &there).await?,
        Some(Row::Gone(_)) | None => return Err(Problem::not_found()),
    };
    wake(&app, &user, &id, until).await?;
    let mut change = app.inbox.snooze(&user.scope, &id, until, &marks, user.now).await?;
    let now = (app.clock)();
    if now >= until && change.is_some() {
        // So late that what was to wake it may have come before there was anything to wake.
        change = app.inbox.unsnooze(&user.scope, &id, &marks, now).await?;
    }
    whole::told(&app, &user, Event::NotificationUpdated, change, &marks).await
}

/// `POST /api/notifications/{id}/unsnooze`: back at once. What would have woken it finds nothing to wake.
pub(crate) async fn unsnooze(
    State(app): State<Arc<App>>,
    user: User,
    Path(path): Path<String>,
) -> Result<Response, Problem> {
    let id = user.own(&path)?;
    let marks = app.inbox.marks(&user.scope).await?;
    let mut change = app.inbox.unsnooze(&user.scope, &id, &marks, user.now).await?;
    let now = (app.clock)();
    if let Some(Change { notification, changed: true }) = &mut change
        && now.0 - user.now.0 > SLOW_MILLIS
    {
        match app.inbox.not_born_read(&user.scope, notification, now).await {
            Ok(renewed) => *notification = renewed.unwrap_or_else(|| notification.clone()),
            // It is back, and that is to be told.
            Err(error) => tracing::warn!(code = error.code(), %error, "it may be read already"),
        }
    }
    let event = change.as_ref().map_or(Event::Notification, |change| event(&change.notification, now));
    whole::told(&app, &user, event, change, &marks).await
}

/// What comes back past retention comes into the archive: it is no news.
fn event(back: &Notification, now: Millis) -> Event {
    let archived = back.created_at <= now.plus_seconds(-RETENTION_SECONDS);
    if archived { Event::NotificationUpdated } else { Event::Notification }
}

/// What is past retention counts as archived: coming back later, it would be in no list that anybody looks at.
fn until(body: &[u8], id: &NotificationId, now: Millis) -> Result<Millis, Problem> {
    let invalid = |detail: &str| Problem::invalid("until", format!("until {detail}"));
    let Body { until } = parse_json(body)?;
    let until =
        Millis::parse(&until).ok_or_else(|| invalid("must be a time such as 2026-11-21T12:00:00Z"))?;
    if until <= now {
        return Err(invalid("must be in the future"));
    }
    let latest = Millis::of(id.ulid).plus_seconds(RETENTION_SECONDS - SEEN_SECONDS);
    if until > latest {
        let age = format!("{RETENTION_DAYS} days after the notification's creation");
        return Err(invalid(&format!("must be at most {latest}, an hour before it is archived, {age}")));
    }
    Ok(until)
}

async fn wake(app: &App, user: &User, id: &NotificationId, until: Millis) -> Result<(), Problem> {
    let now = (app.clock)();
    let wake = Wake {
        tenant: user.scope.tenant.clone(),
        user: id.user.clone(),
        ulid: id.ulid,
        until,
        trace: Trace::starting(now),
    };
    app.dispatch.wake(wake, now).await.map_err(|error| {
        tracing::error!(code = error.code(), %error, "what wakes a snoozed notification could not be queued");
        Problem::unavailable()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_back_past_retention_is_told_as_no_news() {
        let created = Millis::parse("2026-11-11T10:00:00Z").unwrap();
        let row = serde_json::json!({
            "type": "t", "category": "system", "priority": "low", "title": "T", "expires_at": 9,
            "producer": "p", "created_at": created, "deliveries": {},
        });
        let row: Notification = serde_json::from_value(row).unwrap();
        let end = created.plus_seconds(RETENTION_SECONDS);
        assert_eq!(event(&row, end.plus_millis(-1)), Event::Notification);
        assert_eq!(event(&row, end), Event::NotificationUpdated);
    }

    #[test]
    fn until_is_a_time_ahead_and_within_retention() {
        let now = Millis::parse("2026-11-21T12:00:00Z").unwrap();
        let created = Millis::parse("2026-11-11T10:00:00Z").unwrap();
        let user = carillon_domain::UserId::parse("ann").unwrap();
        let id = NotificationId { ulid: carillon_domain::mint(created), user };
        let read = |json: serde_json::Value| until(json.to_string().as_bytes(), &id, now);
        let body = |text: &str| serde_json::json!({"until": text});
        assert_eq!(read(body("2026-11-21T13:00:00.001+01:00")), Ok(now.plus_millis(1)));
        assert_eq!(read(body("2026-12-11T09:00:00Z")), Ok(created.plus_seconds(30 * 86_400 - 3_600)));
        let late = read(body("2026-12-11T09:00:00.001Z")).unwrap_err();
        assert!(late.detail.contains("2026-12-11T09:00:00.000Z"), "{}", late.detail);
        for bad in ["2026-11-21T12:00:00Z", "2026-11-21T11:59:59Z", "2026-12-11T09:00:00.001Z", "soon", ""] {
            assert_eq!(read(body(bad)).unwrap_err().field.as_deref(), Some("until"), "{bad}");
        }
        for bad in
            [serde_json::json!({}), serde_json::json!({"until": null}), serde_json::json!({"until": 7})]
        {
            assert_eq!(read(bad).unwrap_err().field.as_deref(), Some("until"));
        }
    }
}
