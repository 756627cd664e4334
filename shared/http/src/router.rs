//! What every router of ours adds to its routes.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CACHE_CONTROL};
use http::{HeaderValue, Method, StatusCode};

use crate::{Problem, fresh, request_id};

/// Adds to a router what every one of ours has: 404 and 405 as problems, ETags, request ids, and bodies limited by
/// [`crate::json_body`].
pub fn finish(router: Router) -> Router {
    router
        .fallback(|| async { Problem::not_found() })
        .layer(from_fn(methods))
        .layer(from_fn(fresh::conditional))
        .layer(from_fn(private))
        .layer(from_fn(request_id::named))
        .layer(DefaultBodyLimit::disable())
}

/// Preflights, and 405.
async fn methods(request: Request, next: Next) -> Response {
    // `ANY` routes take preflights along, and API Gateway adds the CORS headers to our answer.
    if request.method() == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    let method = request.method().clone();
    method_not_allowed(&method, next.run(request).await)
}

/// Answers are one user's. What has no ETag is not worth keeping.
async fn private(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let no_store = HeaderValue::from_static("private, no-store");
    response.headers_mut().entry(CACHE_CONTROL).or_insert(no_store);
    response
}

/// Turns the router's bare 405 into a problem, keeping its `Allow`.
fn method_not_allowed(method: &Method, response: Response) -> Response {
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return response;
    }
    let allow = response.headers().get(ALLOW).cloned();
    let detail = format!("{method} is not possible here");
    let mut problem =
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail).into_response();
    if let Some(allow) = allow {
        problem.headers_mut().insert(ALLOW, allow);
    }
    problem
}

#[cfg(test)]
#[path = "router_tests.rs"]
mod tests;
