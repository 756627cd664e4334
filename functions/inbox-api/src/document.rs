//! `GET /openapi.json`: this API, for machines and for whoever writes a client.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

/// Written by the tests of `shared/openapi`.
const DOCUMENT: &str = include_str!("../../../docs/openapi.json");

/// The same for everybody, and without a token.
pub(crate) async fn openapi() -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300")];
    (headers, DOCUMENT).into_response()
}
