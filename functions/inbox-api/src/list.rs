//! The list, the count, the figures.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State, rejection::QueryRejection};
use axum::response::{IntoResponse, Response};
use carillon_domain::InboxView;
use carillon_http::Problem;
use carillon_store::PageQuery;
use serde::Serialize;
use serde_json::{Value, json};

use crate::app::{App, User};
use crate::cursor::List;
use crate::query::Asked;

type Pairs = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// Typed, not a [`Value`], which would sort keys and round numbers of the producers' data.
#[derive(Serialize)]
struct Listed<'a> {
    data: Vec<InboxView<'a>>,
    next_cursor: Option<String>,
    has_more: bool,
    unread_count: u64,
}

/// `GET /api/notifications`: newest first, cursor-paged.
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    User { scope, now }: User,
    pairs: Pairs,
) -> Result<Response, Problem> {
    let Query(pairs) = pairs.map_err(|error| Problem::invalid("", error.body_text()))?;
    let Asked { view, filter, limit, cursor } = Asked::read(pairs)?;
    let list = List::of(&scope, view, &filter);
    let after = cursor.map(|text| list.read(&text)).transpose()?;
    let page = app.inbox.page(&scope, &PageQuery { view, limit, after, filter }, now).await?;
    let unread_count = match page.unread_count {
        Some(count) => count,
        None => app.inbox.unread_count(&scope, &page.marks, now).await?,
    };
    let listed = Listed {
        data: page.items.iter().map(|one| one.view(&page.marks)).collect(),
        next_cursor: page.next.map(|at| list.write(at)),
        has_more: page.next.is_some(),
        unread_count,
    };
    Ok(Json(listed).into_response())
}

/// `GET /api/notifications/unread-count`.
pub(crate) async fn unread_count(
    State(app): State<Arc<App>>,
    User { scope, now }: User,
) -> Result<Json<Value>, Problem> {
    let marks = app.inbox.marks(&scope).await?;
    Ok(Json(json!({"count": app.inbox.unread_count(&scope, &marks, now).await?})))
}

/// `GET /api/notifications/stats`.
pub(crate) async fn stats(
    State(app): State<Arc<App>>,
    User { scope, now }: User,
) -> Result<Json<Value>, Problem> {
    let stats = app.inbox.stats(&scope, now).await?;
    Ok(Json(json!({
        "total": stats.total,
        "unread": stats.unread,
        "archived": stats.archived,
        "by_type": stats.by_type,
        "partial": stats.partial,
    })))
}
