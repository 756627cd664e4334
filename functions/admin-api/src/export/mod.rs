//! `GET /v1/recipients/{user_id}/export`: all that is held about a user, as one JSON document, or as several where the
//! inbox is large.

mod cursor;
mod pages;
mod shown;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State, rejection::QueryRejection};
use axum::response::{IntoResponse, Response};
use carillon_domain::{Profile, UserId};
use carillon_http::{Path, Problem};
use carillon_store::Scope;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use self::cursor::Cursor;
use self::pages::Room;
use crate::app::{Admin, App};
use crate::suppressions::Shown;

/// The document. A later page has only what goes on.
#[derive(Serialize)]
struct Document<'a> {
    user_id: &'a UserId,
    exported_at: String,
    #[serde(flatten)]
    first: Option<First>,
    notifications: Vec<Box<RawValue>>,
    ledger: Vec<Box<RawValue>>,
    next_cursor: Option<String>,
}

/// What the first page begins with.
#[derive(Serialize)]
struct First {
    #[serde(flatten)]
    recipient: Map<String, Value>,
    connections: Vec<shown::Connected>,
    suppressions: Box<RawValue>,
}

pub(crate) async fn export(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path(path): Path<String>,
    pairs: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Result<Response, Problem> {
    let scope = admin.user(&path)?;
    let Query(pairs) = pairs.map_err(|error| Problem::invalid("", error.body_text()))?;
    let start = asked(pairs)?;
    let mut room = Room::default();
    let first = if start.is_none() { Some(first(&app, &scope).await?) } else { None };
    if let Some(first) = &first {
        room.takes(&raw(first)?);
    }
    let page = pages::read(&app, &scope, start.unwrap_or(Cursor::START), room).await?;
    let document = Document {
        user_id: &scope.user,
        exported_at: admin.now.to_string(),
        first,
        notifications: page.notifications,
        ledger: page.ledger,
        next_cursor: page.next.map(|next| next.to_string()),
    };
    Ok(Json(document).into_response())
}

fn asked(pairs: Vec<(String, String)>) -> Result<Option<Cursor>, Problem> {
    let mut cursor = None;
    for (name, value) in pairs {
        match name.as_str() {
            "cursor" => cursor = Some(Cursor::parse(&value)?),
            _ => return Err(Problem::invalid(&name, format!("{name} is not a known parameter"))),
        }
    }
    Ok(cursor)
}

async fn first(app: &App, scope: &Scope) -> Result<First, Problem> {
    let recipient = app.recipients.export(&scope.tenant, &scope.user).await?;
    let connections = app.poster.connections().of_user(&scope.tenant, &scope.user).await?;
    let profile = app.recipients.profile(scope).await?;
    let addresses = profile.as_ref().map(Profile::addresses).unwrap_or_default();
    let suppressions = app.suppressions.of_user(&scope.tenant, &scope.user, &addresses).await?;
    Ok(First {
        recipient,
        connections: connections.iter().map(shown::Connected::from).collect(),
        suppressions: raw(&suppressions.iter().map(Shown::from).collect::<Vec<_>>())?,
    })
}

/// Written out once: what counts is how long it is.
fn raw(shown: &impl Serialize) -> Result<Box<RawValue>, Problem> {
    serde_json::value::to_raw_value(shown).map_err(|error| {
        tracing::error!(%error, "a part of an export could not be written");
        Problem::internal()
    })
}
