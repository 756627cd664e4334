//! `/v1/suppressions`: addresses that the tenant's notifications no longer go to.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_domain::{Channel, NotificationId, SuppressedFor, Suppression};
use carillon_http::{Path, Problem, json_body};
use carillon_store::Suppressed;
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use crate::app::{Admin, App};

const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: usize = 100;

/// A suppression as REST shows it; what is not set is null.
#[derive(Serialize)]
pub(crate) struct Shown<'a> {
    address: Option<&'a str>,
    channel: Channel,
    reason: SuppressedFor,
    detail: Option<&'a str>,
    notification_id: Option<&'a NotificationId>,
    created_at: String,
}

#[derive(Serialize)]
struct Listed<'a> {
    data: Vec<Shown<'a>>,
    next_cursor: Option<String>,
}

/// What a list asks for.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    channel: Option<Channel>,
    after: Option<String>,
    limit: usize,
}

impl<'a> From<&'a Suppression> for Shown<'a> {
    fn from(one: &'a Suppression) -> Self {
        Self {
            address: one.address.as_deref(),
            channel: one.channel,
            reason: one.reason,
            detail: one.detail.as_deref(),
            notification_id: one.notification_id.as_ref(),
            created_at: one.created_at.to_string(),
        }
    }
}

/// `GET /v1/suppressions`.
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    admin: Admin,
    pairs: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(pairs) = pairs.map_err(|error| Problem::invalid("", error.body_text()))?;
    let Asked { channel, after, limit } = asked(pairs)?;
    let page = app.suppressions.list(&admin.tenant, channel, after.as_deref(), limit).await?;
    let next_cursor = page.next.map(|next| URL_SAFE_NO_PAD.encode(next));
    Ok(Json(Listed { data: page.items.iter().map(Shown::from).collect(), next_cursor }).into_response())
}

/// `POST /v1/suppressions`. One that is there already stays as it is, and is the answer.
pub(crate) async fn post(
    State(app): State<Arc<App>>,
    admin: Admin,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    json_body(&headers, &body)?;
    let wanted = Suppression::accept(&body, admin.now)?;
    let address = wanted.address.clone().unwrap_or_default();
    match app.suppressions.put(&admin.tenant, &address, &wanted).await? {
        Suppressed::Now => {
            tracing::info!(channel = %wanted.channel, "an address is suppressed by hand");
            Ok((StatusCode::CREATED, Json(Shown::from(&wanted))).into_response())
        }
        Suppressed::Before(there) => Ok(Json(Shown::from(&*there)).into_response()),
        // Somebody lifts it at this moment, by a clock that is ahead of ours.
        Suppressed::LiftedSince => Err(Problem::unavailable()),
    }
}

/// `GET /v1/suppressions/{address}`.
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path(address): Path<String>,
) -> Result<Response, Problem> {
    let channel = Suppression::channel_of(&address).ok_or_else(Problem::not_found)?;
    let found = app.suppressions.get(&admin.tenant, channel, &address).await?;
    Ok(Json(Shown::from(&found.ok_or_else(Problem::not_found)?)).into_response())
}

/// `DELETE /v1/suppressions/{address}`: notifications go there again.
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path(address): Path<String>,
) -> Result<StatusCode, Problem> {
    let channel = Suppression::channel_of(&address).ok_or_else(Problem::not_found)?;
    if !app.suppressions.delete(&admin.tenant, channel, &address, admin.now).await? {
        return Err(Problem::not_found());
    }
    tracing::info!(%channel, "a suppression was lifted");
    Ok(StatusCode::NO_CONTENT)
}

fn asked(pairs: Vec<(String, String)>) -> Result<Asked, Problem> {
    let mut asked = Asked { channel: None, after: None, limit: DEFAULT_LIMIT };
    for (name, value) in pairs {
        match name.as_str() {
            "channel" => {
                let of = [Channel::Email, Channel::Sms].into_iter().find(|channel| channel.as_str() == value);
                let detail = "channel must be email or sms";
                asked.channel = Some(of.ok_or_else(|| Problem::invalid("channel", detail))?);
            }
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
                asked.limit = limit.ok_or_else(|| Problem::invalid("limit", "limit must be 1 to 100"))?;
            }
            "cursor" => asked.after = Some(value),
            _ => return Err(Problem::invalid(&name, format!("{name} is not a known parameter"))),
        }
    }
    asked.after = asked.after.map(|cursor| place(&cursor, asked.channel)).transpose()?;
    Ok(asked)
}

/// Where a page ended: `{channel}#{hash}`. It names a place among the tenant's own, so a forged one reaches nothing else.
fn place(cursor: &str, channel: Option<Channel>) -> Result<String, Problem> {
    let text = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let given = text.filter(|text| {
        text.split_once('#').is_some_and(|(of, hash)| {
            let known = [Channel::Email, Channel::Sms].into_iter().any(|known| known.as_str() == of);
            known
                && channel.is_none_or(|channel| channel.as_str() == of)
                && hash.len() == 64
                && hash.bytes().all(|b| b.is_ascii_hexdigit())
        })
    });
    let detail = "the cursor is not one that this list gave";
    given.ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "invalid_cursor", detail).field("cursor"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(pairs: &[(&str, &str)]) -> Result<Asked, Problem> {
        asked(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn the_query_string_is_checked_and_errors_name_the_parameter() {
        assert_eq!(ask(&[]), Ok(Asked { channel: None, after: None, limit: 20 }));
        let place = format!("email#{}", "0a".repeat(32));
        let cursor = URL_SAFE_NO_PAD.encode(&place);
        let all = Asked { channel: Some(Channel::Email), after: Some(place), limit: 5 };
        assert_eq!(ask(&[("cursor", &cursor), ("limit", "5"), ("channel", "email")]), Ok(all));
        for (name, value) in
            [("limit", "0"), ("limit", "101"), ("channel", "push"), ("channel", ""), ("colour", "red")]
        {
            let problem = ask(&[(name, value)]).unwrap_err();
            assert_eq!((problem.status.as_u16(), problem.field.as_deref()), (422, Some(name)), "{value}");
        }
        let sms = URL_SAFE_NO_PAD.encode(format!("sms#{}", "0".repeat(64)));
        let short = URL_SAFE_NO_PAD.encode("email#0");
        for bad in ["", "%%", "x", &short, &sms, &URL_SAFE_NO_PAD.encode(format!("push#{}", "0".repeat(64)))]
        {
            let problem = ask(&[("cursor", bad), ("channel", "email")]).unwrap_err();
            assert_eq!((problem.status.as_u16(), problem.code), (400, "invalid_cursor"), "{bad}");
        }
        assert!(ask(&[("cursor", &sms)]).is_ok());
    }
}
