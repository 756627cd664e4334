//! Changing many at once.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use carillon_domain::{NotificationId, bulk_read_frames, parse_json};
use carillon_http::{Problem, json_body};
use carillon_store::ReadMany;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::{App, User};
use crate::tell;

/// Most ids in one call.
const MAX_IDS: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    notification_ids: Vec<String>,
}

/// `POST /api/notifications/bulk-read`: others' ids are skipped.
pub(crate) async fn bulk_read(
    State(app): State<Arc<App>>,
    user: User,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    json_body(&headers, &body)?;
    let ids = ids(&body)?;
    let total = ids.len();
    let marks = app.inbox.marks(&user.scope).await?;
    let ReadMany { changed, failure } = app.inbox.mark_read_many(&user.scope, ids, &marks, user.now).await;
    // What was read is told even where the rest failed: repeating the request changes, and tells, only the rest.
    tell::by_account(&app, &user, &bulk_read_frames(&changed, user.now)).await;
    match failure {
        Some(error) => Err(error.into()),
        None => Ok(Json(json!({"updated": changed.len(), "total": total}))),
    }
}

fn ids(body: &[u8]) -> Result<Vec<NotificationId>, Problem> {
    const FIELD: &str = "notification_ids";
    let body: Body = parse_json(body)?;
    if !(1..=MAX_IDS).contains(&body.notification_ids.len()) {
        let detail = format!("{FIELD} must have 1 to {MAX_IDS} ids");
        return Err(Problem { status: StatusCode::BAD_REQUEST, ..Problem::invalid(FIELD, detail) });
    }
    let mut seen = std::collections::BTreeSet::new();
    let mut ids = Vec::with_capacity(body.notification_ids.len());
    for (index, text) in body.notification_ids.iter().enumerate() {
        let field = format!("{FIELD}[{index}]");
        let id = NotificationId::parse(text)
            .map_err(|error| Problem::invalid(&field, format!("{field} {error}")))?;
        if seen.insert(id.clone()) {
            ids.push(id);
        }
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_the_body_is_named() {
        let field = |body: Value| ids(body.to_string().as_bytes()).unwrap_err().field;
        assert_eq!(field(json!({"notification_ids": ["x"], "foo": 1})).as_deref(), Some("foo"));
        assert_eq!(field(json!({"notification_ids": 7})).as_deref(), Some("notification_ids"));
        assert_eq!(field(json!({"notification_ids": ["x"]})).as_deref(), Some("notification_ids[0]"));
        assert_eq!(field(json!({})).as_deref(), Some("notification_ids"));
        assert_eq!(ids(b"{").unwrap_err().code, "malformed_json");
    }
}
