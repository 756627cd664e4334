//! What the user wants: Carillon's own document, of the token's account where it is limited to one.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use carillon_domain::{InputError, Preferences, Silence};
use carillon_http::{Problem, json_body};
use http::HeaderMap;

use crate::app::{App, User};
use crate::topics;

type Answer = Result<Json<Preferences>, Problem>;

/// `GET /api/notifications/preferences`.
pub(crate) async fn get(State(app): State<Arc<App>>, user: User) -> Answer {
    Ok(Json(app.recipients.preferences(&user.scope).await?))
}

/// `PUT /api/notifications/preferences`: merges.
pub(crate) async fn put(State(app): State<Arc<App>>, user: User, headers: HeaderMap, body: Bytes) -> Answer {
    json_body(&headers, &body)?;
    let types = app.types.of(&user.scope.tenant, user.now).await?;
    let known = |key: &str| match types.get(app.types.registry(), key) {
        Ok(_) => Ok(()),
        Err(unknown) => Err(unknown.nearest),
    };
    let preferences = change(&app, &user, |preferences| preferences.merge(&body, known)).await?;
    topics::follow(&app, &user).await?;
    Ok(preferences)
}

/// `POST /api/notifications/preferences/silence`.
pub(crate) async fn silence(
    State(app): State<Arc<App>>,
    user: User,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    json_body(&headers, &body)?;
    let silence = Silence::accept(&body)?;
    change(&app, &user, |mut preferences| {
        preferences.silence(&silence)?;
        Ok(preferences)
    })
    .await
}

/// `POST /api/notifications/preferences/unsilence`.
pub(crate) async fn unsilence(
    State(app): State<Arc<App>>,
    user: User,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    json_body(&headers, &body)?;
    let silence = Silence::accept(&body)?;
    change(&app, &user, |mut preferences| {
        preferences.unsilence(&silence);
        Ok(preferences)
    })
    .await
}

async fn change(
    app: &App,
    user: &User,
    change: impl FnMut(Preferences) -> Result<Preferences, InputError>,
) -> Answer {
    Ok(Json(app.recipients.update_preferences(&user.scope, user.now, change).await??))
}
