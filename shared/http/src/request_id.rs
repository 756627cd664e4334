//! One id for a request: in its answer, in every line that is logged for it, and in API Gateway's access log.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{Extensions, HeaderName, HeaderValue};
use lambda_http::Context;
use lambda_http::request::RequestContext;
use tracing::Instrument as _;

/// Where the answer has it.
const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Names the request. What a client sends as its id is not taken: it could be anybody's, or anything.
pub(crate) async fn named(request: Request, next: Next) -> Response {
    let Some(id) = id(request.extensions()) else { return next.run(request).await };
    // At this level it is there for whatever is logged.
    let span = tracing::error_span!("request", request_id = %id);
    let mut response = next.run(request).instrument(span).await;
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, id);
    }
    response
}

/// API Gateway's, else Lambda's.
fn id(extensions: &Extensions) -> Option<String> {
    let of_gateway = match extensions.get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone(),
        Some(_) | None => None,
    };
    of_gateway.or_else(|| extensions.get::<Context>().map(|context| context.request_id.clone()))
}
