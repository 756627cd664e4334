//! `DELETE /v1/recipients/{user_id}`: nothing of the user stays but when they were erased.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use carillon_domain::Profile;
use carillon_http::{Path, Problem};
use carillon_store::{Erased, Scope, StoreError, Until};
use http::StatusCode;
use http::header::RETRY_AFTER;
use serde_json::json;

use crate::app::{Admin, App};
use crate::topics;

/// What is not erased by then, the next call erases: well inside the function's and the API's own limits.
const SECONDS: i64 = 10;

/// May be repeated: until it says `"erased": true`, there is more.
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path(path): Path<String>,
) -> Result<Response, Problem> {
    let scope = admin.user(&path)?;
    let until = Until { at: admin.now.plus_seconds(SECONDS), clock: app.clock };
    // Before the profile goes, which says where they are.
    let profile = app.recipients.profile(&scope).await?;
    let addresses = profile.as_ref().map(Profile::addresses).unwrap_or_default();
    let mut forgotten = app.suppressions.forget(&admin.tenant, &scope.user, &addresses).await?;
    // Then this, because it leaves the mark that makes dispatch drop what was posted before.
    let gone = app.recipients.erase(&admin.tenant, &scope.user, admin.now).await?;
    topics::leave(&app, &admin, gone).await?;
    close_sockets(&app, &scope).await?;
    let (tenant, user) = (&scope.tenant, &scope.user);
    let mut erased = app.poster.connections().erase(tenant, user, until).await?;
    erased += app.inbox.erase(tenant, user, until).await?;
    erased += app.ledger.erase(tenant, user, until).await?;
    // What came back meanwhile. From now on nobody knows whose a notification was that does.
    forgotten += app.suppressions.forget(&admin.tenant, &scope.user, &addresses).await?;
    let Erased { rows, complete } = erased;
    let rows = rows + forgotten;
    tracing::info!(rows, complete, "a recipient was erased");
    let answer = Json(json!({"erased": complete, "rows": rows}));
    Ok(if complete {
        answer.into_response()
    } else {
        (StatusCode::ACCEPTED, [(RETRY_AFTER, "1")], answer).into_response()
    })
}

/// An open socket would restore its row. One that cannot be closed now ends with its token, and gets nothing: what is
/// posted goes by the rows.
async fn close_sockets(app: &App, scope: &Scope) -> Result<(), StoreError> {
    let connections = app.poster.connections().of_user(&scope.tenant, &scope.user).await?;
    let closes = connections.iter().map(async |connection| {
        if let Err(error) = app.poster.close(&connection.id).await {
            tracing::warn!(connection_id = %connection.id, code = error.code(), %error, "a socket stays open");
        }
    });
    futures::future::join_all(closes).await;
    Ok(())
}
