//! The list and the count.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State, rejection::QueryRejection};
use axum::response::{IntoResponse, Response};
use carillon_domain::InboxView;
use carillon_http::Problem;
use carillon_store::{PageQuery, View};
use serde::Serialize;
use serde_json::{Value, json};

use crate::app::{App, User};
use crate::cursor;

const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: usize = 100;

type Pairs = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// What the query string asked for.
#[derive(Debug, PartialEq)]
struct Asked {
    view: View,
    limit: usize,
    cursor: Option<String>,
}

fn asked(pairs: Vec<(String, String)>) -> Result<Asked, Problem> {
    let (mut unread, mut archived) = (false, false);
    let mut asked = Asked { view: View::Current, limit: DEFAULT_LIMIT, cursor: None };
    for (name, value) in pairs {
        match name.as_str() {
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
                asked.limit = limit.ok_or_else(|| Problem::invalid("limit", "limit must be 1 to 100"))?;
            }
            "cursor" => asked.cursor = Some(value),
            "unread_only" => unread = flag(&name, &value)?,
            "archived" => archived = flag(&name, &value)?,
            _ => return Err(Problem::invalid(&name, format!("{name} is not a known parameter"))),
        }
    }
    asked.view = match (unread, archived) {
        (false, false) => View::Current,
        (true, false) => View::Unread,
        (false, true) => View::Archived,
        (true, true) => {
            return Err(Problem::invalid("unread_only", "unread_only and archived exclude each other"));
        }
    };
    Ok(asked)
}

fn flag(name: &str, value: &str) -> Result<bool, Problem> {
    value.parse().map_err(|_| Problem::invalid(name, format!("{name} must be true or false")))
}

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
    let Asked { view, limit, cursor } = asked(pairs)?;
    let after = cursor.map(|text| cursor::read(&scope, view, &text)).transpose()?;
    let page = app.inbox.page(&scope, &PageQuery { view, limit, after }, now).await?;
    let unread_count = match page.unread_count {
        Some(count) => count,
        None => app.inbox.unread_count(&scope, &page.marks, now).await?,
    };
    let listed = Listed {
        data: page.items.iter().map(|one| one.view(&page.marks)).collect(),
        next_cursor: page.next.map(|at| cursor::write(&scope, view, at)),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(pairs: &[(&str, &str)]) -> Result<Asked, Problem> {
        asked(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn the_query_string_is_checked_and_errors_name_the_parameter() {
        let all = Asked { view: View::Unread, limit: 5, cursor: Some("c".into()) };
        assert_eq!(ask(&[("limit", "5"), ("cursor", "c"), ("unread_only", "true")]), Ok(all));
        let plain = Asked { view: View::Current, limit: 20, cursor: None };
        assert_eq!(ask(&[("unread_only", "false")]), Ok(plain));
        for (name, value) in
            [("limit", "0"), ("limit", "101"), ("limit", "x"), ("archived", "1"), ("colour", "red")]
        {
            assert_eq!(ask(&[(name, value)]).unwrap_err().field.as_deref(), Some(name));
        }
        assert!(ask(&[("unread_only", "true"), ("archived", "true")]).is_err());
    }
}
