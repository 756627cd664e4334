//! Snoozing: out of lists and counts until a time.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use carillon_domain::{Event, Millis, NotificationId, parse_json};
use carillon_http::{Problem, json_body};
use carillon_queue::{Trace, Wake};
use carillon_store::Row;
use http::HeaderMap;
use serde::Deserialize;

use crate::app::{App, User};
use crate::{one, whole};

/// How far ahead: a leap year.
const MAX_AHEAD_SECONDS: i64 = 366 * 86_400;

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
    let until = until(&body, user.now)?;
    match app.inbox.get(&user.scope, &id).await? {
        // A repetition: what wakes it is under way.
        Some(Row::Live(there)) if there.snoozed_until == Some(until) => {
            return one::show(&app, &user.scope, &there).await;
        }
        Some(Row::Live(_)) => {}
        Some(Row::Gone(_)) | None => return Err(Problem::not_found()),
    }
    wake(&app, &user, &id, until).await?;
    let change = app.inbox.snooze(&user.scope, &id, until, user.now).await?;
    if (app.clock)() >= until {
        // So late that the first may have come before there was anything to wake.
        wake(&app, &user, &id, until).await?;
    }
    whole::answer(&app, &user, Event::NotificationUpdated, change).await
}

/// `POST /api/notifications/{id}/unsnooze`: back at once. What would have woken it finds nothing to wake.
pub(crate) async fn unsnooze(
    State(app): State<Arc<App>>,
    user: User,
    Path(path): Path<String>,
) -> Result<Response, Problem> {
    let id = user.own(&path)?;
    let marks = app.inbox.marks(&user.scope).await?;
    let change = app.inbox.unsnooze(&user.scope, &id, &marks, user.now).await?;
    whole::answer(&app, &user, Event::Notification, change).await
}

fn until(body: &[u8], now: Millis) -> Result<Millis, Problem> {
    let invalid = |detail: &str| Problem::invalid("until", format!("until {detail}"));
    let Body { until } = parse_json(body)?;
    let until =
        Millis::parse(&until).ok_or_else(|| invalid("must be a time such as 2026-11-21T12:00:00Z"))?;
    if until <= now {
        return Err(invalid("must be in the future"));
    }
    if until > now.plus_seconds(MAX_AHEAD_SECONDS) {
        return Err(invalid("must be at most a year ahead"));
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
    fn until_is_a_time_ahead_and_within_a_year() {
        let now = Millis::parse("2026-11-21T12:00:00Z").unwrap();
        let read = |json: serde_json::Value| until(json.to_string().as_bytes(), now);
        let body = |text: &str| serde_json::json!({"until": text});
        assert_eq!(read(body("2026-11-21T13:00:00.001+01:00")), Ok(now.plus_millis(1)));
        assert_eq!(read(body("2027-11-22T12:00:00Z")), Ok(now.plus_seconds(MAX_AHEAD_SECONDS)));
        for bad in ["2026-11-21T12:00:00Z", "2026-11-21T11:59:59Z", "2027-11-22T12:00:00.001Z", "soon", ""] {
            assert_eq!(read(body(bad)).unwrap_err().field.as_deref(), Some("until"), "{bad}");
        }
        for bad in
            [serde_json::json!({}), serde_json::json!({"until": null}), serde_json::json!({"until": 7})]
        {
            assert_eq!(read(bad).unwrap_err().field.as_deref(), Some("until"));
        }
    }
}
