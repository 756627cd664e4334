//! ETags: who asks again for what has not changed gets 304 and no body.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use sha2::{Digest, Sha256};

use crate::Problem;

/// Bytes of the hash that a tag shows.
const TAG_BYTES: usize = 16;

/// Tags what a GET or HEAD brings, and compares it with `If-None-Match`. Nothing is saved of reading it, but of sending
/// it. Nobody may use what was kept without asking, because the next notification may be there at any time.
pub(crate) async fn conditional(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let kept = reads.then(|| tags(request.headers()));
    let response = next.run(request).await;
    let (Some(kept), StatusCode::OK) = (kept, response.status()) else { return response };
    let (mut parts, body) = response.into_parts();
    let body = match to_bytes(body, usize::MAX).await {
        Ok(body) => body,
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            return Problem::internal().into_response();
        }
    };
    let tag = tag(&body);
    parts.headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-cache"));
    if let Ok(shown) = HeaderValue::from_str(&tag) {
        parts.headers.insert(ETAG, shown);
    }
    if !kept.iter().any(|kept| *kept == tag || kept == "*") {
        return Response::from_parts(parts, Body::from(body));
    }
    parts.status = StatusCode::NOT_MODIFIED;
    parts.headers.remove(CONTENT_TYPE);
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::empty())
}

/// A strong one: equal bytes, equal tag.
fn tag(body: &[u8]) -> String {
    let hash = Sha256::digest(body);
    let hex: String = hash.iter().take(TAG_BYTES).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}

/// The tags of `If-None-Match`, weak ones as if strong (RFC 9110, 13.1.2). Ours have no comma.
fn tags(headers: &HeaderMap) -> Vec<String> {
    let lists = headers.get_all(IF_NONE_MATCH).iter().filter_map(|list| list.to_str().ok());
    let tags = lists.flat_map(|list| list.split(',')).map(str::trim);
    tags.map(|tag| tag.strip_prefix("W/").unwrap_or(tag).to_owned()).collect()
}
