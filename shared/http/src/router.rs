//! Errors of the router itself, as problems like all others.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use http::header::ALLOW;
use http::{Method, StatusCode};

use crate::Problem;

/// Adds to a router what every one of ours has: 404 and 405 as problems, and bodies limited by [`crate::json_body`].
pub fn finish(router: Router) -> Router {
    router
        .fallback(|| async { Problem::not_found() })
        .layer(axum::middleware::from_fn(
            async |request: axum::extract::Request, next: axum::middleware::Next| {
                // `ANY` routes take preflights along, and API Gateway adds the CORS headers to our answer.
                if request.method() == Method::OPTIONS {
                    return StatusCode::NO_CONTENT.into_response();
                }
                let method = request.method().clone();
                method_not_allowed(&method, next.run(request).await)
            },
        ))
        .layer(map_response(async |mut response: Response| {
            let headers = response.headers_mut();
            headers.insert(http::header::CACHE_CONTROL, http::HeaderValue::from_static("private, no-store"));
            response
        }))
        .layer(DefaultBodyLimit::disable())
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
