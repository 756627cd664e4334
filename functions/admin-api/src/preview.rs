//! `POST /v1/templates/preview`: what every channel of a type would say. Nothing is sent, and nothing is stored.
//!
//! It goes the way of a post as far as the texts go, so what a post would be refused for is refused here.

mod draft;
mod shown;

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use carillon_domain::{
    AccountId, Category, CreateNotification, InputError, NotificationId, NotificationType, RequestError,
    TenantTypes, mint, wording,
};
use carillon_http::{Problem, json_body};
use carillon_templates::{About, Wanted, fill, rehearse};
use http::{HeaderMap, StatusCode};

use self::draft::Draft;
use self::shown::{Said, Shown, channels};
use crate::app::{Admin, App};

/// In the place of the link that unsubscribes: a preview must not be able to.
const UNSUBSCRIBE: &str = "https://unsubscribe.invalid/preview";

/// `POST /v1/templates/preview`.
pub(crate) async fn preview(
    State(app): State<Arc<App>>,
    admin: Admin,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    json_body(&headers, &body)?;
    let draft = Draft::read(&body)?;
    let rows = app.catalog.rows(&admin.tenant, true).await?;
    let types = draft.types(&app.registry, rows)?;
    let entry = types.get(&app.registry, &draft.type_key).map_err(|unknown| draft.unknown(unknown))?;
    let shown = say(&app, &admin, &types, entry, &draft)?;
    Ok(Json(shown).into_response())
}

/// The same steps as ingest's, then the senders'.
fn say<'a>(
    app: &App,
    admin: &Admin,
    types: &'a TenantTypes,
    entry: &'a NotificationType,
    draft: &Draft,
) -> Result<Shown<'a>, Problem> {
    let request = CreateNotification::parse(&draft.request(entry)?).map_err(refused)?;
    let (title, body, collapse_key) = request.left_out();
    let wanted = Wanted { title, body, collapse_key };
    let texts = fill(entry, &request.variables(), wanted, &entry.channels).map_err(InputError::from)?;
    let accepted = request.accept(entry, texts, admin.now).map_err(refused)?;
    let ulid = mint(admin.now);
    accepted.check_frame(ulid).map_err(refused)?;
    let content = accepted.content(ulid);
    let ids = accepted.targets.iter().map(|target| NotificationId { ulid, user: target.user.clone() });
    let id = ids.map(|id| id.to_string()).next().unwrap_or_default();
    let about = About {
        notification_id: &id,
        account: accepted.account().map(AccountId::as_str),
        locale: draft.locale.as_deref(),
        tenant: &admin.tenant,
        settings: &types.settings,
        unsubscribe_url: (entry.category == Category::Marketing).then_some(UNSUBSCRIBE),
    };
    rehearse(entry, &content, &accepted.wordings, &entry.channels, &about).map_err(InputError::from)?;
    let words = wording(&accepted.wordings, about.locale);
    let said = Said { inbox: content.worded(words), push: content.pushed(words), about };
    let locale = about.locale.and_then(|locale| entry.templates.locale(locale));
    Ok(Shown { locale, channels: channels(app, types, entry, &said)? })
}

fn refused(error: RequestError) -> Problem {
    let detail = error.to_string();
    match error {
        RequestError::Input(error) => error.into(),
        RequestError::UnknownType { .. } => unknown_type(detail),
        RequestError::TooManyWords { .. }
        | RequestError::TooLarge { .. }
        | RequestError::PushTooLarge { .. } => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", detail)
        }
    }
}

fn unknown_type(detail: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_type", detail).field("type")
}
